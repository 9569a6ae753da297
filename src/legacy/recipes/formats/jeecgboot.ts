/**
 * JeecgBoot: PBEWithMD5AndDES (PKCS #5 v1.5, RFC 8018 section 6.1) with the password as key and the user name
 * as plain text. MD5 a thousand times over password and salt gives eight bytes of DES key and eight of IV.
 * Single DES has left OpenSSL; triple DES with three equal keys is the same cipher.
 */
import { createCipheriv } from 'node:crypto';
import { decodeHex } from '../binary-text.ts';
import { LONGEST_STORED } from '../ceilings.ts';
import { repeatDigest } from '../digest.ts';
import { isUsable } from '../password-text.ts';
import { fits, misfit, type PasswordFormat } from '../stored.ts';

const ITERATIONS = 1000;
const BLOCK = 8;
/** Java's PBE takes salts of eight bytes and passwords of printable ASCII, nothing else. */
const JAVA_PASSWORD = /^[\x20-\x7e]+$/;

const isSalt = (salt: string | undefined): salt is string =>
  salt !== undefined && salt.length <= BLOCK && Buffer.byteLength(salt) === BLOCK;
const isUserName = (name: string | undefined): name is string =>
  name !== undefined && name.length > 0 && name.length <= LONGEST_STORED && name.isWellFormed();

export const jeecgboot: PasswordFormat = {
  read({ hash, salt, userName }) {
    const text = hash.trim().toLowerCase();
    if (!isUserName(userName)) return misfit('user-name', 'the recipe needs the user name');
    if (!isSalt(salt)) return misfit('salt', 'expected a salt of eight bytes');
    // PKCS #7 padding always adds at least one byte.
    const bytes = BLOCK * (Math.floor(Buffer.byteLength(userName) / BLOCK) + 1);
    if (text.length !== 2 * bytes || !decodeHex(text))
      return misfit('shape', 'expected hex of the user name in blocks of eight bytes');
    return fits({ kind: 'digest', canonical: text, salt, slow: false });
  },
  async compute(password, { salt, userName }) {
    if (!isUsable(password) || !JAVA_PASSWORD.test(password) || !isSalt(salt) || !isUserName(userName))
      return undefined;
    const made = await repeatDigest(
      'md5',
      ITERATIONS,
      Buffer.concat([Buffer.from(password), Buffer.from(salt)]),
    );
    const key = made.subarray(0, BLOCK);
    const cipher = createCipheriv('des-ede3-cbc', Buffer.concat([key, key, key]), made.subarray(BLOCK));
    return Buffer.concat([cipher.update(userName), cipher.final()]).toString('hex');
  },
  verify: async () => false,
};
