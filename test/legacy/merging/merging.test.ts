/** Two accounts of one person become one, and two again: nobody comes into another's account, and nothing is lost. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PersonId } from '../../../src/accounts/person.ts';
import { knownOfPerson } from '../../../src/legacy/known-store.ts';
import { undoLink } from '../../../src/legacy/link.ts';
import { approveMerge, mergePeople, withdrawMerge } from '../../../src/legacy/merging/agree.ts';
import { unmergePeople } from '../../../src/legacy/merging/merge.ts';
import { listMerges } from '../../../src/legacy/merging/merge-store.ts';
import { passwordsOf, usePasswords } from '../../../src/legacy/old-password-store.ts';
import { openSubjects } from '../../../src/oidc/subject.ts';
import { citizen, draft, value } from '../../accounts/opened.ts';
import { type FreshDatabase, stores } from '../../support/stores.ts';
import { type MergingRoom, openMerging } from './merging-room.ts';

const ONE = 'operator:cli:one';
const TWO = 'operator:cli:two';

describe.each(stores)('merging on $name', (store) => {
  let fresh: FreshDatabase;
  let room: MergingRoom;
  let now: Date;
  /** The elder, so that it survives. */
  let a: PersonId;
  let b: PersonId;

  beforeAll(async () => {
    fresh = await store.fresh();
  });
  beforeEach(async () => {
    now = new Date('2027-03-01T04:00:00Z');
    room = openMerging(fresh.database, { now: () => now });
    await room.empty();
    a = await room.person(1, { userName: 'elder', phone: '15400000001', phoneVerifiedAt: now });
    now = new Date(now.getTime() + 1_000);
    b = await room.person(2, { userName: 'younger', phone: '15400000002', phoneVerifiedAt: now });
  });
  afterEach(() => room.audit.close());
  afterAll(() => fresh.drop());

  const later = (days: number) => {
    now = new Date(now.getTime() + days * 86_400_000 + 1);
  };
  const merge = (x: PersonId, y: PersonId, actor = ONE) =>
    mergePeople(room, { ids: [x, y], reason: 'one citizen, two documents', actor });
  const merged = async (x: PersonId, y: PersonId): Promise<string> => {
    const outcome = value(await merge(x, y));
    expect(outcome.state).toBe('done');
    return outcome.number;
  };
  const unmerge = (number: string) => unmergePeople(room, { number, reason: 'not the same', actor: ONE });
  const found = async (n: number) => (await room.accounts.findByDocument(citizen(n)))?.id;

  test('the other number and user name lead to the survivor, whose fields stay; its phone leads nowhere', async () => {
    await merged(b, a);
    expect([await found(1), await found(2)]).toEqual([a, a]);
    expect(await room.accounts.findByDocument(citizen(2))).toMatchObject({
      id: a,
      under: b,
      state: 'active',
    });
    expect((await room.accounts.findByUserName('younger'))?.id).toBe(a);
    expect(await room.accounts.findByPhone('15400000002')).toEqual([]);
    expect((await room.accounts.findByPhone('15400000001')).map(({ id }) => id)).toEqual([a]);
    expect(await room.accounts.get(a)).toMatchObject({
      ...{ document: citizen(1), userName: 'elder', phone: '15400000001', identityLevel: 1, version: 1 },
    });
    expect(await room.accounts.get(b)).toMatchObject({ state: 'merged', mergedInto: a });
    expect(await room.accounts.summary(b)).toMatchObject({ state: 'merged' });
  });

  test('registering either number or user name is refused like any other', async () => {
    await merged(a, b);
    for (const n of [1, 2])
      expect(await room.register(draft(n))).toMatchObject({ failure: { code: 'account-exists' } });
    expect(await room.register(draft(3, { userName: 'younger' }))).toMatchObject({
      failure: { code: 'user-name-taken' },
    });
  });

  test('no change of state, field or phone reaches a merged one', async () => {
    await merged(a, b);
    for (const to of ['active', 'frozen', 'closed', 'deceased', 'merged'] as const)
      expect(await room.accounts.changeState(b, to, { actor: ONE, reason: 'x' })).toMatchObject({
        failure: { code: 'person-state-refused' },
      });
    expect(await room.accounts.changeState(a, 'merged', { actor: ONE, reason: 'x' })).toMatchObject({
      failure: { code: 'person-state-refused' },
    });
    const changed = await fresh.database.transaction((tx) => room.accounts.change(tx, b, { locale: 'bo' }));
    expect(changed).toMatchObject({ failure: { code: 'person-merged' } });
    const before = await room.rows();
    now = new Date(now.getTime() + 5 * 86_400_000);
    await room.accounts.phoneProven(b, '15400000002', now);
    expect(await room.rows()).toEqual(before);
  });

  test('apps that knew only the other one hear its sub; where both were known the survivor’s, and the other’s resolves', async () => {
    const subs = {
      a1: await room.subjects.of(a, 'both'),
      b1: await room.subjects.of(b, 'both'),
      b2: await room.subjects.of(b, 'only-b'),
    };
    const number = await merged(a, b);
    for (const subjects of [room.subjects, openSubjects(fresh.database, room.accounts.merged)]) {
      expect(await subjects.of(a, 'both')).toBe(subs.a1);
      expect(await subjects.of(a, 'only-b')).toBe(subs.b2);
      expect(await subjects.personOf('both', subs.b1)).toBe(a);
      expect(await subjects.personOf('only-b', subs.b2)).toBe(a);
    }
    const fresher = await room.subjects.of(a, 'neither');
    value(await unmerge(number));
    // The process that served them while they were merged as well as any other.
    for (const subjects of [room.subjects, openSubjects(fresh.database, room.accounts.merged)]) {
      expect(await subjects.of(b, 'only-b')).toBe(subs.b2);
      expect(await subjects.of(a, 'only-b')).not.toBe(subs.b2);
      expect(await subjects.personOf('both', subs.b1)).toBe(b);
      expect(await subjects.of(a, 'neither')).toBe(fresher);
    }
  });

  test('sessions and grants of both end and apps are told, at the merge and at its undoing', async () => {
    const number = await merged(a, b);
    expect(room.told).toEqual([{ kind: 'merged', personId: a, otherId: b }]);
    expect(room.ended.map(({ id, reason }) => [id, reason])).toEqual([
      [a, 'person-merged'],
      [b, 'person-merged'],
    ]);
    value(await unmerge(number));
    expect(room.told.at(-1)).toEqual({ kind: 'unmerged', personId: a, otherId: b });
    expect(room.ended.slice(2)).toEqual([
      { id: a, reason: 'person-unmerged', answeredFor: [b] },
      { id: b, reason: 'person-unmerged', answeredFor: undefined },
    ]);
    const trail = await fresh.database.query<{ type: string; person_id: string }>(
      `SELECT type, person_id FROM audit_event WHERE type LIKE 'person.%merged' ORDER BY type, person_id`,
    );
    expect(trail).toEqual([
      { type: 'person.merged', person_id: a },
      { type: 'person.merged', person_id: b },
      { type: 'person.unmerged', person_id: a },
      { type: 'person.unmerged', person_id: b },
    ]);
  });

  test('what fails at the end leaves nothing behind', async () => {
    const before = await room.rows();
    const broken = { ...room, tell: () => Promise.reject(new Error('the queue is gone')) };
    await expect(mergePeople(broken, { ids: [a, b], reason: 'x', actor: ONE })).rejects.toThrow('gone');
    expect(await room.rows()).toEqual(before);
    expect(await listMerges(fresh.database, { most: 9 })).toEqual([]);
    const number = await merged(a, b);
    const after = await room.rows();
    await expect(unmergePeople(broken, { number, reason: 'x', actor: ONE })).rejects.toThrow('gone');
    expect(await room.rows()).toEqual(after);
  });

  test('old accounts of both are the survivor’s until the undoing; one that was unlinked meanwhile stays so', async () => {
    await room.link('talent', [a, b, b]);
    await fresh.database.query(`UPDATE legacy_source SET client = 'app'`);
    const ids = async (id: PersonId) =>
      (await knownOfPerson(fresh.database, id, 'app')).map(({ localId }) => localId);
    const before = await room.rows();
    const number = await merged(a, b);
    expect([await ids(a), await ids(b)]).toEqual([['0', '1', '2'], []]);
    value(await unmerge(number));
    expect(await room.rows()).toEqual(before);
    const again = await merged(a, b);
    const undone = await undoLink(
      room,
      { source: 'talent', localId: '2', actor: ONE, reason: 'x' },
      async () => [],
    );
    expect(undone).toMatchObject({ ok: true, value: { personId: a } });
    value(await unmerge(again));
    expect([await ids(a), await ids(b)]).toEqual([['0'], ['1']]);
  });

  test('an old password of the other one neither opens the survivor’s account nor is used up by it', async () => {
    await room.link('talent', [a, b]);
    await fresh.database.query(`UPDATE legacy_journal SET opened = true`);
    await fresh.database.query(`INSERT INTO legacy_dump VALUES ('talent', 1, '', '', 0, '{}', now(), now())`);
    await fresh.database.query(
      `INSERT INTO old_password SELECT source, local_id, 'kept', 'sealed', '', now() FROM old_account`,
    );
    const before = await room.rows();
    const number = await merged(a, b);
    const own = async (id: PersonId) =>
      (await passwordsOf(fresh.database, id, 9)).map(({ localId }) => localId);
    expect([await own(a), await own(b)]).toEqual([['0'], []]);
    await expect(
      fresh.database.transaction(async (tx) => {
        expect(await usePasswords(tx, a, now)).toBe(1);
        throw new Error('only looking');
      }),
    ).rejects.toThrow('only looking');
    value(await unmerge(number));
    expect(await room.rows()).toEqual(before);
    expect([await own(a), await own(b)]).toEqual([['0'], ['1']]);
  });

  test('an account that a link opened is not taken back while it is merged, or answers for another', async () => {
    await room.link('talent', [a, b]);
    await fresh.database.query(`UPDATE legacy_journal SET opened = true`);
    const number = await merged(a, b);
    const before = await room.rows();
    const undo = (localId: string) =>
      undoLink(room, { source: 'talent', localId, actor: ONE, reason: 'x' }, async () => []);
    expect(await undo('1')).toMatchObject({
      failure: {
        code: 'undo-blocked',
        faults: [{ setting: `account ${b}`, right: expect.stringContaining('legacy merges') }],
      },
    });
    // What was b's is listed first; without it the account itself still answers for b.
    expect(await undo('0')).toMatchObject({
      failure: { code: 'undo-blocked', faults: [{ setting: 'talent/1' }] },
    });
    await fresh.database.query(
      `UPDATE old_account SET person_id = NULL, linked_by = NULL WHERE local_id = '1'`,
    );
    expect(await undo('0')).toMatchObject({
      failure: { code: 'undo-blocked', faults: [{ setting: 'account' }] },
    });
    expect((await room.rows()).person).toEqual(before.person);
    value(await unmerge(number));
    value((await undo('0')) as never);
    expect(await room.accounts.get(a)).toBeUndefined();
  });

  test('chains: look-ups follow however far, and any merge of a chain is undone by itself', async () => {
    now = new Date(now.getTime() + 1_000);
    const c = await room.person(3);
    const sub = await room.subjects.of(c, 's');
    await room.link('talent', [a, b, c]);
    const holders = async () =>
      (
        await fresh.database.query<{ person_id: string }>(
          'SELECT person_id FROM old_account ORDER BY local_id',
        )
      ).map((row) => row.person_id);
    const before = await room.rows();
    const inner = await merged(b, c);
    const outer = await merged(a, b);
    expect([await found(2), await found(3)]).toEqual([a, a]);
    expect(await holders()).toEqual([a, a, a]);
    expect(await room.subjects.of(a, 's')).toBe(sub);
    expect(await room.accounts.merged.absorbedBy(a)).toEqual([b, c]);
    // c leaves, while b stays with a.
    value(await unmerge(inner));
    expect(room.told.at(-1)).toEqual({ kind: 'unmerged', personId: a, otherId: c });
    expect([await found(2), await found(3)]).toEqual([a, c]);
    expect(await holders()).toEqual([a, a, c]);
    expect(await room.subjects.of(c, 's')).toBe(sub);
    value(await unmerge(outer));
    expect(await room.rows()).toEqual(before);
    // And the other way round: b leaves with c.
    await merged(b, c);
    const again = await merged(a, b);
    value(await unmerge(again));
    expect([await found(2), await found(3)]).toEqual([b, b]);
    expect(await holders()).toEqual([a, b, b]);
  });

  test('a sector that was told a merged one’s sub goes on hearing it when others are merged later', async () => {
    const c = await room.person(3);
    const sub = await room.subjects.of(c, 's');
    const first = await merged(a, c);
    expect(await room.subjects.of(a, 's')).toBe(sub);
    const other = await room.subjects.of(b, 's');
    await merged(a, b);
    expect(await room.subjects.of(a, 's')).toBe(sub);
    // Without c, a is known there by b alone.
    value(await unmerge(first));
    expect(await room.subjects.of(a, 's')).toBe(other);
  });

  test.each([
    ['frozen', 'merge-stopped'],
    ['deceased', 'merge-stopped'],
  ] as const)('an account that is %s is not merged', async (state, code) => {
    value(await room.accounts.changeState(b, state, { actor: ONE, reason: 'x' }));
    expect(await merge(a, b)).toMatchObject({ failure: { code } });
  });

  test('a closed one is absorbed, never survives, and is closed again afterwards', async () => {
    value(await room.accounts.changeState(a, 'closed', { actor: ONE, reason: 'x' }));
    const before = await room.rows();
    const number = await merged(a, b);
    expect([await found(1), await found(2)]).toEqual([b, b]);
    value(await unmerge(number));
    expect(await room.rows()).toEqual(before);
    value(await room.accounts.changeState(b, 'closed', { actor: ONE, reason: 'x' }));
    expect(await merge(a, b)).toMatchObject({ failure: { code: 'merge-closed' } });
  });

  test('a number that the register knows no more does not survive, however old and high its account is', async () => {
    const real = await room.person(9, { identityLevel: 3 });
    room.says.set(citizen(9).number, 'unknown');
    room.says.set(citizen(2).number, 'match');
    const { number, survivorId, why } = value(await merge(real, b));
    expect([survivorId, why]).toEqual([b, expect.stringContaining('register')]);
    expect(await room.accounts.latestEvidence(real)).toMatchObject({
      outcome: 'unknown',
      source: 'register',
    });
    // Who approves goes by what it said then, whether it answers now or not.
    room.says.clear();
    value(await approveMerge(room, { number, actor: TWO }));
    expect(await found(9)).toBe(b);
  });

  test('nobody is merged whom the register tells to be dead', async () => {
    room.says.set(citizen(2).number, 'match');
    room.dead.add(citizen(2).number);
    const before = await room.rows();
    expect(await merge(a, b)).toMatchObject({ failure: { code: 'merge-stopped' } });
    expect(await room.rows()).toEqual(before);
  });

  test('nobody is merged with themselves, with nobody, or twice', async () => {
    expect(await merge(a, a)).toMatchObject({ failure: { code: 'merge-same' } });
    const nobody = '00000000-0000-7000-8000-000000000000' as PersonId;
    expect(await merge(a, nobody)).toMatchObject({ failure: { code: 'person-not-found' } });
    const c = await room.person(3);
    const number = await merged(a, b);
    for (const pair of [
      [a, b],
      [b, c],
    ] as const)
      expect(await merge(...pair)).toMatchObject({ failure: { code: 'merge-merged' } });
    value(await unmerge(number));
    expect(await unmerge(number)).toMatchObject({ failure: { code: 'merge-unknown' } });
    expect(await unmerge('no number')).toMatchObject({ failure: { code: 'merge-unknown' } });
  });

  describe('real-name accounts', () => {
    let real: PersonId;
    beforeEach(async () => {
      real = await room.person(7, { identityLevel: 3 });
    });

    test('two people: one proposes, another approves, and nothing happens before', async () => {
      const before = await room.rows();
      const { state, number, survivorId } = value(await merge(a, real));
      expect([state, survivorId]).toEqual(['proposed', real]);
      expect(await room.rows()).toEqual(before);
      expect(await merge(real, a)).toMatchObject({ failure: { code: 'merge-proposed', params: { number } } });
      expect(await unmerge(number)).toMatchObject({ failure: { code: 'merge-unknown' } });
      expect(await approveMerge(room, { number, actor: ONE })).toMatchObject({
        failure: { code: 'case-second-person' },
      });
      expect(value(await approveMerge(room, { number, actor: TWO }))).toMatchObject({ state: 'done' });
      expect(await found(1)).toBe(real);
      expect(await approveMerge(room, { number, actor: TWO })).toMatchObject({
        failure: { code: 'case-proposal-unknown' },
      });
      value(await unmerge(number));
      expect(await room.rows()).toEqual(before);
    });

    test.each<[string, () => Promise<unknown>]>([
      [
        'a change of one',
        () => fresh.database.transaction((tx) => room.accounts.change(tx, a, { locale: 'bo' })),
      ],
      ['a freeze', () => room.accounts.changeState(a, 'frozen', { actor: ONE, reason: 'x' })],
      ['another merge', () => merged(a, b)],
      ['an old account', () => room.link('talent', [real])],
      ['a week', async () => later(7)],
    ])('an approval does not outlive %s', async (_what, happens) => {
      const { number } = value(await merge(a, real));
      await happens();
      expect(await approveMerge(room, { number, actor: TWO })).toMatchObject({
        failure: { code: 'case-changed' },
      });
      expect(await listMerges(fresh.database, { state: 'proposed', most: 9 })).toEqual([]);
      expect(await found(7)).toBe(real);
      expect((await room.accounts.get(real))?.state).toBe('active');
    });

    test('a proposal is taken back, and proposed anew', async () => {
      const { number } = value(await merge(a, real));
      value(await withdrawMerge(room, { number, reason: 'x', actor: ONE }));
      expect(await approveMerge(room, { number, actor: TWO })).toMatchObject({
        failure: { code: 'case-proposal-unknown' },
      });
      expect(value(await merge(a, real)).state).toBe('proposed');
    });
  });

  describe('undoing is refused, changes nothing, and says what to do', () => {
    test('when its term is over', async () => {
      const number = await merged(a, b);
      now = new Date(now.getTime() + 30 * 86_400_000 + 1);
      expect(await unmerge(number)).toMatchObject({
        failure: { code: 'unmerge-late', params: { days: 30 } },
      });
    });

    test.each(['frozen', 'closed', 'deceased'] as const)('when the survivor was %s since', async (state) => {
      const number = await merged(a, b);
      value(await room.accounts.changeState(a, state, { actor: ONE, reason: 'x' }));
      const before = await room.rows();
      const refused = await unmerge(number);
      expect(refused).toMatchObject({
        failure: {
          code: 'undo-blocked',
          faults: [{ setting: `account ${a}`, right: expect.stringContaining('since') }],
        },
      });
      expect(await room.rows()).toEqual(before);
      value(await room.accounts.changeState(a, 'active', { actor: ONE, reason: 'x' }));
      value(await unmerge(number));
    });

    test('when the survivor itself was given an old account with the other one’s number', async () => {
      const number = await merged(a, b);
      await room.link('talent', [a]);
      const print = room.fingerprinter.fingerprint('person citizen-number', citizen(2).number);
      await fresh.database.query(
        `UPDATE old_account SET number_state = 'valid', document_type = 'citizen-number', number_print = $1`,
        [print],
      );
      await fresh.database.query('UPDATE legacy_journal SET at = $1', [now]);
      expect(await unmerge(number)).toMatchObject({
        failure: {
          code: 'undo-blocked',
          faults: [{ setting: 'talent/0', right: expect.stringContaining('legacy undo talent 0') }],
        },
      });
      value(
        (await undoLink(
          room,
          { source: 'talent', localId: '0', actor: ONE, reason: 'x' },
          async () => [],
        )) as never,
      );
      value(await unmerge(number));
    });
  });
});
