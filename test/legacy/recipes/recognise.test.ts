/** What an operator is offered for a column whose recipe nobody remembers. */
import { expect, test } from 'vitest';
import { readRecipe } from '../../../src/legacy/recipes/recipe.ts';
import { checkRecipe, recogniseRecipes } from '../../../src/legacy/recipes/recognise.ts';
import { recipeOf } from './recipe-of.ts';
import { FORMULAS, SELF_DESCRIBING } from './vectors.ts';

test.each(
  Object.entries(SELF_DESCRIBING).flatMap(([text, rows]) => rows.map(([, hash]) => ({ text, hash }))),
)('$hash is recognised as $text', ({ text, hash }) => {
  expect(recogniseRecipes({ hash })).toContain(text);
});

test.each([
  ['12bce374e7be15142e8172f668da00d8', undefined, 'md5(p)'],
  ['3BD0E520C853E9686D43484D58FA2240', 'abcdef', 'md5(p+s)'],
  ['97a29c3253577f28191bdeefe731e946', 'abcdef', 'ruoyi-classic'],
  ['2aee5f94d37dfffbfddcf406c61e5feb', 'abcdef', 'guns'],
  ['374e7be15142e8172f66', undefined, 'dedecms-admin'],
  ['e7be15142e8172f6', undefined, 'md5(p)[8..24]'],
  ['010203040506070838949ee5cee6bcf32757377176d53e241b4e3ca7', undefined, 'jeesite'],
  ['489bf525fa1b10c8', 'abcdefgh', 'jeecgboot'],
  ['###0000000000000000000000000000000a', undefined, 'thinkcmf("…")'],
  ['0eca69f3bc93d40be3f5615c2e759a7ae782f6b9fcb50793f7fb627ffd05c772', undefined, 'snowy'],
  ['Test@1234', undefined, 'plain'],
])('%s with salt %s may be %s', (hash, salt, text) => {
  expect(recogniseRecipes({ hash, salt, userName: 'u0001' })).toContain(text);
});

test('recipes that use the salt column come first when it is filled, and last when it is not', () => {
  const hash = '3bd0e520c853e9686d43484d58fa2240';
  const needsSalt = (text: string) => recipeOf(text).needs.salt;
  expect(needsSalt(recogniseRecipes({ hash, salt: 'abcdef' })[0]!)).toBe(true);
  expect(needsSalt(recogniseRecipes({ hash, salt: '' })[0]!)).toBe(false);
});

test('whatever is proposed can be declared as it stands, once and no more, and fits the row', () => {
  for (const [, , salt, userName, hash] of FORMULAS) {
    const proposed = recogniseRecipes({ hash, salt, userName });
    expect(new Set(proposed).size).toBe(proposed.length);
    for (const text of proposed) {
      const read = readRecipe(text);
      expect(read.ok && checkRecipe(read.value, [{ hash, salt, userName }]).fits).toEqual([0]);
    }
  }
});

test('a check tells which rows do not fit, and why', () => {
  const checked = checkRecipe(recipeOf('discuz'), [
    { hash: '3bd0e520c853e9686d43484d58fa2240', salt: 'abcdef' },
    { hash: '3bd0e520c853e9686d43484d58fa2240' },
    { hash: '$2b$10$abcdefghijklmnopqrstuu7kXHmG8OjKtatQOLmf/tLKnTDLZSYzK', salt: 'abcdef' },
  ]);
  expect(checked.fits).toEqual([0]);
  expect(checked.misfits.map(({ row, fault }) => [row, fault.reason])).toEqual([
    [1, 'salt'],
    [2, 'shape'],
  ]);
});
