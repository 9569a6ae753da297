/** The page that departments' developers read says what the code does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { READY_MADE } from '../../../src/legacy/recipes/ready-made.ts';
import { readRecipe } from '../../../src/legacy/recipes/recipe.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/legacy-recipes.md'), 'utf8');
const rows = page
  .slice(page.indexOf('## Ready-made recipes'), page.indexOf('## Writing a formula'))
  .split('\n')
  .filter((line) => line.startsWith('| `'));
const codes = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);

test('every ready-made recipe has its row, and no row is without a recipe', () => {
  const named = rows.flatMap((row) => codes(row.split('|')[1]!)).map((name) => name.replace('("key")', ''));
  expect(named.sort()).toEqual(Object.keys(READY_MADE).sort());
});

test('the formula in a row is the one that is computed', () => {
  for (const row of rows) {
    const [, names, , formulas] = row.split(' | ').map((cell) => codes(cell));
    const [first = ''] = codes(row.split('|')[1]!);
    const ready = READY_MADE[first.replace('("key")', '')]!;
    if (!('formula' in ready)) continue;
    const written = ready.formula.replace('KEY', '"key"');
    expect([...(names ?? []), ...(formulas ?? []), ...codes(row)]).toContain(written);
    if (ready.withoutSalt) expect(codes(row)).toContain(ready.withoutSalt);
  }
});

test('the worked examples can be declared as they stand', () => {
  const examples = codes(page.slice(page.indexOf('### Three worked examples')));
  const formulas = examples.filter((code) => /^(md5|repeat)\(/.test(code) && code !== 'md5(password)');
  expect(formulas.length).toBeGreaterThanOrEqual(5);
  for (const text of formulas) expect(readRecipe(text)).toMatchObject({ ok: true });
});
