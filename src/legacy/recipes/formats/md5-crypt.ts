/**
 * $1$ and $apr1$: MD5-crypt (Poul-Henning Kamp, FreeBSD libcrypt; Apache's htpasswd changed only the mark).
 * Always a thousand rounds, so nothing to hold against a ceiling.
 */
import { cryptDigits } from '../binary-text.ts';
import { digestOf } from '../digest.ts';
import { fits } from '../stored.ts';
import { selfDescribing } from './self-describing.ts';

const STORED = /^(\$(?:1|apr1)\$[^$:\s]{0,8}\$)([./0-9A-Za-z]{22})$/;
const SETTING = /^(\$(?:1|apr1)\$)([^$:\s]{0,8})\$$/;
const ROUNDS = 1000;

export const md5Crypt = selfDescribing({
  shape: '$1$salt$hash or $apr1$salt$hash',
  marks: ['$1$', '$apr1$'],
  cut(stored) {
    const [, setting, hash] = STORED.exec(stored) ?? [];
    return setting && hash ? { setting, hash } : undefined;
  },
  open(setting) {
    const [, magic, salt] = SETTING.exec(setting) ?? [];
    if (magic === undefined || salt === undefined) return undefined;
    return fits({
      slow: false,
      derive: async (password) => md5CryptOf(password, Buffer.from(magic), Buffer.from(salt)),
    });
  },
});

function md5CryptOf(password: Buffer, magic: Buffer, salt: Buffer): string {
  const inner = digestOf('md5', Buffer.concat([password, salt, password]));
  const start: Buffer[] = [password, magic, salt];
  for (let left = password.length; left > 0; left -= 16) start.push(inner.subarray(0, Math.min(left, 16)));
  // The original wrote the wrong variable here, and everyone has had to do so since.
  for (let bits = password.length; bits > 0; bits >>= 1)
    start.push(bits & 1 ? Buffer.alloc(1) : password.subarray(0, 1));
  let last = digestOf('md5', Buffer.concat(start));
  for (let round = 0; round < ROUNDS; round++) {
    const parts = [round & 1 ? password : last];
    if (round % 3) parts.push(salt);
    if (round % 7) parts.push(password);
    parts.push(round & 1 ? last : password);
    last = digestOf('md5', Buffer.concat(parts));
  }
  const group = (a: number, b: number, c: number) =>
    cryptDigits((last[a]! << 16) | (last[b]! << 8) | last[c]!, 4);
  return [
    group(0, 6, 12),
    group(1, 7, 13),
    group(2, 8, 14),
    group(3, 9, 15),
    group(4, 10, 5),
    cryptDigits(last[11]!, 2),
  ].join('');
}
