/**
 * The recipe by which a source's old passwords are verified at the first sign-in. One source declares exactly
 * one: trying several would let a password in by chance and would hide a wrong declaration.
 */
import { isSame } from './digest.ts';
import { type Formula, readFormula } from './formula/formula.ts';
import { type FormulaFault, fault } from './formula/tree.ts';
import { nameOf, readWords, type Word } from './formula/words.ts';
import { READY_MADE, type ReadyFormula } from './ready-made.ts';
import {
  fits,
  misfit,
  type PasswordFormat,
  type Read,
  type RowFault,
  type StoredPassword,
} from './stored.ts';

export type { FormulaFault } from './formula/tree.ts';
export type { PasswordFacts, Read, ReadPassword, RowFault, StoredPassword } from './stored.ts';

export interface Recipe extends PasswordFormat {
  /** As declared. May hold a site's key: it does not belong in logs. */
  readonly text: string;
  /** Columns without which no row can be read. */
  readonly needs: { readonly salt: boolean; readonly userName: boolean };
}

/** A ready-made name (`discuz`, `thinkcmf("key")`) or a formula (`md5(md5(p)+s)`), or the first fault in it. */
export function readRecipe(text: string): Read<Recipe, FormulaFault> {
  const words = readWords(text);
  if (!words.ok) return words;
  const [first] = words.value;
  if (first?.is !== 'name') return asFormula(text);
  if (Object.hasOwn(READY_MADE, first.text)) return readReadyMade(text, words.value, first);
  const isLone = words.value[1]?.is === 'end' && !['p', 's', 'u'].includes(first.text);
  return isLone || first.text.includes('-') ? unknownName(first) : asFormula(text);
}

const unknownName = ({ text, at }: { text: string; at: number }) =>
  fault(at, `there is no recipe "${text}"; known are ${Object.keys(READY_MADE).join(', ')}, or a formula`);

function readReadyMade(
  text: string,
  words: Word[],
  { text: name, at }: { text: string; at: number },
): Read<Recipe, FormulaFault> {
  const ready = READY_MADE[name]!;
  const takesKey = 'formula' in ready && ready.takesKey === true;
  const key = readKey(words, takesKey, name);
  if (!key.ok) return key;
  if ('format' in ready) {
    const needs = {
      salt: ready.needs?.includes('salt') === true,
      userName: ready.needs?.includes('user-name') === true,
    };
    return fits({ ...ready.format, text, needs });
  }
  const formula = readFormula(ready.formula.replace('KEY', () => quoted(key.value)));
  if (!formula.ok) return fault(at, `the key does not fit: ${formula.fault.message}`);
  return fits(withVariants(text, formula.value, ready));
}

/** The words behind the name: nothing, or `("key")`. */
function readKey(words: Word[], takesKey: boolean, name: string): Read<string, FormulaFault> {
  const wanted = takesKey ? ['(', 'text', ')', 'end'] : ['end'];
  for (const [index, want] of wanted.entries()) {
    const word = words[index + 1]!;
    const isWanted = word.is === 'mark' ? word.text === want : word.is === want;
    if (!isWanted && takesKey)
      return fault(word.at, `expected ${name}("key"), with the site’s own key, but found ${nameOf(word)}`);
    if (!isWanted) return fault(word.at, `expected the end after ${name} but found ${nameOf(word)}`);
  }
  const key = words[2];
  return fits(takesKey && key?.is === 'text' ? key.text : '');
}

const quoted = (key: string) => `"${key.replace(/[\\"]/g, '\\$&')}"`;

function withVariants(text: string, formula: Formula, { withoutSalt, length }: ReadyFormula): Recipe {
  const older = withoutSalt === undefined ? undefined : readFormula(withoutSalt);
  const chosen = (salt: string | undefined) => (!salt && older?.ok ? older.value : formula);
  return {
    ...formula,
    text,
    needs: { salt: formula.needsSalt && !older, userName: formula.needsUserName },
    read: (stored) =>
      length !== undefined && stored.hash.trim().length !== length
        ? misfit('shape', `expected ${length} characters`)
        : chosen(stored.salt).read(stored),
    compute: (password, facts) => chosen(facts.salt).compute(password, facts),
  };
}

function asFormula(text: string): Read<Recipe, FormulaFault> {
  const read = readFormula(text);
  if (!read.ok) return read;
  const { needsSalt, needsUserName } = read.value;
  return fits({ ...read.value, text, needs: { salt: needsSalt, userName: needsUserName } });
}

/**
 * Whether a password belongs to a row, straight from the old table: for trying a recipe on known samples.
 * Slow; run it in the hash queue.
 */
export async function tryPassword(
  recipe: Recipe,
  stored: StoredPassword,
  password: string,
): Promise<Read<boolean, RowFault>> {
  const read = recipe.read(stored);
  if (!read.ok) return read;
  const row = read.value;
  if (row.kind === 'modular') return fits(await recipe.verify(password, row.stored));
  if (row.kind === 'reversible') return fits(isSame(row.password, password));
  const computed = await recipe.compute(password, { salt: row.salt, userName: stored.userName });
  return fits(computed !== undefined && isSame(computed, row.canonical));
}
