/** Whoever filled the old table must not be able to crash us, to hold us up or to get in. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadHashEngine } from '../../../src/credentials/hash-engine.ts';
import { CEILINGS } from '../../../src/legacy/recipes/ceilings.ts';
import { READY_MADE } from '../../../src/legacy/recipes/ready-made.ts';
import { tryPassword } from '../../../src/legacy/recipes/recipe.ts';
import { recipeOf } from './recipe-of.ts';
import { SELF_DESCRIBING } from './vectors.ts';

const aspnet = (iterations: number) => {
  const bytes = Buffer.alloc(13 + 16 + 32, 7);
  bytes[0] = 1;
  bytes.writeUInt32BE(1, 1);
  bytes.writeUInt32BE(iterations, 5);
  bytes.writeUInt32BE(16, 9);
  return bytes.toString('base64');
};

const BCRYPT_TAIL = 'abcdefghijklmnopqrstuu7kXHmG8OjKtatQOLmf/tLKnTDLZSYzK';
const HASH_43 = 'b'.repeat(43);
const HASH_88 = `${'b'.repeat(86)}==`;
const argon2 = (m: number, t: number, p: number) =>
  `$argon2id$v=19$m=${m},t=${t},p=${p}$${'c'.repeat(22)}$${HASH_43}`;

describe('a value that would cost too much is refused at import, and not run when it is put in by hand', () => {
  test.each([
    ['bcrypt', `$2b$15$${BCRYPT_TAIL}`],
    ['crypt', `$2y$31$${BCRYPT_TAIL}`],
    ['spring', `{bcrypt}$2a$20$${BCRYPT_TAIL}`],
    ['django', `bcrypt_sha256$$2b$15$${BCRYPT_TAIL}`],
    ['wordpress', `$wp$2y$15$${BCRYPT_TAIL}`],
    ['crypt', `$6$rounds=1000001$salt$${'b'.repeat(86)}`],
    ['crypt', `$5$rounds=999999999$salt$${HASH_43}`],
    ['ldap', `{CRYPT}$5$rounds=999999999$salt$${HASH_43}`],
    ['phpass', `$P$H12345678${'b'.repeat(22)}`],
    ['phpass', `$H$S12345678${'b'.repeat(22)}`],
    ['django', `pbkdf2_sha256$2000001$salt$${'b'.repeat(43)}=`],
    ['django', `pbkdf2_sha1$999999999$salt$${'b'.repeat(27)}=`],
    ['shiro1', `$shiro1$SHA-256$1000001$c2FsdA==$${'b'.repeat(43)}=`],
    ['aspnet-identity', aspnet(2_000_001)],
    ['aspnet-identity', aspnet(0xffff_ffff)],
    ['django', `scrypt$1048576$salt$8$1$${HASH_88}`],
    ['django', `scrypt$16384$salt$8$11$${HASH_88}`],
    ['scrypt', `$scrypt$ln=63,r=8,p=1$salt$${HASH_43}`],
    ['scrypt', `$scrypt$ln=2,r=9999,p=9999$salt$${HASH_43}`],
    ['scrypt', `$s0$e0b01$${'b'.repeat(24)}$${HASH_43}=`.replace('e0b01', '160801')],
    ['spring', `{scrypt}$ffffff01$${'b'.repeat(24)}$${HASH_43}=`],
    ['argon2', argon2(262_145, 1, 1)],
    ['argon2', argon2(65_536, 11, 1)],
    ['argon2', argon2(65_536, 1, 17)],
    ['django', `argon2${argon2(999_999_999, 1, 1)}`],
    ['spring', `{argon2}${argon2(262_145, 1, 1)}`],
  ])('%s %s', async (text, hash) => {
    const recipe = recipeOf(text);
    expect(recipe.read({ hash })).toMatchObject({ ok: false, fault: { reason: 'cost' } });
    expect(await recipe.verify('Test@1234', hash)).toBe(false);
    const setting = hash.slice(0, hash.lastIndexOf('$') + 1);
    expect(await recipe.compute('Test@1234', { salt: setting })).toBeUndefined();
  });

  test('a sound argon2 value above a ceiling does not even let its own password in', async () => {
    const engine = await loadHashEngine();
    const sound = (passes: number) => engine.hash('Test@1234', { memoryKib: 64, passes, lanes: 1 });
    expect(await recipeOf('argon2').verify('Test@1234', await sound(CEILINGS.passes))).toBe(true);
    expect(await recipeOf('argon2').verify('Test@1234', await sound(CEILINGS.passes + 1))).toBe(false);
  });

  test('the ceiling itself is still let in', () => {
    expect(recipeOf('bcrypt').read({ hash: `$2b$14$${BCRYPT_TAIL}` }).ok).toBe(true);
    expect(recipeOf('crypt').read({ hash: `$6$rounds=1000000$salt$${'b'.repeat(86)}` }).ok).toBe(true);
    expect(recipeOf('phpass').read({ hash: `$P$G12345678${'b'.repeat(22)}` }).ok).toBe(true);
    expect(recipeOf('aspnet-identity').read({ hash: aspnet(CEILINGS.pbkdf2Iterations) }).ok).toBe(true);
    expect(recipeOf('scrypt').read({ hash: `$scrypt$ln=18,r=8,p=10$salt$${HASH_43}` }).ok).toBe(true);
    expect(recipeOf('argon2').read({ hash: argon2(CEILINGS.memoryKib, 10, 16) }).ok).toBe(true);
  });
});

test.each([
  ['crypt', 'abJnggxhB/yWI', 'DES crypt'],
  ['bcrypt', `$2x$10$${BCRYPT_TAIL}`, 'the faulty bcrypt of 2011'],
  ['bcrypt', `$2b$03$${BCRYPT_TAIL}`, 'bcrypt below its least cost'],
  ['crypt', `$6$rounds=999$salt$${'b'.repeat(86)}`, 'fewer rounds than crypt(3) ever writes'],
  ['ldap', '12bce374e7be15142e8172f668da00d8', 'a value without a scheme'],
  ['spring', '{unknown}abc', 'an unknown id'],
  ['md5(p)', '12bce374e7be15142e8172f668da00d', 'a digit missing'],
  ['md5(p)', '12bce374e7be15142e8172f668da00dg', 'a letter that is not hex'],
  ['md5(p)', '', 'nothing'],
  ['thinkcmf("k")', '##a12bce374e7be15142e8172f668da00d8', 'a wrong mark'],
  ['jeesite', '38949ee5cee6bcf32757377176d53e241b4e3ca7', 'a value without its salt'],
  ['jeesite', 'zz0203040506070838949ee5cee6bcf32757377176d53e241b4e3ca7', 'a salt that is not hex'],
  ['plain', '', 'an empty password'],
])('%s refuses %s: %s', (text, hash) => {
  const read = recipeOf(text).read({ hash });
  expect(read.ok).toBe(false);
  expect(hash === '' || !JSON.stringify(read).includes(hash)).toBe(true);
});

const NAMES = Object.entries(READY_MADE).map(([name, ready]) =>
  'formula' in ready && ready.takesKey ? `${name}("key")` : name,
);
const RECIPES = [...NAMES, 'md5(gbk(p)+s)', 's+sha1(unhex(s)+utf16le(p))', 'hmac_sha256(unbase64(s), u+p)'];
const GENUINE = Object.values(SELF_DESCRIBING).flatMap((rows) => rows.map(([, stored]) => stored));
const RUBBISH = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.constantFrom(
    '',
    '\0',
    '\ud800',
    '$',
    '$$',
    '{',
    '{}',
    '{MD5}',
    '{SSHA}',
    '$1$',
    '$P$',
    '{scrypt}$',
    'A$1$',
    '=',
    '😀',
  ),
  // Genuine values with a bite taken out, or something put in.
  fc
    .tuple(fc.constantFrom(...GENUINE), fc.nat(120), fc.nat(4), fc.constantFrom('', '\0', '$', '{', 'é', '9'))
    .map(([value, at, cut, put]) => value.slice(0, at) + put + value.slice(at + cut))
    // Each of these can be a sound value, and two hundred sound slow ones take too long.
    .filter((value) => !/pbkdf2|\$2[aby]\$|scrypt|\$s0\$|rounds=\d{5}|argon2/.test(value)),
);

test('no row, password, salt or user name makes a recipe throw', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...RECIPES),
      RUBBISH,
      fc.option(RUBBISH, { nil: undefined }),
      fc.option(RUBBISH, { nil: undefined }),
      RUBBISH,
      async (text, hash, salt, userName, password) => {
        const recipe = recipeOf(text);
        await tryPassword(recipe, { hash, salt, userName }, password);
        expect(await recipe.verify(password, hash)).toBe(false);
        await recipe.compute(password, { salt, userName });
      },
    ),
    { numRuns: 2000 },
  );
}, 30_000);

test('genuine values with a bite taken out are read without throwing by every recipe', () => {
  const bitten = fc
    .tuple(fc.constantFrom(...GENUINE), fc.nat(120), fc.nat(4), fc.constantFrom('', '\0', '$', '{', 'é', '9'))
    .map(([value, at, cut, put]) => value.slice(0, at) + put + value.slice(at + cut));
  fc.assert(
    fc.property(fc.constantFrom(...RECIPES), bitten, (text, hash) => {
      const read = recipeOf(text).read({ hash, salt: 'abcdefgh', userName: 'u0001' });
      if (!read.ok) expect(JSON.stringify(read.fault)).not.toContain(JSON.stringify(hash).slice(1, -1));
    }),
    { numRuns: 2000 },
  );
});

test('bcrypt and argon2 of the right shape but invented content match nothing and throw nothing', async () => {
  const digits = (length: number, alphabet: string) =>
    fc.string({ unit: fc.constantFrom(...alphabet), minLength: length, maxLength: length });
  const alphanumeric = 'ABYZabyz0189';
  await fc.assert(
    fc.asyncProperty(
      digits(53, `${alphanumeric}./`),
      digits(23, `${alphanumeric}+/`),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 90 }),
      async (tail, text, password) => {
        expect(await recipeOf('bcrypt').verify(password, `$2b$04$${tail}`)).toBe(false);
        expect(await recipeOf('argon2').verify(password, `$argon2i$m=8,t=1,p=1$${text}$${text}`)).toBe(false);
        expect(await recipeOf('argon2').verify(password, `$argon2d$v=19$m=8,t=1,p=1$${text}$${text}`)).toBe(
          false,
        );
      },
    ),
    { numRuns: 100 },
  );
});

test('a damaged value never lets its password in', async () => {
  const rows = Object.entries(SELF_DESCRIBING)
    .flatMap(([text, values]) => values.map(([password, stored]) => ({ text, password, stored })))
    .filter(({ stored }) => /^(\$1|\$apr1|\$P|\{S?(SHA|MD5)\}|(md5|sha1)\$)/.test(stored));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...rows), fc.nat(), async ({ text, password, stored }, where) => {
      // Base64 counts with or without its padding.
      const at = where % stored.replace(/=+$/, '').length;
      const damaged = stored.slice(0, at) + stored.slice(at + 1);
      const tried = await tryPassword(recipeOf(text), { hash: damaged }, password);
      expect(tried.ok && tried.value).toBe(false);
    }),
    { numRuns: 300 },
  );
});

describe('a password that nobody has is refused before anything is computed', () => {
  const unusable = ['', 'a'.repeat(1025), 'x'.repeat(1024 * 1024), '\ud800', 'pass\udc00word'];
  test.each(NAMES)('%s', async (text) => {
    const recipe = recipeOf(text);
    const genuine = SELF_DESCRIBING[text]?.[0]?.[1] ?? '';
    for (const password of unusable) {
      expect(await recipe.compute(password, { salt: 'abcdefgh', userName: 'u0001' })).toBeUndefined();
      expect(await recipe.verify(password, genuine)).toBe(false);
    }
  });
});

test('a megabyte in a column is refused as a shape by every recipe', () => {
  for (const text of RECIPES)
    for (const character of ['a', '$', '{', '\ud800', ' a'])
      expect(
        recipeOf(text).read({ hash: character.repeat(1024 * 1024), salt: 'abcdefgh', userName: 'u' }).ok,
      ).toBe(false);
});

test('long crypt(3) values give way to other work while they run', async () => {
  const recipe = recipeOf('crypt');
  let [isRunning, turns] = [true, 0];
  const other = () => {
    turns++;
    if (isRunning) setImmediate(other);
  };
  setImmediate(other);
  await recipe.compute('Test@1234', { salt: '$6$rounds=50000$salt$' });
  isRunning = false;
  expect(turns).toBeGreaterThan(20);
});
