import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Clock } from '../../src/platform/clock.ts';
import { type LimitUse, type OpenLimits, openLimits } from '../../src/platform/limits.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { type FastStore, openRedis } from '../../src/platform/redis.ts';
import { type FreshDatabase, stores, testRedis } from '../support/stores.ts';

/** One suite over every place where counters can be kept. */
const places = [
  ...stores.map((store) => ({ name: store.name as string, store, redis: undefined as string | undefined })),
  ...(testRedis ? [{ name: 'redis', store: stores[0]!, redis: testRedis }] : []),
];

describe.each(places)('limits kept in $name', ({ store, redis: url }) => {
  const keyPrefix = `test-${randomBytes(6).toString('hex')}:`;
  let fresh: FreshDatabase;
  let redis: FastStore | undefined;
  let limits: OpenLimits;
  let now = Date.UTC(2026, 0, 1);
  const clock: Clock = { now: () => new Date(now) };
  const pass = (seconds: number) => {
    now += seconds * 1_000;
  };
  let keys = 0;
  const use = (points: number, windowSeconds = 60, cost = 1): LimitUse => {
    keys += 1;
    return { key: `k${keys}`, points, windowSeconds, cost };
  };

  beforeAll(async () => {
    fresh = await store.fresh();
    redis = url ? await openRedis({ url, keyPrefix }) : undefined;
    limits = openLimits(fresh.database, redis, clock);
  });
  afterAll(async () => {
    await limits.close();
    if (url) await dropKeys(url, keyPrefix);
    redis?.disconnect();
    await fresh.drop();
  });

  test('as many uses as there are points, then none until the window ends', async () => {
    const limit = use(3, 60);
    for (let n = 0; n < 3; n += 1) {
      expect(await limits.take([limit])).toEqual({ ok: true });
      pass(10);
    }
    expect(await limits.take([limit])).toEqual({ ok: false, key: limit.key, retryAfter: 30 });
    pass(29.5);
    expect(await limits.take([limit])).toEqual({ ok: false, key: limit.key, retryAfter: 1 });
    pass(0.5);
    expect(await limits.take([limit])).toEqual({ ok: true });
    pass(1);
    // The new window began with its first use and has all its points.
    for (let n = 0; n < 2; n += 1) expect(await limits.take([limit])).toEqual({ ok: true });
    expect(await limits.take([limit])).toMatchObject({ ok: false, retryAfter: 59 });
  });

  test('several limits at once: when one is exhausted none is charged', async () => {
    const [narrow, wide] = [use(1), use(5)];
    expect(await limits.take([narrow, wide])).toEqual({ ok: true });
    for (let n = 0; n < 10; n += 1) {
      expect(await limits.take([wide, narrow])).toMatchObject({ ok: false, key: narrow.key });
    }
    for (let n = 0; n < 4; n += 1) expect(await limits.take([wide])).toEqual({ ok: true });
    expect(await limits.take([wide])).toMatchObject({ ok: false, key: wide.key });
  });

  test('of several exhausted limits the one that lasts longest is named', async () => {
    const [short, long] = [use(0, 10), use(0, 600)];
    expect(await limits.take([short, long])).toEqual({ ok: false, key: long.key, retryAfter: 600 });
  });

  test('a use may cost more than a point; one that never fits is refused', async () => {
    const limit = use(5, 60, 2);
    expect(await limits.take([limit])).toEqual({ ok: true });
    expect(await limits.take([limit])).toEqual({ ok: true });
    expect(await limits.take([limit])).toMatchObject({ ok: false });
    expect(await limits.take([{ ...limit, cost: 1 }])).toEqual({ ok: true });
    expect(await limits.take([use(5, 60, 6)])).toMatchObject({ ok: false, retryAfter: 60 });
    expect(await limits.take([])).toEqual({ ok: true });
  });

  test('the same key twice in one question is charged for both', async () => {
    const limit = use(3);
    expect(await limits.take([limit, limit])).toEqual({ ok: true });
    expect(await limits.take([limit, limit])).toMatchObject({ ok: false });
    await expect(limits.take([limit, { ...limit, points: 4 }])).rejects.toThrow('two limits');
  });

  test('points given back can be used again, but never make more than there were', async () => {
    const limit = use(2);
    await limits.take([limit]);
    await limits.take([limit]);
    await limits.giveBack([limit]);
    expect(await limits.take([limit])).toEqual({ ok: true });
    for (let n = 0; n < 5; n += 1) await limits.giveBack([limit]);
    expect(await limits.take([{ ...limit, cost: 2 }])).toEqual({ ok: true });
    expect(await limits.take([limit])).toMatchObject({ ok: false });
    await limits.giveBack([use(2)]);
  });

  test('a cleared key begins anew, others stay', async () => {
    const [gone, kept] = [use(1), use(1)];
    await limits.take([gone, kept]);
    await limits.clear([gone.key, 'never seen']);
    expect(await limits.take([gone])).toEqual({ ok: true });
    expect(await limits.take([kept])).toMatchObject({ ok: false });
  });

  test('200 attempts at once from two processes on 5 points: 5 succeed, and other limits are charged for those alone', async () => {
    const rounds = 4;
    const children = [1, 2].map(() =>
      fork(join(import.meta.dirname, 'limits-taker.ts'), {
        env: {
          ...process.env,
          LIMITS: JSON.stringify({
            url: fresh.url,
            folder: fresh.folder,
            redis: url,
            keyPrefix,
            rounds,
            takes: 100,
          }),
        },
      }),
    );
    await Promise.all(children.map((child) => once(child, 'message')));
    for (let round = 0; round < rounds; round += 1) {
      for (const child of children) child.send({ round });
      const answers = await Promise.all(children.map((child) => once(child, 'message')));
      const ok = answers.reduce((sum, [{ taken }]) => sum + taken, 0);
      expect(ok).toBe(5);
      const open = openLimits(fresh.database, redis, { now: () => new Date() });
      // The wide limit of 50 has 45 left: charged five times, not two hundred.
      expect(
        await open.take([{ key: `race-wide-${round}`, points: 50, windowSeconds: 600, cost: 45 }]),
      ).toEqual({ ok: true });
      expect(await open.take([{ key: `race-wide-${round}`, points: 50, windowSeconds: 600 }])).toMatchObject({
        ok: false,
      });
      await open.close();
    }
    for (const child of children) child.disconnect();
  });

  test('many limits in any order, taken and given back at once, never wait for each other in a circle', async () => {
    const shared = Array.from({ length: 8 }, () => use(1_000_000));
    const started = Date.now();
    await Promise.all(
      Array.from({ length: 120 }, async (_, n) => {
        const some = [...shared.slice(n % 8), ...shared.slice(0, n % 8)];
        if (n % 3 === 2) await limits.giveBack(some);
        else expect(await limits.take(some.slice(0, 1 + (n % 8)))).toEqual({ ok: true });
      }),
    );
    // A deadlock is found by the server only after a second.
    expect(Date.now() - started).toBeLessThan(15_000);
  });
});

describe.each(stores)('expired counters in $name', (store) => {
  test('are swept, those still running are not', async () => {
    const fresh = await store.fresh();
    let now = Date.UTC(2026, 0, 1);
    const limits = openLimits(fresh.database, undefined, { now: () => new Date(now) });
    const many = Array.from({ length: 1_200 }, (_, n) => ({ key: `old${n}`, points: 1, windowSeconds: 10 }));
    await limits.take(many);
    await limits.take([{ key: 'running', points: 1, windowSeconds: 100 }]);
    now += 10_000;
    expect(await limits.sweep()).toBe(1_200);
    expect(await keysOf(fresh.database)).toEqual(['running']);
    expect(await limits.sweep()).toBe(0);
    await limits.close();
    await fresh.drop();
  });
});

const keysOf = async (database: Database) =>
  (await database.query<{ key: string }>('SELECT key FROM limit_counter')).map((row) => row.key);

async function dropKeys(url: string, prefix: string): Promise<void> {
  const redis = await openRedis({ url, keyPrefix: '' });
  const keys = (await redis?.keys(`${prefix}*`)) ?? [];
  if (keys.length > 0) await redis?.del(...keys);
  redis?.disconnect();
}
