/**
 * The sample keyring of documentation and tests. Everybody who reads this file knows these keys, so production
 * refuses them.
 */
import { createHash } from 'node:crypto';

const SAMPLE_PURPOSES = ['seal', 'fingerprint', 'pepper', 'audit', 'cookie', 'token'];
const SAMPLES_PER_PURPOSE = 4;

const sampleKey = (purpose: string, n: number): Buffer =>
  createHash('sha256').update(`yihao sample key, not a secret: ${purpose} ${n}`).digest();

const known = new Set(
  SAMPLE_PURPOSES.flatMap((purpose) =>
    Array.from({ length: SAMPLES_PER_PURPOSE }, (_, n) => sampleKey(purpose, n).toString('base64')),
  ),
);

/**
 * The text of a sample keyring file with `count` keys (1–4) for each purpose. The ids of older keys stay the
 * same when the count grows, as in a rotated keyring.
 */
export function sampleKeyring(count = 1): string {
  const keys = (purpose: string) =>
    Array.from({ length: count }, (_, at) => {
      const n = count - 1 - at;
      return { id: `sample-${n}`, key: sampleKey(purpose, n).toString('base64') };
    });
  return JSON.stringify(Object.fromEntries(SAMPLE_PURPOSES.map((purpose) => [purpose, keys(purpose)])));
}

/** Whether this key was published as a sample. */
export const isSampleKey = (bytes: Uint8Array): boolean => known.has(Buffer.from(bytes).toString('base64'));

/** 32 random bytes have 30 different values on average, and never all the shape of typed text. */
const LEAST_DIFFERENT_BYTES = 16;

/** Whether a key is plainly not random: a repeated pattern, a run, or text typed by somebody. */
export function isWeakKey(bytes: Uint8Array): boolean {
  if (new Set(bytes).size < LEAST_DIFFERENT_BYTES) return true;
  const steps = new Set(Array.from(bytes.subarray(1), (byte, at) => (byte - bytes[at]! + 256) % 256));
  if (steps.size === 1) return true;
  return bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
}
