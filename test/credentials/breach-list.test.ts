/** The offline list is searched on disk, exactly, at any size. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openBreachList } from '../../src/credentials/breach-list.ts';

const folder = mkdtempSync(join(tmpdir(), 'yihao-breach-'));
afterAll(() => rmSync(folder, { recursive: true }));

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex').toUpperCase();
let files = 0;
function listOf(passwords: string[], line = (hash: string, _at: number) => `${hash}\n`): string {
  const path = join(folder, `list-${files++}.txt`);
  writeFileSync(path, passwords.map(sha1).sort().map(line).join(''));
  return path;
}

test.each([1, 2, 3, 50, 97, 98, 99, 100, 101, 5_000])(
  'of %i breached passwords every one is found, and no other',
  async (size) => {
    const breached = Array.from({ length: size }, (_, at) => `breached-${at}`);
    const list = await openBreachList(listOf(breached, (hash, at) => `${hash}:${at * 7_919}\r\n`));
    const asked = size > 200 ? breached.filter((_, at) => at % 17 === 0) : breached;
    for (const password of asked) expect(await list.has(password)).toBe(true);
    for (let at = 0; at < 100; at += 1) expect(await list.has(`unheard-of-${at}`)).toBe(false);
    await list.close();
  },
);

test('first and last line, small letters, no newline at the end, no counts', async () => {
  const breached = Array.from({ length: 300 }, (_, at) => `b${at}`);
  const sorted = breached.toSorted((a, b) => (sha1(a) < sha1(b) ? -1 : 1));
  const path = join(folder, 'plain.txt');
  writeFileSync(path, sorted.map((password) => sha1(password).toLowerCase()).join('\n'));
  const list = await openBreachList(path);
  expect(await list.has(sorted[0]!)).toBe(true);
  expect(await list.has(sorted.at(-1)!)).toBe(true);
  for (const password of sorted) expect(await list.has(password)).toBe(true);
  await list.close();
});

test('many ask at once', async () => {
  const list = await openBreachList(listOf(Array.from({ length: 2_000 }, (_, at) => `p${at}`)));
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, at) => list.has(at % 2 === 0 ? `p${at}` : `q${at}`)),
  );
  expect(answers.every((found, at) => found === (at % 2 === 0))).toBe(true);
  await list.close();
});

test('one spelling: a password typed with a combining accent is found by its composed form', async () => {
  const list = await openBreachList(listOf(['Caf\u00e9-7-lamp', 'other']));
  expect(await list.has('Cafe\u0301-7-lamp')).toBe(true);
  await list.close();
});

test.each([
  ['empty', ''],
  ['of passwords in the clear', 'password\n123456\n'],
  [
    'of hashes in another order',
    `${sha1('a')}\n${sha1('b')}\n`.split('\n').filter(Boolean).sort().reverse().join('\n'),
  ],
  ['of another hash', `${createHash('md5').update('a').digest('hex')}\n`],
])('a file %s is refused at start, with what is expected', async (_, text) => {
  const path = join(folder, `wrong-${files++}.txt`);
  writeFileSync(path, text);
  await expect(openBreachList(path)).rejects.toThrow('SHA-1 hashes in hexadecimal, sorted');
});
