/**
 * Seals single fields. A sealed value says which suite and key it needs and is bound to its place (table,
 * column, row): copied into another row or column it does not open.
 *
 *   byte 0      suite
 *   byte 1      length of the key id, then the key id in ASCII
 *   then        nonce, ciphertext, tag (lengths fixed by the suite)
 *
 * The head and the place are authenticated together with the content.
 */
import type { Key, Keyring } from './keyring.ts';
import { type Lock, SUITES, type SuiteName } from './suites.ts';

/** Where a sealed value lives. `row` is the row's key, as text. */
export interface Place {
  table: string;
  column: string;
  row: string;
}

export type Sealed = Buffer;
export type { SuiteName };

export interface Sealer {
  seal(place: Place, plain: string): Sealed;
  /** @throws SealBroken when the value was changed, moved, or its key is not in the keyring. */
  open(place: Place, sealed: Uint8Array): string;
  /** Suite and key a value was sealed with, to compare with {@link Sealer.currentKeyId}. */
  keyId(sealed: Uint8Array): string;
  currentKeyId: string;
}

/** Breakage, never caused by a visitor: the message names the column and the key, no content and no row. */
export class SealBroken extends Error {
  constructor(place: Place, why: string) {
    super(`${place.table}.${place.column}: a sealed value does not open: ${why}`);
    this.name = 'SealBroken';
  }
}

interface Opener {
  keyId: string;
  head: Buffer;
  lock: Lock;
}

/** A sealer that seals with the current key and the given suite, and opens values of both suites. */
export function makeSealer(keyring: Keyring, suite: SuiteName): Sealer {
  const openers = new Map<string, Opener>();
  for (const each of Object.values(SUITES)) {
    for (const key of keyring.all('seal')) {
      const head = headOf(each.code, key);
      openers.set(head.toString('latin1'), { keyId: nameOf(each.name, key.id), head, lock: each.lock(key) });
    }
  }
  const current = openers.get(headOf(SUITES[suite].code, keyring.current('seal')).toString('latin1'))!;
  return {
    currentKeyId: current.keyId,
    keyId: (sealed) => readKeyId(asBuffer(sealed)),
    seal: (place, plain) =>
      Buffer.concat([current.head, current.lock.seal(placeBytes(current.head, place), Buffer.from(plain))]),
    open(place, sealed) {
      const bytes = asBuffer(sealed);
      const opener = openers.get(bytes.toString('latin1', 0, headLength(bytes)));
      if (!opener) throw new SealBroken(place, `its key is not in the keyring (${readKeyId(bytes)})`);
      const plain = opener.lock.open(placeBytes(opener.head, place), bytes.subarray(opener.head.length));
      if (!plain) throw new SealBroken(place, 'it was changed or belongs to another place');
      return plain.toString();
    },
  };
}

const nameOf = (suite: string, keyId: string) => `${suite}:${keyId}`;

const headOf = (code: number, key: Key): Buffer =>
  Buffer.concat([Buffer.from([code, key.id.length]), Buffer.from(key.id, 'latin1')]);

const headLength = (sealed: Buffer): number => 2 + (sealed[1] ?? 0);

const suiteNames = new Map<number, SuiteName>(Object.values(SUITES).map((suite) => [suite.code, suite.name]));

function readKeyId(sealed: Buffer): string {
  const suite = suiteNames.get(sealed[0] ?? 0);
  const id = sealed.toString('latin1', 2, headLength(sealed));
  return suite !== undefined && /^[a-z0-9-]{1,16}$/.test(id) ? nameOf(suite, id) : 'unreadable';
}

/** Every part with its length before it, so that no two places give the same bytes. */
function placeBytes(head: Buffer, { table, column, row }: Place): Buffer {
  const text = `${table.length}:${table}${column.length}:${column}${row.length}:${row}`;
  return Buffer.concat([head, Buffer.from(text)]);
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
