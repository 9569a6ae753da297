/**
 * Keyed hashes of this room: one-time codes, cookies and counters are stored and counted under them, so that
 * a dump tells nothing. HMAC-SHA-256, or HMAC-SM3 where the sm suite is chosen. Keys are KeyObjects made once
 * by the keyring: an HMAC with a Buffer as key costs five times as much.
 */
import { createHmac, type KeyObject } from 'node:crypto';
import type { Keyring } from '../platform/seal/keyring.ts';
import type { SuiteName } from '../platform/seal/sealer.ts';

export const DIGESTS: Record<SuiteName, string> = { aes: 'sha256', sm: 'sm3' };

export interface KeyedHash {
  /** Under the current key. `domain` keeps uses apart: the same parts never meet across domains. */
  current(domain: string, ...parts: string[]): Buffer;
  /** Under every key, the current one first: finds what was written before a rotation. */
  all(domain: string, ...parts: string[]): Buffer[];
}

/** Hashes under the keyring's `token` keys. */
export function makeKeyedHash(keyring: Keyring, suite: SuiteName): KeyedHash {
  const digest = DIGESTS[suite];
  const one = (key: KeyObject, text: string) => createHmac(digest, key).update(text).digest();
  return {
    current: (domain, ...parts) => one(keyring.current('token').key, frame(domain, parts)),
    all(domain, ...parts) {
      const text = frame(domain, parts);
      return keyring.all('token').map(({ key }) => one(key, text));
    },
  };
}

/** Lengths in front, so that no two lists of parts give one text. */
const frame = (domain: string, parts: string[]) =>
  [domain, ...parts].map((part) => `${part.length}:${part}`).join('');
