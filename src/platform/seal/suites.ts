/**
 * The two suites values are sealed with, both from node:crypto.
 *
 * - aes: AES-256-GCM (NIST SP 800-38D), random 96-bit nonce, 128-bit tag.
 * - sm:  SM4-CTR (GB/T 32907) then HMAC-SM3 (GB/T 32905) over place, nonce and ciphertext: encrypt, then MAC.
 *        OpenSSL as built into Node has no SM4-GCM.
 *
 * No key of the keyring is used directly: HKDF (RFC 5869) derives one key for each suite and task, so one entry
 * can serve both suites without one suite's use telling anything about the other's keys. Fingerprints use
 * HMAC-SHA-256 with the first suite and HMAC-SM3 with the second.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomFillSync,
  timingSafeEqual,
} from 'node:crypto';
import type { Key } from './keyring.ts';

export type SuiteName = 'aes' | 'sm';

/** Seals and opens bytes with one key; `place` is authenticated, not stored. */
export interface Lock {
  seal(place: Buffer, plain: Buffer): Buffer;
  /** The plain bytes, or undefined when anything was changed or belongs elsewhere. */
  open(place: Buffer, sealed: Buffer): Buffer | undefined;
}

export interface Suite {
  name: SuiteName;
  /** The first byte of a sealed value. */
  code: number;
  digest: 'sha256' | 'sm3';
  lock(key: Key): Lock;
}

const TAG_BYTES = 16;
const GCM_NONCE_BYTES = 12;
const CTR_NONCE_BYTES = 16;
const HMAC_BYTES = 32;

export const SUITES: Record<SuiteName, Suite> = {
  aes: {
    name: 'aes',
    code: 1,
    digest: 'sha256',
    lock: (key) => gcm(deriveKey(key, 'sha256', 'seal aes-256-gcm', 32)),
  },
  sm: {
    name: 'sm',
    code: 2,
    digest: 'sm3',
    lock: (key) =>
      ctrThenMac(deriveKey(key, 'sm3', 'seal sm4-ctr', 16), deriveKey(key, 'sm3', 'seal hmac-sm3', 32)),
  },
};

/** A key for one task, derived by HKDF; made once, because a KeyObject costs less per use than its bytes. */
export function deriveKey(key: Key, digest: 'sha256' | 'sm3', task: string, length: number): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync(digest, key.key, '', `yihao ${task}`, length)));
}

/** Random bytes are drawn for many nonces at once: a draw costs as much as a seal. */
const drawn = Buffer.alloc(4_096);
let used = drawn.length;

function drawNonce(length: number): Buffer {
  if (used + length > drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  const nonce = Buffer.from(drawn.subarray(used, used + length));
  used += length;
  return nonce;
}

function gcm(key: KeyObject): Lock {
  return {
    seal(place, plain) {
      const nonce = drawNonce(GCM_NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(place);
      // Counter modes give all bytes at once; final() only closes.
      const secret = cipher.update(plain);
      cipher.final();
      return Buffer.concat([nonce, secret, cipher.getAuthTag()]);
    },
    open(place, sealed) {
      const end = sealed.length - TAG_BYTES;
      if (end < GCM_NONCE_BYTES) return undefined;
      const cipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, GCM_NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      cipher.setAAD(place);
      cipher.setAuthTag(sealed.subarray(end));
      const plain = cipher.update(sealed.subarray(GCM_NONCE_BYTES, end));
      try {
        cipher.final();
      } catch {
        return undefined;
      }
      return plain;
    },
  };
}

function ctrThenMac(key: KeyObject, macKey: KeyObject): Lock {
  const mac = (place: Buffer, rest: Buffer) => createHmac('sm3', macKey).update(place).update(rest).digest();
  return {
    seal(place, plain) {
      const nonce = drawNonce(CTR_NONCE_BYTES);
      const secret = Buffer.concat([nonce, createCipheriv('sm4-ctr', key, nonce).update(plain)]);
      return Buffer.concat([secret, mac(place, secret)]);
    },
    open(place, sealed) {
      const end = sealed.length - HMAC_BYTES;
      if (end < CTR_NONCE_BYTES) return undefined;
      const secret = sealed.subarray(0, end);
      if (!timingSafeEqual(mac(place, secret), sealed.subarray(end))) return undefined;
      return createDecipheriv('sm4-ctr', key, secret.subarray(0, CTR_NONCE_BYTES)).update(
        secret.subarray(CTR_NONCE_BYTES),
      );
    },
  };
}
