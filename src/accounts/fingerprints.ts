/**
 * Which fingerprints a person is found and kept unique by.
 *
 * How one number stays one account while fingerprint keys change. A unique index compares fingerprints of the same
 * key only, so two nodes with different current keys could each admit the same number. Therefore:
 *
 * 1. A person has one row in person_fingerprint for each key in use, all under one unique index. Two writers that
 *    share any key collide on that key's row.
 * 2. The one row of person_fingerprint_rule lists the keys every writer must write. A writer locks it in share mode
 *    in the statement that writes, and is refused when its keyring lacks one of them. So any two writers share a key,
 *    and whoever was written before a key was added to the rule had committed when it was added.
 * 3. A rotation first adds the new key to the rule, then gives the row to everybody who lacks it, and only when
 *    nobody does makes the new key the only required one. At every moment at least one required key covers everybody.
 *
 * Look-ups ask for the fingerprints of all keys in the keyring at once; any of them finds the person.
 */
import type { Fingerprinter } from '../platform/seal/fingerprint.ts';
import { type Document, type DocumentType, keyOf } from './document.ts';
import { userNameKey } from './user-name.ts';

/** What a fingerprint is of. Document types and user names are unique, phones are not. */
export type FingerprintKind = DocumentType | 'user-name' | 'phone';

export interface FingerprintRow {
  kind: FingerprintKind;
  keyId: string;
  fingerprint: Buffer;
}

export interface Findable {
  document: Document;
  userName?: string | undefined;
  phone?: string | undefined;
}

/** Fingerprints of one value under every key, current first. */
export const fingerprintsOf = (
  fingerprinter: Fingerprinter,
  kind: FingerprintKind,
  value: string,
): FingerprintRow[] => fingerprinter.keyed(`person ${kind}`, value).map((keyed) => ({ kind, ...keyed }));

/** The value a person is found by under a kind, or undefined where the person has none. */
export function findableValue(person: Findable, kind: FingerprintKind): string | undefined {
  if (kind === 'phone') return person.phone;
  if (kind === 'user-name') return person.userName === undefined ? undefined : userNameKey(person.userName);
  return keyOf(person.document);
}

/**
 * All fingerprints of a person, in one order everywhere: two writers that collide on several rows then wait for each
 * other instead of dead-locking.
 */
export function allFingerprints(fingerprinter: Fingerprinter, person: Findable): FingerprintRow[] {
  return ([person.document.type, 'user-name', 'phone'] as const).flatMap((kind) => {
    const value = findableValue(person, kind);
    return value === undefined ? [] : inOrder(fingerprintsOf(fingerprinter, kind, value));
  });
}

export const inOrder = (rows: FingerprintRow[]): FingerprintRow[] =>
  rows.sort((one, other) => (one.keyId < other.keyId ? -1 : 1));

/** A node whose keyring lacks a key that the accounts need. Breakage: the operator must give it the current file. */
export class FingerprintKeyMissing extends Error {
  constructor(missing: readonly string[]) {
    super(
      `the keyring lacks fingerprint key ${missing.join(', ')}; start this node with the current key file`,
    );
    this.name = 'FingerprintKeyMissing';
  }
}
