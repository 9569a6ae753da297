/** Claiming an old account, and saying that one is not mine: proven, counted, once, and told to nobody else. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PersonId } from '../../src/accounts/person.ts';
import { makeHashQueue } from '../../src/credentials/hash-queue.ts';
import { type Hasher, makeHasher } from '../../src/credentials/hasher.ts';
import { makeKeyedHash } from '../../src/credentials/keyed-hash.ts';
import { makePepper } from '../../src/credentials/pepper.ts';
import { makeSamePace, type SamePace } from '../../src/credentials/same-pace.ts';
import { type CodeDelivery, openSmsCodes } from '../../src/credentials/sms-code.ts';
import { listCases, viewCase } from '../../src/legacy/cases/cases.ts';
import { decideCase, reopenCase } from '../../src/legacy/cases/decide.ts';
import { judgeClaim } from '../../src/legacy/claims/claim-rule.ts';
import { type Asking, type OldAccountClaims, openClaims } from '../../src/legacy/claims/claims.ts';
import { readDeclaration } from '../../src/legacy/declaration.ts';
import { declareSource } from '../../src/legacy/declare.ts';
import { renewOldAccounts } from '../../src/legacy/key-change.ts';
import { knownById, knownOfPerson } from '../../src/legacy/known-store.ts';
import { judgeTold } from '../../src/legacy/lazy/judge-told.ts';
import { applySource, undoLink } from '../../src/legacy/link.ts';
import type { TellNews } from '../../src/legacy/news.ts';
import { planSource } from '../../src/legacy/plan.ts';
import { stageFile } from '../../src/legacy/stage.ts';
import { wrapPasswords } from '../../src/legacy/wrap.ts';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import type { Failure, Outcome } from '../../src/platform/failure.ts';
import { type OpenLimits, openLimits } from '../../src/platform/limits.ts';
import type { Outcome4, PopulationRegister } from '../../src/registries/registry.ts';
import { citizen, draft, newestOnly, type Opened, open, sampleRing, value } from '../accounts/opened.ts';
import { engine, settings } from '../credentials/room.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';

const NAME = '扎西·顿珠';
const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const SECRET = 'lake77';
const PHONE = '13900001234';
const DECLARATION = `
source: talent
title: { zh-CN: 人才服务网, bo: ཤེས་ལྡན་མི་སྣ།, en: Talent service }
client: talent-service
person: { localId: id, userName: yhm, name: xm, document: { column: sfzh }, phone: sjh, password: mm,
  status: { column: zt, codes: { "0": active, "1": disabled } }, deleted: { column: sc, codes: { "0": no, "1": yes } } }
recipe: md5(p)
`;

describe('what a proven claim becomes', () => {
  const person = { document: citizen(1), name: NAME };
  const free = { contested: null, set_aside: null, undone: false };
  const own = { state: 'valid', document: citizen(1) } as const;
  const other = { state: 'valid', document: citizen(2) } as const;
  const none = { state: 'absent' } as const;
  test.each([
    ['password', none, undefined, 'link', []],
    ['password', none, '高原雄鹰', 'link', ['name-differs']],
    ['password', own, '高原雄鹰', 'link', ['name-differs']],
    ['password', other, NAME, 'case', ['number-of-another']],
    ['phone', none, undefined, 'link', []],
    ['phone', none, '扎西顿珠', 'link', []],
    ['phone', own, NAME, 'link', []],
    ['phone', own, '达娃', 'case', ['name-differs']],
    ['phone', none, '扎西', 'case', ['name-cut']],
    ['phone', none, '扎西?顿珠', 'case', ['name-damaged']],
    ['phone', other, NAME, 'case', ['number-of-another']],
  ] as const)('by %s, number %j, name %s: %s', (way, number, name, becomes, reasons) => {
    expect(judgeClaim(way, { number, name }, person, free)).toEqual({
      becomes,
      reasons: [`claimed-by-${way}`, ...reasons],
    });
  });

  test('what people decided, or somebody disputed, is looked at by people again', () => {
    const record = { number: none, name: undefined };
    expect(
      judgeClaim('password', record, person, { contested: 'disputed', set_aside: 'rejected', undone: false }),
    ).toEqual({
      becomes: 'case',
      reasons: ['claimed-by-password', 'rejected-before', 'disputed-by-owner'],
    });
    expect(
      judgeClaim('password', record, person, { contested: 'claimed', set_aside: 'waits', undone: false })
        .becomes,
    ).toBe('link');
  });
});

describe.each(stores)('claims on $name', (store) => {
  let fresh: FreshDatabase;
  let opened: Opened;
  let folder: string;
  let now: Date;
  let hasher: Hasher;
  let hashes: number;
  let held: number;
  let limits: OpenLimits;
  let claims: OldAccountClaims;
  let sent: Parameters<CodeDelivery['deliver']>[0][];
  let says: Outcome4;
  const clock: Clock = { now: () => now };
  const keyring = sampleRing(1);

  beforeEach(async () => {
    now = systemClock.now();
    fresh = await store.fresh();
    opened = open(fresh.database, { clock });
    hashes = 0;
    held = 0;
    sent = [];
    says = 'match';
    const queue = makeHashQueue({ concurrency: 2, length: 1_000, waitMs: 60_000 });
    const real = makeHasher(engine, queue, makePepper(keyring, 'aes'), settings.hash);
    hasher = {
      ...real,
      hash: (text) => {
        hashes += 1;
        return real.hash(text);
      },
      matches: (text, prepared) => {
        hashes += 1;
        return real.matches(text, prepared);
      },
    };
    limits = openLimits(fresh.database, undefined, clock);
    claims = claimsWith({});
    folder = mkdtempSync(join(tmpdir(), 'yihao-claims-'));
  });
  afterEach(async () => {
    await limits.close();
    await opened.audit.close();
    rmSync(folder, { recursive: true });
    await fresh.drop();
  });

  const room = () => ({
    ...opened,
    database: fresh.database,
    hasher,
    clock,
    trail: opened.audit.trail,
    population: {
      compare: async () => ({ outcome: says, source: 'register', reference: 'r', at: now }),
      check: () => Promise.reject(new Error('nobody asks')),
    } satisfies PopulationRegister,
  });
  const claimsWith = (more: { pace?: SamePace; delivery?: CodeDelivery }) => {
    const { delivery = { deliver: async (message) => void sent.push(message) } } = more;
    const log = { warn: () => {} };
    const keyed = makeKeyedHash(keyring, 'aes');
    const counting: SamePace = {
      async hold() {
        held += 1;
      },
    };
    const { pace = counting } = more;
    return openClaims({
      ...room(),
      smsCodes: openSmsCodes({
        ...{ database: fresh.database, keyed, limits, delivery, clock, log },
        settings: settings.sms,
      }),
      ...{ limits, pace, log },
    });
  };

  let files = 0;
  interface Row {
    id: string;
    user?: string;
    name?: string;
    n?: number;
    phone?: string;
    password?: string;
    disabled?: boolean;
    deleted?: boolean;
  }
  const stage = async (...rows: Row[]) => {
    files += 1;
    const path = join(folder, `${files}.csv`);
    const lines = rows.map(({ id, user = '', name = '', n, phone = '', password, disabled, deleted }) =>
      [
        ...[id, user, name, n === undefined ? '' : citizen(n).number, phone],
        ...[password === undefined ? '' : md5(password), disabled ? '1' : '0', deleted ? '1' : '0'],
      ].join(','),
    );
    writeFileSync(path, ['id,yhm,xm,sfzh,sjh,mm,zt,sc', ...lines].join('\n'));
    value(await stageFile(room(), { declaration: DECLARATION, path }));
  };
  const planAndApply = async () => {
    await planSource(room(), 'talent');
    return applySource(room(), 'talent', 'operator:test');
  };
  let people = 100;
  /** Somebody with a number of their own. */
  const somebody = async (more: Parameters<typeof draft>[1] = {}): Promise<PersonId> => {
    people += 1;
    return value(await opened.register(draft(people, more))).id;
  };
  const several = async (count: number): Promise<PersonId[]> => {
    const persons: PersonId[] = [];
    while (persons.length < count) persons.push(await somebody());
    return persons;
  };
  const asking = (personId: PersonId, oldName: string): Asking => ({
    ...{ personId, oldName, system: 'talent', source: '203.0.113.7', channel: 'web', reference: 'REF' },
  });
  const byPassword = (personId: PersonId, oldName: string, password = SECRET) =>
    claims.byPassword({ ...asking(personId, oldName), password });
  const sendCode = (personId: PersonId, oldName: string, session = 'browser') =>
    claims.sendCode({ ...asking(personId, oldName), session, language: 'bo' });
  const byCode = (personId: PersonId, oldName: string, code: string, session = 'browser') =>
    claims.byCode({ ...asking(personId, oldName), session, code });
  const lastCode = async () => {
    await expect.poll(() => sent.length, { timeout: 10_000 }).toBeGreaterThan(0);
    return sent.at(-1)!.params.code;
  };
  const linkOf = async (personId: PersonId) => (await claims.mine(personId))[0]!.link;
  const notMine = (personId: PersonId, link: string) =>
    claims.notMine({ personId, link, source: '203.0.113.7', channel: 'web', reference: 'REF' });
  const undo = (localId: string) =>
    undoLink(room(), { source: 'talent', localId, actor: 'operator:one', reason: 'wrong' }, async () => []);
  const linkedTo = async (localId: string) =>
    (
      await fresh.database.query<{ person_id: PersonId | null }>(
        'SELECT person_id FROM old_account WHERE local_id = $1',
        [localId],
      )
    )[0]!.person_id;
  const told = async (personId: PersonId) =>
    (await knownOfPerson(fresh.database, personId, 'talent-service')).map(({ localId }) => localId);
  const cases = async () =>
    (await listCases(room(), { state: 'open' })).map(({ localId, reasons }) => [localId, reasons]);
  const events = (type: string) =>
    fresh.database.query<{ person_id: string; detail: string; outcome: string }>(
      'SELECT person_id, detail, outcome FROM audit_event WHERE type = $1 ORDER BY at',
      [type],
    );
  const failureOf = (outcome: Outcome<unknown>): Failure | undefined =>
    outcome.ok ? undefined : outcome.failure;
  const linked = { ok: true, value: { state: 'linked' } };
  const madeACase = { ok: true, value: { state: 'case' } };
  const refused = { code: 'claim-refused', status: 422, field: 'old_name' };

  test.each([
    ['before its password was wrapped', false],
    ['after', true],
  ])(
    'by user name and password %s: linked, nothing copied or raised, the password gone',
    async (_when, wrapped) => {
      await stage({ id: '10020', user: 'GaoYuan', phone: PHONE, password: SECRET });
      await planAndApply();
      if (wrapped) await wrapPasswords(room());
      const person = await somebody();
      const before = await opened.accounts.get(person);
      expect(await byPassword(person, ' ｇaoyuan ')).toEqual(linked);
      expect(await opened.accounts.get(person)).toEqual(before);
      expect([await linkedTo('10020'), await told(person)]).toEqual([person, ['10020']]);
      expect(await claims.mine(person)).toMatchObject([
        { userName: 'G****an', localId: '1***0', how: 'claimed', opened: false, disputed: false },
      ]);
      expect(await fresh.database.query('SELECT state, content FROM old_password')).toEqual([
        { state: 'claimed', content: null },
      ]);
      expect(await fresh.database.query('SELECT actor, opened, reasons FROM legacy_journal')).toEqual([
        { actor: 'self', opened: false, reasons: ['claimed-by-password'] },
      ]);
      const [event] = await events('old-account.claimed');
      expect(event).toMatchObject({ person_id: person, outcome: 'success' });
      expect(event!.detail).not.toMatch(/10020|gaoyuan/i);
      expect(JSON.stringify(await fresh.database.query('SELECT * FROM old_account'))).not.toMatch(/gaoyuan/i);
    },
  );

  test('by its id; one whose user name several have by its id alone', async () => {
    await stage(
      { id: '1', user: 'zhaxi', password: SECRET },
      { id: '2', user: 'ZHAXI', password: SECRET },
      { id: 'zhaxi2', user: 'other', password: SECRET },
      { id: '3', user: 'zhaxi2', password: SECRET },
      { id: '4', user: 'twice', password: 'gone', deleted: true },
      { id: '5', user: 'twice', password: SECRET },
    );
    const person = await somebody();
    expect(failureOf(await byPassword(person, 'zhaxi'))).toEqual(refused);
    expect(failureOf(await byPassword(person, 'zhaxi2'))).toEqual(refused);
    for (const name of ['1', '2', 'other', 'twice'])
      expect(await byPassword(person, name), name).toEqual(linked);
    expect((await claims.mine(person)).length).toBe(4);
  });

  test('unknown, another’s, stopped, without a password, expired, wrong: one answer for one hash each', async () => {
    await stage(
      { id: 'wrong', user: 'u1', password: 'another' },
      { id: 'taken', user: 'u2', password: SECRET },
      { id: 'disabled', user: 'u3', password: SECRET, disabled: true },
      { id: 'deleted', user: 'u4', password: SECRET, deleted: true },
      { id: 'without', user: 'u5', phone: PHONE },
      { id: 'expired', user: 'u6', password: SECRET },
    );
    await wrapPasswords(room());
    expect(await byPassword(await somebody(), 'taken')).toEqual(linked);
    hashes = 0;
    for (const name of [
      'nobody',
      'wrong',
      'taken',
      'disabled',
      'deleted',
      'without',
      'x'.repeat(5_000),
      '',
    ]) {
      expect(failureOf(await byPassword(await somebody(), name)), name).toEqual(refused);
      expect([hashes, held], name).toEqual([1, 1]);
      hashes = 0;
      held = 0;
    }
    now = new Date(now.getTime() + 400 * 86_400_000);
    expect(failureOf(await byPassword(await somebody(), 'expired'))).toEqual(refused);
    expect(hashes).toBe(1);
    const told = await events('old-account.claim-refused');
    expect(new Set(told.map(({ detail }) => detail)).size).toBe(1);
  });

  test('a refusal takes as long for an unknown account as for one that is slow to check', async () => {
    const bcrypt = '$2b$10$abcdefghijklmnopqrstuu7kXHmG8OjKtatQOLmf/tLKnTDLZSYzK';
    const path = join(folder, 'slow.csv');
    writeFileSync(path, `id,mm\nslow,${bcrypt}\n`);
    const declaration = `source: slow\ntitle: { zh-CN: 慢 }\nperson: { localId: id, password: mm }\nrecipe: bcrypt\n`;
    value(await stageFile(room(), { declaration, path }));
    await wrapPasswords(room());
    claims = claimsWith({ pace: makeSamePace() });
    const person = await somebody();
    const time = async (oldName: string) => {
      const began = performance.now();
      const asked = { ...asking(person, oldName), system: 'slow', password: 'no' };
      expect(failureOf(await claims.byPassword(asked))).toEqual(refused);
      return performance.now() - began;
    };
    const slow = await time('slow');
    const unknown = await time('nobody');
    // A busy machine may make anything slower, and nothing quicker.
    expect(unknown).toBeGreaterThan(slow - 60);
  });

  test('only whose name and number the register knows may claim', async () => {
    await stage({ id: '1', password: SECRET });
    const person = await somebody({ identityLevel: 2 });
    expect(failureOf(await byPassword(person, '1'))).toMatchObject({ code: 'claim-level', status: 403 });
    expect(await linkedTo('1')).toBe(null);
    const frozen = await somebody();
    value(await opened.accounts.changeState(frozen, 'frozen', { actor: 'operator:one', reason: 'test' }));
    expect(failureOf(await byPassword(frozen, '1'))).toMatchObject({ code: 'claim-level' });
  });

  test('one person’s tries are counted exactly, however many come at once', async () => {
    await stage(...Array.from({ length: 20 }, (_, n) => ({ id: `a${n}`, password: 'another' })));
    const person = await somebody();
    const tries = await Promise.all(Array.from({ length: 20 }, (_, n) => byPassword(person, `a${n}`)));
    const codes = tries.map((one) => failureOf(one)?.code);
    expect(codes.filter((code) => code === 'claim-refused')).toHaveLength(5);
    expect(codes.filter((code) => code === 'claim-wait')).toHaveLength(15);
    expect(
      failureOf(tries.find((one) => failureOf(one)?.code === 'claim-wait')!)?.retryAfter,
    ).toBeGreaterThan(0);
    // Other people, and the same person later, are not held back.
    expect(failureOf(await byPassword(await somebody(), 'a1'))).toEqual(refused);
    now = new Date(now.getTime() + 16 * 60_000);
    expect(failureOf(await byPassword(person, 'a1'))).toEqual(refused);
  });

  test('one account’s tries are counted exactly over many people and both of its names, known or not', async () => {
    await stage({ id: 'a', user: 'ua', password: 'another' });
    const persons = await several(20);
    for (const names of [
      ['a', 'ua'],
      ['nobody', 'NoBody'],
    ]) {
      const tries = await Promise.all(
        persons.flatMap((person) => names.map((name) => byPassword(person, name))),
      );
      expect(tries.filter((one) => failureOf(one)?.code === 'claim-refused')).toHaveLength(30);
    }
    // A code is another way, and has no counter that strangers fill.
    expect(failureOf(await byCode(persons[0]!, 'a', '000000'))?.code).toBe('claim-code-refused');
  });

  test('what succeeds is not counted', async () => {
    await stage(...Array.from({ length: 8 }, (_, n) => ({ id: `a${n}`, password: SECRET })));
    const person = await somebody();
    for (let n = 0; n < 8; n += 1) expect(await byPassword(person, `a${n}`)).toEqual(linked);
  });

  test('of many who claim one account at once with the right password, one has it', async () => {
    await stage({ id: '1', user: 'u1', password: SECRET });
    await wrapPasswords(room());
    const persons = await several(8);
    const tries = await Promise.all(persons.map((person) => byPassword(person, 'u1')));
    expect(tries.filter(({ ok }) => ok)).toEqual([linked]);
    for (const one of tries.filter(({ ok }) => !ok)) expect(failureOf(one)).toEqual(refused);
    expect(await fresh.database.query('SELECT FROM legacy_journal')).toHaveLength(1);
    expect(await events('old-account.claimed')).toHaveLength(1);
  });

  test('beside an import that plans and links at the same time', async () => {
    const rows = Array.from({ length: 12 }, (_, n) => ({
      ...{ id: `r${n}`, user: `u${n}`, name: NAME, n: 500 + n, password: SECRET },
    }));
    await stage(...rows);
    const persons: PersonId[] = [];
    for (const { n } of rows) persons.push(value(await opened.register(draft(n))).id);
    const [applied, ...tries] = await Promise.all([
      planAndApply(),
      ...persons.map((person, n) => byPassword(person, `u${n}`)),
    ]);
    const claimed = tries.filter(({ ok }) => ok).length;
    expect(applied.linked + claimed).toBe(12);
    for (const [n, person] of persons.entries()) expect(await linkedTo(`r${n}`)).toBe(person);
  });

  test('a dump that brings another password meanwhile wins over the old one', async () => {
    await stage({ id: '1', password: SECRET });
    const person = await somebody();
    const real = hasher.hash;
    // Between the check and the link.
    hasher.hash = async (text) => {
      const made = await real(text);
      hasher.hash = real;
      await stage({ id: '1', password: 'another' });
      return made;
    };
    expect(failureOf(await claimsWith({}).byPassword({ ...asking(person, '1'), password: SECRET }))).toEqual(
      refused,
    );
    expect(await linkedTo('1')).toBe(null);
  });

  test('a number of somebody else makes it a case with who claimed it, and plan and apply leave it', async () => {
    const owner = value(await opened.register(draft(1))).id;
    await stage({ id: '1', name: '达娃', n: 1, password: SECRET });
    await planAndApply();
    const person = await somebody();
    expect(await byPassword(person, '1')).toEqual(madeACase);
    expect([await linkedTo('1'), await told(person)]).toEqual([null, []]);
    const reasons = ['claimed-by-password', 'number-of-another', 'name-differs'];
    expect(await cases()).toEqual([['1', reasons]]);
    const view = value(await viewCase(room(), { source: 'talent', localId: '1' }, undefined));
    expect(view.sides.map(({ key }) => key)).toEqual(['talent/1', owner, person]);
    await stage({ id: '1', name: NAME, n: 1, password: SECRET });
    await planAndApply();
    expect([await linkedTo('1'), await cases()]).toEqual([null, [['1', reasons]]]);
    expect((await events('old-account.claim-refused'))[0]!.detail).toContain('case');
    // Whose number it is may still prove it.
    expect(await byPassword(owner, '1')).toEqual(linked);
    expect(await cases()).toEqual([]);
    value(await undo('1'));
    expect(await linkedTo('1')).toBe(null);
  });

  test('by a code to the phone that the old account has, in this browser and for this account', async () => {
    await stage(
      { id: '1', user: 'u1', name: NAME, phone: PHONE, password: SECRET },
      { id: '2', phone: PHONE },
    );
    const person = await somebody();
    expect(await sendCode(person, 'u1')).toEqual({ ok: true, value: { resendAfter: 60 } });
    const code = await lastCode();
    expect(sent).toEqual([
      { phone: PHONE, language: 'bo', template: 'code', params: { code, purpose: 'claim', minutes: 5 } },
    ]);
    const wrong = { code: 'claim-code-refused', status: 422, field: 'code' };
    expect(failureOf(await byCode(person, 'u1', code, 'another browser'))).toEqual(wrong);
    expect(failureOf(await byCode(person, '2', code))).toEqual(wrong);
    expect(failureOf(await byCode(person, 'nobody', code))).toEqual(wrong);
    expect(failureOf(await byCode(person, 'u1', code === '000000' ? '000001' : '000000'))).toEqual(wrong);
    expect(failureOf(await byCode(person, 'u1', '12345'))).toMatchObject({ code: 'sms-code-form' });
    expect(failureOf(await byCode(person, 'nobody', '12345'))).toMatchObject({ code: 'sms-code-form' });
    expect(await byCode(person, 'u1', code)).toEqual(linked);
    expect(failureOf(await byCode(await somebody(), 'u1', code))).toEqual(wrong);
    expect(await claims.mine(person)).toMatchObject([{ how: 'claimed' }]);
    expect(await fresh.database.query('SELECT state FROM old_password')).toEqual([{ state: 'claimed' }]);
    expect((await opened.accounts.get(person))!.phone).toBeUndefined();
  });

  test('holding the phone is not enough where the name is another’s', async () => {
    await stage({ id: '1', name: '达娃', phone: PHONE });
    const person = await somebody();
    value(await sendCode(person, '1'));
    expect(await byCode(person, '1', await lastCode())).toEqual(madeACase);
    expect([await linkedTo('1'), await cases()]).toEqual([
      null,
      [['1', ['claimed-by-phone', 'name-differs']]],
    ]);
  });

  test('whether anything is sent shows neither in the answer nor in its time, and all sends count alike', async () => {
    await stage({ id: '1', phone: PHONE }, { id: '2' }, { id: '3', phone: '13900009999' });
    let slow = 0;
    const delivery: CodeDelivery = {
      async deliver() {
        slow += 1;
        await new Promise((resolve) => setTimeout(resolve, 2_500));
        if (slow > 1) throw new Error('the gateway is down');
      },
    };
    claims = claimsWith({ delivery });
    const times: number[] = [];
    for (const name of ['1', '2', 'nobody', '3']) {
      const person = await somebody();
      const began = performance.now();
      expect(await sendCode(person, name), name).toEqual({ ok: true, value: { resendAfter: 60 } });
      times.push(performance.now() - began);
      expect(failureOf(await sendCode(person, name))?.code, name).toBe('claim-wait');
    }
    expect(slow).toBe(2);
    expect(Math.min(...times)).toBeGreaterThan(990);
    expect(times[0]).toBeLessThan(2_400);
  });

  test('an operator takes a claim back; its password does not come back with a later dump', async () => {
    await stage({ id: '1', user: 'u1', password: SECRET });
    const person = await somebody();
    expect(await byPassword(person, 'u1')).toEqual(linked);
    expect(value(await undo('1'))).toEqual({ personId: person, closed: false });
    expect([await linkedTo('1'), await told(person), await claims.mine(person)]).toEqual([null, [], []]);
    await stage({ id: '1', user: 'u1', password: 'another' });
    expect(failureOf(await byPassword(person, 'u1', 'another'))).toEqual(refused);
  });

  test('a claim by phone that an operator took back is for people to decide, however often it is made', async () => {
    await stage({ id: '1', phone: PHONE });
    const person = await somebody();
    const claim = async () => {
      sent = [];
      expect((await sendCode(person, '1')).ok).toBe(true);
      return byCode(person, '1', await lastCode());
    };
    expect(await claim()).toEqual(linked);
    value(await undo('1'));
    expect(await cases()).toEqual([['1', ['claimed-by-phone', 'rejected-before']]]);
    now = new Date(now.getTime() + 3_600_000);
    expect(await claim()).toEqual(madeACase);
    await planAndApply();
    expect([await linkedTo('1'), await cases()]).toEqual([
      null,
      [['1', ['claimed-by-phone', 'rejected-before']]],
    ]);
    value(
      await decideCase(room(), {
        source: 'talent',
        localId: '1',
        reason: 'looked',
        actor: 'operator:one',
        action: 'reject',
      }),
    );
    now = new Date(now.getTime() + 3_600_000);
    expect(await claim()).toEqual(madeACase);
  });

  test('“not mine” takes the link back at once; only people link it again', async () => {
    const person = value(await opened.register(draft(1))).id;
    await stage({ id: '1', name: NAME, n: 1, password: SECRET });
    expect(await planAndApply()).toMatchObject({ linked: 1 });
    const link = await linkOf(person);
    for (const wrong of ['', 'x', '0', `${link}0`, '99999999999999999999999'])
      expect(failureOf(await notMine(person, wrong))?.code).toBe('old-account-not-linked');
    expect(failureOf(await notMine(await somebody(), link))?.code).toBe('old-account-not-linked');
    expect(await told(person)).toEqual(['1']);
    expect(value(await notMine(person, link))).toEqual({ undone: true });
    expect(failureOf(await notMine(person, link))?.code).toBe('old-account-not-linked');
    expect([await linkedTo('1'), await told(person), await claims.mine(person)]).toEqual([null, [], []]);
    expect(await fresh.database.query('SELECT undone_by, undone_reason FROM legacy_journal')).toEqual([
      { undone_by: 'self', undone_reason: 'disputed-by-owner' },
    ]);
    expect(await events('old-account.disputed')).toMatchObject([{ person_id: person }]);
    const asCase = [['1', ['disputed-by-owner']]];
    expect(await planAndApply()).toMatchObject({ linked: 0, opened: 0 });
    await stage({ id: '1', name: NAME, n: 1, phone: PHONE, password: SECRET });
    await planAndApply();
    expect([await linkedTo('1'), await cases()]).toEqual([null, asCase]);
    // A claim of it is for people too, also by whom it was linked to.
    expect(await byPassword(person, '1')).toEqual(madeACase);
    await planAndApply();
    expect(await cases()).toEqual([['1', ['claimed-by-password', 'disputed-by-owner']]]);
    // Rejected, and the row changes: again a case and never a link.
    const at = { source: 'talent', localId: '1', reason: 'looked', actor: 'operator:one' };
    value(await decideCase(room(), { ...at, action: 'reject' }));
    await stage({ id: '1', name: NAME, n: 1, phone: '13900000000' });
    await planAndApply();
    expect([await linkedTo('1'), (await cases()).length]).toEqual([null, 1]);
  });

  test('“not mine” of what opened the account: the department is told no more, and people decide', async () => {
    await stage({ id: '1', name: NAME, n: 1, password: SECRET });
    expect(await planAndApply()).toMatchObject({ opened: 1 });
    const person = (await opened.accounts.findByDocument(citizen(1)))!.id;
    const link = await linkOf(person);
    expect(value(await notMine(person, link))).toEqual({ undone: false });
    expect(await claims.mine(person)).toMatchObject([{ opened: true, disputed: true }]);
    expect([await linkedTo('1'), await told(person)]).toEqual([person, []]);
    const [known] = await knownById(fresh.database, 'talent-service', 'talent', ['1']);
    expect(known).toMatchObject({ personId: undefined, since: undefined });
    expect(failureOf(await notMine(person, link))?.code).toBe('old-account-not-linked');
    expect(await cases()).toEqual([['1', ['disputed-by-owner']]]);
    const at = { source: 'talent', localId: '1', reason: 'looked', actor: 'operator:one' };
    const decide = (action: 'link' | 'reject' | 'create', personId?: PersonId) =>
      decideCase(room(), { ...at, action, personId });
    expect(failureOf(await decide('reject'))?.code).toBe('case-linked');
    expect(failureOf(await decide('link', await somebody()))?.code).toBe('case-linked');
    // Theirs after all.
    expect(value(await decide('link'))).toMatchObject({ state: 'done', personId: person });
    expect([await told(person), await cases()]).toEqual([['1'], []]);
    expect(value(await notMine(person, link))).toEqual({ undone: false });
    // Not theirs: the account that it opened goes with it, and the old one stays with people.
    const news: string[] = [];
    const tell: TellNews = async (_tx, told) => void news.push(...told.map(({ kind }) => kind));
    const by = { source: 'talent', localId: '1', actor: 'operator:one', reason: 'wrong' };
    expect(value(await undoLink({ ...room(), tell }, by, async () => []))).toMatchObject({ closed: true });
    // Its department was told when its person said so.
    expect(news).toEqual([]);
    expect(await opened.accounts.get(person)).toBeUndefined();
    await planAndApply();
    expect([await linkedTo('1'), await cases()]).toEqual([null, [['1', ['disputed-by-owner']]]]);
  });

  test('what people linked after a dispute is a case again once that is undone', async () => {
    const person = value(await opened.register(draft(1, { identityLevel: 1 }))).id;
    await stage({ id: '1', name: NAME, n: 1 });
    await planAndApply();
    value(await notMine(person, await linkOf(person)));
    const at = { source: 'talent', localId: '1', reason: 'looked', actor: 'operator:one' };
    value(await decideCase(room(), { ...at, action: 'link' }));
    expect([await linkedTo('1'), await told(person), await cases()]).toEqual([person, ['1'], []]);
    expect(await claims.mine(person)).toMatchObject([{ how: 'decided' }]);
    value(await undo('1'));
    await planAndApply();
    expect([await linkedTo('1'), await cases()]).toEqual([null, [['1', ['disputed-by-owner']]]]);
  });

  test('what people rejected or put off is looked at again once somebody proves it', async () => {
    await stage({ id: '1', name: '扎西', n: 1, phone: PHONE, password: SECRET });
    const person = value(await opened.register(draft(1))).id;
    await planAndApply();
    const at = { source: 'talent', localId: '1', reason: 'looked', actor: 'operator:one' };
    value(await decideCase(room(), { ...at, action: 'reject' }));
    expect(await byPassword(person, '1')).toEqual(madeACase);
    expect(await cases()).toEqual([['1', ['claimed-by-password', 'rejected-before', 'name-cut']]]);
    value(await decideCase(room(), { ...at, action: 'wait', until: new Date(now.getTime() + 86_400_000) }));
    // Whose number it is, and who has its password, need not wait.
    expect(await byPassword(person, '1')).toEqual(linked);
    expect(await reopenCase(room(), at)).toMatchObject({ failure: { code: 'case-open' } });
  });

  test('is found after a change of keys', async () => {
    await stage({ id: '1', user: 'u1', password: SECRET });
    const second = open(fresh.database, { clock, keyring: sampleRing(2) });
    await renewOldAccounts(fresh.database, second);
    const { sealer, fingerprinter } = open(fresh.database, { clock, keyring: newestOnly(2) });
    const person = await somebody();
    const renewed = openClaims({
      ...{ ...room(), sealer, fingerprinter, limits, log: { warn: () => {} } },
      pace: { hold: async () => {} },
      smsCodes: {
        send: () => Promise.reject(new Error('nobody asks')),
        verify: () => Promise.reject(new Error('nobody asks')),
      },
    });
    const outcome = await renewed.byPassword({ ...asking(person, 'u1'), password: SECRET });
    expect(outcome).toEqual(linked);
  });

  test('what a system without a dump told of is claimed by a code to the phone that it told, and by nothing else', async () => {
    const declaration = 'source: talent\ntitle: { zh-CN: 人才 }\nlogin: there\n';
    value(await declareSource(room(), { declaration, actor: 'operator:test' }));
    expect(await claims.systems()).toEqual([]);
    const declared = readDeclaration(declaration);
    if (!declared.ok) throw new Error('the declaration cannot be read');
    const says = (localId: string, phone?: string) =>
      judgeTold(
        room(),
        {
          source: 'talent',
          declaration: declared.value,
          client: undefined,
          login: undefined as never,
          until: now,
        },
        { localId, name: NAME, ...(phone ? { phone } : {}) },
        { typed: { text: 'zhaxi', kind: 'user-name', client: undefined }, meant: undefined },
      );
    // Its password was right there, and nothing says whose number it is.
    expect(await says('77', PHONE)).toBe('refused');
    expect(await says('78')).toBe('refused');
    expect(await claims.systems()).toMatchObject([{ source: 'talent', byPassword: false, byPhone: true }]);
    const person = await somebody();
    expect(failureOf(await byPassword(person, '77'))).toEqual(refused);
    expect(await sendCode(person, '78')).toMatchObject({ ok: true });
    now = new Date(now.getTime() + 61_000);
    expect(await sendCode(person, '77')).toMatchObject({ ok: true });
    const code = await lastCode();
    expect(sent.map(({ phone }) => phone)).toEqual([PHONE]);
    expect(await byCode(person, '77', code)).toEqual(linked);
    expect([await linkedTo('77'), await linkedTo('78')]).toEqual([person, null]);
  });

  test('systems are listed by title with the ways that there are, none that has no accounts or no way', async () => {
    expect(await claims.systems()).toEqual([]);
    await stage({ id: '1', password: SECRET });
    const path = join(folder, 'bare.csv');
    writeFileSync(path, 'id\n1\n');
    value(
      await stageFile(room(), {
        declaration: 'source: bare\ntitle: { zh-CN: 空 }\nperson: { localId: id }\n',
        path,
      }),
    );
    expect(await claims.systems()).toMatchObject([
      { source: 'talent', title: { en: 'Talent service' }, byPassword: true, byPhone: true },
    ]);
    now = new Date(now.getTime() + 400 * 86_400_000);
    expect(await claims.systems()).toMatchObject([{ source: 'talent', byPassword: false, byPhone: true }]);
  });
});
