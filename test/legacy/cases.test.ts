/** Doubtful old accounts: listed, looked at masked, decided by one or by two, and taken back. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PersonId } from '../../src/accounts/person.ts';
import { listCases, viewCase } from '../../src/legacy/cases/cases.ts';
import { countCases } from '../../src/legacy/cases/cases-store.ts';
import {
  approveCase,
  type DecideRoom,
  type Decision,
  decideCase,
  decideMany,
  reopenCase,
} from '../../src/legacy/cases/decide.ts';
import { type CaseFacts, propose, ruleOn } from '../../src/legacy/cases/rules.ts';
import { applySource, undoLink } from '../../src/legacy/link.ts';
import { planSource } from '../../src/legacy/plan.ts';
import { type StageRoom, stageFile } from '../../src/legacy/stage.ts';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import type { Outcome4, PopulationRegister } from '../../src/registries/registry.ts';
import { citizen, draft, type Opened, open, value } from '../accounts/opened.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';

const DECLARATION = `
source: talent
title: { zh-CN: 人才服务网 }
client: talent-service
person: { localId: id, name: xm, document: { column: sfzh }, phone: sjh }
`;
const NAME = '扎西·顿珠';
const CUT = '扎西';

describe('the table of what may be decided', () => {
  const active = { state: 'active', identityLevel: 3 } as const;
  const facts: CaseFacts = {
    number: 'valid',
    standing: active,
    target: { ...active, underNumber: true },
  };
  test.each([
    ['link', {}, 'two'],
    ['link', { target: { state: 'active', identityLevel: 1, underNumber: true } }, 'one'],
    ['link', { target: { state: 'active', identityLevel: 1, underNumber: false } }, 'two'],
    ['link', { target: undefined }, 'case-no-account'],
    ['link', { target: { state: 'frozen', identityLevel: 3, underNumber: true } }, 'case-person-stopped'],
    ['link', { target: { state: 'closed', identityLevel: 3, underNumber: true } }, 'case-person-stopped'],
    ['link', { target: { state: 'deceased', identityLevel: 3, underNumber: true } }, 'case-person-stopped'],
    ['create', {}, 'case-account-there'],
    ['create', { standing: undefined, target: undefined }, 'one'],
    ['create', { number: 'damaged', standing: undefined, target: undefined }, 'case-number-needed'],
    ['reject', {}, 'one'],
    ['wait', {}, 'one'],
  ] as const)('%s %j: %s', (action, change, expected) => {
    const ruling = ruleOn(action, { ...facts, ...change } as CaseFacts);
    expect(ruling.allowed ? (ruling.secondPerson ? 'two' : 'one') : ruling.why).toBe(expected);
  });

  test('the gravest reason speaks first, and a link without an account becomes an opening', () => {
    expect(propose(['name-cut', 'person-deceased'], true).action).toBe('reject');
    expect(propose(['name-cut'], true).action).toBe('link');
    expect(propose(['name-cut', 'register-mismatch'], false).action).toBe('create');
    expect(propose([], true).action).toBe('wait');
  });
});

describe.each(stores)('cases on $name', (store) => {
  let fresh: FreshDatabase;
  let opened: Opened;
  let room: DecideRoom & StageRoom;
  let folder: string;
  let now: Date;
  let says: (name: string) => Outcome4;
  const clock: Clock = { now: () => now };

  beforeEach(async () => {
    now = systemClock.now();
    fresh = await store.fresh();
    opened = open(fresh.database, { clock });
    says = () => 'mismatch';
    const population: PopulationRegister = {
      compare: async ({ name }) => ({ outcome: says(name), source: 'register', reference: 'r', at: now }),
      check: () => Promise.reject(new Error('nobody asks')),
    };
    room = { ...opened, database: fresh.database, trail: opened.audit.trail, clock, population };
    folder = mkdtempSync(join(tmpdir(), 'yihao-cases-'));
  });
  afterEach(async () => {
    await opened.audit.close();
    rmSync(folder, { recursive: true });
    await fresh.drop();
  });

  let files = 0;
  const come = async (...rows: (string | number)[][]) => {
    files += 1;
    const path = join(folder, `${files}.csv`);
    writeFileSync(path, ['id,xm,sfzh,sjh', ...rows.map((row) => row.join(','))].join('\n'));
    value(await stageFile(room, { declaration: DECLARATION, path }));
    await planSource(room, 'talent');
    await applySource(room, 'talent', 'operator:test');
  };
  const row = (id: string, n: number, name = CUT) => [id, name, citizen(n).number, `1390000${1000 + n}`];
  const decide = (localId: string, action: Decision['action'], more: Partial<Decision> = {}) =>
    decideCase(room, { source: 'talent', localId, action, reason: 'looked', actor: 'operator:one', ...more });
  const approve = (proposal: string, actor = 'operator:two') => approveCase(room, { proposal, actor });
  const undo = (localId: string) =>
    undoLink(room, { source: 'talent', localId, actor: 'operator:one', reason: 'wrong' }, async () => []);
  const opens = async (state: 'open' | 'set-aside' | 'awaiting-approval' = 'open') =>
    (await listCases(room, { state })).map(({ localId }) => localId);
  const linkedTo = async (localId: string) =>
    (
      await fresh.database.query<{ person_id: PersonId | null }>(
        'SELECT person_id FROM old_account WHERE local_id = $1',
        [localId],
      )
    )[0]!.person_id;
  const proposalOf = (outcome: Awaited<ReturnType<typeof decideCase>>) => {
    const decided = value(outcome);
    return decided.state === 'proposed' ? decided.proposal : '';
  };
  const code = (outcome: { ok: boolean; failure?: { code: string } }) => outcome.failure?.code;

  test('are listed with reasons and counts, and shown beside each other without one whole number, name or phone', async () => {
    const person = value(await opened.register(draft(1)));
    await come(row('a', 1), row('b', 2), row('c', 1, '达娃'));
    expect(await listCases(room, { state: 'open' })).toMatchObject([
      { localId: 'a', reasons: ['number-of-several-names', 'name-cut'], proposed: 'wait' },
      { localId: 'b', reasons: ['register-mismatch'], proposed: 'wait' },
      { localId: 'c', reasons: ['number-of-several-names', 'name-differs'] },
    ]);
    expect(await listCases(room, { state: 'open', reason: 'name-differs' })).toHaveLength(1);
    expect(await listCases(room, { state: 'open' }, { source: 'talent', localId: 'b' })).toHaveLength(1);
    expect((await countCases(fresh.database)).reduce((sum, { rows }) => sum + rows, 0)).toBe(3);
    const view = value(await viewCase(room, { source: 'talent', localId: 'a' }, 'talent-service'));
    expect(view.sides.map(({ key, differs }) => [key, differs])).toEqual([
      ['talent/a', []],
      [person.id, expect.arrayContaining(['name', 'phone'])],
      ['talent/c', ['name']],
    ]);
    const shown = JSON.stringify(view);
    for (const secret of [citizen(1).number, NAME, CUT, '达娃', '13900001001'])
      expect(shown).not.toContain(secret);
    expect(code(await viewCase(room, { source: 'talent', localId: 'nobody' }, undefined))).toBe(
      'case-unknown',
    );
  });

  test('a link to a real-name account needs two, and undoing it makes it a case again', async () => {
    const person = value(await opened.register(draft(1)));
    await come(row('a', 1));
    const proposal = proposalOf(await decide('a', 'link'));
    expect([await linkedTo('a'), await opens(), await opens('awaiting-approval')]).toEqual([null, [], ['a']]);
    expect(code(await decide('a', 'reject'))).toBe('case-proposed');
    expect(code(await approve(proposal, 'operator:one'))).toBe('case-second-person');
    expect(value(await approve(proposal))).toMatchObject({ state: 'done', personId: person.id });
    expect(await linkedTo('a')).toBe(person.id);
    expect(code(await approve(proposal))).toBe('case-proposal-unknown');
    expect(code(await decide('a', 'reject'))).toBe('case-unknown');
    value(await undo('a'));
    expect([await linkedTo('a'), await opens()]).toEqual([null, ['a']]);
  });

  test('whoever approves sees to whom it would be linked, also where that is not the account under the number', async () => {
    const standing = value(await opened.register(draft(1)));
    const other = value(await opened.register(draft(2)));
    await come(row('a', 1), row('b', 3));
    const view = async (localId: string) =>
      value(await viewCase(room, { source: 'talent', localId }, 'talent-service'));
    expect((await view('a')).sides.filter(({ target }) => target)).toEqual([]);
    const proposal = proposalOf(await decide('a', 'link', { personId: other.id }));
    const seen = await view('a');
    expect(seen.waiting).toEqual({
      ...{ id: proposal, action: 'link', by: 'operator:one', reason: 'looked' },
      ...{ target: other.id, opening: undefined },
    });
    expect(seen.sides.map(({ key, target }) => [key, target])).toEqual([
      ['talent/a', undefined],
      [standing.id, undefined],
      [other.id, true],
    ]);
    expect(seen.sides[2]!.differs).toContain('number');
    expect(seen.preview.map(({ what }) => what)).toContain('old-password');
    expect(JSON.stringify(seen)).not.toContain(citizen(2).number);
    value(await approve(proposal));
    expect(await linkedTo('a')).toBe(other.id);
    // Who stands there already is marked, and does not stand there twice.
    await come(row('c', 1));
    proposalOf(await decide('c', 'link'));
    expect((await view('c')).sides.map(({ key, target }) => [key, target])).toEqual([
      ['talent/c', undefined],
      [standing.id, true],
      ['talent/a', undefined],
    ]);
  });

  test('the database itself refuses one person in both parts', async () => {
    value(await opened.register(draft(1)));
    await come(row('a', 1));
    const proposal = proposalOf(await decide('a', 'link'));
    await expect(
      fresh.database.query(`UPDATE legacy_decision SET approved_by = proposed_by WHERE id = ${proposal}`),
    ).rejects.toThrow('check');
  });

  test('an approval holds for exactly what was proposed, and for a week', async () => {
    const person = value(await opened.register(draft(1)));
    await come(row('a', 1), row('b', 1));
    const first = proposalOf(await decide('a', 'link'));
    value(await fresh.database.transaction((tx) => opened.accounts.change(tx, person.id, { locale: 'bo' })));
    expect(code(await approve(first))).toBe('case-changed');
    expect([await linkedTo('a'), await opens()]).toEqual([null, ['a', 'b']]);
    const second = proposalOf(await decide('b', 'link'));
    await come(row('b', 1, '扎西·顿'));
    expect(code(await approve(second))).toBe('case-changed');
    const third = proposalOf(await decide('a', 'link'));
    now = new Date(now.getTime() + 8 * 86_400_000);
    expect(code(await approve(third))).toBe('case-changed');
    expect(await linkedTo('a')).toBe(null);
  });

  test('an account is opened only with a name that the register agrees to, now', async () => {
    await come(row('a', 1));
    says = (name) => (name === NAME ? 'match' : 'mismatch');
    expect(await decide('a', 'create')).toMatchObject({
      failure: { code: 'case-register', params: { said: 'mismatch' } },
    });
    expect(code(await decide('a', 'link'))).toBe('case-no-account');
    const { personId } = value(await decide('a', 'create', { name: NAME })) as { personId: PersonId };
    expect(await opened.accounts.get(personId)).toMatchObject({ name: NAME, identityLevel: 1 });
    expect((await opened.accounts.get(personId))!.phone).toBeUndefined();
    expect(await opened.accounts.latestEvidence(personId)).toMatchObject({ outcome: 'match' });
    expect(value(await undo('a'))).toMatchObject({ closed: true });
    expect(await opened.accounts.get(personId)).toBeUndefined();
    expect(await opens()).toEqual(['a']);
  });

  test('what is rejected stays so until a later dump changes it; what waits comes back on its day', async () => {
    await come(row('a', 1), row('b', 2));
    value(await decide('a', 'reject'));
    expect(code(await decide('b', 'wait', { until: new Date(now.getTime() - 1) }))).toBe('case-day');
    value(await decide('b', 'wait', { until: new Date(now.getTime() + 86_400_000) }));
    expect([await opens(), await opens('set-aside')]).toEqual([[], ['a', 'b']]);
    says = () => 'match';
    await come(row('a', 1), row('b', 2));
    expect([await linkedTo('a'), await linkedTo('b')]).toEqual([null, null]);
    now = new Date(now.getTime() + 2 * 86_400_000);
    await planSource(room, 'talent');
    expect(await opens('set-aside')).toEqual(['a']);
    await come(row('a', 1, NAME));
    expect(await opens('set-aside')).toEqual([]);
  });

  test('a decision can be taken back', async () => {
    value(await opened.register(draft(1)));
    await come(row('a', 1), row('b', 2));
    const by = { source: 'talent', reason: 'again', actor: 'operator:one' };
    const proposal = proposalOf(await decide('a', 'link'));
    value(await decide('b', 'reject'));
    value(await reopenCase(room, { ...by, localId: 'a' }));
    value(await reopenCase(room, { ...by, localId: 'b' }));
    expect(code(await reopenCase(room, { ...by, localId: 'b' }))).toBe('case-open');
    expect([await opens(), code(await approve(proposal))]).toEqual([['a', 'b'], 'case-proposal-unknown']);
  });

  test('what an import links while its proposal waits is proposed no more, and is undone as a link', async () => {
    const person = value(await opened.register(draft(1)));
    await come(row('a', 1), row('b', 1));
    const proposal = proposalOf(await decide('a', 'link'));
    const other = proposalOf(await decide('b', 'link'));
    await come(row('a', 1, NAME), row('b', 1, NAME));
    expect(await linkedTo('a')).toBe(person.id);
    expect(code(await approve(proposal))).toBe('case-proposal-unknown');
    expect(code(await approve(other))).toBe('case-proposal-unknown');
    const by = { source: 'talent', localId: 'a', reason: 'wrong', actor: 'operator:one' };
    expect(code(await reopenCase(room, by))).toBe('case-open');
    expect(value(await undo('a'))).toMatchObject({ personId: person.id });
    expect(await linkedTo('a')).toBe(null);
  });

  test('nobody is linked to somebody who is stopped, and two deciders at once decide once', async () => {
    const person = value(await opened.register(draft(1)));
    await come(row('a', 1), row('b', 2));
    await opened.accounts.changeState(person.id, 'frozen', { actor: 'operator:one', reason: 'x' });
    expect(code(await decide('a', 'link'))).toBe('case-person-stopped');
    says = () => 'match';
    const both = await Promise.all([
      decide('b', 'create'),
      decide('b', 'create', { actor: 'operator:two' }),
      decide('b', 'create', { actor: 'operator:three' }),
    ]);
    expect(both.filter(({ ok }) => ok)).toHaveLength(1);
    expect(both.filter(({ ok }) => !ok).map((one) => code(one))).toEqual(['case-unknown', 'case-unknown']);
    expect(await fresh.database.query('SELECT FROM legacy_decision')).toHaveLength(1);
    const standing = await fresh.database.query('SELECT FROM legacy_journal WHERE undone_at IS NULL');
    expect(standing).toHaveLength(1);
  });

  test('two hundred alike are decided in one go, each by itself, and what is refused is told', async () => {
    await come(...Array.from({ length: 200 }, (_, n) => row(String(1000 + n), n + 1)));
    const cases = await listCases(room, { state: 'open', reason: 'register-mismatch' }, undefined, 500);
    expect(cases).toHaveLength(200);
    const alike = { action: 'reject' as const, reason: 'a test system', actor: 'operator:one' };
    expect(await decideMany(room, cases, alike)).toEqual({ done: 200, proposed: 0, refused: [] });
    expect(await opens()).toEqual([]);
    const again = await decideMany(room, cases.slice(0, 1), { ...alike, action: 'link' });
    expect(again.refused).toMatchObject([{ localId: '1000', failure: { code: 'case-no-account' } }]);
  });
});
