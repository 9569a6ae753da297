/** Many accounts in one statement keep the promise of one account per number, also against single registrations. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FingerprintKeyMissing } from '../../src/accounts/fingerprints.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';
import { citizen, draft, newestOnly, type Opened, open, sampleRing, value } from './opened.ts';

describe.each(stores)('many accounts at once on $name', (store) => {
  let fresh: FreshDatabase;
  const opened: Opened[] = [];
  beforeEach(async () => {
    fresh = await store.fresh();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((room) => room.audit.close()));
    await fresh.drop();
  });
  const node = (options = {}): Opened => {
    const room = open(fresh.database, options);
    opened.push(room);
    return room;
  };
  const many = (room: Opened, ...numbers: number[]) =>
    fresh.database.transaction((tx) =>
      room.accounts.createMany(
        tx,
        numbers.map((n) => draft(n, { identityLevel: 1 })),
      ),
    );
  const counts = async () => {
    const [row] = await fresh.database.query<{ people: number; prints: number }>(
      `SELECT (SELECT count(*)::int FROM person) AS people, (SELECT count(*)::int FROM person_fingerprint) AS prints`,
    );
    return [row!.people, row!.prints];
  };

  test('open, are found by their number, and hold what was given', async () => {
    const room = node();
    const ids = await many(room, 1, 2, 3);
    expect(await counts()).toEqual([3, 3]);
    for (const [at, n] of [1, 2, 3].entries()) {
      expect((await room.accounts.findByDocument(citizen(n)))?.id).toBe(ids[at]);
      expect(await room.accounts.get(ids[at]!)).toMatchObject({
        name: '扎西·顿珠',
        identityLevel: 1,
        version: 1,
      });
    }
  });

  test('numbers that are taken, or stand twice, open nothing and leave nothing behind', async () => {
    const room = node();
    const standing = value(await room.register(draft(2)));
    const ids = await many(room, 1, 2, 3, 3);
    expect(ids.map((id) => id !== undefined)).toEqual([true, false, true, false]);
    expect(await counts()).toEqual([3, 3]);
    expect((await room.accounts.findByDocument(citizen(2)))?.id).toBe(standing.id);
    expect(await many(room, 1, 2)).toEqual([undefined, undefined]);
    expect(await many(room)).toEqual([]);
    expect(await counts()).toEqual([3, 3]);
  });

  test('against single registrations and each other, every number gets one account and nobody waits in a circle', async () => {
    const [one, other] = [node({ keyring: sampleRing(2) }), node({ keyring: sampleRing(2) })];
    const numbers = Array.from({ length: 60 }, (_, n) => n);
    const singles = numbers.map((n) => one.register(draft(n)));
    const lists = await Promise.all([
      many(one, ...numbers),
      many(other, ...numbers.toReversed()),
      Promise.all(singles),
    ]);
    const [people] = await counts();
    expect(people).toBe(60);
    const made =
      lists[0].filter((id) => id).length +
      lists[1].filter((id) => id).length +
      lists[2].filter((made) => made.ok).length;
    expect(made).toBe(60);
  });

  test('a node whose keyring lacks a key is refused', async () => {
    await many(node({ keyring: newestOnly(2) }), 1);
    await expect(many(node({ keyring: sampleRing(1) }), 2)).rejects.toThrow(FingerprintKeyMissing);
    expect(await counts()).toEqual([1, 1]);
  });
});
