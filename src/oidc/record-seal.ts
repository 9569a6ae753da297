/**
 * Seals the content of protocol records: an interaction carries what somebody typed (login_hint), and a writer
 * into the database must not be able to mint a token or move one to another person.
 *
 *   byte 0      suite
 *   byte 1      length of the key id, then the key id in ASCII
 *   then        as the suite has it (AES-256-GCM, or SM4-CTR with HMAC-SM3)
 *
 * Bound to the record's key. The keys are derived once and kept as KeyObjects: handing node:crypto raw bytes
 * costs 15 µs more per call. There are 256 of them per keyring entry, chosen by the first byte of the record's
 * key, so that a random 96-bit nonce meets itself under one key no sooner than NIST SP 800-38D §8.3 allows
 * (2^32 calls) after a trillion records.
 */
import { createSecretKey } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Key, Keyring } from '../platform/seal/keyring.ts';
import { deriveKey, type Lock, SUITES, type SuiteName } from '../platform/seal/suites.ts';

export interface RecordSeal {
  seal(key: Buffer, plain: string): Buffer;
  /** The plain text, or undefined when it was changed, moved, or its key is no longer in the keyring. */
  open(key: Buffer, sealed: Buffer): string | undefined;
}

/** Bytes of plain and sealed content that may be remembered. */
const REMEMBERED = 16 * 1024 * 1024;

interface Ring {
  head: Buffer;
  locks: (Lock | undefined)[];
  lock(bucket: number): Lock;
}

export function makeRecordSeal(keyring: Keyring, suite: SuiteName): RecordSeal {
  const rings = new Map<string, Ring>();
  for (const each of Object.values(SUITES)) {
    for (const key of keyring.all('token')) {
      const ring = makeRing(each.name, key);
      rings.set(ring.head.toString('latin1'), ring);
    }
  }
  const current = rings.get(headOf(SUITES[suite].code, keyring.current('token')).toString('latin1'))!;

  // The same bytes under the same key hold the same text: a sign-on reads one session three times.
  const recent = new LRUCache<string, { sealed: Buffer; plain: string }>({
    maxSize: REMEMBERED,
    sizeCalculation: ({ sealed, plain }) => 128 + sealed.length + 2 * plain.length,
  });
  const remember = (key: Buffer, sealed: Buffer, plain: string) =>
    recent.set(key.toString('latin1'), { sealed, plain });

  return {
    seal(key, plain) {
      const place = Buffer.concat([current.head, key]);
      const sealed = Buffer.concat([current.head, current.lock(key[0]!).seal(place, Buffer.from(plain))]);
      remember(key, sealed, plain);
      return sealed;
    },
    open(key, sealed) {
      const known = recent.get(key.toString('latin1'));
      if (known?.sealed.equals(sealed)) return known.plain;
      const ring = rings.get(sealed.toString('latin1', 0, 2 + (sealed[1] ?? 0)));
      if (!ring) return undefined;
      const rest = sealed.subarray(ring.head.length);
      const plain = ring
        .lock(key[0]!)
        .open(Buffer.concat([ring.head, key]), rest)
        ?.toString();
      // A copy: what a driver hands out may be a slice of a much larger piece of memory.
      if (plain !== undefined) remember(key, Buffer.from(sealed), plain);
      return plain;
    },
  };
}

function makeRing(suite: SuiteName, key: Key): Ring {
  const locks: (Lock | undefined)[] = new Array(256);
  return {
    head: headOf(SUITES[suite].code, key),
    locks,
    lock(bucket) {
      locks[bucket] ??= SUITES[suite].lock(bucketKey(key, bucket));
      return locks[bucket];
    },
  };
}

function bucketKey(key: Key, bucket: number): Key {
  const bytes = deriveKey(key, 'sha256', `oidc record ${bucket}`, 32).export();
  return { id: key.id, bytes, key: createSecretKey(bytes) };
}

const headOf = (code: number, key: Key): Buffer =>
  Buffer.concat([Buffer.from([code, key.id.length]), Buffer.from(key.id, 'latin1')]);
