/**
 * A bounded queue in front of argon2. Both engines hash on libuv's thread pool, so the event loop never
 * waits; but as many hashes as threads would make file reads and name look-ups wait, and an unbounded number
 * would let everyone wait for ever. So: few at once, a limited number waiting for a limited time, and an
 * honest "busy" for the rest. Known and unknown people queue alike.
 */
import { availableParallelism } from 'node:os';
import { failed, type Outcome } from '../platform/failure.ts';

export interface HashQueue {
  /** Runs the work when its turn comes, or fails with `busy` (503, retryAfter). What the work throws is thrown. */
  run<Value>(work: () => Promise<Value>): Promise<Outcome<Value>>;
  /** For the metrics. */
  counts(): { running: number; waiting: number; refused: number };
}

export interface HashQueueOptions {
  concurrency: number;
  /** How many may wait. */
  length: number;
  /** How long each waits at most. */
  waitMs: number;
}

interface Waiter {
  start(): void;
  refuse(): void;
  timer: NodeJS.Timeout;
}

/** Before anything was measured. */
const FIRST_GUESS_MS = 20;

export function makeHashQueue({ concurrency, length, waitMs }: HashQueueOptions): HashQueue {
  const waiting = new Set<Waiter>();
  let running = 0;
  let refused = 0;
  let averageMs = FIRST_GUESS_MS;

  const busy = () => {
    refused += 1;
    const seconds = Math.ceil((waiting.size * averageMs) / concurrency / 1_000);
    return failed('busy', 503, { retryAfter: Math.max(1, seconds) });
  };

  const leave = (waiter: Waiter) => {
    clearTimeout(waiter.timer);
    waiting.delete(waiter);
  };

  const next = () => {
    const [first] = waiting;
    if (first === undefined) {
      running -= 1;
      return;
    }
    leave(first);
    first.start();
  };

  const perform = async <Value>(work: () => Promise<Value>): Promise<Outcome<Value>> => {
    const began = performance.now();
    try {
      return { ok: true, value: await work() };
    } finally {
      averageMs += (performance.now() - began - averageMs) / 16;
      next();
    }
  };

  return {
    counts: () => ({ running, waiting: waiting.size, refused }),
    run(work) {
      if (running < concurrency) {
        running += 1;
        return perform(work);
      }
      if (waiting.size >= length) return Promise.resolve(busy());
      return new Promise((resolve) => {
        const waiter: Waiter = {
          start: () => resolve(perform(work)),
          refuse: () => {
            leave(waiter);
            resolve(busy());
          },
          timer: setTimeout(() => waiter.refuse(), waitMs),
        };
        waiting.add(waiter);
      });
    },
  };
}

/** libuv's own default, and its most. */
const DEFAULT_THREADS = 4;
const MOST_THREADS = 1_024;
/** Threads kept for file reads, name look-ups and asynchronous crypto. */
const OTHER_WORK = 2;

const threads = (env: NodeJS.ProcessEnv) => Number(env.UV_THREADPOOL_SIZE) || DEFAULT_THREADS;

/** How many hashes run at once: what was asked for (0: one per core), but never so many that other work has no thread. */
export function hashConcurrency(wanted: number, cores = availableParallelism(), env = process.env): number {
  return Math.max(1, Math.min(wanted || cores, threads(env) - OTHER_WORK));
}

/**
 * Asks libuv for enough threads to hash on all cores and still do other work. Only has effect before the
 * first work on the pool, so the process calls it before anything else; a size the operator chose stays.
 */
export function reserveThreads(wanted = 0, cores = availableParallelism(), env = process.env): void {
  if (env.UV_THREADPOOL_SIZE) return;
  const needed = (wanted || cores) + OTHER_WORK;
  if (needed > DEFAULT_THREADS) env.UV_THREADPOOL_SIZE = String(Math.min(needed, MOST_THREADS));
}
