import { expect, test } from 'vitest';
import type { PersonId, PersonSummary } from '../../src/accounts/person.ts';
import { makeSummaryCache } from '../../src/accounts/summary-cache.ts';

const clock = { now: () => new Date('2026-11-23T04:00:00Z') };
const id = (n: number) => `person-${n}` as PersonId;
const summary = (of: PersonId): PersonSummary => ({ id: of, state: 'active', identityLevel: 3, version: 1 });

test('the number of people remembered is bounded; the oldest are forgotten first', async () => {
  const read: PersonId[] = [];
  const cache = makeSummaryCache({
    seconds: 3,
    size: 100,
    clock,
    read: async (one) => {
      read.push(one);
      return summary(one);
    },
  });
  for (let n = 0; n < 250; n += 1) await cache.get(id(n));
  for (let n = 150; n < 250; n += 1) await cache.get(id(n));
  expect(read).toHaveLength(250);
  await cache.get(id(149));
  expect(read).toHaveLength(251);
});

test('a failure is told to all who asked and not remembered', async () => {
  let broken = true;
  const cache = makeSummaryCache({
    seconds: 3,
    size: 100,
    clock,
    read: async (one) => {
      if (broken) throw new Error('the database is away');
      return summary(one);
    },
  });
  const asked = await Promise.allSettled([cache.get(id(1)), cache.get(id(1))]);
  expect(asked.map((each) => each.status)).toEqual(['rejected', 'rejected']);
  broken = false;
  expect(await cache.get(id(1))).toEqual(summary(id(1)));
});

test('somebody who is not there is asked for again: the registration may be finished by now', async () => {
  let found: PersonSummary | undefined;
  const cache = makeSummaryCache({ seconds: 3, size: 100, clock, read: async () => found });
  expect(await cache.get(id(1))).toBeUndefined();
  found = summary(id(1));
  expect(await cache.get(id(1))).toEqual(found);
});

test('a reading that was under way when the person changed is not kept', async () => {
  let finish = (_: PersonSummary) => {};
  const slow = new Promise<PersonSummary>((resolve) => {
    finish = resolve;
  });
  let reads = 0;
  const cache = makeSummaryCache({
    seconds: 3,
    size: 100,
    clock,
    read: (one) => {
      reads += 1;
      return reads === 1 ? slow : Promise.resolve({ ...summary(one), state: 'frozen' as const });
    },
  });
  const early = cache.get(id(1));
  cache.forget(id(1));
  finish(summary(id(1)));
  await early;
  expect((await cache.get(id(1)))!.state).toBe('frozen');
});
