/** Merges, undoings, links and first sign-ins at once: never a half of anything, and nobody waits in a circle. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PersonId } from '../../../src/accounts/person.ts';
import { applySource, undoLink } from '../../../src/legacy/link.ts';
import { approveMerge, mergePeople } from '../../../src/legacy/merging/agree.ts';
import { unmergePeople } from '../../../src/legacy/merging/merge.ts';
import { listMerges } from '../../../src/legacy/merging/merge-store.ts';
import { planSource } from '../../../src/legacy/plan.ts';
import { stageFile } from '../../../src/legacy/stage.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { type Database, openDatabase } from '../../../src/platform/postgres.ts';
import { citizen, draft, value } from '../../accounts/opened.ts';
import { type FreshDatabase, stores } from '../../support/stores.ts';
import { type MergingRoom, openMerging } from './merging-room.ts';

const nobodyAnswers = {
  compare: async () => ({ outcome: 'unreachable' as const, source: 'r', reference: 'r', at: new Date() }),
  check: () => Promise.reject(new Error('nobody asks')),
};

describe.each(stores)('at once on $name', (store) => {
  let fresh: FreshDatabase;
  let second: Database;
  /** Two nodes: each with connections and caches of its own. */
  let rooms: [MergingRoom, MergingRoom];
  let folder: string;

  beforeAll(async () => {
    fresh = await store.fresh();
    second = fresh.url
      ? await openDatabase({ url: fresh.url, poolSize: 10, folder: fresh.folder })
      : fresh.database;
    rooms = [openMerging(fresh.database, systemClock), openMerging(second, systemClock)];
    folder = mkdtempSync(join(tmpdir(), 'yihao-merge-'));
  });
  afterAll(async () => {
    for (const room of rooms) await room.audit.close();
    if (second !== fresh.database) await second.close();
    rmSync(folder, { recursive: true });
    await fresh.drop();
  });
  beforeEach(() => rooms[0].empty());

  const merge = (room: MergingRoom, a: PersonId, b: PersonId, actor = 'operator:one') =>
    mergePeople(room, { ids: [a, b], reason: 'a race', actor });
  const unmerge = (room: MergingRoom, number: string) =>
    unmergePeople(room, { number, reason: 'a race', actor: 'operator:one' });
  const undoAll = async () => {
    for (const { id } of await listMerges(fresh.database, { state: 'done', most: 999 }))
      value(await unmerge(rooms[0], id));
  };
  const codes = (outcomes: { ok: boolean; failure?: { code: string } }[]) =>
    outcomes.map((one) => (one.ok ? 'ok' : one.failure!.code)).sort();
  const room = (n: number) => rooms[n % 2]!;

  test('the same pair ten times: merged once', async () => {
    const [a, b] = [await rooms[0].person(1), await rooms[0].person(2)];
    const before = await rooms[0].rows();
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, n) => (n % 4 < 2 ? merge(room(n), a, b) : merge(room(n), b, a))),
    );
    expect(codes(outcomes)).toEqual([...Array.from({ length: 9 }, () => 'merge-merged'), 'ok']);
    await undoAll();
    expect(await rooms[0].rows()).toEqual(before);
  });

  test('a ring of people, each merged with the next at once: a tree, never a circle', async () => {
    const people: PersonId[] = [];
    for (let n = 0; n < 8; n += 1) people.push(await rooms[0].person(n));
    const before = await rooms[0].rows();
    for (let turn = 0; turn < 5; turn += 1) {
      const outcomes = await Promise.all(
        people.map((id, n) => merge(room(n), id, people[(n + 1) % people.length]!)),
      );
      const done = outcomes.filter(({ ok }) => ok).length;
      const roots = await Promise.all(people.map((id) => rooms[0].accounts.merged.survivorOf(id)));
      expect(new Set(roots).size).toBe(people.length - done);
      expect(done).toBeGreaterThan(0);
      // Undone at once too, some twice.
      const numbers = (await listMerges(fresh.database, { state: 'done', most: 99 })).map(({ id }) => id);
      const undone = await Promise.all([...numbers, ...numbers].map((number, n) => unmerge(room(n), number)));
      expect(undone.filter(({ ok }) => ok).length).toBeLessThanOrEqual(numbers.length);
      await undoAll();
      expect(await rooms[0].rows()).toEqual(before);
    }
  });

  test('two approve at once, and a third merges one of the two elsewhere: one outcome', async () => {
    const [a, c] = [await rooms[0].person(1), await rooms[0].person(3)];
    const b = await rooms[0].person(2, { identityLevel: 3 });
    const { number } = value(await merge(rooms[0], a, b));
    const outcomes = await Promise.all([
      approveMerge(rooms[0], { number, actor: 'operator:two' }),
      approveMerge(rooms[1], { number, actor: 'operator:three' }),
      merge(rooms[1], a, c),
    ]);
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    const standing = await listMerges(fresh.database, { state: 'done', most: 9 });
    expect(standing).toHaveLength(1);
  });

  test('first sign-ins at an application while people are merged and separated: one sub for each, for ever', async () => {
    const [a, b] = [await rooms[0].person(1), await rooms[0].person(2)];
    for (let turn = 0; turn < 10; turn += 1) {
      const sector = `sector-${turn}`;
      const subOfB = turn % 2 ? await rooms[0].subjects.of(b, sector) : undefined;
      const [merged, ...subs] = await Promise.all([
        merge(rooms[0], a, b),
        ...Array.from({ length: 6 }, (_, n) => room(n).subjects.of(a, sector)),
      ]);
      const lasting = await rooms[1].subjects.of(a, sector);
      // Who signed in before the merge got a sub of its own, who did after it that of the other one, if there was one.
      for (const sub of subs) expect([lasting, subOfB]).toContain(sub);
      expect(await rooms[1].subjects.personOf(sector, lasting)).toBe(a);
      value(await unmerge(rooms[1], value(merged as never as Awaited<ReturnType<typeof merge>>).number));
      if (subOfB) expect(await rooms[1].subjects.of(b, sector)).toBe(subOfB);
      expect(await rooms[0].subjects.of(a, sector)).not.toBe(subOfB);
    }
  });

  test('registering and changing what is being merged: the number stays one account’s, and no change is lost in it', async () => {
    const [a, b] = [await rooms[0].person(1), await rooms[0].person(2)];
    const [merged, registered, changed] = await Promise.all([
      merge(rooms[0], a, b),
      rooms[1].register(draft(2)),
      second.transaction((tx) => rooms[1].accounts.change(tx, b, { locale: 'bo' })),
    ]);
    expect(registered).toMatchObject({ failure: { code: 'account-exists' } });
    value(await unmerge(rooms[0], value(merged).number));
    expect((await rooms[0].accounts.get(b))?.locale).toBe(changed.ok ? 'bo' : undefined);
    expect((await rooms[0].accounts.get(b))?.state).toBe('active');
  });

  test('an import links by number while its people are merged and separated: each goes where its owner went', async () => {
    const people: PersonId[] = [];
    for (let n = 0; n < 6; n += 1) people.push(await rooms[0].person(n));
    const declaration =
      'source: talent\ntitle: { zh-CN: 人才 }\nperson: { localId: id, name: xm, document: { column: sfzh } }\n';
    const path = join(folder, 'old.csv');
    const rows = Array.from({ length: 60 }, (_, n) => `${n},扎西·顿珠,${citizen(n % 6).number}`);
    writeFileSync(path, ['id,xm,sfzh', ...rows].join('\n'));
    const legacy = rooms.map((one) => ({ ...one, population: nobodyAnswers }));
    value(await stageFile(legacy[0]!, { declaration, path }));
    await planSource(legacy[0]!, 'talent');
    const before = await rooms[0].rows();
    for (let turn = 0; turn < 6; turn += 1) {
      let applying = true;
      const applied = Promise.all(legacy.map((one) => applySource(one, 'talent', 'operator:test'))).finally(
        () => {
          applying = false;
        },
      );
      for (let n = 0; applying && n < 50; n += 1) {
        const [a, b] = [people[(n + turn) % 6]!, people[(n * 5 + 1) % 6]!];
        const merged = a === b ? undefined : await merge(room(n), a, b);
        if (merged?.ok && n % 2) value(await unmerge(room(n + 1), merged.value.number));
      }
      await applied;
      await applySource(legacy[0]!, 'talent', 'operator:test');
      const holders = await fresh.database.query<{ local_id: string; holder: PersonId; owner: PersonId }>(
        'SELECT o.local_id, o.person_id AS holder, j.person_id AS owner FROM old_account o JOIN legacy_journal j ON j.id = o.linked_by',
      );
      expect(holders).toHaveLength(60);
      for (const { local_id, holder, owner } of holders) {
        expect(owner).toBe(people[Number(local_id) % 6]);
        expect(holder).toBe(await rooms[0].accounts.merged.survivorOf(owner));
      }
      // Links are taken back while merges are.
      const [undone] = await Promise.all([
        Promise.all(
          holders.map(({ local_id: localId }, n) =>
            undoLink(
              room(n),
              { source: 'talent', localId, actor: 'operator:test', reason: 'a race' },
              async () => [],
            ),
          ),
        ),
        undoAll(),
      ]);
      expect(undone.filter(({ ok }) => !ok)).toEqual([]);
      const { legacy_journal: _, ...rest } = await rooms[0].rows();
      expect(rest).toEqual(Object.fromEntries(Object.keys(rest).map((table) => [table, before[table]])));
    }
  });
});
