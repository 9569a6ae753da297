import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSweeper } from '../../../src/oidc/sweeper.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import { type FreshDatabase, stores } from '../../support/stores.ts';

const NOW = 1_800_000_000;
const clock: Clock = { now: () => new Date(NOW * 1000) };

describe.each(stores)('the sweeper on $name', (store) => {
  let home: FreshDatabase;
  beforeAll(async () => {
    home = await store.fresh();
  });
  afterAll(() => home.drop());

  const fill = (rows: number, expiresAt: string) =>
    home.database.query(
      `INSERT INTO oidc_record (key, model, sealed, expires_at)
       SELECT sha256((random()::text || n)::bytea), 'AccessToken', decode(repeat('ab', 400), 'hex'), ${expiresAt}
       FROM generate_series(1, ${rows}) n`,
    );
  const count = async () =>
    (await home.database.query<{ n: number }>('SELECT count(*)::int AS n FROM oidc_record'))[0]!.n;

  test('what has expired goes, in small statements; what has not, and what never does, stays', async () => {
    await fill(2000, `${NOW} - (n % 3)`);
    await fill(500, `${NOW} + 1`);
    await fill(10, 'NULL');
    await home.database.query(
      `INSERT INTO oidc_grant (key, sealed, expires_at) VALUES ('a', '', ${NOW}), ('b', '', ${NOW + 1})`,
    );
    const sweeper = startSweeper({ database: home.database, clock, pages: 10, restMs: 1 });
    expect(await sweeper.sweep()).toBe(2001);
    expect(await count()).toBe(510);
    expect(await sweeper.sweep()).toBe(0);
    await sweeper.stop();
  });

  test('a batch is found by its pages, without reading the whole table', async () => {
    const plan = await home.database.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN DELETE FROM oidc_record WHERE ctid >= '(0,0)'::tid AND ctid < '(10,0)'::tid AND expires_at <= 1`,
    );
    expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toContain('Tid Range Scan');
  });

  test('it stops when told, in the middle of a walk, and sign-ins go on meanwhile', async () => {
    await fill(3000, `${NOW} - 1`);
    const sweeper = startSweeper({ database: home.database, clock, pages: 2, restMs: 20 });
    const walk = sweeper.sweep();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const began = Date.now();
    await fill(1, `${NOW} + 100`);
    expect(Date.now() - began).toBeLessThan(1000);
    await sweeper.stop();
    expect(await walk).toBeLessThan(3000);
    expect(await count()).toBeGreaterThan(511);
  });

  if (store.name === 'postgres') {
    test('two nodes at once: one walks, the other lets it be', async () => {
      const sweepers = [0, 1].map(() =>
        startSweeper({ database: home.database, clock, pages: 5, restMs: 20 }),
      );
      const walks = await Promise.all(sweepers.map((sweeper) => sweeper.sweep()));
      expect(walks.filter((walk) => walk === undefined)).toHaveLength(1);
      await Promise.all(sweepers.map((sweeper) => sweeper.stop()));
      expect(await count()).toBe(511);
    });
  }
});
