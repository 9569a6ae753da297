import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { anchorsFromLog } from '../../src/audit/anchors.ts';
import { auditSettings } from '../../src/audit/settings.ts';
import { type Audit, openAudit } from '../../src/audit/trail.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { makeLog } from '../../src/platform/observe/log.ts';
import {
  generateKeyring,
  type Keyring,
  parseKeyring,
  rotateKeyring,
} from '../../src/platform/seal/keyring.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';

const keys = generateKeyring();

describe.each(stores)('verification of the trail on $name', (store) => {
  let fresh: FreshDatabase;
  let audit: Audit;
  let lines: string[];
  /** A lane and a place with rows before and after it, in each chain. */
  let lane: number;

  const open = (keyring: Keyring = parseKeyring(keys), suite: 'aes' | 'sm' = 'aes') =>
    openAudit({
      database: fresh.database,
      keyring,
      suite,
      clock: systemClock,
      node: 'test',
      settings: auditSettings.parse({}),
      log: makeLog({ level: 'info' }, { write: (line) => void lines.push(line) }),
    });
  const looked = { type: 'person.viewed', actor: 'operator:7', outcome: 'success' } as const;
  const write = async (on: Audit, events: number) => {
    for (let n = 0; n < events; n += 1) {
      await on.trail.record({
        type: 'person.viewed',
        actor: 'operator:7',
        outcome: 'success',
        reference: `r${n}`,
      });
    }
  };
  const run = (text: string, values: unknown[] = []) => fresh.database.query(text, values);
  const broken = async (options: Parameters<Audit['verify']>[0] = {}) =>
    (await audit.verify(options)).chains.filter((chain) => chain.broken);

  beforeEach(async () => {
    lines = [];
    fresh = await store.fresh();
    audit = open();
    // One batch goes to one lane: at least five of each in the fullest.
    await Promise.all(
      Array.from({ length: 6 }, (_, n) => [
        audit.trail.record({ type: 'person.viewed', personId: `p${n}`, actor: 'system', outcome: 'success' }),
        audit.disclosures.record({
          personId: `p${n}`,
          clientId: 'c',
          claims: ['name'],
          via: 'userinfo',
          basis: 'consent',
          at: new Date(),
        }),
      ]).flat(),
    );
    await write(audit, 12);
    const rows = await run(
      'SELECT lane FROM audit_head WHERE disclosures >= 5 AND events >= 5 ORDER BY disclosures DESC LIMIT 1',
    );
    lane = (rows[0] as { lane: number }).lane;
    expect(await broken()).toEqual([]);
  });
  afterEach(async () => {
    await audit.close();
    await fresh.drop();
  });

  const EVERY_COLUMN = {
    event: [
      'at',
      'type',
      'outcome',
      'person_id',
      'client_id',
      'actor',
      'channel',
      'source',
      'reference',
      'node',
      'detail',
    ],
    disclosure: ['at', 'person_id', 'client_id', 'claims', 'via', 'basis', 'purpose'],
  };
  const TABLE = { event: 'audit_event', disclosure: 'disclosure' } as const;
  const CHAINS = ['event', 'disclosure'] as const;

  test('says where a row was updated, whichever column', async () => {
    for (const strand of CHAINS) {
      for (const column of EVERY_COLUMN[strand]) {
        const other =
          column === 'at' ? `at + interval '1 ms'` : column === 'claims' ? `'{phone_number}'` : `'other'`;
        const table = TABLE[strand];
        await run(`CREATE TABLE kept AS SELECT * FROM ${table}`);
        await run(`UPDATE ${table} SET ${column} = ${other} WHERE lane = $1 AND seq = 3`, [lane]);
        expect(await broken(), column).toMatchObject([
          { strand, lane, links: 2, broken: { seq: 3, reason: 'changed' } },
        ]);
        await run(`DELETE FROM ${table}`);
        await run(`INSERT INTO ${table} SELECT * FROM kept`);
        await run('DROP TABLE kept');
      }
    }
    expect(await broken()).toEqual([]);
  });

  test.each(CHAINS)('finds a deleted row (%s)', async (strand) => {
    await run(`DELETE FROM ${TABLE[strand]} WHERE lane = $1 AND seq = 2`, [lane]);
    expect(await broken()).toMatchObject([{ strand, lane, links: 1, broken: { seq: 2, reason: 'missing' } }]);
  });

  test('finds a deleted row when those after it moved up', async () => {
    await run('DELETE FROM audit_event WHERE lane = $1 AND seq = 2', [lane]);
    await run('ALTER TABLE audit_event DROP CONSTRAINT audit_event_pkey');
    await run('UPDATE audit_event SET seq = seq - 1 WHERE lane = $1 AND seq > 2', [lane]);
    expect(await broken()).toMatchObject([{ strand: 'event', lane, broken: { seq: 2, reason: 'changed' } }]);
  });

  test.each(CHAINS)('finds two rows that changed places (%s)', async (strand) => {
    const table = TABLE[strand];
    await run(`ALTER TABLE ${table} DROP CONSTRAINT ${table}_pkey`);
    await run(`UPDATE ${table} SET seq = 5 - seq WHERE lane = $1 AND seq IN (2, 3)`, [lane]);
    expect(await broken()).toMatchObject([{ strand, lane, broken: { seq: 2, reason: 'changed' } }]);
  });

  test.each(CHAINS)('finds a row put in between and one put at the end (%s)', async (strand) => {
    const table = TABLE[strand];
    const copyThirdTo = (seq: number) =>
      run(
        `INSERT INTO ${table} SELECT (jsonb_populate_record(x, jsonb_build_object('seq', ${seq}))).*
         FROM ${table} x WHERE lane = $1 AND seq = 3`,
        [lane],
      );
    await copyThirdTo(1000);
    expect(await broken()).toMatchObject([{ strand, lane, broken: { reason: 'beyond-head' } }]);
    await run(`DELETE FROM ${table} WHERE lane = $1 AND seq = 1000`, [lane]);
    await run(`ALTER TABLE ${table} DROP CONSTRAINT ${table}_pkey`);
    await run(`UPDATE ${table} SET seq = seq + 1 WHERE lane = $1 AND seq > 3`, [lane]);
    await copyThirdTo(4);
    expect(await broken()).toMatchObject([{ strand, lane, broken: { seq: 4, reason: 'changed' } }]);
  });

  test.each(CHAINS)('finds rows cut off the end (%s)', async (strand) => {
    const table = TABLE[strand];
    await run(`DELETE FROM ${table} WHERE lane = $1 AND seq > 3`, [lane]);
    expect(await broken()).toMatchObject([
      { strand, lane, links: 3, broken: { seq: 4, reason: 'truncated' } },
    ]);
  });

  test('finds rows cut off the end when the head was made to fit, and writes no more into that lane', async () => {
    await run('DELETE FROM audit_event WHERE lane = $1 AND seq > 3', [lane]);
    await run(
      'UPDATE audit_head SET events = 3, event_mac = (SELECT mac FROM audit_event WHERE lane = $1 AND seq = 3) WHERE lane = $1',
      [lane],
    );
    // Forged heads break both chains of the lane.
    const found = [
      { strand: 'event', lane, broken: { reason: 'head-forged' } },
      { strand: 'disclosure', lane, broken: { reason: 'head-forged' } },
    ];
    expect(await broken()).toMatchObject(found);
    const next = open();
    const alarms = () => lines.filter((line) => line.includes('tampered'));
    const append = () => fresh.database.transaction((tx) => next.trail.append(tx, looked));
    // Each transaction begins at a lane drawn by lot: sooner or later one draws this.
    for (let n = 0; n < 300 && alarms().length === 0; n += 1) await append();
    await Promise.all(Array.from({ length: 12 }, append));
    await next.close();
    expect(await broken()).toMatchObject(found);
    expect(alarms()).toHaveLength(1);
  });

  test('finds a lane that was emptied with its head, and does not begin it anew', async () => {
    for (const table of ['audit_event', 'disclosure', 'audit_head'])
      await run(`DELETE FROM ${table} WHERE lane = $1`, [lane]);
    await write(audit, 20);
    expect(await broken()).toMatchObject([
      { strand: 'event', lane, broken: { reason: 'head-missing' } },
      { strand: 'disclosure', lane, broken: { reason: 'head-missing' } },
    ]);
  });

  test('finds all heads gone, and does not begin anew over old rows', async () => {
    await run('DELETE FROM audit_head');
    await expect(write(audit, 1)).rejects.toThrow('no intact lane');
    expect(await broken()).toHaveLength(16);
  });

  test('finds an old state that was put back with its heads, by the anchors in the log', async () => {
    await run('CREATE TABLE old_event AS SELECT * FROM audit_event');
    await run('CREATE TABLE old_head AS SELECT * FROM audit_head');
    await write(audit, 10);
    await audit.close();
    const anchors = anchorsFromLog(['{"msg":"other"}', 'no json "anchors"', ...lines].join('\n'));
    expect(anchors.length).toBeGreaterThan(1);
    expect(await broken({ anchors })).toEqual([]);
    for (const [table, old] of [
      ['audit_event', 'old_event'],
      ['audit_head', 'old_head'],
    ]) {
      await run(`DELETE FROM ${table}`);
      await run(`INSERT INTO ${table} SELECT * FROM ${old}`);
    }
    expect(await broken()).toEqual([]);
    const found = await broken({ anchors });
    expect(found.length).toBeGreaterThan(0);
    expect(found.every((chain) => chain.broken?.reason === 'anchor')).toBe(true);
    // Written on, the places are taken by other links: still found.
    audit = open();
    await write(audit, 80);
    expect((await broken({ anchors })).length).toBeGreaterThan(0);
  });

  test('finds everything gone, by the anchors', async () => {
    const anchors = await audit.anchors();
    await run('TRUNCATE audit_event, disclosure, audit_head');
    expect(await broken()).toEqual([]);
    expect((await broken({ anchors })).length).toBeGreaterThan(0);
  });

  test('goes on over a new key and a new suite, and says when an old key is gone', async () => {
    const rotated = rotateKeyring(keys, 'audit');
    const next = open(parseKeyring(rotated), 'sm');
    await write(next, 20);
    expect((await next.verify()).ok).toBe(true);
    const ids = await run('SELECT DISTINCT key_id FROM audit_event ORDER BY key_id');
    expect(ids).toHaveLength(2);
    expect(JSON.stringify(ids)).toContain('sm3:');
    const { audit: own, ...rest } = JSON.parse(rotated) as { audit: unknown[] };
    const forgetful = open(parseKeyring(JSON.stringify({ ...rest, audit: own.slice(0, 1) })), 'sm');
    expect((await forgetful.verify()).chains.map((chain) => chain.broken?.reason)).toContain('key-unknown');
    await next.close();
    await forgetful.close();
  });

  test('somebody without the key cannot extend a chain', async () => {
    const stranger = open(parseKeyring(generateKeyring()));
    await expect(write(stranger, 1)).rejects.toThrow('no intact lane');
    await stranger.close();
    expect(await broken()).toEqual([]);
  });

  test('reads page by page, also while others write', async () => {
    let largest = 0;
    const { database } = fresh;
    const query = database.query;
    fresh.database = {
      ...database,
      query: async (...given: Parameters<typeof query>) => {
        const rows = await query(...given);
        largest = Math.max(largest, rows.length);
        return rows;
      },
    } as typeof database;
    const watched = open();
    const writing = write(audit, 40);
    const report = await watched.verify({ pageSize: 4 });
    await writing;
    expect(report.ok).toBe(true);
    // Four rows a page, and eight heads.
    expect(largest).toBeLessThanOrEqual(8);
    await watched.close();
  });
});
