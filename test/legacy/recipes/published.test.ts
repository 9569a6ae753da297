/** What the products and house-made systems store for one and the same password, each computed elsewhere. */
import { describe, expect, test } from 'vitest';
import { readRecipe, type StoredPassword, tryPassword } from '../../../src/legacy/recipes/recipe.ts';
import { recipeOf } from './recipe-of.ts';

const PASSWORD = 'Test@1234';

/** Recipes, stored value; the user name is u0001 and the salt abcdef where the row names none. */
const ROWS: [recipes: string[], hash: string, salt?: string][] = [
  [['md5(p)', 'dedecms-member'], '12bce374e7be15142e8172f668da00d8'],
  [['md5(p)', 'MD5(p)'], '12BCE374E7BE15142E8172F668DA00D8'],
  [['md5(p)', 'MD5(p)', 'base64(raw(md5(p)))'], 'ErzjdOe+FRQugXL2aNoA2A=='],
  [['md5(p)', 'raw(md5(p))'], 'ErzjdOe-FRQugXL2aNoA2A'],
  [['md5(p)[8..24]'], 'e7be15142e8172f6'],
  [['md5(p)[8..24]', 'MD5(p)[8..24]'], 'E7BE15142E8172F6'],
  [['md5(p)[5..25]', 'dedecms-admin'], '374e7be15142e8172f66'],
  [['md5(md5(p))'], '07ffb094a24d40eba6ced64cbd9ebf90'],
  [['md5(p+s)'], '136212b0b1be88c6aa9bd5cbf4efbb05'],
  [['md5(s+p)'], '04d8c6b3ff9141b02af9fb07a213ada6'],
  [
    ['md5(md5(p)+s)', 'discuz', 'phpcms', 'ecshop', 'fastadmin', 'empirecms', 'phpwind'],
    '3bd0e520c853e9686d43484d58fa2240',
  ],
  [['md5(MD5(p)+s)', 'md5(upper(md5(p))+s)'], '36286ec57dcc49b31c1c43dd3fe5efc1'],
  [['md5(u+p+s)', 'ruoyi-classic'], '97a29c3253577f28191bdeefe731e946'],
  [['md5(p+"{"+s+"}")', "md5(p+'{'+s+'}')", 'spring-salted'], '587d421fdbac98648614b0a7c7bfe2ca'],
  [['repeat(1024, md5, s+p)', 'guns'], '2aee5f94d37dfffbfddcf406c61e5feb'],
  [['sha1(p)'], '94ba69fdd6ac7c1576e4b079514aa04004822824'],
  [['sha1(md5(p))', 'bladex'], 'bb0b6a3f40e80a99304ce2706266a1e3e0b1c150'],
  [['sha256(p)'], '849f1575ccfbf3a4d6cf00e6c5641b7fd4da2ed3e212c2d79ba9161a5a432ff0'],
  [['sha256(s+p)', 'renren'], '7fe628f8d07e621eb504d8a98d8dd19aee7d6736ca8218927ceda353b6fcd83c'],
  [['sm3(p)', 'snowy'], '0eca69f3bc93d40be3f5615c2e759a7ae782f6b9fcb50793f7fb627ffd05c772'],
  [['sm3(s+p)'], '3ba7c46bec6e8551acccc78debfc8096f28e0074c2b84a89957c7992b30c1b7e'],
  [['jeesite'], '010203040506070838949ee5cee6bcf32757377176d53e241b4e3ca7'],
  [['jeesite'], '010203040506070838949EE5CEE6BCF32757377176D53E241B4E3CA7'],
  [['jeecgboot'], '489bf525fa1b10c8', 'abcdefgh'],
  [['ldap', 'spring'], '{SSHA}MazgCn9csujKp/KdEmB1pRAInDRzYWx0c2FsdA=='],
  [['crypt'], '$1$abcdefgh$hBMKD3QfuyGBkMf.r6scF/'],
  [['crypt'], '$apr1$abcdefgh$6iKwu4U1kd5QpYwNtyjVF0'],
  [['crypt'], '$5$abcdefgh$qxuHg9BxWUwuhtTiG.z285zTbfVr0ZlB26bkq5Dd1C0'],
  [
    ['crypt'],
    '$6$abcdefgh$BACTYZB4pmkIUKVt.q/ZmOTyUCp8g4MRI67FEN1TKkTtHKL7BwFyCpOaDOoR30T1DakZltpwVtP.PVhszvfOr/',
  ],
  [['bcrypt', 'crypt', 'spring'], '$2b$10$abcdefghijklmnopqrstuu7kXHmG8OjKtatQOLmf/tLKnTDLZSYzK'],
  [['bcrypt'], '$2y$10$abcdefghijklmnopqrstuu7kXHmG8OjKtatQOLmf/tLKnTDLZSYzK'],
  [['spring'], '{bcrypt}$2a$10$abcdefghijklmnopqrstuu7kXHmG8OjKtatQOLmf/tLKnTDLZSYzK'],
  [['django'], 'pbkdf2_sha256$1000$abcdefabcdef$IzfjIPfbUgaLP0D8+cZgcR8anARqvWbZ8XLgWLuZ6WI='],
  [['plain'], PASSWORD],
];

const CASES = ROWS.flatMap(([recipes, hash, salt = 'abcdef']) =>
  recipes.map((text) => ({ text, stored: { hash, salt, userName: 'u0001' } satisfies StoredPassword })),
);

test.each(CASES)('$text lets the right password in, and no other: $stored.hash', async ({ text, stored }) => {
  const recipe = recipeOf(text);
  expect(await tryPassword(recipe, stored, PASSWORD)).toEqual({ ok: true, value: true });
  const wrong = ['test@1234', 'Test@123', `${PASSWORD} `, stored.hash, ''].filter(
    (each) => each !== PASSWORD,
  );
  for (const each of wrong)
    expect(await tryPassword(recipe, stored, each)).toEqual({ ok: true, value: false });
});

test.each(CASES)('$text: a CHAR column padded with blanks is read all the same', async ({ text, stored }) => {
  if (text === 'plain') return;
  const padded = { ...stored, hash: `${stored.hash}   ` };
  expect(await tryPassword(recipeOf(text), padded, PASSWORD)).toEqual({ ok: true, value: true });
});

describe('the default accounts of the products themselves', () => {
  test.each([
    [
      'ruoyi-classic',
      { hash: '29c67a30398638269fe600f73a054934', salt: '111111', userName: 'admin' },
      'admin123',
    ],
    ['bladex', { hash: '90b9aa7e25f80cf4f64e990b78a9fc5ebd6cecad' }, 'admin'],
    ['dedecms-admin', { hash: 'f297a57a5a743894a0e4' }, 'admin'],
    ['md5(p)[8..24]', { hash: '49ba59abbe56e057' }, '123456'],
    ['jeecgboot', { hash: 'cb362cfeefbf3d8d', salt: 'RCGTeGiH', userName: 'admin' }, '123456'],
  ] satisfies [string, StoredPassword, string][])('%s', async (text, stored, password) => {
    expect(await tryPassword(recipeOf(text), stored, password)).toEqual({ ok: true, value: true });
  });
});

test('upper case, lower case and base64 of one hash have one canonical text, which the password gives too', async () => {
  const recipe = recipeOf('md5(p)');
  const canonical = '12bce374e7be15142e8172f668da00d8';
  for (const hash of [
    canonical,
    canonical.toUpperCase(),
    'ErzjdOe+FRQugXL2aNoA2A==',
    'ErzjdOe-FRQugXL2aNoA2A',
  ])
    expect(recipe.read({ hash })).toEqual({ ok: true, value: { kind: 'digest', canonical, slow: false } });
  expect(await recipe.compute(PASSWORD, {})).toBe(canonical);
});

test('a salt inside the value is handed back and is enough to compute the canonical text again', async () => {
  const rows: [string, string, string][] = [
    ['jeesite', '010203040506070838949ee5cee6bcf32757377176d53e241b4e3ca7', '0102030405060708'],
    ['ldap', '{SSHA}MazgCn9csujKp/KdEmB1pRAInDRzYWx0c2FsdA==', '{SSHA}73616c7473616c74$'],
    ['crypt', '$1$abcdefgh$hBMKD3QfuyGBkMf.r6scF/', '$1$abcdefgh$'],
    ['sm3-v1', 'sm3$v1$abcdef$3ba7c46bec6e8551acccc78debfc8096f28e0074c2b84a89957c7992b30c1b7e', 'abcdef'],
  ];
  for (const [text, hash, salt] of rows) {
    const recipe = recipeOf(text);
    const read = recipe.read({ hash });
    expect(read).toMatchObject({ ok: true, value: { kind: 'digest', salt } });
    const canonical = read.ok && read.value.kind === 'digest' && read.value.canonical;
    expect(await recipe.compute(PASSWORD, { salt })).toBe(canonical);
  }
});

test('a recipe says which columns it needs, and a row without them is refused', () => {
  const needs = (text: string) => recipeOf(text).needs;
  expect(needs('ruoyi-classic')).toEqual({ salt: true, userName: true });
  expect(needs('discuz')).toEqual({ salt: true, userName: false });
  expect(needs('ecshop')).toEqual({ salt: false, userName: false });
  expect(needs('jeesite')).toEqual({ salt: false, userName: false });
  expect(needs('jeecgboot')).toEqual({ salt: true, userName: true });
  const hash = '97a29c3253577f28191bdeefe731e946';
  expect(recipeOf('ruoyi-classic').read({ hash, userName: 'u0001' })).toMatchObject({
    fault: { reason: 'salt' },
  });
  expect(recipeOf('ruoyi-classic').read({ hash, salt: 'abcdef' })).toMatchObject({
    fault: { reason: 'user-name' },
  });
});

test('passwords in the clear come out as what they are, so that the importer can hash them and ask for a new one', () => {
  expect(recipeOf('plain').read({ hash: ' a b ' })).toMatchObject({
    value: { kind: 'reversible', password: ' a b ' },
  });
  expect(recipeOf('spring').read({ hash: '{noop}secret' })).toMatchObject({
    value: { kind: 'reversible', password: 'secret' },
  });
});

test('a ready-made recipe with a site’s key wants the key, and one without wants none', () => {
  expect(readRecipe('thinkcmf')).toMatchObject({
    fault: { at: 9, message: expect.stringContaining('thinkcmf("key")') },
  });
  expect(readRecipe('discuz("x")')).toMatchObject({ fault: { at: 7 } });
  expect(readRecipe('ruoyi-vue')).toMatchObject({
    fault: { at: 1, message: expect.stringContaining('ruoyi-classic') },
  });
});
