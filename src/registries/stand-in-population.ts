/**
 * A synthetic population of any size that is held nowhere: person n is a pure function of the seed and n,
 * and a document number gives back its n by arithmetic. Trial's sample people, tests and load generators use
 * the same people as the stand-in register.
 *
 * Every thousand people hold the same mixture of documents; the rarer kinds of documents and names come
 * first, so that a short list shows them all.
 */
import type { Document } from '../accounts/document.ts';
import { type Dice, throwDice } from './stand-in-dice.ts';
import { drawCitizenShape, type NameShape, type Sex, spellName } from './stand-in-names.ts';
import { CODINGS, DAYS, dateOf, type Kind, placeOf, type Scatter, scatter } from './stand-in-numbers.ts';

/** One registered person. */
export interface RegisteredPerson {
  n: number;
  document: Document;
  /** The name as the register spells it. */
  name: string;
  /** The name as the person writes it; differs where the register lost the dot. */
  writes: string;
  gender: Sex;
  /** YYYY-MM-DD; for kinds whose number does not hold it, known to the register only. */
  birthdate: string;
  status: 'alive' | 'deceased';
  /** A number of the series 154, which no carrier was given. The register itself knows no phones. */
  phone: string;
  /** What this person is good for in a list of samples. */
  remark: string;
}

export interface Population {
  readonly seed: string;
  readonly size: number;
  /** @throws RangeError when n is not a person of this population */
  at(n: number): RegisteredPerson;
  /** Who holds this document, or undefined. */
  find(document: Document): number | undefined;
}

/** How many people a seed can hold: its citizens fill their room of numbers. */
export const LARGEST_POPULATION = 1_400_000_000;

interface Slot {
  kind: Kind;
  shape?: NameShape;
  lostDot?: boolean;
  deceased?: boolean;
  remark: string;
}

const BLOCK = 1000;

/** The people whom a list shows first. */
const FIRST: readonly Slot[] = [
  { kind: 'citizen', shape: 'four', remark: 'name of four characters' },
  { kind: 'citizen', shape: 'han', remark: 'family name and given name' },
  { kind: 'citizen', shape: 'dotted', remark: 'name with a middle dot' },
  { kind: 'citizen', shape: 'two', remark: 'name of two characters' },
  { kind: 'citizen', shape: 'one', remark: 'name of one character' },
  { kind: 'citizen', shape: 'six', remark: 'name of six characters' },
  { kind: 'citizen', shape: 'five', remark: 'name of five characters' },
  { kind: 'citizen', shape: 'rare', remark: 'character outside the basic plane' },
  { kind: 'citizen', shape: 'dotted', lostDot: true, remark: 'the register lost the middle dot' },
  { kind: 'citizen', shape: 'dotted-long', remark: 'name of three parts' },
  { kind: 'citizen', shape: 'three', deceased: true, remark: 'deceased' },
  { kind: 'hong-kong', shape: 'traditional', remark: 'residence permit, Hong Kong' },
  { kind: 'macao', shape: 'traditional', remark: 'residence permit, Macao' },
  { kind: 'taiwan', shape: 'traditional', remark: 'residence permit, Taiwan' },
  { kind: 'foreign-2023', shape: 'latin', remark: 'foreigner’s permanent residence, card of 2023' },
  { kind: 'foreign-2017', shape: 'latin', remark: 'foreigner’s permanent residence, card of 2017' },
  { kind: 'prc-passport', shape: 'han', remark: 'Chinese passport (citizens living abroad)' },
  { kind: 'foreign-passport', shape: 'latin', remark: 'foreign passport' },
  { kind: 'hk-macao-permit', shape: 'traditional', remark: 'travel permit, Hong Kong and Macao' },
  { kind: 'taiwan-permit', shape: 'traditional', remark: 'travel permit, Taiwan' },
];

/** How many of a thousand hold each rarer document, the first list included. */
const RARER: Partial<Record<Kind, number>> = {
  'hong-kong': 8,
  macao: 4,
  taiwan: 4,
  'foreign-2023': 6,
  'foreign-2017': 4,
  'prc-passport': 4,
  'foreign-passport': 4,
  'hk-macao-permit': 4,
  'taiwan-permit': 2,
};

const SLOTS = laySlots();
/** Slots of each kind in order, and the rank of each slot within its kind: index = block × quota + rank. */
const SLOTS_OF = Map.groupBy(SLOTS.keys(), (slot) => SLOTS[slot]!.kind);
const RANK = SLOTS.map((slot, at) => SLOTS_OF.get(slot.kind)!.indexOf(at));

/** Person n of a seed; the same on every machine. */
export function personAt(seed: string, n: number): RegisteredPerson {
  return describePerson(seed, n, scattersOf(seed));
}

export function makePopulation(seed: string, size: number): Population {
  if (!Number.isInteger(size) || size < 1 || size > LARGEST_POPULATION) {
    throw new RangeError(`a population has 1 to ${LARGEST_POPULATION} people`);
  }
  const scatters = scattersOf(seed);
  return {
    seed,
    size,
    at(n) {
      if (!Number.isInteger(n) || n < 0 || n >= size) throw new RangeError(`no person ${n} of ${size}`);
      return describePerson(seed, n, scatters);
    },
    find(document) {
      const found = placeOf(document);
      if (!found) return undefined;
      const slots = SLOTS_OF.get(found.kind)!;
      const index = scatters(found.kind).index(found.place);
      const n = Math.floor(index / slots.length) * BLOCK + slots[index % slots.length]!;
      return n < size ? n : undefined;
    },
  };
}

function describePerson(seed: string, n: number, scatters: (kind: Kind) => Scatter): RegisteredPerson {
  const at = n % BLOCK;
  const { kind, shape: fixed, lostDot, deceased, remark } = SLOTS[at]!;
  const index = Math.floor(n / BLOCK) * SLOTS_OF.get(kind)!.length + RANK[at]!;
  const coding = CODINGS[kind];
  const coded = coding.write(scatters(kind).place(index));
  const dice = throwDice(seed, 'person', n);
  const gender = coded.gender ?? (dice.below(2) === 0 ? 'female' : 'male');
  const birthdate = coded.birthdate ?? dateOf(dice.below(DAYS));
  const writes = spellName(fixed ?? drawCitizenShape(dice), dice, gender);
  const dotLost = lostDot ?? (fixed === undefined && losesDot(dice));
  return {
    n,
    document: {
      type: coding.type,
      number: coded.number,
      ...(coded.country ? { country: coded.country } : {}),
    },
    name: dotLost ? writes.replaceAll('·', '') : writes,
    writes,
    gender,
    birthdate,
    status: deceased ? 'deceased' : 'alive',
    phone: `154${String(n % 100_000_000).padStart(8, '0')}`,
    remark,
  };
}

/** One dotted name in ten lost its dot on the way into the register. */
const losesDot = (dice: Dice): boolean => dice.below(10) === 0;

function laySlots(): readonly Slot[] {
  const slots: Slot[] = [...FIRST];
  const waiting = Object.entries(RARER).flatMap(([kind, quota]) =>
    Array.from(
      { length: quota - FIRST.filter((slot) => slot.kind === kind).length },
      () => FIRST.find((slot) => slot.kind === kind)!,
    ),
  );
  const step = Math.floor((BLOCK - FIRST.length) / waiting.length);
  while (slots.length < BLOCK) {
    const rarer = slots.length % step === 0 ? waiting.pop() : undefined;
    slots.push(rarer ?? { kind: 'citizen', remark: '' });
  }
  return slots;
}

const remembered = new Map<string, (kind: Kind) => Scatter>();
const MOST_SEEDS = 16;

/** The scatters of a seed cost some big arithmetic, so the last few seeds' are kept. */
function scattersOf(seed: string): (kind: Kind) => Scatter {
  const known = remembered.get(seed);
  if (known) return known;
  const made = new Map((Object.keys(CODINGS) as Kind[]).map((kind) => [kind, scatter(seed, kind)]));
  const of = (kind: Kind) => made.get(kind)!;
  if (remembered.size >= MOST_SEEDS) remembered.clear();
  remembered.set(seed, of);
  return of;
}
