/** Organisations' accounts of old systems come home: staged, matched by any of their numbers, decided, and taken back. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Organisation, OrganisationId } from '../../src/accounts/organisation.ts';
import { listCases, viewCase } from '../../src/legacy/cases/cases.ts';
import {
  approveCase,
  type DecideRoom,
  type Decision,
  decideCase,
  reopenCase,
} from '../../src/legacy/cases/decide.ts';
import { renewOldAccounts } from '../../src/legacy/key-change.ts';
import { applySource, undoLink } from '../../src/legacy/link.ts';
import { undoOrganisationLink } from '../../src/legacy/link-organisation.ts';
import { type PlanRoom, planSource } from '../../src/legacy/plan.ts';
import { type StageRoom, stageFile } from '../../src/legacy/stage.ts';
import { summarise } from '../../src/legacy/staging-store.ts';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import { openDatabase } from '../../src/platform/postgres.ts';
import type { EnterpriseRegister, OrganisationAnswer } from '../../src/registries/enterprise.ts';
import { citizen, newestOnly, type Opened, open, sampleRing, value } from '../accounts/opened.ts';
import { creditCode, organisationCode, registrationNumber } from '../accounts/organisation-codes.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';

const DECLARATION = `
source: firms
title: { zh-CN: 企业服务网 }
client: firm-service
organisation:
  localId: id
  name: dwmc
  code: [{ column: tyshxydm }, { column: zzjgdm, type: organisation-code }, { column: zch, type: registration-number }]
  representative: { name: frxm, document: frsfz }
  phone: lxdh
  deleted: { column: del, codes: { "0": no, "1": yes } }
`;
const HEADER = 'id,dwmc,tyshxydm,zzjgdm,zch,frxm,frsfz,lxdh,del';
const NAME = '西藏雪莲商贸有限公司';
const BOSS = '扎西·顿珠';

describe.each(stores)('old accounts of organisations on $name', (store) => {
  let fresh: FreshDatabase;
  let opened: Opened;
  let room: DecideRoom & PlanRoom & StageRoom & { enterprise: EnterpriseRegister };
  let folder: string;
  let asked: string[];
  let now: Date;
  /** What the register says; `says` of a comparison, `knows` of an old number. */
  let says: (code: string, name: string) => Partial<OrganisationAnswer>;
  let knows: Record<string, string>;
  let silent: boolean;
  const clock: Clock = { now: () => now };

  const register: EnterpriseRegister = {
    async compare({ code, name, representative }) {
      asked.push(code);
      const at = { source: 'enterprise-register', reference: `r${asked.length}`, at: now };
      if (silent) return { outcome: 'unreachable', ...at };
      const agrees = representative?.name === BOSS ? ('match' as const) : ('mismatch' as const);
      return {
        outcome: 'match',
        ...(representative ? { representative: agrees } : {}),
        ...says(code, name),
        ...at,
      };
    },
    async lookUp({ value: number }) {
      asked.push(number);
      const at = { source: 'enterprise-register', reference: `r${asked.length}`, at: now };
      if (silent) return { outcome: 'unreachable', ...at };
      const code = knows[number];
      return code ? { outcome: 'found', code, ...at } : { outcome: 'unknown', ...at };
    },
    check: () => Promise.reject(new Error('nobody asks')),
  };
  const nobody = () => Promise.reject(new Error('the population register is not asked for organisations'));

  beforeEach(async () => {
    now = systemClock.now();
    fresh = await store.fresh();
    opened = open(fresh.database, { clock });
    asked = [];
    says = () => ({});
    knows = {};
    silent = false;
    room = {
      ...opened,
      ...{ database: fresh.database, trail: opened.audit.trail, clock, enterprise: register },
      population: { compare: nobody, check: nobody },
    };
    folder = mkdtempSync(join(tmpdir(), 'yihao-organisations-'));
  });
  afterEach(async () => {
    await opened.audit.close();
    rmSync(folder, { recursive: true });
    await fresh.drop();
  });

  let files = 0;
  const put = (content: string | Buffer) => {
    files += 1;
    const path = join(folder, `${files}.csv`);
    writeFileSync(path, content);
    return path;
  };
  interface Row {
    name?: string;
    code?: string;
    inner?: string;
    old?: string;
    boss?: string;
    number?: string;
    deleted?: 0 | 1;
  }
  const line = (
    id: string | number,
    { name = NAME, code = '', inner = '', old = '', boss = '', number = '', deleted = 0 }: Row,
  ) => [id, name, code, inner, old, boss, number, '13900001234', deleted].join(',');
  const stage = async (rows: Record<string, Row>, declaration = DECLARATION) =>
    value(
      await stageFile(room, {
        declaration,
        path: put([HEADER, ...Object.entries(rows).map(([id, row]) => line(id, row))].join('\n')),
      }),
    );
  const plan = (options = {}) => planSource(room, 'firms', options);
  const apply = () => applySource(room, 'firms', 'operator:test');
  const come = async (rows: Record<string, Row>) => {
    await stage(rows);
    await plan();
    return apply();
  };
  const undo = (localId: string) =>
    undoOrganisationLink(room, { source: 'firms', localId, actor: 'operator:test', reason: 'a test' });
  const decide = (localId: string, action: Decision['action'], more: Partial<Decision> = {}) =>
    decideCase(room, { source: 'firms', localId, action, reason: 'looked', actor: 'operator:one', ...more });
  const approve = (proposal: string, actor = 'operator:two') => approveCase(room, { proposal, actor });
  const proposalOf = (outcome: Awaited<ReturnType<typeof decideCase>>) => {
    const decided = value(outcome);
    if (decided.state !== 'proposed') throw new Error('was decided by one');
    return decided.proposal;
  };
  const code = (outcome: { ok: boolean; failure?: { code: string } }) => outcome.failure?.code;
  const links = async () =>
    Object.fromEntries(
      (
        await fresh.database.query<{ local_id: string; organisation_id: OrganisationId }>(
          'SELECT local_id, organisation_id FROM old_account WHERE linked_by IS NOT NULL',
        )
      ).map((one) => [one.local_id, one.organisation_id]),
    );
  const outcomes = async () =>
    Object.fromEntries(
      (
        await fresh.database.query<{ local_id: string; outcome: string; reasons: string[] }>(
          'SELECT local_id, outcome, reasons FROM old_account ORDER BY local_id',
        )
      ).map((one) => [one.local_id, `${one.outcome} ${one.reasons?.join(' ')}`]),
    );
  const organisationOf = async (localId: string): Promise<Organisation> =>
    (await opened.accounts.organisations.get((await links())[localId]!))!;
  const create = async (n: number, name = NAME, more: object = {}) =>
    value(
      await fresh.database.transaction((tx) =>
        opened.accounts.organisations.create(tx, { creditCode: creditCode(n), name, ...more }),
      ),
    );
  const aliases = async (id: OrganisationId) =>
    (await opened.accounts.organisations.aliasesOf(id)).map(({ kind, value: number }) => `${kind} ${number}`);
  /** Everything that apply may write, the journal and the trail apart: a fingerprint of each row. */
  const state = async () =>
    (
      await Promise.all(
        [
          'old_account ORDER BY source, local_id',
          'organisation ORDER BY id',
          'organisation_alias ORDER BY kind, value',
          'organisation_evidence ORDER BY id',
        ].map((what) => fresh.database.query<object>(`SELECT * FROM ${what}`)),
      )
    )
      .flat()
      .map((one) => createHash('sha256').update(JSON.stringify(one)).digest('hex').slice(0, 12));

  test('a dry run says what would happen, asks only where it must, and changes nothing', async () => {
    const there = await create(1);
    await stage({
      a: { code: creditCode(1), name: '西藏雪莲 商贸有限公司' },
      b: { code: creditCode(2) },
      c: { inner: organisationCode(1) },
      d: { code: creditCode(1), deleted: 1 },
      e: { code: '91540199X99900016P' },
      f: {},
    });
    const { judged, asked: questions } = await plan();
    expect([judged, questions, asked]).toEqual([6, 1, [creditCode(2)]]);
    expect(await outcomes()).toEqual({
      a: 'same number-and-name-agree',
      b: 'new register-agrees',
      c: 'same number-and-name-agree',
      d: 'unusable deleted-at-source',
      e: 'unusable number-invalid',
      f: 'unusable number-absent',
    });
    expect(await links()).toEqual({});
    expect(await fresh.database.query('SELECT FROM organisation')).toHaveLength(1);
    expect(await apply()).toMatchObject({ linked: 2, opened: 1, changed: 0 });
    expect([(await links()).a, (await links()).c]).toEqual([there.id, there.id]);
    expect(await apply()).toMatchObject({ linked: 0, opened: 0, changed: 0 });
  });

  test('an organisation that is opened has what the register agreed to, and nothing else', async () => {
    await come({
      a: { code: creditCode(3), name: '西藏雪莲(拉萨)公司', boss: BOSS, number: citizen(1).number },
      b: { code: creditCode(4), boss: '达娃', number: citizen(2).number },
      c: { code: creditCode(5), boss: BOSS },
    });
    expect(await organisationOf('a')).toMatchObject({
      ...{ creditCode: creditCode(3), name: '西藏雪莲（拉萨）公司', kind: 'enterprise', version: 1 },
      representative: { name: BOSS, document: citizen(1) },
    });
    expect(await organisationOf('b')).not.toHaveProperty('representative');
    expect((await organisationOf('c')).representative).toEqual({ name: BOSS });
    expect(await opened.accounts.organisations.latestEvidence((await links()).a!)).toMatchObject({
      ...{
        source: 'enterprise-register',
        outcome: 'match',
        detail: { old_system: 'firms', representative: true },
      },
    });
    expect((await opened.accounts.organisations.representedBy(citizen(2))).length).toBe(0);
  });

  test('a row that names two numbers of two organisations is nobody’s until a human looks', async () => {
    await create(6);
    await create(7, '别的公司');
    const gives = await create(8, '第三家公司');
    await fresh.database.transaction((tx) =>
      opened.accounts.organisations.addAliases(tx, [
        {
          kind: 'registration-number',
          value: registrationNumber(8),
          organisationId: gives.id,
          source: 'test',
        },
      ]),
    );
    await stage({
      a: { code: creditCode(6), inner: organisationCode(7) },
      b: { code: creditCode(6), old: registrationNumber(8) },
      c: { code: creditCode(9), old: registrationNumber(8), name: '第三家公司' },
      d: { inner: organisationCode(6), old: registrationNumber(6) },
    });
    await plan();
    expect(await outcomes()).toEqual({
      a: 'doubtful codes-disagree',
      b: 'doubtful codes-disagree',
      c: 'doubtful codes-disagree',
      d: 'same number-and-name-agree',
    });
  });

  test('an old number is looked up once, and finds its organisation by itself afterwards', async () => {
    knows = { [registrationNumber(10)]: creditCode(10), [organisationCode(11)]: creditCode(11) };
    await stage({
      a: { old: registrationNumber(10) },
      b: { inner: organisationCode(11) },
      c: { old: registrationNumber(12) },
    });
    await plan();
    expect(asked.sort()).toEqual(
      [
        registrationNumber(10),
        creditCode(10),
        organisationCode(11),
        creditCode(11),
        registrationNumber(12),
      ].sort(),
    );
    expect((await outcomes()).c).toBe('doubtful number-unresolved');
    expect(await apply()).toMatchObject({ opened: 2 });
    expect((await organisationOf('a')).creditCode).toBe(creditCode(10));
    expect(await aliases((await links()).a!)).toEqual([
      `organisation-code ${organisationCode(10)}`,
      `registration-number ${registrationNumber(10)}`,
    ]);
    asked = [];
    await come({ d: { old: registrationNumber(10) }, e: { old: registrationNumber(10), name: '别的公司' } });
    expect(asked).toEqual([]);
    // Two names under one number: neither is linked by itself.
    expect((await outcomes()).d).toBe('doubtful number-of-several-names');
    expect((await outcomes()).e).toBe('doubtful number-of-several-names name-differs');
    // The number goes with the link that brought it.
    const { a } = await links();
    value(await undo('a'));
    expect(await opened.accounts.organisations.get(a!)).toBeUndefined();
    expect(
      await opened.accounts.organisations.find({
        kind: 'registration-number',
        value: registrationNumber(10),
      }),
    ).toBeUndefined();
  });

  test('an old number of an organisation that is there already becomes its own by the link, and goes with it', async () => {
    const there = await create(13);
    knows = { [registrationNumber(13)]: creditCode(13) };
    await come({ a: { old: registrationNumber(13) } });
    expect(asked).toEqual([registrationNumber(13)]);
    expect((await links()).a).toBe(there.id);
    expect(await aliases(there.id)).toHaveLength(2);
    expect(value(await undo('a'))).toEqual({ organisationId: there.id, closed: false });
    expect(await aliases(there.id)).toHaveLength(1);
    expect(await opened.accounts.organisations.get(there.id)).toEqual(there);
  });

  test('a silent register leaves rows waiting, is not asked on and on, and the next run goes on', async () => {
    silent = true;
    await stage(Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`n${n}`, { code: creditCode(n) }])));
    await stage(
      Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`r${n}`, { old: registrationNumber(n) }])),
    );
    await plan({ parallel: 1 });
    expect(asked.length).toBe(20);
    const [counts] = (await plan({ budget: 0 })).tally.filter(({ outcome }) => outcome !== 'waiting');
    expect(counts).toBeUndefined();
    silent = false;
    for (let n = 0; n < 30; n += 1) knows[registrationNumber(n)] = creditCode(n);
    asked = [];
    await plan({ budget: 40 });
    await plan();
    // Sixty rows, of which thirty need to be looked up first.
    expect(asked.length).toBe(90);
    expect(await apply()).toMatchObject({ opened: 30, linked: 30, changed: 0 });
  });

  test('without a register everything that hangs on one waits', async () => {
    await create(14);
    await stage({ a: { code: creditCode(14) }, b: { code: creditCode(15) } });
    await planSource({ ...room, enterprise: undefined }, 'firms');
    expect(await outcomes()).toMatchObject({
      a: 'same number-and-name-agree',
      b: 'waiting register-unreachable',
    });
  });

  test('what the register does not confirm, or says is no more, is a case', async () => {
    const answers: Record<string, Partial<OrganisationAnswer>> = {
      [creditCode(16)]: { outcome: 'mismatch' },
      [creditCode(17, '12540000')]: { outcome: 'unknown' },
      [creditCode(18)]: { status: 'dissolved' },
      [creditCode(19)]: { status: 'revoked' },
    };
    says = (asks) => answers[asks] ?? {};
    await come(Object.fromEntries(Object.keys(answers).map((each, n) => [`n${n}`, { code: each }])));
    expect(await outcomes()).toEqual({
      n0: 'doubtful register-mismatch',
      n1: 'doubtful register-unknown',
      n2: 'doubtful organisation-dissolved',
      n3: 'doubtful organisation-revoked',
    });
    expect(
      (await listCases(room, { state: 'open' })).map(({ localId, proposed }) => [localId, proposed]),
    ).toEqual([
      ['n0', 'wait'],
      ['n1', 'wait'],
      ['n2', 'reject'],
      ['n3', 'wait'],
    ]);
  });

  test('twice and two at once over two connections: each old account is linked once, each code opened once', async () => {
    await stage(
      Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`n${n}`, { code: creditCode(n % 250) }])),
    );
    const other = await openDatabase({ url: fresh.url, folder: fresh.folder, poolSize: 4 });
    const second = open(other, { clock });
    try {
      const elsewhere = { ...room, ...second, database: other, trail: second.audit.trail };
      await Promise.all([plan(), planSource(elsewhere, 'firms')]);
      const runs = await Promise.all([apply(), applySource(elsewhere, 'firms', 'operator:two'), apply()]);
      expect(runs.reduce((sum, { linked, opened: made }) => sum + linked + made, 0)).toBe(300);
      expect(await apply()).toMatchObject({ linked: 0, opened: 0, changed: 0 });
    } finally {
      await second.audit.close();
      await other.close();
    }
    expect(await fresh.database.query('SELECT FROM organisation')).toHaveLength(250);
    expect(await fresh.database.query('SELECT FROM legacy_journal WHERE undone_at IS NULL')).toHaveLength(
      300,
    );
  });

  test('a run that dies in the middle of a page has done nothing of it, and the next one does all of it', async () => {
    const rows = Array.from({ length: 600 }, (_, n) => [
      `n${String(n).padStart(3, '0')}`,
      { code: creditCode(n) },
    ]);
    await stage(Object.fromEntries(rows));
    await plan();
    let pages = 0;
    const trail: typeof room.trail = {
      ...room.trail,
      append: async (...given) => {
        pages += 1;
        if (pages === 2) throw new Error('died');
        return room.trail.append(...given);
      },
    };
    await expect(applySource({ ...room, trail }, 'firms', 'operator:test')).rejects.toThrow('died');
    const counts = async () =>
      (
        await Promise.all(
          ['organisation', 'organisation_alias', 'organisation_evidence', 'legacy_journal'].map((table) =>
            fresh.database.query(`SELECT FROM ${table}`),
          ),
        )
      ).map(({ length }) => length);
    expect(await counts()).toEqual([500, 500, 500, 500]);
    expect(await apply()).toMatchObject({ linked: 0, opened: 100, changed: 0 });
    expect(await counts()).toEqual([600, 600, 600, 600]);
  });

  test('what changed between plan and apply is judged anew, not linked', async () => {
    const there = await create(20);
    await stage({ a: { code: creditCode(20) }, b: { code: creditCode(21) }, c: { code: creditCode(22) } });
    await plan();
    await fresh.database.query(
      `UPDATE organisation SET state = 'closed', version = 2 WHERE id = '${there.id}'`,
    );
    await create(21, '别的公司');
    await create(22);
    expect(await apply()).toMatchObject({ linked: 1, opened: 0, changed: 2 });
    expect(await outcomes()).toMatchObject({
      a: 'doubtful organisation-closed',
      b: 'doubtful name-differs',
    });
  });

  test('what the register said of a row does not hold for what a later dump makes of it', async () => {
    await stage({ a: { code: creditCode(23) }, b: { old: registrationNumber(24) } });
    knows = { [registrationNumber(24)]: creditCode(24) };
    await plan();
    says = () => ({ outcome: 'mismatch' });
    await stage({ a: { code: creditCode(25), name: '别的公司' }, b: { old: registrationNumber(26) } });
    expect(await apply()).toMatchObject({ linked: 0, opened: 0, changed: 2 });
    expect(await fresh.database.query('SELECT FROM organisation')).toEqual([]);
    await plan();
    expect(await outcomes()).toMatchObject({
      a: 'doubtful register-mismatch',
      b: 'doubtful number-unresolved',
    });
  });

  test('undoing a link leaves the organisation; undoing an opening takes it back, unless something stands on it', async () => {
    const there = await create(30);
    await come({ a: { code: creditCode(30) }, b: { code: creditCode(31) }, c: { code: creditCode(31) } });
    const { b } = await links();
    expect(value(await undo('a'))).toEqual({ organisationId: there.id, closed: false });
    expect(await undo('b')).toMatchObject({
      failure: { code: 'undo-blocked', faults: [{ setting: 'firms/c' }] },
    });
    value(await undo('c'));
    const given = { source: 'firms', localId: 'b', actor: 'operator:test', reason: 'x' };
    expect(await undoOrganisationLink(room, given, async () => ['a mandate'])).toMatchObject({
      failure: { faults: [{ setting: 'a mandate' }] },
    });
    expect(code(await undoLink(room, given, async () => []))).toBe('old-account-not-linked');
    expect(value(await undo('b'))).toEqual({ organisationId: b, closed: true });
    expect(code(await undo('b'))).toBe('old-account-not-linked');
    expect(await apply()).toMatchObject({ linked: 2, opened: 1 });
    await fresh.database.query(`UPDATE organisation SET version = 2`);
    value(await undo('c'));
    expect(code(await undo('b'))).toBe('undo-blocked');
    now = new Date(now.getTime() + 31 * 86_400_000);
    expect(code(await undo('a'))).toBe('undo-late');
  });

  test('apply, then undo in any order that is let, is the identity on the database', async () => {
    const kinds = fc.constantFrom('code' as const, 'inner' as const, 'old' as const);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(5), kinds, fc.boolean()), { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat(5), { maxLength: 3 }),
        fc.infiniteStream(fc.nat(7)),
        async (rows, standing, order) => {
          await fresh.database.query(
            'TRUNCATE legacy_source, organisation, organisation_alias, organisation_evidence CASCADE',
          );
          for (let n = 0; n < 6; n += 1)
            Object.assign(knows, {
              [registrationNumber(n)]: creditCode(n),
              [organisationCode(n)]: creditCode(n),
            });
          for (const n of new Set(standing)) await create(n);
          const numbers = { code: creditCode, inner: organisationCode, old: registrationNumber };
          await stage(
            Object.fromEntries(
              rows.map(([n, kind, spaced], at) => [
                `n${at}`,
                { [kind]: numbers[kind](n), name: spaced ? '西藏 雪莲商贸有限公司' : NAME, boss: BOSS },
              ]),
            ),
          );
          await plan();
          const before = await state();
          const { linked, opened: made } = await apply();
          expect(linked + made).toBe(rows.length);
          for (let left = Object.keys(await links()); left.length > 0; left = Object.keys(await links()))
            await undo(left[order.next().value % left.length]!);
          expect(await state()).toEqual(before);
        },
      ),
      { numRuns: store.name === 'postgres' ? 15 : 6 },
    );
  });

  describe('cases', () => {
    test('are shown beside each other, with what is public readable and persons masked', async () => {
      const there = await create(40, '别的公司', { representative: { name: BOSS, document: citizen(4) } });
      await come({
        a: { code: creditCode(40), boss: '达娃', number: citizen(3).number },
        b: { inner: organisationCode(40), name: '第三家' },
      });
      const view = value(await viewCase(room, { source: 'firms', localId: 'a' }, 'firm-service'));
      expect(view).toMatchObject({ state: 'open', proposed: { action: 'wait' } });
      expect(view.sides.map(({ key, differs }) => [key, differs])).toEqual([
        ['firms/a', []],
        [there.id, expect.arrayContaining(['name', 'representative'])],
        ['firms/b', expect.arrayContaining(['number', 'name'])],
      ]);
      const shown = JSON.stringify(view);
      for (const secret of [BOSS, '达娃', citizen(3).number, citizen(4).number, '13900001234'])
        expect(shown).not.toContain(secret);
      for (const open of [creditCode(40), '别的公司', NAME]) expect(shown).toContain(open);
    });

    test('a link to the organisation under the number is one person’s decision, and can be undone', async () => {
      const there = await create(41, '别的公司');
      await come({ a: { code: creditCode(41), old: registrationNumber(41) } });
      expect(value(await decide('a', 'link'))).toMatchObject({ state: 'done', organisationId: there.id });
      expect((await links()).a).toBe(there.id);
      // Nobody agreed to more than the link.
      expect(await aliases(there.id)).toHaveLength(1);
      expect(code(await decide('a', 'reject'))).toBe('case-unknown');
      value(await undo('a'));
      expect((await listCases(room, { state: 'open' })).map(({ localId }) => localId)).toEqual(['a']);
    });

    test('a link to another organisation needs two, who give it the old number with it', async () => {
      const there = await create(42);
      await come({ a: { old: registrationNumber(42) }, b: { old: registrationNumber(43) } });
      expect(code(await decide('a', 'link'))).toBe('case-no-account');
      expect(code(await decide('a', 'link', { creditCode: creditCode(77) }))).toBe('case-no-account');
      expect(code(await decide('a', 'link', { creditCode: '91540199X99900016P' }))).toBe(
        'organisation-check-digit',
      );
      expect(code(await decide('a', 'link', { personId: there.id.replace('0', '1') as never }))).toBe(
        'case-no-account',
      );
      const proposal = proposalOf(await decide('a', 'link', { creditCode: creditCode(42) }));
      expect(code(await decide('a', 'reject'))).toBe('case-proposed');
      expect(code(await approve(proposal, 'operator:one'))).toBe('case-second-person');
      const seen = value(await viewCase(room, { source: 'firms', localId: 'a' }, 'firm-service'));
      expect(seen.waiting).toMatchObject({ id: proposal, action: 'link', target: there.id });
      expect(seen.sides.map(({ key, target }) => [key, target])).toEqual([
        ['firms/a', undefined],
        [there.id, true],
      ]);
      expect(JSON.stringify(seen.sides)).toContain(creditCode(42));
      expect(value(await approve(proposal))).toMatchObject({ state: 'done', organisationId: there.id });
      expect(await aliases(there.id)).toContain(`registration-number ${registrationNumber(42)}`);
      await come({ c: { old: registrationNumber(42) } });
      expect((await links()).c).toBe(there.id);
      value(await undo('a'));
      expect(await aliases(there.id)).toHaveLength(1);
      // By its id too.
      expect(proposalOf(await decide('b', 'link', { personId: there.id as never }))).toMatch(/^\d+$/);
    });

    test('what an import links while its proposal waits is proposed no more', async () => {
      const there = await create(52, '别的公司');
      await create(53);
      await come({ a: { code: creditCode(52) } });
      const proposal = proposalOf(await decide('a', 'link', { creditCode: creditCode(53) }));
      await come({ a: { code: creditCode(52), name: '别的公司' } });
      expect((await links()).a).toBe(there.id);
      expect(code(await approve(proposal))).toBe('case-proposal-unknown');
      const by = { source: 'firms', localId: 'a', reason: 'wrong', actor: 'operator:one' };
      expect(code(await reopenCase(room, by))).toBe('case-open');
      expect(value(await undo('a'))).toMatchObject({ organisationId: there.id });
    });

    test('a code that was changed: two link it, and the old one finds the organisation from then on', async () => {
      const there = await create(44);
      const before = creditCode(44, '12540000');
      await come({ a: { code: before } });
      expect((await outcomes()).a).toBe('doubtful code-of-another');
      expect((await listCases(room, { state: 'open' }))[0]).toMatchObject({ proposed: 'link' });
      expect(code(await decide('a', 'create'))).toBe('case-account-there');
      value(await approve(proposalOf(await decide('a', 'link'))));
      await come({ b: { code: before } });
      expect((await links()).b).toBe(there.id);
    });

    test('an organ that no register keeps is opened by two, with exactly the code and name that both saw', async () => {
      const organ = creditCode(45, '11540000');
      says = () => ({ outcome: 'unknown' });
      await come({
        a: { code: organ, name: '某某市文化局', boss: BOSS },
        b: { code: creditCode(46, '11540000'), name: '某局' },
      });
      const proposal = proposalOf(await decide('a', 'create'));
      expect(await fresh.database.query('SELECT FROM organisation')).toEqual([]);
      value(await approve(proposal));
      expect(await organisationOf('a')).toMatchObject({
        creditCode: organ,
        name: '某某市文化局',
        kind: 'organ',
      });
      expect(await organisationOf('a')).not.toHaveProperty('representative');
      expect(await opened.accounts.organisations.latestEvidence((await links()).a!)).toMatchObject({
        ...{ outcome: 'unknown', detail: { decided: true, old_system: 'firms' } },
      });
      const late = proposalOf(await decide('b', 'create', { name: '某某市某局' }));
      const seen = value(await viewCase(room, { source: 'firms', localId: 'b' }, undefined));
      expect(seen.waiting).toMatchObject({
        ...{ id: late, action: 'create', target: undefined },
        opening: { creditCode: creditCode(46, '11540000'), name: '某某市某局', outcome: 'unknown' },
      });
      expect(seen.preview.map(({ what }) => what)).toContain('representative');
      await stage({ b: { code: creditCode(46, '11540000'), name: '某局二' } });
      expect(code(await approve(late))).toBe('case-changed');
      expect(value(await undo('a'))).toMatchObject({ closed: true });
      expect(await fresh.database.query('SELECT FROM organisation')).toEqual([]);
    });

    test('what the register agrees to now is opened by one; what it contradicts by nobody', async () => {
      says = (_code, name) => ({ outcome: name === NAME ? 'match' : 'mismatch' });
      await come({ a: { code: creditCode(47), name: '西藏雪莲', boss: BOSS, number: citizen(5).number } });
      expect(await decide('a', 'create')).toMatchObject({
        failure: { code: 'case-enterprise-register', params: { said: 'mismatch' } },
      });
      expect(code(await decide('a', 'create', { name: '??' }))).toBe('organisation-name');
      // Under another code than the row's own one person is not enough.
      proposalOf(await decide('a', 'create', { name: NAME, creditCode: creditCode(48) }));
      value(await reopenCase(room, { source: 'firms', localId: 'a', reason: 'no', actor: 'operator:one' }));
      value(await decide('a', 'create', { name: NAME }));
      expect(await organisationOf('a')).toMatchObject({
        ...{ creditCode: creditCode(47), name: NAME, representative: { name: BOSS, document: citizen(5) } },
      });
      await come({ b: { code: creditCode(49), name: '某' } });
      says = () => ({ status: 'dissolved' });
      expect(code(await decide('b', 'create'))).toBe('case-enterprise-register');
      silent = true;
      expect(await decide('b', 'create')).toMatchObject({ failure: { params: { said: 'unreachable' } } });
    });

    test('what is rejected stays so until a later dump changes it, and deciders at once decide once', async () => {
      says = () => ({ outcome: 'mismatch' });
      await come({ a: { code: creditCode(50) }, b: { code: creditCode(51) } });
      value(await decide('a', 'reject'));
      value(await decide('b', 'wait', { until: new Date(now.getTime() + 86_400_000) }));
      expect(await listCases(room, { state: 'open' })).toEqual([]);
      says = () => ({});
      await come({ a: { code: creditCode(50) }, b: { code: creditCode(51) } });
      expect(await links()).toEqual({});
      now = new Date(now.getTime() + 2 * 86_400_000);
      await plan();
      const all = await Promise.all(
        ['one', 'two', 'three'].map((who) => decide('b', 'create', { actor: `operator:${who}` })),
      );
      expect(all.filter(({ ok }) => ok)).toHaveLength(1);
      expect(await fresh.database.query('SELECT FROM organisation')).toHaveLength(1);
      await come({ a: { code: creditCode(50), name: '西藏雪莲商贸有限责任公司' } });
      expect(Object.keys(await links()).sort()).toEqual(['a', 'b']);
    });
  });

  test('a system holds persons or organisations, for ever once rows are there', async () => {
    const persons = DECLARATION.replace(
      /organisation:[\s\S]*/,
      'person: { localId: id, name: frxm, document: { column: frsfz } }',
    );
    await stage({}, persons);
    await stage({ a: { code: creditCode(60) } });
    const path = put([HEADER, line('b', { boss: BOSS, number: citizen(1).number })].join('\n'));
    expect(code(await stageFile(room, { declaration: persons, path }))).toBe('source-other-subject');
    expect(Object.keys(await outcomes())).toEqual(['a']);
  });

  test('the database itself refuses a link to two, or to nobody', async () => {
    await come({ a: { code: creditCode(61) } });
    for (const wrong of ['person_id = gen_random_uuid()', 'organisation_id = NULL', 'linked_by = NULL'])
      await expect(fresh.database.query(`UPDATE old_account SET ${wrong}`)).rejects.toThrow(
        'old_account_linked_to_one',
      );
    await expect(
      fresh.database.query('UPDATE legacy_journal SET person_id = organisation_id'),
    ).rejects.toThrow('legacy_journal_of_one');
  });

  test('nobody’s name, number or phone of a row rests readable, and rows move to new keys', async () => {
    await stage({
      a: { code: creditCode(62), boss: BOSS, number: citizen(6).number },
      b: { boss: BOSS, number: citizen(7).number },
    });
    const text = JSON.stringify(await fresh.database.query('SELECT row_to_json(o)::text FROM old_account o'));
    for (const secret of [BOSS, citizen(6).number, citizen(7).number, '13900001234'])
      expect(text).not.toContain(secret);
    const later = open(fresh.database, { keyring: sampleRing(2), clock });
    expect(await renewOldAccounts(fresh.database, later)).toBe(2);
    expect(await renewOldAccounts(fresh.database, later)).toBe(0);
    const newest = open(fresh.database, { keyring: newestOnly(2), clock });
    room = { ...room, ...newest };
    await plan();
    expect(await outcomes()).toMatchObject({ a: 'new register-agrees', b: 'unusable number-absent' });
    await Promise.all([later, newest].map(({ audit }) => audit.close()));
  });

  test('a dump as a department sends it: GB 18030, pinyin initials, codes mixed in one column', async () => {
    // 单位编号 … in the bytes of GB 18030: the names of columns are pinyin, the values Chinese.
    const bytes = gb18030([
      ['DWBH', 'DWMC', 'TYSHXYDM', 'FRXM', 'FRSFZ', 'LXDH', 'MM', 'ZT'],
      [
        '1',
        '西藏雪莲商贸有限公司',
        creditCode(70).toLowerCase(),
        '扎西',
        citizen(8).number,
        '0891-6320000',
        '123456',
        '0',
      ],
      [
        '2',
        '西藏雪莲（拉萨）有限公司',
        ` ${organisationCode(71).slice(0, 8)}-${organisationCode(71)[8]}`,
        '',
        '',
        '',
        '',
        '0',
      ],
      ['3', '拉萨', registrationNumber(72), '', '', '', '', '1'],
      ['4', '拉萨', '无', '', '', '', '', '9'],
      ['5', '拉萨', '97540199X999000164', '', '', '', '', '0'],
      ['6', '拉萨', citizen(9).number, '', '', '', '', '0'],
    ]);
    knows = { [organisationCode(71)]: creditCode(71), [registrationNumber(72)]: creditCode(72) };
    const declaration = `
source: firms
title: { zh-CN: 企业 }
organisation:
  localId: DWBH
  name: DWMC
  code: { column: TYSHXYDM, type: by-length }
  representative: { name: FRXM, document: FRSFZ }
  phone: LXDH
  status: { column: ZT, codes: { "0": active, "1": disabled } }
`;
    value(await stageFile(room, { declaration, path: put(bytes) }));
    await plan();
    expect(await outcomes()).toEqual({
      1: 'new register-agrees',
      2: 'new register-agrees',
      3: 'new register-agrees',
      4: 'unusable number-placeholder',
      5: 'new register-agrees',
      6: 'unusable number-invalid',
    });
    await apply();
    expect((await organisationOf('2')).name).toBe('西藏雪莲（拉萨）有限公司');
    expect(await organisationOf('5')).toMatchObject({ kind: 'undefined-kind' });
    const { marks } = await summarise(fresh.database, 'firms', 1);
    expect(Object.fromEntries(marks.map(({ mark, rows }) => [mark, rows]))).toEqual({
      ...{ 'number-kind-undefined': 1, 'number-placeholder': 1, 'number-invalid': 1, 'status-unknown': 1 },
    });
    // The column of passwords was not declared, and nothing of it came.
    expect(await fresh.database.query('SELECT FROM old_password')).toEqual([]);
  });
});

/** Text in GB 18030, as far as these tests write it: a table from the decoder itself. */
function gb18030(rows: string[][]): Buffer {
  const decoder = new TextDecoder('gb18030');
  const table = new Map<string, Buffer>();
  for (let first = 0x81; first <= 0xfe; first += 1)
    for (let second = 0x40; second <= 0xfe; second += 1) {
      if (second === 0x7f) continue;
      const pair = Buffer.from([first, second]);
      const character = decoder.decode(pair);
      if ([...character].length === 1 && !table.has(character)) table.set(character, pair);
    }
  const text = `${rows.map((row) => row.join(',')).join('\r\n')}\r\n`;
  return Buffer.concat([...text].map((one) => (one < '\x80' ? Buffer.from(one) : table.get(one)!)));
}
