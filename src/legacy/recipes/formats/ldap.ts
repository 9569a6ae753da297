/** LDAP's userPassword with a scheme in braces (RFC 2307 section 5.3; salted ones as OpenLDAP writes them). */
import { decodeBase64, decodeHex } from '../binary-text.ts';
import { DIGEST_BYTES, type DigestName, digestOf } from '../digest.ts';
import { fits } from '../stored.ts';
import { argon2 } from './argon2.ts';
import { crypt } from './crypt.ts';
import { anyOf, behind, type SelfDescribing, selfDescribing } from './self-describing.ts';

const MOST_SALT = 64;

/** Base64 of digest and salt; the setting is the salt in hex. The digest is of password, then salt. */
function digestWithSalt(digest: DigestName, hasSalt: boolean) {
  const size = DIGEST_BYTES[digest];
  return selfDescribing({
    shape: `base64 of ${size} bytes${hasSalt ? ' and a salt' : ''}`,
    marks: [''],
    cut(stored) {
      const bytes = decodeBase64(stored);
      const salt = (bytes?.length ?? 0) - size;
      if (!bytes || (hasSalt ? salt < 1 || salt > MOST_SALT : salt !== 0)) return undefined;
      return { setting: `${bytes.toString('hex', size)}$`, hash: bytes.toString('hex', 0, size) };
    },
    open(setting) {
      const salt = setting.endsWith('$') ? decodeHex(setting.slice(0, -1)) : undefined;
      if (!salt || salt.length > MOST_SALT) return undefined;
      return fits({
        slow: false,
        derive: async (password) => digestOf(digest, Buffer.concat([password, salt])).toString('hex'),
      });
    },
  });
}

const scheme = (name: string, digest: DigestName, hasSalt: boolean) =>
  behind(`{${name}}`, digestWithSalt(digest, hasSalt).format);

const SCHEMES: readonly SelfDescribing[] = [
  scheme('SSHA', 'sha1', true),
  scheme('SHA', 'sha1', false),
  scheme('SMD5', 'md5', true),
  scheme('MD5', 'md5', false),
  scheme('SSHA256', 'sha256', true),
  scheme('SHA256', 'sha256', false),
  scheme('SSHA384', 'sha384', true),
  scheme('SHA384', 'sha384', false),
  scheme('SSHA512', 'sha512', true),
  scheme('SHA512', 'sha512', false),
  scheme('SSM3', 'sm3', true),
  scheme('SM3', 'sm3', false),
  behind('{CRYPT}', crypt.format),
  behind('{ARGON2}', argon2.format),
];

export const ldap = anyOf(SCHEMES, '{SSHA} or another scheme in braces before the value');
