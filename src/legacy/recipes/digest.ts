/** The digests of old systems, by Node's OpenSSL. MD5 and SHA-1 serve only to recognise old passwords. */
import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';

/** Name in formulas to bytes of output; the names are OpenSSL's too. SM3: GB/T 32905-2016. */
export const DIGEST_BYTES = {
  md5: 16,
  sha1: 20,
  sha224: 28,
  sha256: 32,
  sha384: 48,
  sha512: 64,
  sm3: 32,
} as const;

export type DigestName = keyof typeof DIGEST_BYTES;

export const isDigestName = (name: string): name is DigestName => Object.hasOwn(DIGEST_BYTES, name);

export const digestOf = (name: DigestName, data: Buffer): Buffer => hash(name, data, 'buffer');

export const hmacOf = (name: DigestName, key: Buffer, data: Buffer): Buffer =>
  createHmac(name, key).update(data).digest();

/** One to two milliseconds of digests: so many run before other work gets its turn. */
export const STEPS_IN_A_ROW = 1_000;

/**
 * Lets other work in. Long chains of tiny digests stay on the event loop and give way, instead of going to a
 * worker: the usual chain is shorter than a worker's start, and the hash queue already limits how many run.
 */
export const giveWay = (): Promise<void> => setImmediate();

/** `times` digests, each of the one before: of its bytes, or of its lower-case hex text. */
export async function repeatDigest(
  name: DigestName,
  times: number,
  data: Buffer,
  between: 'bytes' | 'hex' = 'bytes',
): Promise<Buffer> {
  let last = digestOf(name, data);
  for (let step = 1; step < times; step++) {
    last = digestOf(name, between === 'hex' ? Buffer.from(last.toString('hex')) : last);
    if (step % STEPS_IN_A_ROW === 0) await giveWay();
  }
  return last;
}

/** Compares without telling by its time where the difference is; lengths are no secret. */
export function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
