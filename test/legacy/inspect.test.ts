/** What an operator learns of a dump that nobody can explain any more. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readDeclaration } from '../../src/legacy/declaration.ts';
import { type Inspection, inspectFile } from '../../src/legacy/inspect.ts';
import { readKnownPasswords } from '../../src/legacy/inspect-passwords.ts';
import { citizen, value } from '../accounts/opened.ts';

const folder = mkdtempSync(join(tmpdir(), 'yihao-inspect-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

async function inspect(lines: string[], known = ''): Promise<Inspection> {
  const path = join(folder, 'old.csv');
  writeFileSync(path, `${lines.join('\n')}\n`);
  return value(await inspectFile(path, { known: readKnownPasswords(known) }));
}

/** Numbers of men and women in turns; the codes 2 and 5 say which, against every habit. */
const rows = (password: (n: number, salt: string) => string) =>
  Array.from({ length: 24 }, (_, n) => {
    const salt = `s${n * 7919}`;
    // Sequences of 28 people are alike, and their parity is the sex.
    const { number } = citizen(n * 28 + n);
    const sex = Number(number[16]) % 2 === 1 ? '5' : '2';
    return [n + 1, `u${n}`, '扎西', number, sex, n % 6 ? '0' : '9', password(n, salt), salt].join(',');
  });
const HEAD = 'yhbh,dlm,xm,sfzh,xb,zt,mm,yan';

test('one known password tells which of a dozen formulas it is', async () => {
  const dump = [HEAD, ...rows((n, salt) => md5(`${salt}${md5(`Mima@${n}`)}`).toUpperCase())];
  const blind = await inspect(dump);
  expect(blind.passwords.sure).toBeUndefined();
  expect(blind.passwords.guesses.length).toBeGreaterThan(5);
  expect(blind.lines.join('\n')).toContain('--known FILE');
  expect(blind.declaration).toContain('# password: mm');

  const seen = await inspect(dump, 'u3,Mima@3\n');
  expect(seen.passwords).toMatchObject({ filled: 24, known: 1, sure: 'md5(s+md5(p))' });
  const declared = value(readDeclaration(seen.declaration));
  expect(declared).toMatchObject({ recipe: 'md5(s+md5(p))', person: { password: 'mm', salt: 'yan' } });
});

test('a known password that no recipe is right about proves none', async () => {
  const dump = [HEAD, ...rows((n, salt) => md5(`${salt}secret of the site${n}`))];
  const seen = await inspect(dump, 'u3,Mima@3\n4,Mima@3');
  expect(seen.passwords.known).toBe(2);
  expect(seen.passwords.sure).toBeUndefined();
  expect(seen.lines.join('\n')).toContain('none of them is right');
});

test('the numbers say which code is male; what a status means is only counted', async () => {
  const seen = await inspect([HEAD, ...rows(() => '')]);
  const sexes = seen.codes.find(({ member }) => member === 'gender');
  expect(sexes?.codes).toEqual({ 5: 'male', 2: 'female' });
  expect(seen.codes.find(({ member }) => member === 'status')).toEqual({
    column: 'zt',
    member: 'status',
    counts: [
      { code: '0', rows: 20 },
      { code: '9', rows: 4 },
    ],
  });
  const declared = value(readDeclaration(seen.declaration));
  expect(declared.person?.gender).toEqual({ column: 'xb', codes: { 5: 'male', 2: 'female' } });
  expect(seen.declaration).toContain('# status: { column: zt, codes: { … } }   # "0" ×20, "9" ×4');
});

test('a marked hash needs no known password; a damaged few do not hide it', async () => {
  const bcrypt = '$2b$10$abcdefghijklmnopqrstuu7kXHmG8OjKtatQOLmf/tLKnTDLZSYzK';
  const seen = await inspect([HEAD, ...rows((n) => (n === 7 ? 'x' : bcrypt))]);
  expect(seen.passwords.sure).toMatch(/^(spring|bcrypt)$/);
  expect(value(readDeclaration(seen.declaration)).recipe).toBe(seen.passwords.sure);
});

test('readable passwords are never declared by themselves', async () => {
  const seen = await inspect([HEAD, ...rows((n) => `yak river ${n}`)]);
  expect(seen.passwords.guesses.map(({ recipe }) => recipe)).toEqual(['plain']);
  expect(seen.passwords.sure).toBeUndefined();
});

test('no password of the file and none that was given stands in what is printed', async () => {
  const seen = await inspect([HEAD, ...rows((n) => md5(`Mima@${n}`))], 'u3,Mima@3');
  expect(JSON.stringify(seen)).not.toMatch(/Mima@|[0-9a-f]{32}/);
});
