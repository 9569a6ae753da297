/** PBKDF2 (RFC 8018 section 5.2) on the thread pool, for the formats that carry its parameters. */
import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { CEILINGS, SLOW_STEPS } from '../ceilings.ts';
import { fits, type Read, type RowFault } from '../stored.ts';
import { type Opened, tooCostly } from './self-describing.ts';

const derive = promisify(pbkdf2);

export interface Pbkdf2Parameters {
  digest: 'sha1' | 'sha256' | 'sha512';
  iterations: number;
  salt: Buffer;
  bytes: number;
}

/** Opens a setting with these parameters; `spell` writes the derived bytes as the format does. */
export function openPbkdf2(
  { digest, iterations, salt, bytes }: Pbkdf2Parameters,
  spell: (derived: Buffer) => string,
): Read<Opened, RowFault> | undefined {
  if (iterations < 1) return undefined;
  if (iterations > CEILINGS.pbkdf2Iterations)
    return tooCostly('PBKDF2 iterations', CEILINGS.pbkdf2Iterations);
  return fits({
    slow: iterations > SLOW_STEPS,
    derive: async (password) => spell(await derive(password, salt, iterations, bytes, digest)),
  });
}
