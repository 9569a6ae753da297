/**
 * Generated histories: whatever is merged and taken back in whatever order, in the end the database is as it was, and at no
 * moment is an application told another sub than before, or an old account held by anybody but who answers for its owner.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PersonId } from '../../../src/accounts/person.ts';
import { undoLink } from '../../../src/legacy/link.ts';
import { mergePeople } from '../../../src/legacy/merging/agree.ts';
import { unmergePeople } from '../../../src/legacy/merging/merge.ts';
import { listMerges } from '../../../src/legacy/merging/merge-store.ts';
import { citizen, value } from '../../accounts/opened.ts';
import { type FreshDatabase, stores } from '../../support/stores.ts';
import { type MergingRoom, openMerging } from './merging-room.ts';

const PEOPLE = 5;
const SECTORS = ['tax', 'school', 'housing'];
const who = fc.nat(PEOPLE - 1);
const sector = fc.constantFrom(...SECTORS);

interface Beginning {
  known: [number, string][];
  linked: number[];
  closed: number[];
}
type Step =
  | { do: 'merge'; a: number; b: number }
  | { do: 'unmerge'; nth: number }
  /** What people and operators do meanwhile. */
  | { do: 'sign-in'; who: number; sector: string }
  | { do: 'unlink'; nth: number };

const beginning: fc.Arbitrary<Beginning> = fc.record({
  known: fc.array(fc.tuple(who, sector), { maxLength: 8 }),
  linked: fc.array(who, { maxLength: 6 }),
  closed: fc.array(who, { maxLength: 2 }),
});
const mergeStep = fc.record({ do: fc.constant('merge' as const), a: who, b: who });
const unmergeStep = fc.record({ do: fc.constant('unmerge' as const), nth: fc.nat(9) });
const merges = fc.oneof({ weight: 3, arbitrary: mergeStep }, { weight: 1, arbitrary: unmergeStep });
const life = fc.oneof(
  { weight: 3, arbitrary: merges },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sign-in' as const), who, sector }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unlink' as const), nth: fc.nat(9) }) },
);

describe.each(stores)('histories on $name', (store) => {
  let fresh: FreshDatabase;
  let now = new Date('2027-03-01T04:00:00Z');
  beforeAll(async () => {
    fresh = await store.fresh();
  });
  afterAll(() => fresh.drop());

  /** Runs a history over a fresh beginning; `check` sees the world before the first step and after the last undoing. */
  async function live(
    start: Beginning,
    steps: readonly Step[],
    order: Iterator<number>,
    check: (room: MergingRoom, before: Record<string, string[]>, people: PersonId[]) => Promise<void>,
  ): Promise<void> {
    const room = openMerging(fresh.database, { now: () => now });
    await room.empty();
    const people: PersonId[] = [];
    for (let n = 0; n < PEOPLE; n += 1) {
      now = new Date(now.getTime() + 1_000);
      people.push(await room.person(n, { userName: `person${n}` }));
    }
    for (const [n, at] of start.known) await room.subjects.of(people[n]!, at);
    await room.link(
      'talent',
      start.linked.map((n) => people[n]!),
    );
    for (const n of new Set(start.closed))
      value(await room.accounts.changeState(people[n]!, 'closed', { actor: 'test', reason: 'x' }));
    const before = await room.rows();
    for (const step of steps) {
      await take(room, people, step);
      await invariants(room, people);
    }
    for (let left = await standing(room); left.length > 0; left = await standing(room)) {
      value(await undo(room, left[order.next().value % left.length]!));
      await invariants(room, people);
    }
    await check(room, before, people);
    await room.audit.close();
  }

  const standing = async (room: MergingRoom) =>
    (await listMerges(room.database, { state: 'done', most: 99 })).map(({ id }) => id);
  const undo = (room: MergingRoom, number: string) =>
    unmergePeople(room, { number, reason: 'a test', actor: 'operator:test' });
  const subOf = async (room: MergingRoom, id: PersonId, at: string) =>
    room.subjects.among([id, ...(await room.accounts.merged.absorbedBy(id))], at);
  const answersItself = async (room: MergingRoom, id: PersonId) =>
    (await room.accounts.get(id))?.state !== 'merged';

  async function take(room: MergingRoom, people: PersonId[], step: Step): Promise<void> {
    if (step.do === 'merge') {
      const ids = [people[step.a]!, people[step.b]!] as const;
      const called = new Map<string, (string | undefined)[]>();
      for (const at of SECTORS)
        called.set(at, [await subOf(room, ids[0], at), await subOf(room, ids[1], at)]);
      const outcome = await mergePeople(room, { ids, reason: 'a test', actor: 'operator:test' });
      if (!outcome.ok) return;
      const first = outcome.value.survivorId === ids[0];
      for (const [at, subs] of called) {
        const [survivors, others] = first ? subs : subs.toReversed();
        expect(await subOf(room, outcome.value.survivorId, at)).toBe(survivors ?? others);
      }
    } else if (step.do === 'unmerge') {
      const left = await standing(room);
      if (left.length > 0) value(await undo(room, left[step.nth % left.length]!));
    } else if (step.do === 'sign-in') {
      const id = people[step.who]!;
      if (await answersItself(room, id)) await room.subjects.of(id, step.sector);
    } else {
      await undoLink(
        room,
        { source: 'talent', localId: String(step.nth), actor: 'operator:test', reason: 'a test' },
        async () => [],
      );
    }
  }

  /** What holds at every moment. */
  async function invariants(room: MergingRoom, people: PersonId[]): Promise<void> {
    const roots = await Promise.all(people.map((id) => room.accounts.merged.survivorOf(id)));
    const root = new Map(people.map((id, n) => [id, roots[n]!]));
    const held = await room.database.query<{ holder: PersonId; owner: PersonId }>(
      'SELECT o.person_id AS holder, j.person_id AS owner FROM old_account o JOIN legacy_journal j ON j.id = o.linked_by',
    );
    for (const { holder, owner } of held) expect(holder).toBe(root.get(owner));
    for (const [n, id] of people.entries()) {
      expect((await room.accounts.findByDocument(citizen(n)))?.id).toBe(root.get(id));
      expect((await room.accounts.findByUserName(`person${n}`))?.id).toBe(root.get(id));
      for (const at of SECTORS) {
        const sub = await room.subjects.among([id], at);
        if (sub !== undefined) expect(await room.subjects.personOf(at, sub)).toBe(root.get(id));
      }
    }
  }

  const runs = { numRuns: store.name === 'postgres' ? 20 : 8 };
  const anyOrder = fc.infiniteStream(fc.nat(99));

  test('merging, then undoing in any order, is the identity on the database', async () => {
    const history = fc.array(merges, { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(beginning, history, anyOrder, (start, steps, order) =>
        live(start, steps, order, async (room, before) => {
          expect(await room.rows()).toEqual(before);
        }),
      ),
      runs,
    );
  });

  test('with life between: what was done meanwhile stays where it was done, and nothing of anybody is lost', async () => {
    const history = fc.array(life, { minLength: 1, maxLength: 16 });
    await fc.assert(
      fc.asyncProperty(beginning, history, anyOrder, (start, steps, order) =>
        live(start, steps, order, async (room, before, people) => {
          const { subject, old_account: _, legacy_journal: __, ...rest } = await room.rows();
          expect(rest).toEqual(Object.fromEntries(Object.keys(rest).map((table) => [table, before[table]])));
          expect(before.subject!.filter((row) => !subject!.includes(row))).toEqual([]);
          const astray = await room.database.query(
            'SELECT 1 FROM old_account o JOIN legacy_journal j ON j.id = o.linked_by WHERE j.person_id <> o.person_id',
          );
          expect(astray).toEqual([]);
          for (const id of people) expect(await room.accounts.merged.survivorOf(id)).toBe(id);
        }),
      ),
      runs,
    );
  });
});
