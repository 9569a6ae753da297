/**
 * Keyed fingerprints: equal values give equal bytes, so a sealed column can be searched and made unique, and
 * without the key nobody can try numbers against a stolen database.
 *
 * A change of suite changes every fingerprint as a change of key does; therefore both count as a key here, and
 * {@link Fingerprinter.all} covers the other suite as well.
 */
import { createHmac, type KeyObject } from 'node:crypto';
import type { Key, Keyring } from './keyring.ts';
import { deriveKey, SUITES, type Suite, type SuiteName } from './suites.ts';

/** A fingerprint and the key it was made with. */
export interface KeyedFingerprint {
  keyId: string;
  fingerprint: Buffer;
}

export interface Fingerprinter {
  /** 32 bytes under the current key. `domain` keeps fingerprints of different kinds of values apart. */
  fingerprint(domain: string, value: string): Buffer;
  /** Under every key: current first, then older keys, then the same keys under the other suite. */
  all(domain: string, value: string): Buffer[];
  /** As {@link all}, each with the id of its key. */
  keyed(domain: string, value: string): KeyedFingerprint[];
  /** Suite, id and check value, e.g. `aes:2026a:5f0c9a1e`: two keys under one id are still two keys. */
  currentKeyId: string;
  /** In the order of {@link all}. */
  keyIds: readonly string[];
}

const CHECK_VALUE_BYTES = 4;

export function makeFingerprinter(keyring: Keyring, suite: SuiteName): Fingerprinter {
  const other = Object.values(SUITES).filter(({ name }) => name !== suite);
  const keys = [SUITES[suite], ...other].flatMap((each) =>
    keyring.all('fingerprint').map((key) => prepare(each, key)),
  );
  const current = keys[0]!;
  return {
    currentKeyId: current.id,
    keyIds: keys.map((key) => key.id),
    fingerprint: (domain, value) => current.make(domain, value),
    all: (domain, value) => keys.map((key) => key.make(domain, value)),
    keyed: (domain, value) => keys.map((key) => ({ keyId: key.id, fingerprint: key.make(domain, value) })),
  };
}

interface Prepared {
  id: string;
  make(domain: string, value: string): Buffer;
}

function prepare({ name, digest }: Suite, key: Key): Prepared {
  const derived = deriveKey(key, digest, 'fingerprint', 32);
  const make = (domain: string, value: string) => hmac(digest, derived, domain, value);
  const check = make('key check', '').toString('hex', 0, CHECK_VALUE_BYTES);
  return { id: `${name}:${key.id}:${check}`, make };
}

/** The domain's length before it: `a` + `bc` and `ab` + `c` stay different. */
const hmac = (digest: string, key: KeyObject, domain: string, value: string): Buffer =>
  createHmac(digest, key).update(`${domain.length}:${domain}${value}`).digest();
