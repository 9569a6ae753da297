/** Values that other software made: whoever could sign in there can sign in here. */
import { describe, expect, test } from 'vitest';
import { tryPassword } from '../../../src/legacy/recipes/recipe.ts';
import { recipeOf } from './recipe-of.ts';
import { FORMULAS, SELF_DESCRIBING } from './vectors.ts';

/** In front, since bcrypt does not look beyond 72 bytes. */
const spoil = (password: string) => `!${password}`;

describe.each(Object.entries(SELF_DESCRIBING))('%s', (text, rows) => {
  const recipe = recipeOf(text);
  test.each(rows)('%s is let in by %s and a wrong password is not', async (password, hash) => {
    expect(await tryPassword(recipe, { hash }, password)).toEqual({ ok: true, value: true });
    expect(await tryPassword(recipe, { hash }, spoil(password))).toEqual({ ok: true, value: false });
  });
});

test.each(FORMULAS)('%s of %s, salt "%s", user "%s"', async (text, password, salt, userName, hash) => {
  const recipe = recipeOf(text);
  expect(await tryPassword(recipe, { hash, salt, userName }, password)).toEqual({ ok: true, value: true });
  expect(await tryPassword(recipe, { hash, salt, userName }, spoil(password))).toEqual({
    ok: true,
    value: false,
  });
});

test('a password GBK cannot express matches nothing, rather than being the same as its neighbours', async () => {
  const recipe = recipeOf('md5(gbk(p))');
  for (const password of ['བོད་', '😀', 'ä', '?\ud800'])
    expect(await recipe.compute(password, {})).toBeUndefined();
  expect(await recipe.compute('扎西德勒', {})).toBeDefined();
});

test('JeecgBoot never took passwords beyond ASCII or salts of another length, so neither do we', async () => {
  const recipe = recipeOf('jeecgboot');
  expect(await recipe.compute('密码', { salt: 'abcdefgh', userName: 'u0001' })).toBeUndefined();
  expect(recipe.read({ hash: '489bf525fa1b10c8', salt: 'abcdef', userName: 'u0001' })).toMatchObject({
    fault: { reason: 'salt' },
  });
  // Nine characters need two blocks.
  expect(recipe.read({ hash: '489bf525fa1b10c8', salt: 'abcdefgh', userName: 'u00000001' })).toMatchObject({
    fault: { reason: 'shape' },
  });
});
