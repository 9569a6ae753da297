/**
 * Document numbers that no living person can hold, each kind a reversible coding of an index: the index is
 * scattered over the kind's whole room of numbers by a seeded one-to-one mapping, so that a number gives back
 * its person by arithmetic and nothing needs to be stored.
 *
 * Births lie in 1850–1904, counties in 54xx90–54xx99, which were never used. Kinds whose numbers hold no
 * birth date use series that are not issued.
 */
import { citizenCheck, machineReadableCheck } from '../accounts/check-digits.ts';
import { type Document, type DocumentType, keyOf } from '../accounts/document.ts';
import { throwDice } from './stand-in-dice.ts';
import type { Sex } from './stand-in-names.ts';

export type Kind =
  | 'citizen'
  | 'hong-kong'
  | 'macao'
  | 'taiwan'
  | 'foreign-2023'
  | 'foreign-2017'
  | 'prc-passport'
  | 'foreign-passport'
  | 'hk-macao-permit'
  | 'taiwan-permit';

/** What a place in the room is written as, and what the number itself says. */
export interface Coded {
  number: string;
  country?: string;
  birthdate?: string;
  gender?: Sex;
}

interface Coding {
  type: DocumentType;
  /** How many numbers there are. */
  room: number;
  write(place: number): Coded;
  /** The place of a number, or undefined when no person of ours can hold it. */
  read(number: string): number | undefined;
}

const DAY_MS = 86_400_000;
const FIRST_DAY = Date.UTC(1850, 0, 1);
/** Days from 1850-01-01 to 1904-12-31. */
export const DAYS = (Date.UTC(1905, 0, 1) - FIRST_DAY) / DAY_MS;
/** Sequence numbers 001 to 999 of one day. */
const SEQUENCES = 999;

const PREFECTURES = ['5401', '5425', '5402', '5403', '5404', '5405', '5406'];
const COUNTIES = ['99', '98', '97', '96', '95', '94', '93', '92', '91', '90'].flatMap((end) =>
  PREFECTURES.map((prefecture) => prefecture + end),
);
const NATIONS: readonly (readonly [alpha: string, numeric: string])[] = [
  ['NPL', '524'],
  ['USA', '840'],
  ['IND', '356'],
  ['JPN', '392'],
  ['DEU', '276'],
  ['FRA', '250'],
  ['GBR', '826'],
  ['KOR', '410'],
  ['MNG', '496'],
  ['BTN', '064'],
  ['THA', '764'],
  ['AUS', '036'],
];
const ACCEPTED_IN = ['54', '51', '11', '31'];
const ALPHA = new Map(NATIONS.map(([alpha, numeric]) => [numeric, alpha]));
const FOREIGN_2023 = ACCEPTED_IN.flatMap((province) =>
  NATIONS.map(([, numeric]) => `9${province}${numeric}`),
);
/** Prefecture codes that do not exist, because the 2017 card's number holds no century. */
const NO_REGION = Array.from({ length: 10 }, (_, n) => `549${n}`);
const FOREIGN_2017 = NO_REGION.flatMap((region) => NATIONS.map(([alpha]) => alpha + region));

/** GB 11643: head of six, birth date, sequence (odd for men), check character by ISO 7064 MOD 11-2. */
function eighteen(
  type: DocumentType,
  heads: readonly string[],
  countryOf: (number: string) => string | undefined = () => undefined,
): Coding {
  const headAt = new Map(heads.map((head, at) => [head, at]));
  return {
    type,
    room: heads.length * DAYS * SEQUENCES,
    write(place) {
      const sequence = (place % SEQUENCES) + 1;
      const rest = Math.floor(place / SEQUENCES);
      const birthdate = dateOf(rest % DAYS);
      const body =
        heads[Math.floor(rest / DAYS)]! + birthdate.replaceAll('-', '') + String(sequence).padStart(3, '0');
      const country = countryOf(body);
      return {
        number: body + citizenCheck(body),
        birthdate,
        gender: sequence % 2 === 1 ? 'male' : 'female',
        ...(country ? { country } : {}),
      };
    },
    read(number) {
      const parts = /^(.{6})(\d{4})(\d\d)(\d\d)(\d{3})[\dX]$/.exec(number);
      const head = headAt.get(parts?.[1] ?? '');
      if (!parts || head === undefined || citizenCheck(number) !== number[17]) return undefined;
      const day = dayOf(`${parts[2]}-${parts[3]}-${parts[4]}`);
      const sequence = Number(parts[5]);
      if (day === undefined || sequence === 0) return undefined;
      return (head * DAYS + day) * SEQUENCES + sequence - 1;
    },
  };
}

/** The card of 2017: nation, region, YYMMDD, one sequence digit, check digit of ICAO Doc 9303. */
const fifteen: Coding = {
  type: 'foreigner-permanent-residence',
  room: FOREIGN_2017.length * DAYS * 10,
  write(place) {
    const rest = Math.floor(place / 10);
    const birthdate = dateOf(rest % DAYS);
    const head = FOREIGN_2017[Math.floor(rest / DAYS)]!;
    const body = head + birthdate.replaceAll('-', '').slice(2) + (place % 10);
    return { number: body + machineReadableCheck(body), birthdate, country: head.slice(0, 3) };
  },
  read(number) {
    const parts = /^([A-Z]{3}549\d)(\d\d)(\d\d)(\d\d)(\d)(\d)$/.exec(number);
    const head = FOREIGN_2017.indexOf(parts?.[1] ?? '');
    if (!parts || head < 0 || machineReadableCheck(number.slice(0, 14)) !== parts[6]) return undefined;
    const century = Number(parts[2]) >= 50 ? '18' : '19';
    const day = dayOf(`${century}${parts[2]}-${parts[3]}-${parts[4]}`);
    return day === undefined ? undefined : (head * DAYS + day) * 10 + Number(parts[5]);
  },
};

/** A prefix and seven digits, for kinds whose number says nothing. The digits choose the country, where one belongs. */
function series(type: DocumentType, prefixes: readonly string[], countries: readonly string[] = []): Coding {
  const room = 10_000_000;
  return {
    type,
    room: prefixes.length * room,
    write(place) {
      const digits = place % room;
      const country = countries[digits % countries.length];
      const number = prefixes[Math.floor(place / room)]! + String(digits).padStart(7, '0');
      return { number, ...(country ? { country } : {}) };
    },
    read(number) {
      const prefix = prefixes.indexOf(number.slice(0, -7));
      const digits = number.slice(-7);
      return prefix < 0 || !/^\d{7}$/.test(digits) ? undefined : prefix * room + Number(digits);
    },
  };
}

export const CODINGS: Record<Kind, Coding> = {
  citizen: eighteen('citizen-number', COUNTIES),
  'hong-kong': eighteen('residence-permit', ['810000']),
  macao: eighteen('residence-permit', ['820000']),
  taiwan: eighteen('residence-permit', ['830000']),
  'foreign-2023': eighteen('foreigner-permanent-residence', FOREIGN_2023, (number) =>
    ALPHA.get(number.slice(3, 6)),
  ),
  'foreign-2017': fifteen,
  'prc-passport': series('prc-passport', ['EZ']),
  'foreign-passport': series(
    'foreign-passport',
    ['ZZ'],
    NATIONS.map(([alpha]) => alpha),
  ),
  'hk-macao-permit': series('hk-macao-travel-permit', ['H9', 'M9']),
  'taiwan-permit': series('taiwan-travel-permit', ['9']),
};

/** The kind and place of a document, or undefined when nobody of ours can hold it. */
export function placeOf(document: Document): { kind: Kind; place: number } | undefined {
  const number = keyOf(document);
  for (const kind of Object.keys(CODINGS) as Kind[]) {
    const coding = CODINGS[kind];
    if (coding.type !== document.type) continue;
    const place = coding.read(number);
    if (place === undefined) continue;
    const { country } = coding.write(place);
    // People may leave the country of a passport out; a wrong one is another passport.
    return document.country !== undefined && document.country !== country ? undefined : { kind, place };
  }
  return undefined;
}

/** One-to-one between index and place in a kind's room, looking random, from the seed. */
export interface Scatter {
  place(index: number): number;
  index(place: number): number;
}

const ROUNDS = 4;

/**
 * A Feistel network over the next even number of bits; what falls outside the room is mapped again until it
 * falls inside (cycle walking), which keeps the mapping one-to-one on the room.
 */
export function scatter(seed: string, kind: Kind): Scatter {
  const { room } = CODINGS[kind];
  const bits = Math.ceil(Math.log2(room) / 2);
  const half = 2 ** bits;
  const dice = throwDice(seed, 'scatter', kind);
  const keys = Array.from({ length: ROUNDS }, () => dice.below(2 ** 32));
  const backwards = keys.toReversed();
  const walk = (from: number, step: (value: number) => number): number => {
    let value = step(from);
    while (value >= room) value = step(value);
    return value;
  };
  return {
    place: (index) => walk(index, (value) => feistel(value, half, keys)),
    index: (place) => walk(place, (value) => swap(feistel(swap(value, half), half, backwards), half)),
  };
}

function feistel(value: number, half: number, keys: readonly number[]): number {
  let [left, right] = [Math.floor(value / half), value % half];
  for (const key of keys) [left, right] = [right, (left ^ mix(right ^ key)) & (half - 1)];
  return left * half + right;
}

const swap = (value: number, half: number): number => (value % half) * half + Math.floor(value / half);

/** Spreads 32 bits over one another: multiplications by odd numbers and shifts, after MurmurHash3's last step. */
function mix(value: number): number {
  let h = value >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export const dateOf = (day: number): string => new Date(FIRST_DAY + day * DAY_MS).toISOString().slice(0, 10);

function dayOf(date: string): number | undefined {
  const time = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(time)) return undefined;
  const day = (time - FIRST_DAY) / DAY_MS;
  // Date.parse turns 30 February into March: the day must give back the date it came from.
  return day >= 0 && day < DAYS && dateOf(day) === date ? day : undefined;
}
