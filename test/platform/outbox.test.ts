import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installOutbox, type Outbox, openOutbox, outboxSettings } from '../../src/platform/outbox.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';

const settings = outboxSettings.parse({ pollSeconds: 1, superviseSeconds: 1, stopSeconds: 5 });
const quick = { retryLimit: 2, retryDelaySeconds: 0, expireInSeconds: 30 };

describe.each(stores)('the outbox on $name', (store) => {
  let fresh: FreshDatabase;
  let outbox: Outbox;
  const name = () => `q-${randomUUID().slice(0, 8)}`;
  const until = async (holds: () => boolean | Promise<boolean>, seconds = 30) => {
    const end = Date.now() + seconds * 1_000;
    while (!(await holds())) {
      if (Date.now() > end) throw new Error(`did not come about within ${seconds} s`);
      await wait(50);
    }
  };
  const send = (queue: string, data: object, options = {}) =>
    fresh.database.transaction((tx) => outbox.send(tx, queue, data, options));

  beforeAll(async () => {
    fresh = await store.fresh();
    // Two nodes that start together, on a database without it.
    await fresh.database.query('DROP SCHEMA IF EXISTS outbox CASCADE');
    await Promise.all([installOutbox(fresh.database), installOutbox(fresh.database)]);
    outbox = openOutbox(fresh.database, { settings });
    await outbox.start();
  });
  afterAll(async () => {
    await outbox.stop();
    await fresh.drop();
  });

  test.concurrent('a job is done after its transaction is committed; one of a transaction rolled back never was', async () => {
    const queue = name();
    const done: string[] = [];
    await outbox.queue(queue, quick);
    await outbox.work<{ what: string }>(queue, async ({ what }) => void done.push(what));
    await send(queue, { what: 'kept' });
    const undone = fresh.database.transaction(async (tx) => {
      await outbox.send(tx, queue, { what: 'undone' });
      throw new Error('changed my mind');
    });
    await expect(undone).rejects.toThrow('changed my mind');
    await until(() => done.length > 0);
    await wait(1_500);
    expect(done).toEqual(['kept']);
    expect(await outbox.counts(queue)).toEqual({ waiting: 0, active: 0, failed: 0 });
  });

  test.concurrent('the node that promised a job begins it at its commit, not at its next round', async () => {
    const patient = openOutbox(fresh.database, { settings: { ...settings, pollSeconds: 60 } });
    const queue = name();
    const done: string[] = [];
    await patient.queue(queue, quick);
    await patient.start();
    await patient.work<{ what: string }>(queue, async ({ what }) => void done.push(what));
    await patient.send(fresh.database, queue, { what: 'at once' });
    await until(() => done.length === 1);
    await fresh.database.transaction((tx) => patient.send(tx, queue, { what: 'after the commit' }));
    await until(() => done.length === 2);
    await patient.stop();
  });

  test.concurrent('a handler that fails twice and then succeeds has done its job, and the others of the batch are not repeated', async () => {
    const queue = name();
    const attempts: string[] = [];
    await outbox.queue(queue, quick);
    await send(queue, { what: 'weak' });
    await send(queue, { what: 'strong' });
    await outbox.work<{ what: string }>(queue, async ({ what }, job) => {
      attempts.push(`${what}${job.attempt}`);
      if (what === 'weak' && job.attempt < 3) throw new Error('not today');
    });
    await until(() => attempts.length === 4);
    expect(attempts.toSorted()).toEqual(['strong1', 'weak1', 'weak2', 'weak3']);
    expect(await outbox.counts(queue)).toMatchObject({ failed: 0 });
  });

  test.concurrent('a job that never succeeds is laid aside with its data, and its error without what it quotes', async () => {
    const queue = name();
    let attempts = 0;
    await outbox.queue(queue, quick);
    await outbox.work(queue, async () => {
      attempts += 1;
      throw new Error('no such number 54019919000101001X');
    });
    await send(queue, { what: 'hopeless' });
    await until(async () => (await outbox.counts(queue)).failed === 1);
    expect(attempts).toBe(3);
    const rows = await fresh.database.query('SELECT * FROM outbox.job WHERE name LIKE $1', [`${queue}%`]);
    expect(JSON.stringify(rows)).toContain('hopeless');
    expect(JSON.stringify(rows)).toContain('no such number [number]');
    expect(JSON.stringify(rows)).not.toContain('54019919000101001X');
  });

  test.concurrent('a retry waits, longer each time', async () => {
    const queue = name();
    const times: number[] = [];
    await outbox.queue(queue, { retryLimit: 2, retryDelaySeconds: 2, retryDelayMaxSeconds: 60 });
    await outbox.work(queue, async () => {
      times.push(Date.now());
      throw new Error('down');
    });
    await send(queue, {});
    await until(() => times.length === 3);
    expect(times[1]! - times[0]!).toBeGreaterThan(900);
    expect(times[2]! - times[1]!).toBeGreaterThan(1_900);
  });

  test.concurrent('a job can be put off, and one that waits under the same key stands for the next', async () => {
    const queue = name();
    const done: number[] = [];
    await outbox.queue(queue, quick);
    await outbox.work<{ n: number }>(queue, async ({ n }) => void done.push(n));
    expect(await send(queue, { n: 1 }, { singletonKey: 'a', startAfterSeconds: 2 })).not.toBe('');
    expect(await send(queue, { n: 2 }, { singletonKey: 'a' })).toBe('');
    await send(queue, { n: 3 }, { singletonKey: 'b' });
    await until(() => done.length === 1);
    expect(done).toEqual([3]);
    await until(() => done.length === 2);
    expect(done).toEqual([3, 1]);
    await send(queue, { n: 4 }, { singletonKey: 'a' });
    await until(() => done.length === 3);
  });

  test.concurrent('a process that only sends, and works no jobs, need not start', async () => {
    const queue = name();
    const sender = openOutbox(fresh.database, { settings });
    await sender.queue(queue, quick);
    await fresh.database.transaction((tx) => sender.send(tx, queue, { what: 'from the command line' }));
    await sender.stop();
    expect(await outbox.counts(queue)).toMatchObject({ waiting: 1 });
  });

  test.concurrent('two nodes share the jobs: each is done once', async () => {
    const queue = name();
    const other = openOutbox(fresh.database, { settings });
    await other.start();
    const done: string[] = [];
    for (const [node, box] of [
      ['a', outbox],
      ['b', other],
    ] as const) {
      await box.queue(queue, { ...quick, concurrency: 3 });
      await box.work<{ n: number }>(queue, async ({ n }) => {
        await wait(100);
        done.push(`${n}${node}`);
      });
    }
    await fresh.database.transaction(async (tx) => {
      for (let n = 0; n < 60; n += 1) await outbox.send(tx, queue, { n });
    });
    await until(() => done.length >= 60);
    await wait(1_000);
    expect(new Set(done.map((one) => one.slice(0, -1))).size).toBe(60);
    expect(done).toHaveLength(60);
    expect(new Set(done.map((one) => one.at(-1)))).toEqual(new Set(['a', 'b']));
    await other.stop();
  });

  test.concurrent('a node killed in the middle of a job: the job is run again', async () => {
    const queue = name();
    await outbox.queue(queue, { ...quick, expireInSeconds: 3 });
    const child = fork(join(import.meta.dirname, 'outbox-worker.ts'), {
      env: { ...process.env, OUTBOX: JSON.stringify({ url: fresh.url, folder: fresh.folder, queue }) },
    });
    await started(child);
    await send(queue, { what: 'survives' });
    await once(child, 'message');
    expect(await outbox.counts(queue)).toMatchObject({ active: 1 });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const done: number[] = [];
    await outbox.work(queue, async (_data, { attempt }) => void done.push(attempt));
    await until(() => done.length > 0);
    expect(done).toEqual([2]);
  });

  test.concurrent('when the server stops, a job under way is finished and the next is left to others', async () => {
    const queue = name();
    const own = openOutbox(fresh.database, { settings });
    await own.queue(queue, { ...quick, concurrency: 1 });
    const done: number[] = [];
    let begun = 0;
    await own.work<{ n: number }>(queue, async ({ n }) => {
      begun += 1;
      await wait(700);
      done.push(n);
    });
    await own.start();
    await fresh.database.transaction((tx) => own.send(tx, queue, { n: 1 }));
    await fresh.database.transaction((tx) => own.send(tx, queue, { n: 2 }));
    // This node does not know the queue: it says so instead of asking while the transaction holds the session.
    await expect(send(queue, { n: 3 })).rejects.toThrow('not been made known');
    await until(() => begun === 1);
    await own.stop();
    expect(done).toEqual([1]);
    expect(await outbox.counts(queue)).toEqual({ waiting: 1, active: 0, failed: 0 });
  });

  test.concurrent('without its tables it says what to do', async () => {
    const bare = await store.fresh();
    await bare.database.query('DROP SCHEMA IF EXISTS outbox CASCADE');
    await expect(openOutbox(bare.database).start()).rejects.toThrow('run the migrations first');
    await bare.drop();
  });
});

async function started(child: ChildProcess): Promise<void> {
  const [message] = await once(child, 'message');
  expect(message).toBe('ready');
}
