/**
 * Which recipe an unknown dump's passwords were made by. A shape alone fits a dozen formulas, so whoever knows the
 * password of an account or two says so, and the recipe that is right about all of them is the one.
 */
import { readRecipe, type StoredPassword, tryPassword } from './recipes/recipe.ts';
import { formulaOf, isMarked, recogniseRecipes } from './recipes/recognise.ts';

/** An account whose password is known, by its local id or its user name there. */
export interface KnownPassword {
  account: string;
  password: string;
}

export interface RecipeGuess {
  recipe: string;
  /** Of the rows looked at, how many have the recipe's shape. */
  fits: number;
  /** Of the known passwords, how many it says yes to; absent where none is known. */
  right?: number;
}

export interface PasswordFindings {
  /** Rows with a password, and how many of them were looked at closely. */
  filled: number;
  sampled: number;
  /** Known passwords that were given, and those whose account is in the file. */
  given: number;
  known: number;
  /** Likelier ones first. */
  guesses: RecipeGuess[];
  /** The recipe to declare: right about every known password, or of a shape that cannot be mistaken. */
  sure?: string;
}

const MOST_SAMPLED = 400;
const MOST_KNOWN = 20;
const MOST_GUESSES = 8;
/** A column may hold a few values of older days. */
const NEARLY_ALL = 0.9;

/** Reads lines of `account,password`; a comma may stand in the password. */
export function readKnownPasswords(text: string): KnownPassword[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .flatMap((line) => {
      const at = line.indexOf(',');
      return at < 1 ? [] : [{ account: line.slice(0, at).trim(), password: line.slice(at + 1) }];
    })
    .slice(0, MOST_KNOWN);
}

/** Values share memory with the block they were read from, which must not be kept. */
const copy = (text: string): string => Buffer.from(text).toString();
const copied = ({ hash, salt, userName }: StoredPassword): StoredPassword => ({
  hash: copy(hash),
  ...(salt ? { salt: copy(salt) } : {}),
  ...(userName ? { userName: copy(userName) } : {}),
});

export function watchPasswords(known: readonly KnownPassword[]) {
  const samples: StoredPassword[] = [];
  const proofs: { stored: StoredPassword; password: string }[] = [];
  let filled = 0;
  return {
    /** @param names how the account is called there: local id and user name */
    see(stored: StoredPassword, names: readonly (string | undefined)[]): void {
      if (stored.hash.trim() === '') return;
      filled += 1;
      if (samples.length < MOST_SAMPLED) samples.push(copied(stored));
      for (const { account, password } of known)
        if (names.includes(account) && proofs.length < MOST_KNOWN)
          proofs.push({ stored: copied(stored), password });
    },
    async findings(): Promise<PasswordFindings> {
      const guesses = shapes([...samples, ...proofs.map(({ stored }) => stored)], samples);
      if (proofs.length > 0)
        for (const guess of guesses) guess.right = await countRight(guess.recipe, proofs);
      guesses.sort((one, other) => (other.right ?? 0) - (one.right ?? 0));
      const proven = guesses.filter(({ right }) => proofs.length > 0 && right === proofs.length);
      const sure = proofs.length > 0 ? proven[0] : unmistakable(guesses, samples.length);
      const found = { filled, sampled: samples.length, given: known.length, known: proofs.length };
      const shown = guesses.slice(0, MOST_GUESSES);
      return sure ? { ...found, guesses: shown, sure: sure.recipe } : { ...found, guesses: shown };
    },
  };
}

/** Recipes by how many rows have their shape; among equals the order in which they are recognised stands. */
function shapes(all: readonly StoredPassword[], samples: readonly StoredPassword[]): RecipeGuess[] {
  const counts = new Map<string, number>();
  for (const stored of all) for (const recipe of recogniseRecipes(stored)) counts.set(recipe, 0);
  for (const stored of samples)
    for (const recipe of recogniseRecipes(stored)) counts.set(recipe, counts.get(recipe)! + 1);
  return [...counts].map(([recipe, fits]) => ({ recipe, fits })).sort((one, other) => other.fits - one.fits);
}

/**
 * The only shape that nearly all rows have, or the first of several that mark their values and so mean the same by them
 * (bare bcrypt is read by several names). Plain text has no shape: whatever is no hash looks like it.
 */
function unmistakable(guesses: readonly RecipeGuess[], sampled: number): RecipeGuess | undefined {
  const nearly = guesses.filter(({ fits }) => fits >= sampled * NEARLY_ALL && fits > 0);
  if (nearly.length > 1 && !nearly.every(({ recipe }) => isMarked(recipe))) return undefined;
  // The plainest name for what several read.
  const best = nearly.find(({ recipe }) => recipe === 'bcrypt') ?? nearly[0];
  return best?.recipe === 'plain' ? undefined : best;
}

async function countRight(
  text: string,
  proofs: readonly { stored: StoredPassword; password: string }[],
): Promise<number> {
  const recipe = readRecipe(text);
  if (!recipe.ok) return 0;
  let right = 0;
  for (const { stored, password } of proofs) {
    const tried = await tryPassword(recipe.value, stored, password);
    if (tried.ok && tried.value) right += 1;
  }
  return right;
}

/** For people. */
export function passwordLines({ filled, sampled, given, known, guesses, sure }: PasswordFindings): string[] {
  if (filled === 0) return [];
  const line = ({ recipe, fits, right }: RecipeGuess) =>
    [
      `${String(fits).padStart(10)}  ${recipe}`,
      ...(formulaOf(recipe) ? [`= ${formulaOf(recipe)}`] : []),
      ...(right === undefined ? [] : [`  right about ${right} of ${known} known`]),
    ].join(' ');
  return [
    '',
    `Passwords: ${filled} rows have one. Recipes whose shape fits, of ${sampled} rows:`,
    ...guesses.map(line),
    sure
      ? `  recipe: ${sure}${known > 0 ? ', proven by the known passwords' : ', by a shape that cannot be mistaken'}`
      : known > 0
        ? '  none of them is right: write the formula as docs/legacy-recipes.md says, and try again'
        : given > 0
          ? `  none of the ${given} accounts in the file of known passwords is in the dump: its local id or user name, a comma, the password`
          : '  which one it is, a known password tells: --known FILE with lines of `account,password`',
  ];
}
