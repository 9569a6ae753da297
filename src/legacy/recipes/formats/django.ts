/** Django's password column: `algorithm$parameters$salt$hash`, old and new kinds mixed in one table. */
import { createHash } from 'node:crypto';
import { decodeBase64 } from '../binary-text.ts';
import { digestOf } from '../digest.ts';
import { fits } from '../stored.ts';
import { argon2 } from './argon2.ts';
import { bcrypt, bcryptOf } from './bcrypt.ts';
import { openPbkdf2 } from './pbkdf2.ts';
import { openScrypt } from './scrypt.ts';
import { anyOf, behind, selfDescribing } from './self-describing.ts';

const SHAPE = 'pbkdf2_sha256$iterations$salt$hash or another of Django’s';
/** Bytes of both hashes, by name. */
const PBKDF2 = { pbkdf2_sha256: ['sha256', 32], pbkdf2_sha1: ['sha1', 20] } as const;

const pbkdf2 = selfDescribing({
  shape: SHAPE,
  marks: Object.keys(PBKDF2).map((name) => `${name}$`),
  cut(stored) {
    const [, setting, text = ''] =
      /^(pbkdf2_sha(?:256|1)\$\d{1,9}\$[^$]{0,200}\$)([A-Za-z0-9+/]{20,60}={0,2})$/.exec(stored) ?? [];
    const hash = decodeBase64(text)?.toString('base64');
    return setting && hash ? { setting, hash } : undefined;
  },
  open(setting) {
    const [, name, iterations, salt] = /^(pbkdf2_sha(?:256|1))\$(\d{1,9})\$([^$]*)\$$/.exec(setting) ?? [];
    if (salt === undefined) return undefined;
    const [digest, bytes] = PBKDF2[name as keyof typeof PBKDF2];
    return openPbkdf2({ digest, bytes, iterations: Number(iterations), salt: Buffer.from(salt) }, (derived) =>
      derived.toString('base64'),
    );
  },
});

/** Before Django 1.4: one digest of salt and password. */
const salted = selfDescribing({
  shape: SHAPE,
  marks: ['sha1$', 'md5$'],
  cut(stored) {
    const [, setting, hash] =
      /^((?:sha1\$[^$]{0,200}\$(?=.{40}$)|md5\$[^$]{0,200}\$(?=.{32}$)))([0-9a-f]+)$/i.exec(stored) ?? [];
    return setting && hash ? { setting, hash: hash.toLowerCase() } : undefined;
  },
  open(setting) {
    const [, name, salt] = /^(sha1|md5)\$([^$]*)\$$/.exec(setting) ?? [];
    if (salt === undefined) return undefined;
    return fits({
      slow: false,
      derive: async (password) =>
        digestOf(name as 'sha1' | 'md5', Buffer.concat([Buffer.from(salt), password])).toString('hex'),
    });
  },
});

const scrypt = selfDescribing({
  shape: SHAPE,
  marks: ['scrypt$'],
  cut(stored) {
    const [, setting, text = ''] =
      /^(scrypt\$\d{1,9}\$[^$]{0,200}\$\d{1,4}\$\d{1,4}\$)([A-Za-z0-9+/]{86}==)$/.exec(stored) ?? [];
    return setting ? { setting, hash: text } : undefined;
  },
  open(setting) {
    const [, n, salt, r, p] = /^scrypt\$(\d{1,9})\$([^$]*)\$(\d{1,4})\$(\d{1,4})\$$/.exec(setting) ?? [];
    const logN = Math.log2(Number(n));
    if (salt === undefined || !Number.isInteger(logN)) return undefined;
    const parameters = { logN, r: Number(r), p: Number(p), salt: Buffer.from(salt), bytes: 64 };
    return openScrypt(parameters, (derived) => derived.toString('base64'));
  },
});

const sha256Hex = (password: string) => createHash('sha256').update(password).digest('hex');

export const django = anyOf(
  [
    pbkdf2,
    behind('argon2', argon2.format),
    behind('bcrypt_sha256$', bcryptOf(sha256Hex).format),
    behind('bcrypt$', bcrypt.format),
    scrypt,
    salted,
  ],
  SHAPE,
);
