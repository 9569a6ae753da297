/**
 * How many guesses a password survives, in bits: the cheapest way to build it out of words, names, walks
 * over the keyboard, numbers with a meaning, dates, repetitions and single characters. An attacker tries
 * such compositions first, so they are what "common" means here. The model is deliberately small; it is
 * meant to catch `Zhaxi@1990` and `P@ssw0rd123`, not to grade good passwords.
 */
import { EASY_CHARACTERS, EASY_NUMBERS, EASY_WORDS, KEY_ROWS, NAME_SYLLABLES } from './easy-words.ts';

const BITS = {
  word: 9,
  name: 6,
  number: 6,
  walk: 5,
  repetition: 4,
  again: 2,
  year: 6,
  date: 12,
  capital: 1,
  mixedCase: 3,
  lookAlike: 1,
  digit: 3.4,
  small: 4.7,
  large: 5.7,
  usualSymbol: 3,
  symbol: 5.5,
  script: 9,
};

/** Digits and symbols that stand for letters. */
const LOOK_ALIKES: Record<string, string> = {
  '@': 'a',
  '4': 'a',
  '0': 'o',
  '1': 'il',
  '!': 'i',
  '3': 'e',
  '5': 's',
  $: 's',
  '7': 't',
  '8': 'b',
  '9': 'g',
};

/** The first so many characters decide; no longer password is worth the time. */
const LONGEST = 64;
const LEAST_WALK = 3;
const LEAST_REPETITION = 3;

interface Known {
  word: string;
  bits: number;
}

const KNOWN = byFirstCharacter([
  ...EASY_WORDS.map((word) => ({ word, bits: BITS.word })),
  ...EASY_CHARACTERS.map((word) => ({ word, bits: BITS.word })),
  ...NAME_SYLLABLES.map((word) => ({ word, bits: BITS.name })),
  ...EASY_NUMBERS.map((word) => ({ word, bits: BITS.number })),
]);

const WALKS = KEY_ROWS.flatMap((row) => [row, [...row].reverse().join('')]);

/** Bits of the cheapest composition. Compatibility forms (full width) count as the plain ones. */
export function guessBits(password: string): number {
  const given = [...password.normalize('NFKC')].slice(0, LONGEST);
  const small = given.map((character) => character.toLowerCase());
  const best: number[] = new Array(given.length + 1).fill(Number.POSITIVE_INFINITY);
  best[0] = 0;
  const reach = (to: number, bits: number) => {
    if (bits < best[to]!) best[to] = bits;
  };
  for (let at = 0; at < given.length; at += 1) {
    const soFar = best[at]!;
    reach(at + 1, soFar + singleBits(given[at]!));
    for (const { word, bits } of KNOWN.get(small[at]!) ?? []) {
      const likeness = matchWord(small, at, word);
      if (likeness === undefined) continue;
      const to = at + word.length;
      reach(to, soFar + bits + likeness + caseBits(given.slice(at, to)));
    }
    for (let to = at + LEAST_WALK; to <= at + longestWalk(small, at); to += 1)
      reach(to, soFar + BITS.walk + caseBits(given.slice(at, to)));
    for (let to = at + LEAST_REPETITION; to <= at + repeated(given, at); to += 1)
      reach(to, soFar + BITS.repetition);
    for (const length of [4, 6, 8])
      if (isDate(given, at, length)) reach(at + length, soFar + (length === 4 ? BITS.year : BITS.date));
    for (let length = 2; length <= at && at + length <= given.length; length += 1) {
      if (small.slice(at - length, at).join('') === small.slice(at, at + length).join(''))
        reach(at + length, soFar + BITS.again);
    }
  }
  return best[given.length]!;
}

/** Extra bits when the word stands at this place, with look-alikes allowed; undefined when it does not. */
function matchWord(text: string[], at: number, word: string): number | undefined {
  if (at + word.length > text.length) return undefined;
  let swapped = false;
  for (let i = 0; i < word.length; i += 1) {
    const character = text[at + i]!;
    if (character === word[i]) continue;
    if (!LOOK_ALIKES[character]?.includes(word[i]!)) return undefined;
    swapped = true;
  }
  return swapped ? BITS.lookAlike : 0;
}

function caseBits(part: string[]): number {
  const large = part.map((character) => /\p{Lu}/u.test(character));
  const count = large.filter(Boolean).length;
  if (count === 0) return 0;
  const letters = part.filter((character) => /\p{L}/u.test(character)).length;
  return count === letters || (count === 1 && (large[0] || large.at(-1))) ? BITS.capital : BITS.mixedCase;
}

function singleBits(character: string): number {
  if (/[0-9]/.test(character)) return BITS.digit;
  if (/\p{Ll}/u.test(character)) return BITS.small;
  if (/\p{Lu}/u.test(character)) return BITS.large;
  if (/\p{Lo}/u.test(character)) return BITS.script;
  return '!@#.$_-*་'.includes(character) ? BITS.usualSymbol : BITS.symbol;
}

function longestWalk(text: string[], at: number): number {
  let longest = 0;
  for (const walk of WALKS) {
    for (let start = walk.indexOf(text[at]!); start >= 0; start = walk.indexOf(text[at]!, start + 1)) {
      let length = 1;
      while (
        at + length < text.length &&
        start + length < walk.length &&
        walk[start + length] === text[at + length]
      )
        length += 1;
      if (length > longest) longest = length;
    }
  }
  return longest;
}

function repeated(text: string[], at: number): number {
  let length = 1;
  while (text[at + length] === text[at]) length += 1;
  return length;
}

/** yyyy, yymmdd or mmddyy-like six digits, yyyymmdd: years of people who are alive. */
function isDate(text: string[], at: number, length: number): boolean {
  const digits = text.slice(at, at + length).join('');
  if (digits.length !== length || !/^\d+$/.test(digits)) return false;
  if (length === 4) return isYear(digits);
  if (length === 6) return isDay(digits.slice(2)) || isDay(digits.slice(0, 4));
  return (
    (isYear(digits.slice(0, 4)) && isDay(digits.slice(4))) ||
    (isYear(digits.slice(4)) && isDay(digits.slice(0, 4)))
  );
}

const isYear = (digits: string) => Number(digits) >= 1930 && Number(digits) <= 2035;
const isDay = (digits: string) => {
  const [first, second] = [Number(digits.slice(0, 2)), Number(digits.slice(2))];
  return (
    (first >= 1 && first <= 12 && second >= 1 && second <= 31) ||
    (second >= 1 && second <= 12 && first >= 1 && first <= 31)
  );
};

/** Words by each character they may begin with, look-alikes included. */
function byFirstCharacter(known: Known[]): Map<string, Known[]> {
  const map = new Map<string, Known[]>();
  for (const entry of known) {
    // One character, one step: no word of the lists needs surrogate pairs.
    const first = entry.word[0]!;
    const begins = [first, ...Object.keys(LOOK_ALIKES).filter((sign) => LOOK_ALIKES[sign]!.includes(first))];
    for (const begin of begins) map.set(begin, [...(map.get(begin) ?? []), entry]);
  }
  return map;
}
