/**
 * Who is who in the measurement of imports. Loader, generator and register share these people: each is a pure function
 * of the seed and an index, so nothing is kept and the register knows whom the generator wrote about.
 */
import { personAt, type RegisteredPerson } from '../../src/registries/stand-in-population.ts';

/** The register holds so many; whoever comes behind them it does not know. */
export const REGISTER_SIZE = 1_000_000_000;

/** Where each kind of people begins among the living citizens; those who have an account here begin at 0. */
export const FIRST = {
  fresh: 10_000_000,
  fifteen: 100_000_000,
  longNamed: 400_000_000,
  family: 700_000_000,
  clerk: 900_000_000,
  signingIn: 950_000_000,
  unknown: 980_000_000,
} as const;
export const MOST_PERSONS = FIRST.fresh;
/** So many rows have people of their own in every range. */
export const MOST_ROWS = 9_000_000;
/** How many people are looked through for one with a rare feature. */
export const SEARCH = 32;

const BLOCK = 1_000;
const block = Array.from({ length: BLOCK }, (_, at) => personAt('any', at));
const citizens = block.flatMap(({ document, status }, at) =>
  document.type === 'citizen-number' && status === 'alive' ? [at] : [],
);
const deceased = block.findIndex(
  ({ document, status }) => document.type === 'citizen-number' && status === 'deceased',
);
/** Blocks of the register: each holds one citizen who died. */
const BLOCKS = REGISTER_SIZE / BLOCK;

/** The living citizen with this index. */
export const citizen = (seed: string, index: number): RegisteredPerson =>
  personAt(seed, Math.floor(index / citizens.length) * BLOCK + citizens[index % citizens.length]!);

/** A citizen of whom the register says that they died. */
export const deceasedCitizen = (seed: string, n: number): RegisteredPerson =>
  personAt(seed, (n % BLOCKS) * BLOCK + deceased);

/** Accounts here whose state stops a link: one in a hundred. Rows about them are never of another kind. */
export const isFrozen = (index: number): boolean => index % 100 === 57;
/** One in ten accounts here is only met under a wrong name, so that no right row shares their number. */
export const isForWrongNames = (index: number): boolean => index % 10 === 3;
