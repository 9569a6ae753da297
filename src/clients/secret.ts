/**
 * Client secrets. They are 32 random bytes, so one SHA-256 is enough at rest: there is nothing to guess, and a
 * slow hash would only slow down every token request.
 */
import { createHash, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { isSampleSecret } from '../platform/config/samples.ts';

export interface StoredSecret {
  hash: Buffer;
  createdAt: Date;
  expiresAt: Date | undefined;
}

/** A new secret, to be shown once: 43 characters of base64url. */
export const makeSecret = (): string => randomBytes(32).toString('base64url');

export const hashSecret = (secret: string): Buffer => hash('sha256', secret, 'buffer');

/** Compares with every secret that has not expired, always with all of them and in constant time. */
export function secretMatches(presented: string, stored: readonly StoredSecret[], now: Date): boolean {
  const given = hashSecret(presented);
  let found = false;
  for (const secret of stored) {
    const equal = timingSafeEqual(given, secret.hash);
    if (equal && (secret.expiresAt === undefined || secret.expiresAt > now)) found = true;
  }
  return found;
}

const LEAST_LENGTH = 32;
const LEAST_DISTINCT = 12;

/** Why a secret chosen by somebody else cannot be used, or undefined. Hashing once is safe for random values only. */
export function secretFault(secret: unknown, samples = false): string | undefined {
  if (typeof secret !== 'string' || secret.length < LEAST_LENGTH || secret.length > 200) {
    return `must be ${LEAST_LENGTH} to 200 characters; leave it out and one is made`;
  }
  if (!/^[\x21-\x7e]+$/.test(secret)) return 'must be printable ASCII without spaces';
  if (new Set(secret).size < LEAST_DISTINCT || (!samples && isSampleSecret(secret)))
    return 'must be random; leave it out and one is made';
  return undefined;
}

/** Short name of a secret for audit and lists, from which the secret cannot be found. */
export const secretReference = (stored: Buffer): string =>
  createHash('sha256').update('reference').update(stored).digest('hex').slice(0, 8);
