/**
 * Guesses for `legacy inspect`: which recipes a stored value could come from, by shape alone. A shape proves
 * nothing (thirty-two hex digits fit a dozen formulas): the choice is made with samples whose password is
 * known.
 */
import { READY_MADE } from './ready-made.ts';
import { type Recipe, readRecipe } from './recipe.ts';
import type { RowFault, StoredPassword } from './stored.ts';

/** Formulas worth a try besides those that have a product's name. */
const COMMON = [
  'md5(p)',
  'md5(p)[8..24]',
  'md5(md5(p))',
  'md5(p+s)',
  'md5(s+p)',
  'md5(MD5(p)+s)',
  'md5(s+md5(p))',
  'md5(u+p)',
  'repeat(2, md5, s+p)',
  'repeat(3, md5, s+p)',
  'repeat(2, md5, u+s+p)',
  'sha1(p)',
  'sha1(p+s)',
  'sha1(s+p)',
  'sha256(p)',
  'sha256(p+s)',
  'repeat(1024, sha256, s+p)',
  'repeat(16, sha256, s+p)',
  'sm3(p+s)',
  'sm3(s+p)',
  'sha512(p)',
  'sha512(p+s)',
  'sha512(s+p)',
];

/** Stands for the key that only the site knows. */
const UNKNOWN_KEY = '…';

interface Candidate {
  recipe: Recipe;
  usesSalt: boolean;
}

/** Names with a format of their own, whose values are marked and cannot be mistaken. */
const marked = Object.keys(READY_MADE).filter((name) => 'format' in READY_MADE[name]! && name !== 'plain');

/** One name for each formula, the first: several products share theirs. */
const formulas = new Map<string, string>();
for (const [name, ready] of Object.entries(READY_MADE)) {
  if (!('formula' in ready)) continue;
  const key = `${ready.formula} ${ready.withoutSalt ?? ''}`;
  if (!formulas.has(key)) formulas.set(key, ready.takesKey ? `${name}("${UNKNOWN_KEY}")` : name);
}

/** Whether a recipe is one of a format that marks its values: they cannot be mistaken. */
export const isMarked = (text: string): boolean => marked.includes(text);

/** What a ready-made name computes, where that is a formula. */
export function formulaOf(text: string): string | undefined {
  const ready = Object.hasOwn(READY_MADE, text) ? READY_MADE[text] : undefined;
  return ready && 'formula' in ready ? ready.formula : undefined;
}

const CANDIDATES: readonly Candidate[] = [...marked, ...formulas.values(), ...COMMON].flatMap((text) => {
  const read = readRecipe(text);
  return read.ok ? [{ recipe: read.value, usesSalt: read.value.needs.salt }] : [];
});

/**
 * Texts of the recipes whose shape this row fits, likelier ones first: those that use the salt column when it
 * is filled. `plain` only when nothing else fits.
 */
export function recogniseRecipes(stored: StoredPassword): string[] {
  const fitting = CANDIDATES.filter(({ recipe }) => recipe.read(stored).ok);
  const hasSalt = Boolean(stored.salt);
  const texts = [
    ...fitting.filter(({ usesSalt }) => usesSalt === hasSalt),
    ...fitting.filter(({ usesSalt }) => usesSalt !== hasSalt),
  ].map(({ recipe }) => recipe.text);
  return texts.length > 0 ? texts : ['plain'];
}

/** Which of the rows have the recipe's shape and cost; rows are counted from 0. */
export function checkRecipe(
  recipe: Recipe,
  samples: readonly StoredPassword[],
): { fits: number[]; misfits: { row: number; fault: RowFault }[] } {
  const checked: ReturnType<typeof checkRecipe> = { fits: [], misfits: [] };
  for (const [row, sample] of samples.entries()) {
    const read = recipe.read(sample);
    if (read.ok) checked.fits.push(row);
    else checked.misfits.push({ row, fault: read.fault });
  }
  return checked;
}
