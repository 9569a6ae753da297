/** What the measurement of imports can be told. */
import { parseArgs } from 'node:util';
import type { DumpEncoding } from './dump.ts';
import { RECIPES, type RecipeName } from './passwords.ts';
import { MOST_PERSONS, MOST_ROWS } from './people.ts';
import type { StoreKind } from './prepare.ts';

export interface Options {
  rows: number;
  persons: number;
  stores: StoreKind[];
  seed: string;
  recipe: RecipeName;
  encoding: DumpEncoding;
  registerMs: number;
  /** Sign-ins a second beside the import; 0: none. */
  signIns: number;
  /** Whether the import rests between pages. */
  gentle: boolean;
  json: boolean;
}

export const HELP = `npm run bench:legacy -- [--rows 10000] [--persons 10000] [--stores embedded,postgres]
  [--seed bench] [--recipe discuz|bcrypt|spring] [--encoding utf-8|gb18030]
  [--register-ms 5] [--signins 0] [--gentle] [--json]

--rows         rows of the synthetic old system, ${MOST_ROWS} at most
--persons      accounts that are here before, ${MOST_PERSONS} at most
--register-ms  how long the stand-in of the population register takes for an answer
--signins      sign-ins a second that a server answers before and while the import runs; 0 for none
--gentle       the commands rest between pages, as \`legacy … --gentle\` does
PostgreSQL at BENCH_DATABASE_URL (default postgres://root@127.0.0.1:5432/postgres): a database of its own, dropped at
the end. Ends with 1 when what was imported is not what the generator wrote.`;

/** Undefined when help was asked for. @throws on what cannot be measured */
export function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '10000' },
      persons: { type: 'string', default: '10000' },
      stores: { type: 'string', default: 'embedded,postgres' },
      seed: { type: 'string', default: 'bench' },
      recipe: { type: 'string', default: 'discuz' },
      encoding: { type: 'string', default: 'utf-8' },
      'register-ms': { type: 'string', default: '5' },
      signins: { type: 'string', default: '0' },
      gentle: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    rows: whole('rows', values.rows, 1_000, MOST_ROWS),
    persons: whole('persons', values.persons, 0, MOST_PERSONS),
    stores: values.stores.split(',').map((name) => oneOf('stores', name.trim(), ['embedded', 'postgres'])),
    seed: values.seed,
    recipe: oneOf('recipe', values.recipe, RECIPES),
    encoding: oneOf('encoding', values.encoding, ['utf-8', 'gb18030']),
    registerMs: whole('register-ms', values['register-ms'], 0, 10_000),
    signIns: whole('signins', values.signins, 0, 1_000),
    gentle: values.gentle,
    json: values.json,
  };
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most)
    throw new Error(`--${name} must be a whole number from ${least} to ${most}`);
  return value;
}

function oneOf<Word extends string>(name: string, text: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === text);
  if (found === undefined) throw new Error(`--${name} must be of ${words.join(', ')}`);
  return found;
}
