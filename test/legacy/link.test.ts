/** From staged rows to linked accounts and back: nobody is linked by half, and undoing leaves no trace but the journal. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applySource, type LinkRoom, undoLink } from '../../src/legacy/link.ts';
import { makeTellNews } from '../../src/legacy/news.ts';
import { type PlanRoom, planSource } from '../../src/legacy/plan.ts';
import { type StageRoom, stageFile } from '../../src/legacy/stage.ts';
import { openManySubjects } from '../../src/oidc/subject.ts';
import { forgetToldSubjects } from '../../src/oidc/told-subject-store.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { Outcome4, PopulationRegister } from '../../src/registries/registry.ts';
import { citizen, draft, type Opened, open, value } from '../accounts/opened.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';

const DECLARATION = `
source: talent
title: { zh-CN: 人才服务网 }
person: { localId: id, name: xm, document: { column: sfzh }, phone: sjh, deleted: { column: del, codes: { "0": no, "2": yes } } }
`;
const NAME = '扎西·顿珠';
const nobodyElse = async () => [];

describe.each(stores)('old accounts on $name', (store) => {
  let fresh: FreshDatabase;
  let opened: Opened;
  let room: LinkRoom & PlanRoom & StageRoom;
  let folder: string;
  let asked: string[];
  let says: Outcome4;

  beforeEach(async () => {
    fresh = await store.fresh();
    opened = open(fresh.database);
    asked = [];
    says = 'match';
    const population: PopulationRegister = {
      async compare({ document }) {
        asked.push(document.number);
        return { outcome: says, source: 'register', reference: `r${asked.length}`, at: new Date() };
      },
      check: () => Promise.reject(new Error('nobody asks')),
    };
    room = {
      ...opened,
      database: fresh.database,
      trail: opened.audit.trail,
      clock: systemClock,
      population,
    };
    folder = mkdtempSync(join(tmpdir(), 'yihao-legacy-'));
  });
  afterEach(async () => {
    await opened.audit.close();
    rmSync(folder, { recursive: true });
    await fresh.drop();
  });

  let files = 0;
  const stage = async (...rows: (string | number)[][]) => {
    files += 1;
    const path = join(folder, `${files}.csv`);
    writeFileSync(path, ['id,xm,sfzh,sjh,del', ...rows.map((row) => row.join(','))].join('\n'));
    value(await stageFile(room, { declaration: DECLARATION, path }));
  };
  const row = (id: string | number, n: number, name = NAME, deleted = 0) => [
    id,
    name,
    citizen(n).number,
    `139${String(n).padStart(8, '0')}`,
    deleted,
  ];
  const plan = (options = {}) => planSource(room, 'talent', options);
  const apply = () => applySource(room, 'talent', 'operator:test');
  const undo = (localId: string, whatStands: () => Promise<string[]> = nobodyElse) =>
    undoLink(room, { source: 'talent', localId, actor: 'operator:test', reason: 'a test' }, whatStands);
  const links = async () =>
    Object.fromEntries(
      (
        await fresh.database.query<{ local_id: string; person_id: string }>(
          'SELECT local_id, person_id FROM old_account WHERE linked_by IS NOT NULL',
        )
      ).map((one) => [one.local_id, one.person_id]),
    );
  const outcomes = async () =>
    (
      await fresh.database.query<{ local_id: string; outcome: string }>(
        'SELECT local_id, outcome FROM old_account ORDER BY local_id',
      )
    ).map((one) => `${one.local_id} ${one.outcome}`);
  /** Everything that apply may write, the journal and the trail apart: a fingerprint of each row. */
  const state = async () =>
    (
      await Promise.all([
        fresh.database.query<object>('SELECT * FROM old_account ORDER BY source, local_id'),
        fresh.database.query<object>('SELECT * FROM person ORDER BY id'),
        fresh.database.query<object>('SELECT * FROM person_fingerprint ORDER BY person_id, kind, key_id'),
        fresh.database.query<object>('SELECT * FROM person_evidence ORDER BY id'),
      ])
    )
      .flat()
      .map((one) => createHash('sha256').update(JSON.stringify(one)).digest('hex').slice(0, 12));

  test('a dry run says what would happen, asks the register only where it must, and changes no account', async () => {
    const person = value(await opened.register(draft(1)));
    await stage(row('a', 1), row('b', 1, '达娃'), row('c', 2), row('d', 3, '拉巴', 2), [
      'e',
      NAME,
      '',
      '',
      0,
    ]);
    await stage(row('a', 1), row('c', 2), row('d', 3, '拉巴', 2), ['e', NAME, '', '', 0]);
    await fresh.database.query(`DELETE FROM old_account WHERE local_id = 'b'`);
    const before = await fresh.database.query('SELECT * FROM person');
    const { judged, asked: questions } = await plan();
    expect([judged, questions, asked]).toEqual([4, 1, [citizen(2).number]]);
    expect(await outcomes()).toEqual(['a same', 'c new', 'd unusable', 'e unusable']);
    expect(await fresh.database.query('SELECT * FROM person')).toEqual(before);
    expect(await links()).toEqual({});
    await apply();
    expect((await links()).a).toBe(person.id);
  });

  test('an account that is opened has what the register agreed to, at the lowest level, and nothing unproven', async () => {
    await stage(row('a', 5));
    await plan();
    expect(await apply()).toMatchObject({ linked: 0, opened: 1, changed: 0 });
    const person = (await opened.accounts.get((await links()).a as never))!;
    expect(person).toMatchObject({ document: citizen(5), name: NAME, identityLevel: 1, state: 'active' });
    expect([person.phone, person.userName, person.phoneVerifiedAt]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(await opened.accounts.latestEvidence(person.id)).toMatchObject({
      source: 'register',
      outcome: 'match',
    });
  });

  test('several old accounts of one number come to one person', async () => {
    await stage(row('a', 6), row('b', 6), row('c', 6, '扎西顿珠'));
    await plan();
    expect(await apply()).toMatchObject({ opened: 1, linked: 2 });
    expect(new Set(Object.values(await links())).size).toBe(1);
  });

  test('one number under several names is nobody’s until a human looks', async () => {
    await stage(row('a', 7), row('b', 7, '达娃'));
    await plan();
    expect(await outcomes()).toEqual(['a doubtful', 'b doubtful']);
    expect(asked).toEqual([]);
    expect(await apply()).toMatchObject({ linked: 0, opened: 0 });
  });

  test('names of deleted rows, and rows without a name, do not make a number that of several', async () => {
    await stage(row('a', 8), row('b', 8, '达娃', 2), row('c', 8, ''));
    await plan();
    expect(await outcomes()).toEqual(['a new', 'b unusable', 'c doubtful']);
  });

  test('whatever stands between them, all that can be linked is: pages of nothing are passed over', async () => {
    const padded = (n: number) => String(n).padStart(5, '0');
    // More than two pages that nobody can link, between two accounts that can be.
    const nobodys = Array.from({ length: 1_200 }, (_, n) => [padded(n + 1), NAME, '', '', 0]);
    await stage(row(padded(0), 1), ...nobodys, row(padded(1_201), 2));
    expect((await plan()).judged).toBe(1_202);
    expect(await apply()).toMatchObject({ linked: 0, opened: 2, changed: 0 });
    expect(Object.keys(await links()).sort()).toEqual([padded(0), padded(1_201)]);
    expect((await plan()).judged).toBe(1_200);
  });

  test('a plan that breaks on one page says so, and the next one judges the rest', async () => {
    await stage(...Array.from({ length: 1_300 }, (_, n) => row(String(n).padStart(5, '0'), n)));
    const { population } = room;
    room.population = {
      ...population,
      compare: (subject, options) =>
        subject.document.number === citizen(700).number
          ? Promise.reject(new Error('broke'))
          : population.compare(subject, options),
    };
    await expect(plan()).rejects.toThrow('broke');
    room.population = population;
    await plan();
    expect((await outcomes()).filter((one) => !one.endsWith(' new'))).toEqual([]);
  });

  test('a silent register leaves rows waiting, is not asked on and on, and the next run goes on', async () => {
    says = 'unreachable';
    await stage(...Array.from({ length: 60 }, (_, n) => row(n, n)));
    await plan({ parallel: 1 });
    expect(asked.length).toBe(20);
    expect(new Set((await outcomes()).map((one) => one.split(' ')[1]))).toEqual(new Set(['waiting']));
    says = 'match';
    await plan({ budget: 50 });
    expect((await plan()).tally).toMatchObject([{ outcome: 'new', rows: 60 }]);
    expect(asked.length).toBe(20 + 60);
  });

  test('a register that is silent for a moment is waited for, and nobody is left waiting', async () => {
    await stage(...Array.from({ length: 90 }, (_, n) => row(n, n)));
    const { population } = room;
    let calls = 0;
    let silentUntil = 0;
    room.population = {
      ...population,
      async compare(subject) {
        calls += 1;
        // Many are under way when it begins, and the first pause is not enough.
        if (calls === 10) silentUntil = performance.now() + 60;
        const silent = performance.now() < silentUntil;
        await new Promise((resolve) => setTimeout(resolve, 2));
        says = silent ? 'unreachable' : 'match';
        return population.compare(subject);
      },
    };
    const { tally } = await plan({ parallel: 32, pausesMs: [40, 40, 40] });
    expect(tally).toMatchObject([{ outcome: 'new', rows: 90 }]);
    expect(calls).toBeGreaterThan(90 + 20);
  });

  test('one that stays silent is given up after its pauses, and the budget holds in them', async () => {
    says = 'unreachable';
    await stage(...Array.from({ length: 60 }, (_, n) => row(n, n)));
    await plan({ parallel: 1, pausesMs: [2, 2, 2] });
    expect(asked.length).toBe(4);
    await plan({ parallel: 1, pausesMs: [2, 2, 2], budget: 2 });
    expect(asked.length).toBe(6);
    expect(new Set((await outcomes()).map((one) => one.split(' ')[1]))).toEqual(new Set(['waiting']));
  });

  test('two at once and twice: each old account is linked once, each number opened once', async () => {
    await stage(...Array.from({ length: 300 }, (_, n) => row(n, n % 250)));
    await Promise.all([plan(), plan()]);
    const done = await Promise.all([apply(), apply()]);
    expect(done.reduce((sum, { linked, opened: made }) => sum + linked + made, 0)).toBe(300);
    expect(await apply()).toMatchObject({ linked: 0, opened: 0, changed: 0 });
    const [people] = await fresh.database.query<{ count: number }>('SELECT count(*)::int FROM person');
    expect(people!.count).toBe(250);
  });

  test('what changed between plan and apply is judged anew, not linked', async () => {
    const person = value(await opened.register(draft(8)));
    await stage(row('a', 8), row('b', 9));
    await plan();
    value(await opened.accounts.changeState(person.id, 'frozen', { actor: 'operator:test', reason: 'x' }));
    value(await opened.register(draft(9, { name: '达娃' })));
    expect(await apply()).toMatchObject({ linked: 0, opened: 0, changed: 2 });
    expect(await outcomes()).toEqual(['a doubtful', 'b doubtful']);
  });

  test('what the register said of a number and name does not hold for those of a later dump', async () => {
    await stage(row('a', 15));
    await plan();
    says = 'mismatch';
    await stage(row('a', 16, '达娃'));
    expect(await apply()).toMatchObject({ opened: 0, changed: 1 });
    expect(await links()).toEqual({});
    await plan();
    expect(await outcomes()).toEqual(['a doubtful']);
  });

  test('undoing a link leaves the person; undoing an opening takes the account back, and it can be done again', async () => {
    const person = value(await opened.register(draft(10)));
    await stage(row('a', 10), row('b', 11));
    await plan();
    await apply();
    const { b } = await links();
    expect(value(await undo('a'))).toEqual({ personId: person.id, closed: false });
    expect(value(await undo('b'))).toEqual({ personId: b, closed: true });
    expect(await opened.accounts.get(b as never)).toBeUndefined();
    expect(await undo('b')).toMatchObject({ failure: { code: 'old-account-not-linked' } });
    expect(await apply()).toMatchObject({ linked: 1, opened: 1 });
  });

  test('of an opening that is taken back, no name that a department was told stays behind', async () => {
    const tell = makeTellNews({
      clients: { takingLegacyEvents: async () => [{ id: 'talent-service', sector: 'one' }] },
      clock: systemClock,
      subjectsOf: openManySubjects(opened.accounts.merged).of,
    });
    room = { ...room, tell, forgetTold: forgetToldSubjects };
    const person = value(await opened.register(draft(10)));
    await stage(row('a', 10), row('b', 11));
    await fresh.database.query(`UPDATE legacy_source SET client = 'talent-service'`);
    await plan();
    const before = await state();
    await apply();
    const subjects = () =>
      fresh.database.query<{ person_id: string; sub: string }>('SELECT person_id, sub FROM subject');
    const { b } = await links();
    const sub = (await subjects()).find(({ person_id }) => person_id === b)!.sub;
    value(await undo('b'));
    value(await undo('a'));
    expect(await state()).toEqual(before);
    // Whose account stays keeps theirs: the department may know it.
    expect(await subjects()).toMatchObject([{ person_id: person.id }]);
    const told = await fresh.database.query(
      `SELECT kind, sub FROM legacy_news WHERE local_id = 'b' ORDER BY id`,
    );
    expect(told).toEqual([
      { kind: 'linked', sub },
      { kind: 'unlinked', sub },
    ]);
  });

  test('an opening is not taken back while something stands on it, and the list says what', async () => {
    await stage(row('a', 12), row('b', 12));
    await plan();
    await apply();
    expect(await undo('a', async () => ['a password'])).toMatchObject({
      failure: { code: 'undo-blocked', faults: [{ setting: 'talent/b' }, { setting: 'a password' }] },
    });
    expect(Object.keys(await links()).sort()).toEqual(['a', 'b']);
    value(await undo('b'));
    value(await undo('a'));
    expect(await links()).toEqual({});
  });

  test('an account that its owner changed meanwhile stays', async () => {
    await stage(row('a', 13));
    await plan();
    await apply();
    const { a } = await links();
    await fresh.database.transaction((tx) => opened.accounts.change(tx, a as never, { locale: 'bo' }));
    expect(await undo('a')).toMatchObject({ failure: { code: 'undo-blocked' } });
    expect(await opened.accounts.get(a as never)).toMatchObject({ locale: 'bo' });
    expect(Object.keys(await links())).toEqual(['a']);
  });

  test('a link is undone within its term only', async () => {
    await stage(row('a', 14));
    await plan();
    await apply();
    await fresh.database.query(`UPDATE legacy_journal SET at = at - interval '31 days'`);
    expect(await undo('a')).toMatchObject({ failure: { code: 'undo-late', params: { days: 30 } } });
  });

  test('apply, then undo in any order that is let, is the identity on the database', async () => {
    const numbers = fc.array(fc.tuple(fc.nat(5), fc.boolean()), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        numbers,
        fc.array(fc.nat(5), { maxLength: 3 }),
        fc.infiniteStream(fc.nat(7)),
        async (rows, standing, order) => {
          await fresh.database.query(
            'TRUNCATE legacy_source, person, person_fingerprint, person_evidence CASCADE',
          );
          for (const n of new Set(standing)) value(await opened.register(draft(n)));
          await stage(...rows.map(([n, dotless], at) => row(at, n, dotless ? '扎西顿珠' : NAME)));
          await plan();
          const before = await state();
          await apply();
          for (let left = Object.keys(await links()); left.length > 0; left = Object.keys(await links()))
            await undo(left[order.next().value % left.length]!);
          expect(await state()).toEqual(before);
        },
      ),
      { numRuns: store.name === 'postgres' ? 15 : 6 },
    );
  });
});
