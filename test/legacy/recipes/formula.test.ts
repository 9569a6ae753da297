/** The language in which a department declares a recipe of its own. */
import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRecipe } from '../../../src/legacy/recipes/recipe.ts';
import { recipeOf } from './recipe-of.ts';

describe('a faulty declaration is refused with the column and what was expected', () => {
  test.each([
    ['', 1, 'expected p, s, u, a text in quotes or a function but found the end'],
    ['md5(p', 6, 'expected ")" but found the end'],
    ['md5 p', 5, 'expected "(" but found "p"'],
    ['md5()', 5, 'expected p, s, u'],
    ['md5(p))', 7, 'expected "+", "[" or the end but found ")"'],
    ['md5(p)+', 8, 'expected p, s, u'],
    ['md5(p,s)', 6, 'expected ")" but found ","'],
    ['md6(p)', 1, 'but found "md6"'],
    ['md5(q)', 5, 'but found "q"'],
    ['Md5(p)', 1, 'but found "Md5"'],
    ['hmac_md6(s,p)', 1, 'expected hmac_ and one of md5'],
    ['hmac_md5(p)', 11, 'expected "," but found ")"'],
    ['md5(p;s)', 6, 'unexpected character ";"'],
    ['md5(p)\u3000', 7, 'unexpected character U+3000'],
    ['md5("abc+p)', 12, 'expected a closing " for the text that begins in column 5'],
    ['md5("a\\n"+p)', 8, 'after \\ expected'],
    ['md5(p)[8-24]', 9, 'unexpected character "-"'],
    ['md5(p)[24..8]', 7, 'the slice is empty'],
    ['md5(p)[8..40]', 1, 'a slice ends in 40 but there are 32 characters'],
    ['md5(p)[32..]', 1, 'a slice ends in 32'],
    ['md5(p)[0..8]', 1, 'fewer than 16 digits'],
    ['repeat(md5, 3, p)', 8, 'expected how often but found "md5"'],
    ['repeat(0, md5, p)', 8, 'expected at least one time'],
    ['repeat(3, crc32, p)', 11, 'expected one of md5'],
    ['repeat(3, MD5, p)', 11, 'expected one of md5'],
    ['repeat(1000001, md5, p)', 1, 'more than 1000000 repetitions'],
    ['repeat(600000, md5, repeat(600000, md5, p))', 1, 'more than 1000000 repetitions'],
    ['repeat(9999999999, md5, p)', 8, 'the number is too large'],
    ['raw(p)', 5, 'raw() gives the bytes of a digest'],
    ['md5(s)', 1, 'does not use the password'],
    ['upper(p)', 1, 'must stand inside a digest'],
    ['md5(p)+base64(p)', 1, 'must stand inside a digest'],
    ['md5("x")+md5(p)[0..4]', 1, 'fewer than 16 digits'],
    ['hex("0123456789abcdef"+raw(md5(p)))[0..16]', 1, 'the result must be a digest'],
    ['s+md5(p)+s', 1, 'may hold the salt, s, once'],
    ['constructor(p)', 1, 'but found "constructor"'],
    ['__proto__', 1, 'unexpected character "_"'],
    ['toString', 1, 'there is no recipe "toString"'],
    [`${'md5('.repeat(30)}p${')'.repeat(30)}`, 65, 'more than 16 steps inside one another'],
    [`md5(${Array(80).fill('p').join('+')})`, 133, 'more than 64 steps'],
    [`md5(p)${'[0..32]'.repeat(64)}`, 441, 'more than 64 steps'],
    [`md5(${' '.repeat(600)}p)`, 501, 'longer than 500 characters'],
    ['('.repeat(500), 17, 'more than 16 steps inside one another'],
  ])('%s', (text, at, message) => {
    const read = readRecipe(text);
    expect(read).toMatchObject({ ok: false, fault: { at } });
    expect(!read.ok && read.fault.message).toContain(message);
  });
});

test('a site’s key never appears in a fault: faults go into reports', () => {
  for (const text of ['md5(p "secretkey")', 'thinkcmf("secretkey"', 'discuz "secretkey"', '"secretkey"']) {
    const read = readRecipe(text);
    expect(!read.ok && read.fault.message).not.toContain('secretkey');
    expect(read.ok).toBe(false);
  }
  const misread = recipeOf('thinkcmf("secretkey")').read({ hash: 'x' });
  expect(JSON.stringify(misread)).not.toContain('secretkey');
});

interface Variables {
  p: string;
  s: string;
  u: string;
}

interface Sample {
  text: string;
  value(variables: Variables): Buffer;
}

const digest = (name: string, data: Buffer) => createHash(name).update(data).digest();
const NAMES = ['md5', 'sha1', 'sha256', 'sha512', 'sm3'];
const MODEST = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((text) => text.isWellFormed());

/** Formulas together with what they mean, said in another way. */
const { outer } = fc.letrec<{ inner: Sample; outer: Sample }>((tie) => ({
  inner: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<('p' | 's' | 'u')[]>('p', 's', 'u').map((name) => ({
      text: name,
      value: (variables: Variables) => Buffer.from(variables[name]),
    })),
    MODEST.map((text) => ({
      text: `'${text.replace(/[\\'"]/g, '\\$&')}'`,
      value: () => Buffer.from(text),
    })),
    fc.tuple(tie('inner'), tie('inner')).map(([left, right]) => ({
      text: `(${left.text}+ ${right.text})`,
      value: (variables: Variables) => Buffer.concat([left.value(variables), right.value(variables)]),
    })),
    tie('outer'),
    tie('inner').map((of) => ({
      text: `base64(${of.text})`,
      value: (variables: Variables) => Buffer.from(of.value(variables).toString('base64')),
    })),
    fc.tuple(tie('inner'), fc.nat(5), fc.integer({ min: 1, max: 9 })).map(([of, from, length]) => ({
      text: `(${of.text}+p+u+s+md5(p))[${from}..${from + length}]`,
      value: (variables: Variables) => {
        const { p, s, u } = variables;
        const whole = [of.value(variables), p + u + s, digest('md5', Buffer.from(p)).toString('hex')];
        return Buffer.concat(whole.map((each) => Buffer.from(each as string))).subarray(from, from + length);
      },
    })),
  ),
  outer: fc.oneof(
    fc.tuple(fc.constantFrom(...NAMES), tie('inner'), fc.boolean()).map(([name, of, upper]) => ({
      text: `${upper ? name.toUpperCase() : name}(${of.text}+p)`,
      value: (variables: Variables) => {
        const hex = digest(name, Buffer.concat([of.value(variables), Buffer.from(variables.p)])).toString(
          'hex',
        );
        return Buffer.from(upper ? hex.toUpperCase() : hex);
      },
    })),
    fc.tuple(fc.constantFrom(...NAMES), tie('inner'), tie('inner')).map(([name, key, of]) => ({
      text: `hmac_${name}(${key.text}, ${of.text}+p)`,
      value: (variables: Variables) =>
        Buffer.from(
          createHmac(name, key.value(variables))
            .update(Buffer.concat([of.value(variables), Buffer.from(variables.p)]))
            .digest('hex'),
        ),
    })),
    fc
      .tuple(fc.constantFrom(...NAMES), tie('inner'), fc.integer({ min: 1, max: 5 }))
      .map(([name, of, times]) => ({
        text: `repeat(${times}, ${name}, ${of.text}+p)`,
        value: (variables: Variables) => {
          let bytes = Buffer.concat([of.value(variables), Buffer.from(variables.p)]);
          for (let step = 0; step < times; step++) bytes = digest(name, bytes);
          return Buffer.from(bytes.toString('hex'));
        },
      })),
  ),
}));

test('a formula means what its steps mean one by one, however they are put together', async () => {
  const variables = fc.record({ p: MODEST, s: MODEST, u: MODEST });
  let read = 0;
  await fc.assert(
    fc.asyncProperty(outer, variables, async ({ text, value }, { p, s, u }) => {
      const recipe = readRecipe(text);
      if (!recipe.ok) return expect(recipe.fault.message).toMatch(/more than (16|64) steps|500 characters/);
      read++;
      const canonical = value({ p, s, u }).toString('latin1').toLowerCase();
      expect(await recipe.value.compute(p, { salt: s, userName: u })).toBe(canonical);
    }),
    { numRuns: 500 },
  );
  expect(read).toBeGreaterThan(250);
});

test('what a formula computes it reads back to the same canonical text, in any of the spellings in use', async () => {
  const result = fc.constantFrom(
    'md5(p+s)',
    'MD5(u+p)',
    'sha1(p)[4..30]',
    'u+":"+sm3(p+u)',
    's+sha256(s+p)',
    '"##"+md5(p)+"$"+s',
    'md5(s+p)+sha1(p)',
    'repeat_hex(3, sha512, p+s)',
  );
  const text = fc.string({ minLength: 1, maxLength: 20, unit: fc.constantFrom(...'aZ09_盐') });
  await fc.assert(
    fc.asyncProperty(result, text, text, text, async (formula, p, s, u) => {
      const recipe = recipeOf(formula);
      const canonical = (await recipe.compute(p, { salt: s, userName: u }))!;
      const upper = canonical.replace(/[0-9a-f]{26,}/g, (hex) => hex.toUpperCase());
      for (const hash of /^[us]|"/.test(formula) ? [canonical] : [canonical, upper]) {
        const read = recipe.read({ hash, salt: s, userName: u });
        expect(read).toMatchObject({ ok: true, value: { kind: 'digest', canonical } });
      }
      if (/^(md5|MD5|repeat_hex)\([^)]*\)$/.test(formula)) {
        const base64 = Buffer.from(canonical, 'hex').toString('base64');
        expect(recipe.read({ hash: base64, salt: s, userName: u })).toMatchObject({ value: { canonical } });
      }
    }),
    { numRuns: 300 },
  );
});

test('no declaration makes the reader throw or linger', () => {
  const parts = [
    'md5(',
    'p',
    's',
    '+',
    ')',
    '[',
    '..',
    '8',
    '"',
    "'",
    '\\',
    'repeat(',
    ',',
    'raw(',
    'gbk(',
    'discuz',
    ' ',
  ];
  const scrap = fc.array(fc.constantFrom(...parts), { maxLength: 200 }).map((each) => each.join(''));
  fc.assert(
    fc.property(fc.oneof(scrap, fc.string({ unit: 'binary', maxLength: 600 })), (text) => {
      const read = readRecipe(text);
      if (!read.ok) expect(read.fault.at).toBeGreaterThan(0);
    }),
    { numRuns: 2000 },
  );
  for (const text of ['('.repeat(1e6), 'a'.repeat(1e6), '"'.repeat(1e6), '\\'.repeat(1e6)])
    expect(readRecipe(text)).toMatchObject({ ok: false, fault: { at: 501 } });
});
