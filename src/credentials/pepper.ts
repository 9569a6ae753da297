/**
 * The pepper: before argon2 a password goes through an HMAC with a key that is not in the database, so that
 * a stolen table cannot be guessed at all without the keyring. The key's id stands beside the hash; after a
 * rotation the old key still verifies, and the next sign-in hashes anew with the current one.
 */
import { createHmac } from 'node:crypto';
import type { Keyring } from '../platform/seal/keyring.ts';
import type { SuiteName } from '../platform/seal/sealer.ts';
import { DIGESTS } from './keyed-hash.ts';

export interface Pepper {
  /** Names digest and key of new hashes: `sha256:2026a`. Stored beside each hash. */
  readonly currentId: string;
  /**
   * What argon2 gets in the password's place: 32 bytes as base64url text.
   * @throws when the named key is no longer in the keyring: it was taken out before every hash had moved on.
   */
  apply(password: string, id: string): string;
}

const KNOWN_DIGESTS = new Set(Object.values(DIGESTS));

/** Peppers with the keyring's `pepper` keys; new hashes use the digest of the suite, old ones their own. */
export function makePepper(keyring: Keyring, suite: SuiteName): Pepper {
  return {
    get currentId() {
      return `${DIGESTS[suite]}:${keyring.current('pepper').id}`;
    },
    apply(password, id) {
      const cut = id.indexOf(':');
      const digest = id.slice(0, cut);
      const key = keyring.byId('pepper', id.slice(cut + 1));
      if (!key || !KNOWN_DIGESTS.has(digest))
        throw new Error(`a password hash needs the pepper key ${id}, which the keyring does not have`);
      return createHmac(digest, key.key).update(normalisePassword(password)).digest('base64url');
    },
  };
}

/**
 * NFC, so that a letter typed as one or as two code points is the same password (RFC 8265 section 4.2.2).
 * Nothing else is changed: case, width and spaces count.
 */
export const normalisePassword = (password: string): string => password.normalize('NFC');
