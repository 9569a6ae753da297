/** The synthetic population: reproducible, of any size, reversible, and of documents that the rules accept. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDocument } from '../../src/accounts/id-number.ts';
import { normaliseName } from '../../src/accounts/name.ts';
import { parsePhone } from '../../src/accounts/phone.ts';
import { CODINGS, type Kind, scatter } from '../../src/registries/stand-in-numbers.ts';
import {
  LARGEST_POPULATION,
  makePopulation,
  personAt,
  type RegisteredPerson,
} from '../../src/registries/stand-in-population.ts';

const today = new Date('2026-11-20T08:00:00Z');
const anyone = fc.record({
  seed: fc.string({ minLength: 1, maxLength: 20 }),
  n: fc.oneof(
    fc.nat({ max: LARGEST_POPULATION - 1 }),
    fc.nat({ max: 999 }),
    fc.constant(LARGEST_POPULATION - 1),
  ),
});
const first = Array.from({ length: 2_000 }, (_, n) => personAt('yihao', n));

function expectLawful({ document, name, writes, gender, birthdate, phone }: RegisteredPerson): void {
  const parsed = parseDocument(document.type, document.number, today, { country: document.country });
  expect(parsed).toMatchObject({ ok: true, value: { ...document, warnings: [] } });
  if (!parsed.ok) return;
  expect(parsed.value.gender ?? gender).toBe(gender);
  expect(parsed.value.birthdate ?? birthdate).toBe(birthdate);
  expect(normaliseName(name)).toEqual({ ok: true, value: name });
  expect(normaliseName(writes)).toEqual({ ok: true, value: writes });
  expect(parsePhone(phone)).toEqual({ ok: true, value: phone });
}

test('every person of every seed holds a document, name and phone that the rules of accounts accept', () => {
  fc.assert(
    fc.property(anyone, ({ seed, n }) => {
      expectLawful(personAt(seed, n));
    }),
    { numRuns: 3_000 },
  );
  first.forEach(expectLawful);
});

test('no number can belong to a living person: birth before 1905, counties and series that do not exist', () => {
  fc.assert(
    fc.property(anyone, ({ seed, n }) => {
      const { document, birthdate } = personAt(seed, n);
      expect(birthdate >= '1850-01-01' && birthdate <= '1904-12-31').toBe(true);
      const { type, number } = document;
      if (type === 'citizen-number') expect(number).toMatch(/^54(0[1-6]|25)9\d/);
      if (number.length === 18) expect(number.slice(6, 10) < '1905').toBe(true);
      if (number.length === 15) expect(number.slice(3, 6)).toBe('549');
      if (type.endsWith('passport')) expect(number).toMatch(/^(EZ|ZZ)\d{7}$/);
      if (type.endsWith('travel-permit')) expect(number).toMatch(/^[HM]?9\d{7}$/);
    }),
    { numRuns: 2_000 },
  );
});

test('a number gives back its person, whoever it is and however large the population', () => {
  fc.assert(
    fc.property(anyone, ({ seed, n }) => {
      const population = makePopulation(seed, LARGEST_POPULATION);
      expect(population.find(personAt(seed, n).document)).toBe(n);
      // The same number is unknown where the population ends before this person.
      if (n > 0) expect(makePopulation(seed, n).find(personAt(seed, n).document)).toBeUndefined();
    }),
    { numRuns: 2_000 },
  );
});

test('each kind of number is scattered one to one over its room', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...(Object.keys(CODINGS) as Kind[])),
      fc.string({ minLength: 1, maxLength: 8 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (kind, seed, part) => {
        const { place, index } = scatter(seed, kind);
        const at = Math.floor(part * CODINGS[kind].room);
        expect(index(place(at))).toBe(at);
        expect(place(index(at))).toBe(at);
        expect(CODINGS[kind].read(CODINGS[kind].write(at).number)).toBe(at);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('nobody shares a document, also between kinds', () => {
  const numbers = new Set<string>();
  for (let n = 0; n < 100_000; n += 1) {
    const { document } = personAt('no-two', n);
    numbers.add(`${document.type} ${document.number}`);
  }
  expect(numbers.size).toBe(100_000);
});

test('the same seed gives the same people on every machine and day; another seed gives others', () => {
  expect(personAt('yihao', 0)).toEqual({
    n: 0,
    document: { type: 'citizen-number', number: '540493188302072332' },
    name: '普布热杰',
    writes: '普布热杰',
    gender: 'male',
    birthdate: '1883-02-07',
    status: 'alive',
    phone: '15400000000',
    remark: 'name of four characters',
  });
  expect(personAt('yihao', 1_234_567)).toEqual(makePopulation('yihao', 2_000_000).at(1_234_567));
  expect(personAt('other', 0).document).not.toEqual(personAt('yihao', 0).document);
});

test('the first twenty people show every document and every shape of name', () => {
  const shown = first.slice(0, 20);
  expect(new Set(shown.map((person) => person.document.type)).size).toBe(7);
  const lengths = new Set(shown.map((person) => [...person.name].length));
  for (const length of [1, 2, 3, 4, 5, 6]) expect(lengths).toContain(length);
  expect(shown.some((person) => person.name.includes('·'))).toBe(true);
  expect(shown.some((person) => person.writes.includes('·') && !person.name.includes('·'))).toBe(true);
  expect(shown.some((person) => /[\u{20000}-\u{3FFFF}]/u.test(person.name))).toBe(true);
  expect(
    shown.some((person) => person.document.number.startsWith('9') && person.document.number.length === 18),
  ).toBe(true);
  expect(shown.filter((person) => person.status === 'deceased')).toHaveLength(1);
});

test('both sexes and the expected mixture of documents and Tibetan names occur', () => {
  const share = (is: (person: RegisteredPerson) => boolean) => first.filter(is).length / first.length;
  expect(share((person) => person.gender === 'female')).toBeGreaterThan(0.45);
  expect(share((person) => person.gender === 'female')).toBeLessThan(0.55);
  expect(share((person) => person.document.type === 'citizen-number')).toBe(0.96);
  expect(share((person) => person.name.includes('·'))).toBeGreaterThan(0.06);
  expect(share((person) => [...person.name].length === 1)).toBeGreaterThan(0.005);
});

test('a passport is found without its country, and not under a wrong one', () => {
  const { n, document } = first.find((person) => person.document.type === 'foreign-passport')!;
  const population = makePopulation('yihao', 2_000);
  expect(population.find({ type: document.type, number: document.number })).toBe(n);
  expect(population.find({ ...document, country: 'XXA' })).toBeUndefined();
});

test('a travel permit is found under its older form with the count of issues', () => {
  const { n, document } = first.find((person) => person.document.type === 'hk-macao-travel-permit')!;
  const older = { ...document, number: `${document.number}02` };
  expect(makePopulation('yihao', 2_000).find(older)).toBe(n);
});

test('numbers that are nobody’s are found nowhere, whatever they look like', () => {
  const population = makePopulation('yihao', LARGEST_POPULATION);
  for (const number of [
    '',
    '5'.repeat(18),
    '54019919000101001X',
    'EZ',
    '９'.repeat(18),
    '540199190002300018',
  ]) {
    const n = population.find({ type: 'citizen-number', number });
    if (n !== undefined) expect(population.at(n).document.number).toBe(number);
  }
  fc.assert(
    fc.property(
      fc.string({ maxLength: 20 }),
      fc.constantFrom(...first.map(({ document }) => document.type)),
      (number, type) => {
        const n = population.find({ type, number });
        if (n !== undefined) expect(number).toContain(population.at(n).document.number);
      },
    ),
  );
});
