import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AuditEntry } from '../../src/audit/events.ts';
import { auditSettings } from '../../src/audit/settings.ts';
import { type Audit, openAudit } from '../../src/audit/trail.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { Refused } from '../../src/platform/failure.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { generateKeyring, parseKeyring } from '../../src/platform/seal/keyring.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';

const keys = generateKeyring();
const keyring = parseKeyring(keys);
const entry = (reference: string): AuditEntry => ({
  type: 'sign-in.succeeded',
  personId: `person-${reference}`,
  clientId: 'housing-fund',
  actor: 'self',
  channel: 'web',
  source: '192.0.2.7',
  outcome: 'success',
  reference,
  detail: { amr: ['pwd'], acr: 'urn:yihao:acr:1:ial3:aal1' },
});

const open = (database: Database, settings: Partial<ReturnType<typeof auditSettings.parse>> = {}) =>
  openAudit({
    database,
    keyring,
    suite: 'aes',
    clock: systemClock,
    node: 'test',
    settings: auditSettings.parse(settings),
  });

describe.each(stores)('the audit trail on $name', (store) => {
  let fresh: FreshDatabase;
  let audit: Audit;
  beforeEach(async () => {
    fresh = await store.fresh();
    audit = open(fresh.database);
  });
  afterEach(async () => {
    await audit.close();
    await fresh.drop();
  });
  const references = async () =>
    (
      await fresh.database.query<{ reference: string }>(
        'SELECT reference FROM audit_event ORDER BY reference',
      )
    ).map((row) => row.reference);

  test('an event stands when its transaction is committed, and only then', async () => {
    await fresh.database.transaction((tx) => audit.trail.append(tx, entry('a'), entry('b')));
    const undone = fresh.database.transaction(async (tx) => {
      await audit.trail.append(tx, entry('c'));
      throw new Error('changed my mind');
    });
    await expect(undone).rejects.toThrow('changed my mind');
    expect(await references()).toEqual(['a', 'b']);
    expect(await audit.verify()).toMatchObject({ ok: true, links: 2 });
  });

  test('a transaction may append twice', async () => {
    await fresh.database.transaction(async (tx) => {
      await audit.trail.append(tx, entry('a'));
      await audit.trail.append(tx, entry('b'));
    });
    expect(await audit.verify()).toMatchObject({ ok: true, links: 2 });
  });

  test('many transactions and single records at once leave chains without a gap', async () => {
    await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        n % 3 === 0
          ? fresh.database.transaction((tx) => audit.trail.append(tx, entry(`t${n}`), entry(`u${n}`)))
          : audit.trail.record(entry(`r${n}`)),
      ),
    );
    expect(await references()).toHaveLength(80);
    expect(await audit.verify()).toMatchObject({ ok: true, links: 80 });
    // One head a lane, although many found none when they began.
    expect(await fresh.database.query('SELECT lane FROM audit_head')).toHaveLength(8);
  });

  test('records of a busy moment share few transactions', async () => {
    let transactions = 0;
    const counting: Database = {
      ...fresh.database,
      query: (...given) => {
        transactions += 1;
        return fresh.database.query(...given);
      },
      transaction: (work) => {
        transactions += 1;
        return fresh.database.transaction(work);
      },
    };
    const counted = open(counting);
    await Promise.all(Array.from({ length: 400 }, (_, n) => counted.trail.record(entry(`${n}`))));
    expect(await references()).toHaveLength(400);
    expect(transactions).toBeLessThan(10);
    await counted.close();
  });

  test('an event is as it was stated, without what identifies a person and within bounds', async () => {
    await audit.trail.record({
      ...entry('x'.repeat(500)),
      clientId: 'half \ud800 and \0 nothing',
      detail: { b: 'number 54019919000101001X, telephone 13800000000', a: 7, when: '2026-11-23' },
    });
    const [row] = await fresh.database.query<Record<string, string>>('SELECT * FROM audit_event');
    expect(row).toMatchObject({
      reference: 'x'.repeat(200),
      client_id: 'half \ufffd and \ufffd nothing',
      detail: '{"a":7,"b":"number [number], telephone [number]","when":"2026-11-23"}',
      node: 'test',
    });
    expect(await audit.verify()).toMatchObject({ ok: true });
  });

  test('when a batch cannot be written each of its callers is told, and the next batch is written', async () => {
    await fresh.database.query('ALTER TABLE audit_event RENAME TO gone');
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => audit.trail.record(entry('a'))));
    expect(results.map((result) => result.status)).toEqual(Array(5).fill('rejected'));
    await fresh.database.query('ALTER TABLE gone RENAME TO audit_event');
    await audit.trail.record(entry('b'));
    expect(await references()).toEqual(['b']);
  });

  test('when too many wait, the next is told to come again', async () => {
    const small = open(fresh.database, { queueSize: 10 });
    const results = await Promise.allSettled(
      Array.from({ length: 30 }, () => small.trail.record(entry('a'))),
    );
    const refused = results.filter((result) => result.status === 'rejected').map((result) => result.reason);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.every((reason) => reason instanceof Refused && reason.failure.status === 503)).toBe(true);
    expect(await references()).toHaveLength(30 - refused.length);
    await small.close();
  });

  test('what waits when the server stops is written', async () => {
    const records = Array.from({ length: 20 }, (_, n) => audit.trail.record(entry(`${n}`)));
    await audit.close();
    await Promise.all(records);
    expect(await references()).toHaveLength(20);
    await expect(audit.trail.record(entry('late'))).rejects.toThrow('closed');
  });

  test('a process killed while it writes leaves chains that hold', async () => {
    const child = fork(join(import.meta.dirname, 'writer.ts'), {
      env: { ...process.env, AUDIT_KEYS: keys, AUDIT_URL: fresh.url ?? '', AUDIT_FOLDER: fresh.folder },
    });
    await once(child, 'message');
    await Promise.all(Array.from({ length: 40 }, (_, n) => audit.trail.record(entry(`own${n}`))));
    child.kill('SIGKILL');
    await once(child, 'exit');
    await audit.trail.record(entry('after'));
    const report = await audit.verify();
    expect(report.ok).toBe(true);
    expect(report.links).toBeGreaterThan(41);
  });
});

describe.each(stores)('the disclosure log on $name', (store) => {
  let fresh: FreshDatabase;
  let audit: Audit;
  beforeAll(async () => {
    fresh = await store.fresh();
    audit = open(fresh.database);
  });
  afterAll(async () => {
    await audit.close();
    await fresh.drop();
  });
  const at = (ms: number) => new Date(Date.UTC(2026, 0, 1) + ms);
  const disclosure = (personId: string, ms: number) => ({
    personId,
    clientId: 'social-insurance',
    claims: ['name', 'phone_number'],
    via: 'userinfo' as const,
    basis: 'consent' as const,
    purpose: 'pension "statement", 养老金',
    at: at(ms),
  });

  test('a person sees what went to whom, newest first, page by page, and nobody else’s', async () => {
    const times = [0, 1, 1, 1, 2, 3];
    await Promise.all(times.map((ms) => audit.disclosures.record(disclosure('a', ms))));
    await audit.disclosures.record({ ...disclosure('b', 9), basis: 'statutory-duty' });
    const seen: number[] = [];
    let before: string | undefined;
    for (;;) {
      const page = await audit.disclosures.ofPerson(
        'a',
        before === undefined ? { limit: 2 } : { limit: 2, before },
      );
      if (page.length === 0) break;
      seen.push(...page.map((one) => one.at.getTime() - at(0).getTime()));
      before = page.at(-1)!.cursor;
    }
    expect(seen).toEqual([3, 2, 1, 1, 1, 0]);
    const [newest] = await audit.disclosures.ofPerson('a', { limit: 1 });
    expect(newest).toMatchObject({ ...disclosure('a', 3) });
    expect(await audit.disclosures.ofPerson('a', { limit: 9, before: at(2) })).toHaveLength(4);
    expect(await audit.disclosures.ofPerson('a', { limit: 9, before: 'made up' })).toHaveLength(6);
    expect(await audit.disclosures.ofPerson('nobody', { limit: 9 })).toEqual([]);
    expect(await audit.verify()).toMatchObject({ ok: true, links: 7 });
  });

  test('a disclosure without a time is refused alone', async () => {
    const results = await Promise.allSettled([
      audit.disclosures.record(disclosure('c', 0)),
      audit.disclosures.record({ ...disclosure('c', 0), at: new Date('never') }),
    ]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected']);
  });
});
