/** Where the rooms of old accounts meet: what one of them does while another is at work on the same account. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PersonId } from '../../src/accounts/person.ts';
import { contest } from '../../src/legacy/claims/claim-store.ts';
import { declareSource } from '../../src/legacy/declare.ts';
import { applySource, undoLink } from '../../src/legacy/link.ts';
import { planSource } from '../../src/legacy/plan.ts';
import { reportOn } from '../../src/legacy/report.ts';
import { stageFile } from '../../src/legacy/stage.ts';
import { countMissing } from '../../src/legacy/staging-store.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { citizen, draft, value } from '../accounts/opened.ts';
import { type OldLoginServer, startOldLogin } from '../support/old-login.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';
import { declareLogin, type LazyRoom, NAME, openLazyRoom } from './lazy-room.ts';

const STRONG = 'Lake!9moss-yak';
const TALENT = `
source: staged
title: { zh-CN: 人才 }
person: { localId: id, name: xm, document: { column: sfzh } }
`;

describe.each(stores)('seams on $name', (store) => {
  let fresh: FreshDatabase;
  let old: OldLoginServer;
  let other: OldLoginServer;
  let at: LazyRoom;
  let folder: string;
  const there = (server: OldLoginServer, identifier: string, localId: string, n: number) =>
    server.accounts.set(identifier, { password: STRONG, localId, number: citizen(n).number, name: NAME });

  beforeEach(async () => {
    fresh = await store.fresh();
    old = await startOldLogin();
    other = await startOldLogin();
    at = await openLazyRoom(fresh.database, { talent: old, health: other });
    folder = mkdtempSync(join(tmpdir(), 'yihao-seams-'));
  });
  afterEach(async () => {
    await at.close();
    await old.close();
    await other.close();
    rmSync(folder, { recursive: true });
    await fresh.drop();
  });

  let files = 0;
  /** Rows: id and n of the citizen. */
  const stage = async (...rows: [string, number][]) => {
    files += 1;
    const path = join(folder, `${files}.csv`);
    const lines = rows.map(([id, n]) => `${id},${NAME},${citizen(n).number}`);
    writeFileSync(path, ['id,xm,sfzh', ...lines, ''].join('\n'));
    return value(await stageFile(at.room, { declaration: TALENT, path }));
  };
  /** A dry run during whose question to the register something else happens. */
  const planDuring = (meanwhile: () => Promise<unknown>) =>
    planSource(
      {
        ...at.room,
        population: {
          ...at.room.population,
          compare: async (subject) => {
            await meanwhile();
            return at.room.population.compare(subject);
          },
        },
      },
      'staged',
    );
  const row = async (source: string, localId: string) =>
    (
      await fresh.database.query<Record<string, unknown>>(
        `SELECT outcome, register_said, contested, proposed_id, linked_by IS NOT NULL AS linked FROM old_account
         WHERE source = $1 AND local_id = $2`,
        [source, localId],
      )
    )[0];
  const merge = async (survivor: PersonId, absorbed: PersonId) =>
    fresh.database.transaction(async (tx) => {
      await at.accounts.lock(tx, [survivor, absorbed]);
      const before = await at.accounts.merged.absorb(tx, absorbed, survivor);
      await tx.query('UPDATE old_account SET person_id = $2 WHERE person_id = $1', [absorbed, survivor]);
      return before!;
    });

  test('what the register said of a number is not written onto another that a later dump brought meanwhile', async () => {
    await stage(['1', 1]);
    await planDuring(() => stage(['1', 2]));
    expect(await row('staged', '1')).toMatchObject({ outcome: null, register_said: null });
    expect(await applySource(at.room, 'staged', 'operator:test')).toMatchObject({ opened: 0, linked: 0 });
    expect(await at.personOf(2)).toBeUndefined();
    // The next run asks about what stands there now.
    await planSource(at.room, 'staged');
    expect(await applySource(at.room, 'staged', 'operator:test')).toMatchObject({ opened: 1 });
  });

  test('a citizen’s claim stays a case, whatever a dry run finds out meanwhile', async () => {
    await stage(['1', 1]);
    const claimant = value(await at.open(draft(3))).id;
    const reasons = ['claimed-by-phone', 'name-differs'] as const;
    await planDuring(() =>
      fresh.database.transaction((tx) =>
        contest(tx, { source: 'staged', localId: '1' }, 'claimed', {
          ...{ reasons: [...reasons], claimant, now: systemClock.now() },
        }),
      ),
    );
    expect(await row('staged', '1')).toMatchObject({
      ...{ outcome: 'doubtful', contested: 'claimed', proposed_id: claimant, register_said: null },
    });
  });

  test('a system that tells another number while the register is asked opens no account for that number', async () => {
    await at.declare(declareLogin('talent'));
    there(old, 'zhaxi', '7', 1);
    const compare = at.room.population.compare;
    at.room.population.compare = async (subject) => {
      at.room.population.compare = compare;
      there(old, 'zhaxi', '7', 2);
      await at.come('zhaxi', STRONG);
      return compare(subject);
    };
    await at.come('zhaxi', STRONG);
    // Whichever of the two came in, the register was asked about its own number.
    const [first, second] = [await at.personOf(1), await at.personOf(2)];
    expect([first, second].filter(Boolean).length).toBeLessThan(2);
    const evidence = await fresh.database.query('SELECT person_id FROM person_evidence');
    expect(evidence).toHaveLength([first, second].filter(Boolean).length);
    if (second) expect(at.register.asked.length).toBeGreaterThan(1);
  });

  test('the old system of a merged person opens nothing of the survivor, and theirs again when it is undone', async () => {
    await at.declare(declareLogin('talent'));
    await at.declare(declareLogin('health', 'health'));
    there(old, 'absorbed', '1', 1);
    there(other, 'survivor', '2', 2);
    for (const [source, localId, n] of [
      ['talent', '1', 1],
      ['health', '2', 2],
    ] as const) {
      const come = n === 1 ? 'absorbed' : 'survivor';
      expect(await at.come(come, STRONG)).toMatchObject({ ok: true });
      // As if each had come by a dump without passwords: nobody has one here yet.
      const id = (await at.personOf(n))!;
      await fresh.database.query('DELETE FROM password_credential WHERE person_id = $1', [id]);
      await fresh.database.query('DELETE FROM old_password WHERE source = $1 AND local_id = $2', [
        source,
        localId,
      ]);
    }
    const [absorbed, survivor] = [(await at.personOf(1))!, (await at.personOf(2))!];
    const before = await merge(survivor, absorbed);
    expect(await at.come('absorbed', STRONG)).toMatchObject({ ok: false });
    expect(await at.passwords.has(survivor)).toBe(false);

    // The survivor's own system is a key to the survivor, and uses up nothing of the other one's.
    expect(await at.come('survivor', STRONG)).toMatchObject({ ok: true });
    expect(await at.passwords.has(survivor)).toBe(true);
    await fresh.database.transaction(async (tx) => {
      await at.accounts.merged.release(tx, absorbed, before);
      await tx.query(`UPDATE old_account SET person_id = $1 WHERE source = 'talent'`, [absorbed]);
    });
    expect(await at.come('absorbed', STRONG)).toMatchObject({ ok: true });
    expect(await at.passwords.has(absorbed)).toBe(true);
  });

  test('what was undone for good is not linked again, until a later dump changes the row', async () => {
    await stage(['1', 1], ['2', 2]);
    await planSource(at.room, 'staged');
    await applySource(at.room, 'staged', 'operator:test');
    const undo = (localId: string, forGood: boolean) =>
      undoLink(
        at.room,
        { source: 'staged', localId, actor: 'operator:test', reason: 'wrong person', forGood },
        async () => [],
      );
    expect([(await undo('1', true)).ok, (await undo('2', false)).ok]).toEqual([true, true]);
    await planSource(at.room, 'staged');
    expect(await applySource(at.room, 'staged', 'operator:test')).toMatchObject({ opened: 1 });
    expect([await at.personOf(1), typeof (await at.personOf(2))]).toEqual([undefined, 'string']);
    await stage(['1', 3], ['2', 2]);
    await planSource(at.room, 'staged');
    expect(await applySource(at.room, 'staged', 'operator:test')).toMatchObject({ opened: 1 });
  });

  test('a file of column names alone is no dump, and what a dump lacks is counted', async () => {
    await stage(['1', 1], ['2', 2]);
    const path = join(folder, 'empty.csv');
    writeFileSync(path, 'id,xm,sfzh\n');
    expect(await stageFile(at.room, { declaration: TALENT, path })).toMatchObject({
      ok: false,
      failure: { code: 'source-empty' },
    });
    expect(await fresh.database.query('SELECT number FROM legacy_dump')).toEqual([{ number: 1 }]);
    const { dump } = await stage(['1', 1]);
    expect(await countMissing(fresh.database, 'staged', dump)).toBe(1);
  });

  test('a sample for the sign-off of a system of organisations', async () => {
    const path = join(folder, 'firms.csv');
    writeFileSync(path, 'id,mc,dm\n1,甲公司,91540199X99900016N\n');
    const firms =
      'source: firms\ntitle: { zh-CN: 企业 }\norganisation: { localId: id, name: mc, code: { column: dm } }\n';
    value(await stageFile(at.room, { declaration: firms, path }));
    const report = value(await reportOn(at.room, 'firms', { size: 5 }));
    expect(report.organisations).toBe(true);
    expect(report.sample?.rows).toMatchObject([{ id: '1', name: '甲公司', number: '91540199X99900016N' }]);
  });

  test('a system of organisations cannot be declared as one that checks persons’ passwords', async () => {
    const path = join(folder, 'firms.csv');
    writeFileSync(path, 'id,mc,dm\n1,甲公司,91540199X99900016N\n');
    const firms =
      'source: firms\ntitle: { zh-CN: 企业 }\norganisation: { localId: id, name: mc, code: { column: dm } }\n';
    value(await stageFile(at.room, { declaration: firms, path }));
    const declared = await declareSource(at.room, {
      declaration: declareLogin('firms'),
      actor: 'operator:test',
    });
    expect(declared).toMatchObject({ ok: false, failure: { code: 'source-other-subject' } });
    const [source] = await fresh.database.query<{ declaration: string; login: string | null }>(
      `SELECT declaration, login FROM legacy_source WHERE source = 'firms'`,
    );
    expect(source).toEqual({ declaration: firms, login: null });
  });
});
