/**
 * Spring Security's DelegatingPasswordEncoder: `{id}value`. The ids and defaults are those of
 * PasswordEncoderFactories in versions 5 and 6. A bare bcrypt value is taken too, since many applications set
 * bcrypt for values without an id.
 */
import { decodeHex } from '../binary-text.ts';
import { type DigestName, digestOf } from '../digest.ts';
import { readFormula } from '../formula/formula.ts';
import { fits } from '../stored.ts';
import { argon2 } from './argon2.ts';
import { bcrypt } from './bcrypt.ts';
import { ldap } from './ldap.ts';
import { openPbkdf2, type Pbkdf2Parameters } from './pbkdf2.ts';
import { plain } from './plain.ts';
import { springScrypt } from './scrypt.ts';
import { anyOf, behind, selfDescribing } from './self-describing.ts';

/** MessageDigestPasswordEncoder: hex digest of password and `{salt}`, the braces being part of the salt. */
function messageDigest(digest: DigestName, digits: number) {
  return selfDescribing({
    shape: `perhaps {salt}, then ${digits} hex digits`,
    marks: [''],
    cut(stored) {
      const setting = stored.slice(0, -digits);
      const hash = stored.slice(-digits).toLowerCase();
      return hash.length === digits && decodeHex(hash) ? { setting: `${setting}$`, hash } : undefined;
    },
    open(setting) {
      const salt = /^((?:\{[^{}]{1,200}\})?)\$$/.exec(setting)?.[1];
      if (salt === undefined) return undefined;
      return fits({
        slow: false,
        derive: async (password) =>
          digestOf(digest, Buffer.concat([password, Buffer.from(salt)])).toString('hex'),
      });
    },
  }).format;
}

const HASH_DIGITS = 64;

/** Pbkdf2PasswordEncoder with an empty secret: hex of salt and 32 bytes; the cost is written nowhere. */
function pbkdf2(digest: Pbkdf2Parameters['digest'], saltBytes: number, iterations: number) {
  const saltDigits = 2 * saltBytes;
  return selfDescribing({
    shape: `${saltDigits + HASH_DIGITS} hex digits`,
    marks: [''],
    cut(stored) {
      const text = stored.toLowerCase();
      if (text.length !== saltDigits + HASH_DIGITS || !decodeHex(text)) return undefined;
      return { setting: text.slice(0, saltDigits), hash: text.slice(saltDigits) };
    },
    open(setting) {
      const salt = setting.length === saltDigits ? decodeHex(setting) : undefined;
      return (
        salt && openPbkdf2({ digest, iterations, salt, bytes: 32 }, (derived) => derived.toString('hex'))
      );
    },
  }).format;
}

/** StandardPasswordEncoder: eight bytes of salt, SHA-256 a thousand and twenty-four times. */
function standard() {
  const read = readFormula('s+repeat(1024, sha256, unhex(s)+p)');
  if (!read.ok) throw new Error(read.fault.message);
  return read.value;
}

export const spring = anyOf(
  [
    behind('{bcrypt}', bcrypt.format),
    behind('{noop}', plain),
    behind('{MD5}', messageDigest('md5', 32)),
    behind('{SHA-1}', messageDigest('sha1', 40)),
    behind('{SHA-256}', messageDigest('sha256', 64)),
    behind('{sha256}', standard()),
    behind('{pbkdf2}', pbkdf2('sha1', 8, 185_000)),
    behind('{pbkdf2@SpringSecurity_v5_8}', pbkdf2('sha256', 16, 310_000)),
    behind('{scrypt}', springScrypt.format),
    behind('{scrypt@SpringSecurity_v5_8}', springScrypt.format),
    behind('{argon2}', argon2.format),
    behind('{argon2@SpringSecurity_v5_8}', argon2.format),
    behind('{ldap}', ldap.format),
    ldap,
    bcrypt,
  ],
  '{bcrypt} or another of Spring Security’s ids before the value',
);
