/** The report on an old system: what it counts is what happened, and a sample can be drawn again. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PersonId } from '../../src/accounts/person.ts';
import { makeHashQueue } from '../../src/credentials/hash-queue.ts';
import { makeHasher } from '../../src/credentials/hasher.ts';
import type { Passwords } from '../../src/credentials/password.ts';
import { makePepper } from '../../src/credentials/pepper.ts';
import { applySource, undoLink } from '../../src/legacy/link.ts';
import { openOldSignIn } from '../../src/legacy/old-sign-in.ts';
import { planSource } from '../../src/legacy/plan.ts';
import { reportOn } from '../../src/legacy/report.ts';
import { stageFile } from '../../src/legacy/stage.ts';
import { mondayOf, mondaysBetween, weekName } from '../../src/legacy/weeks.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { PopulationRegister } from '../../src/registries/registry.ts';
import { citizen, type Opened, open, sampleRing, value } from '../accounts/opened.ts';
import { engine, passwordsOn, settings } from '../credentials/room.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';

const NAME = '扎西·顿珠';
const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const password = (n: number) => `Lake!9moss-yak${n}`;

describe.each(stores)('the report on $name', (store) => {
  let fresh: FreshDatabase;
  let opened: Opened;
  let passwords: Passwords;
  let folder: string;
  let now = new Date('2026-11-30T02:00:00Z');
  const clock: Clock = { now: () => now };
  const population: PopulationRegister = {
    // Silent about every seventh.
    compare: async ({ document }) => ({
      outcome: silent.has(document.number) ? 'unreachable' : 'match',
      ...{ source: 'register', reference: 'r', at: now },
    }),
    check: () => Promise.reject(new Error('nobody asks')),
  };
  const silent = new Set([citizen(6).number]);
  const room = () => ({ ...opened, database: fresh.database, clock, trail: opened.audit.trail, population });
  const report = async (sample?: { size: number; seed?: string }) =>
    value(await reportOn(room(), 'talent', sample));
  const personOf = async (n: number) => (await opened.accounts.findByDocument(citizen(n)))!.id as PersonId;

  beforeAll(async () => {
    fresh = await store.fresh();
    opened = open(fresh.database, { clock });
    const keyring = sampleRing(1);
    const queue = makeHashQueue({ concurrency: 2, length: 200, waitMs: 60_000 });
    const hasher = makeHasher(engine, queue, makePepper(keyring, 'aes'), settings.hash);
    passwords = await passwordsOn(fresh.database, { keyring, clock });
    passwords.welcome(openOldSignIn({ ...room(), hasher }));
    folder = mkdtempSync(join(tmpdir(), 'yihao-report-'));
    const path = join(folder, 'old.csv');
    const lines = [1, 2, 3, 4, 5, 6].map((n) => `u${n},${NAME},${citizen(n).number},${md5(password(n))}`);
    lines.push(
      `n1,测试公司,${citizen(7).number},${md5('x')}`,
      `n2,${NAME},123,${md5('x')}`,
      'n3,达娃,,',
      'broken',
      `,${NAME},,`,
    );
    writeFileSync(path, ['id,xm,sfzh,mm', ...lines].join('\n'));
    const declaration = `source: talent
title: { zh-CN: 人才 }
client: talent-service
person: { localId: id, name: xm, document: { column: sfzh }, password: mm }
recipe: md5(p)
expires: 2027-06-30
`;
    value(await stageFile(room(), { declaration, path }));
  });
  afterAll(async () => {
    await opened.audit.close();
    rmSync(folder, { recursive: true });
    await fresh.drop();
  });

  test('before anything is judged', async () => {
    expect(await report()).toMatchObject({
      ...{ source: 'talent', client: 'talent-service', recipe: 'md5(p)', dumps: 1, rowsIn: 11, accounts: 9 },
      linked: { total: 0, A: 0, B: 0, C: 0, D: 0, opened: 0, undone: 0 },
      open: { notJudged: 9 },
      ...{ weeks: [], attempts: { tried: 0, right: 0, rate: null } },
      // The last day that is named, in Beijing.
      oldPasswordsUntil: '2027-06-30T16:00:00.000Z',
    });
  });

  test('rows that were refused, each reason with what to do', async () => {
    expect((await report()).rejected).toEqual([
      { reason: 'local-id-absent', rows: 1, remedy: expect.stringContaining('id') },
      { reason: 'row-fields', rows: 1, remedy: expect.stringContaining('fields') },
    ]);
  });

  test('what became of the rows, and what is open', async () => {
    await planSource(room(), 'talent');
    expect((await report()).open).toMatchObject({ notJudged: 0, ready: 5, waiting: 1 });
    await applySource(room(), 'talent', 'operator:test');
    value(
      await undoLink(
        room(),
        { source: 'talent', localId: 'u5', actor: 'operator:test', reason: 'x' },
        async () => [],
      ),
    );
    const { linked, open: still, accounts } = await report();
    expect(linked).toEqual({ A: 4, B: 0, C: 0, D: 0, total: 4, opened: 4, undone: 1 });
    expect(still).toMatchObject({ ready: 1, waiting: 1, cases: 1, setAside: 0 });
    expect(still.claimable + still.kept).toBe(2);
    expect(Object.values(still).reduce((sum, one) => sum + one, linked.total)).toBe(accounts);
  });

  test('sign-ins with old passwords are counted by week, right ones and wrong ones, also many at once', async () => {
    const sign = async (n: number, typed = password(n)) => passwords.verify(await personOf(n), typed);
    expect(await sign(1, 'wrong')).toMatchObject({ ok: false });
    expect(await sign(1)).toMatchObject({ ok: true });
    // Sunday evening and Monday morning in Beijing.
    now = new Date('2026-12-13T15:59:59Z');
    const both = await Promise.all([sign(2), sign(2), sign(3, 'wrong'), sign(3, 'wrong too')]);
    expect(both.map(({ ok }) => ok)).toEqual([true, true, false, false]);
    now = new Date('2026-12-13T16:00:00Z');
    await sign(3);
    // An own password like any other by now.
    await sign(3);
    const { weeks, attempts } = await report();
    expect(weeks).toEqual([
      { week: '2026-W49', monday: '2026-11-30', migrated: 1, tried: 2, right: 1 },
      { week: '2026-W50', monday: '2026-12-07', migrated: 1, tried: 3, right: 1 },
      { week: '2026-W51', monday: '2026-12-14', migrated: 1, tried: 1, right: 1 },
    ]);
    expect(attempts).toEqual({ tried: 6, right: 3, rate: 0.5 });
  });

  test('weeks in which nothing happened stand there, up to this one', async () => {
    now = new Date('2026-12-31T00:00:00Z');
    const { weeks } = await report();
    expect(weeks.map(({ week }) => week)).toEqual([
      '2026-W49',
      '2026-W50',
      '2026-W51',
      '2026-W52',
      '2026-W53',
    ]);
    expect(weeks.at(-1)).toMatchObject({ migrated: 0, tried: 0 });
  });

  test('a sample is masked, says what became of each row, and can be drawn again', async () => {
    const first = (await report({ size: 5, seed: 'one' })).sample!;
    expect((await report({ size: 5, seed: 'one' })).sample).toEqual(first);
    const ids = ({ rows }: typeof first) => rows.map(({ id }) => id);
    const others = await Promise.all(['two', 'three', 'four'].map((seed) => report({ size: 5, seed })));
    expect(
      others.map(({ sample }) => ids(sample!)).some((other) => String(other) !== String(ids(first))),
    ).toBe(true);
    const all = (await report({ size: 100 })).sample!;
    expect(all.seed).toBe('talent/1');
    expect(all.rows).toHaveLength(9);
    const row = all.rows.find(({ id }) => id === 'u1')!;
    expect(row).toMatchObject({
      became: `linked to ${await personOf(1)} on 2026-11-30`,
      ...{ tier: 'A', why: 'the register agrees with number and name' },
    });
    expect(all.rows.find(({ id }) => id === 'u6')!.became).toBe('waits for the register');
    const text = JSON.stringify(all);
    for (const n of [1, 2, 3, 4, 5, 6]) expect(text).not.toContain(citizen(n).number);
    expect(text).not.toContain(NAME);
  });

  test('an old system that nobody staged has none', async () => {
    expect(await reportOn(room(), 'no-such')).toMatchObject({
      failure: { code: 'old-system-unknown', status: 404 },
    });
  });
});

test('weeks begin on Monday in Beijing and are named by their Thursday', () => {
  expect(mondayOf(new Date('2026-11-29T15:59:59Z'))).toBe('2026-11-23');
  expect(mondayOf(new Date('2026-11-29T16:00:00Z'))).toBe('2026-11-30');
  expect(['2026-12-28', '2027-01-04', '2024-12-30', '2020-12-28', '2021-01-04'].map(weekName)).toEqual([
    ...['2026-W53', '2027-W01', '2025-W01', '2020-W53', '2021-W01'],
  ]);
  expect(mondaysBetween('2026-12-28', '2027-01-11')).toEqual(['2026-12-28', '2027-01-04', '2027-01-11']);
});
