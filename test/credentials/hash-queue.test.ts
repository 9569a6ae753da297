/** The queue bounds how many hash, how many wait and for how long, and leaves the process responsive. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as after } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { hashConcurrency, makeHashQueue, reserveThreads } from '../../src/credentials/hash-queue.ts';
import { engine } from './room.ts';

const floor = { memoryKib: 19_456, passes: 2, lanes: 1 };

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

test('never more at once than allowed, and everyone has their turn in order', async () => {
  const queue = makeHashQueue({ concurrency: 2, length: 100, waitMs: 5_000 });
  let running = 0;
  let most = 0;
  const finished: number[] = [];
  await Promise.all(
    Array.from({ length: 20 }, (_, turn) =>
      queue.run(async () => {
        running += 1;
        most = Math.max(most, running);
        await after(2);
        running -= 1;
        finished.push(turn);
      }),
    ),
  );
  expect(most).toBe(2);
  expect(finished).toEqual(finished.toSorted((a, b) => a - b));
  expect(queue.counts()).toEqual({ running: 0, waiting: 0, refused: 0 });
});

test('when the queue is full the next hears busy at once, 503 with the seconds to wait', async () => {
  const queue = makeHashQueue({ concurrency: 1, length: 2, waitMs: 60_000 });
  const { opened, open } = gate();
  const accepted = [1, 2, 3].map((value) => queue.run(() => opened.then(() => value)));
  const refused = await queue.run(async () => 4);
  expect(refused).toEqual({ ok: false, failure: { code: 'busy', status: 503, retryAfter: 1 } });
  expect(queue.counts()).toEqual({ running: 1, waiting: 2, refused: 1 });
  open();
  expect(await Promise.all(accepted)).toEqual([1, 2, 3].map((value) => ({ ok: true, value })));
});

test('who has waited for as long as allowed hears busy, and the place is free again', async () => {
  const queue = makeHashQueue({ concurrency: 1, length: 1, waitMs: 20 });
  const { opened, open } = gate();
  const first = queue.run(() => opened);
  const late = await queue.run(async () => 'never');
  expect(late.ok).toBe(false);
  expect(queue.counts().waiting).toBe(0);
  open();
  await first;
  expect(await queue.run(async () => 'now')).toEqual({ ok: true, value: 'now' });
});

test('work that throws frees its place and throws to its own caller only', async () => {
  const queue = makeHashQueue({ concurrency: 1, length: 5, waitMs: 1_000 });
  const broken = queue.run(() => Promise.reject(new Error('lost')));
  const next = queue.run(async () => 'fine');
  await expect(broken).rejects.toThrow('lost');
  expect(await next).toEqual({ ok: true, value: 'fine' });
});

test('while many hash, the event loop has time and files are read', async () => {
  const queue = makeHashQueue({ concurrency: hashConcurrency(0), length: 100, waitMs: 60_000 });
  const hashMany = (times: number) =>
    Promise.all(
      Array.from({ length: times }, () =>
        queue.run(() => engine.hash(randomBytes(32).toString('hex'), floor)),
      ),
    );
  const before = performance.eventLoopUtilization();
  await hashMany(40);
  // Hashing on the loop itself would keep it busy all the time.
  expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.5);
  let reads = 0;
  const all = hashMany(40).then(() => 'hashed');
  while ((await Promise.race([all, readFile(import.meta.filename).then(() => 'read')])) === 'read')
    reads += 1;
  expect(reads).toBeGreaterThan(40);
});

test('at least two threads of the pool stay free, and a large machine gets a larger pool', () => {
  expect(hashConcurrency(0, 2, {})).toBe(2);
  expect(hashConcurrency(0, 16, {})).toBe(2);
  expect(hashConcurrency(0, 16, { UV_THREADPOOL_SIZE: '18' })).toBe(16);
  expect(hashConcurrency(3, 16, { UV_THREADPOOL_SIZE: '18' })).toBe(3);
  expect(hashConcurrency(0, 1, { UV_THREADPOOL_SIZE: '1' })).toBe(1);
  const env: NodeJS.ProcessEnv = {};
  reserveThreads(0, 16, env);
  expect(env.UV_THREADPOOL_SIZE).toBe('18');
  reserveThreads(0, 64, env);
  expect(env.UV_THREADPOOL_SIZE).toBe('18');
});
