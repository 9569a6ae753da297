/** What an authorization under way has found out: sealed, kept apart by version, and moved when keys change. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Notes, openNotes, resealNotes } from '../../src/interactions/notes.ts';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import { makeSealer, type Sealer } from '../../src/platform/seal/sealer.ts';
import { newestOnly, sampleRing } from '../accounts/opened.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';

describe.each(stores)('notes on $name', (store) => {
  let fresh: FreshDatabase;
  beforeAll(async () => {
    fresh = await store.fresh();
  });
  afterAll(() => fresh.drop());
  afterEach(() => fresh.database.query('DELETE FROM interaction_note'));

  const old = makeSealer(sampleRing(1), 'aes');
  const open = (sealer: Sealer = old, clock: Clock = systemClock): Notes =>
    openNotes({ database: fresh.database, sealer, clock, minutes: 120 });
  const note = { registration: { documentNumber: '54019919000101001X', name: '扎西·顿珠' } };

  test('of two requests that write on from the same note, the second writes nothing', async () => {
    const notes = open();
    const nothing = await notes.read('a');
    expect(nothing).toEqual({ version: 0 });
    expect(await notes.revise('a', nothing, note)).toBe(true);
    expect(await notes.revise('a', nothing, {})).toBe(false);
    const read = await notes.read('a');
    expect(read).toMatchObject(note);
    const both = await Promise.all([1, 2, 3].map((n) => notes.revise('a', read, { ticket: `t${n}` })));
    expect(both.filter(Boolean)).toHaveLength(1);
    expect((await notes.read('a')).registration).toBeUndefined();
  });

  test('a note that has expired is none, and is swept', async () => {
    await open().replace('a', note);
    const later = open(old, { now: () => new Date(Date.now() + 121 * 60_000) });
    expect(await later.read('a')).toEqual({ version: 0 });
    expect(await open().sweep()).toBe(0);
    expect(await later.sweep()).toBe(1);
  });

  test('after a change of keys all notes move, and the old key may go', async () => {
    const [both, suite] = [makeSealer(sampleRing(2), 'aes'), makeSealer(newestOnly(2), 'aes')];
    for (let n = 0; n < 503; n += 1) await open(n % 2 ? old : both).replace(`uid-${n}`, note);
    expect(await resealNotes(fresh.database, both)).toBe(251);
    expect(await resealNotes(fresh.database, both)).toBe(0);
    const without = open(suite);
    for (const n of [0, 1, 251, 501, 502]) expect(await without.read(`uid-${n}`)).toMatchObject(note);
  });
});
