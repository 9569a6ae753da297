/**
 * The outbox: work that must follow a change, promised in the same transaction as the change and done
 * afterwards by whichever node gets to it, again and again until it succeeds or is laid aside as dead.
 *
 * The jobs are pg-boss's, in the schema `outbox`, over our own pool. A job runs at least once: a node that
 * dies in the middle leaves it to be run again when its time is up, so handlers must bear repetition.
 */
import { randomUUID } from 'node:crypto';
import { type ConstructorOptions, type JobResult, PgBoss } from 'pg-boss';
import { z } from 'zod';
import { whole } from './config/kinds.ts';
import { withSchemaLock } from './migrate.ts';
import type { Log } from './observe/log.ts';
import { scrub } from './observe/scrub.ts';
import { type Database, type Queryable, sql, type Transaction } from './postgres.ts';

export interface QueueOptions {
  /** Attempts after the first. */
  retryLimit: number;
  /** Seconds before the second attempt; doubled, with some scatter, for each one after that. */
  retryDelaySeconds: number;
  retryDelayMaxSeconds?: number;
  /** Seconds after which an attempt counts as failed; also what it takes to miss a node that died. */
  expireInSeconds?: number;
  /** Jobs that one node works on at a time. */
  concurrency?: number;
}

export interface SendOptions {
  startAfterSeconds?: number;
  /** While a job with this key waits for its first attempt, another is not added. */
  singletonKey?: string;
}

export interface JobFacts {
  id: string;
  /** 1 for the first. */
  attempt: number;
  /** Aborted when the attempt has lasted too long or the server stops: what is done after that is done twice. */
  signal: AbortSignal;
}

/** Thrown by a worker that wants the job again later and has said why itself: nothing is broken, no stack is logged. */
export class TryAgain extends Error {}

export interface Outbox {
  /** Makes the queue and its dead letter queue `<name>-dead` known; call before sending to it. */
  queue(name: string, options: QueueOptions): Promise<void>;
  /**
   * Promises a job in the caller's transaction. Returns its id, or '' when a waiting job with the same key
   * stands for it. `data` is stored as it is: ids and references, never personal data or secrets.
   */
  send(tx: Queryable, queue: string, data: object, options?: SendOptions): Promise<string>;
  /** Handles the jobs of a queue on this node, from `start` on. A handler that throws fails its job alone. */
  work<T>(queue: string, handler: (data: T, job: JobFacts) => Promise<void>): Promise<void>;
  /** `waiting` includes those to be tried again; `failed` are the dead. */
  counts(queue: string): Promise<{ waiting: number; active: number; failed: number }>;
  /** @throws when the outbox is not installed ({@link installOutbox}). */
  start(): Promise<void>;
  /** Takes no more jobs and waits for those under way, up to `stopSeconds`. */
  stop(): Promise<void>;
}

export const outboxSettings = z
  .object({
    /** Seconds between looks for waiting jobs. */
    pollSeconds: whole(1, 60).default(2),
    /** Seconds between looks for attempts whose time is up. */
    superviseSeconds: whole(1, 600).default(20),
    /** Seconds that jobs under way may take when the server stops. */
    stopSeconds: whole(1, 600).default(20),
  })
  .strict();

export type OutboxSettings = z.output<typeof outboxSettings>;

const SCHEMA = 'outbox';
const DEFAULT_CONCURRENCY = 5;
const DEFAULT_EXPIRE_SECONDS = 60;
/** A job waits this long at most, dead ones included; what was done is kept a day. */
const KEEP_SECONDS = 90 * 86_400;
const KEEP_DONE_SECONDS = 86_400;
const NEVER_SECONDS = 86_400;

const COUNTS = sql(
  'outbox-counts',
  `SELECT count(*) FILTER (WHERE name = $1 AND state IN ('created', 'retry'))::int AS waiting,
          count(*) FILTER (WHERE name = $1 AND state = 'active')::int AS active,
          count(*) FILTER (WHERE name = $2 AND state IN ('created', 'retry'))::int AS failed
   FROM ${SCHEMA}.job WHERE name IN ($1, $2) AND state IN ('created', 'retry', 'active')`,
);

/**
 * Creates or upgrades the tables of the outbox; part of migrating, so that serving nodes need no right to
 * change the schema. Safe to run on several nodes at once.
 */
export const installOutbox = (database: Database): Promise<void> =>
  // The library's own CREATE SCHEMA IF NOT EXISTS fails when two nodes come to it at the same moment.
  withSchemaLock(database, () => install(database));

async function install(database: Database): Promise<void> {
  const boss = new PgBoss({ ...bossOptions(database), migrate: true, createSchema: true, supervise: false });
  const errors: unknown[] = [];
  boss.on('error', (error) => errors.push(error));
  await boss.start();
  // An upgrade builds its indexes after the tables; done means done.
  for (;;) {
    const open = (await boss.getBamStatus()).filter(
      ({ status }) => status === 'pending' || status === 'in_progress',
    );
    if (open.length === 0 || errors.length > 0) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await boss.stop({ close: false });
  if (errors.length > 0) throw errors[0];
}

export function openOutbox(
  database: Database,
  { settings = outboxSettings.parse({}), log }: { settings?: OutboxSettings; log?: Log } = {},
): Outbox {
  const boss = new PgBoss({
    ...bossOptions(database),
    migrate: false,
    superviseIntervalSeconds: settings.superviseSeconds,
    monitorIntervalSeconds: settings.superviseSeconds,
  });
  boss.on('error', (error) => log?.warn({ err: error }, 'the outbox could not do its rounds'));
  boss.on('warning', ({ message }) => log?.warn({ warning: message }, 'the outbox warns'));
  const concurrencies = new Map<string, number>();
  const workers: (() => Promise<void>)[] = [];
  const working = new Map<string, string[]>();
  /** This node looks for jobs of the queue at once instead of at its next round. */
  const wake = (queue: string) => {
    for (const worker of working.get(queue) ?? []) boss.notifyWorker(worker);
  };
  let started = false;

  async function work<T>(name: string, handler: (data: T, job: JobFacts) => Promise<void>): Promise<void> {
    const worker = await boss.work<
      T,
      unknown,
      { batchSize: number; pollingIntervalSeconds: number; perJobResults: true }
    >(
      name,
      {
        batchSize: concurrencies.get(name) ?? DEFAULT_CONCURRENCY,
        pollingIntervalSeconds: settings.pollSeconds,
        perJobResults: true,
      },
      async (jobs) => {
        const results = await Promise.all(
          jobs.map(async ({ id, data, retryCount, signal }): Promise<JobResult> => {
            try {
              await handler(data, { id, attempt: retryCount + 1, signal });
              return { id, status: 'completed' };
            } catch (error) {
              if (!(error instanceof TryAgain))
                log?.warn({ err: error, queue: name, job: id, attempt: retryCount + 1 }, 'a job failed');
              return {
                id,
                status: 'failed',
                output: { message: scrub(String((error as Error)?.message ?? error)) },
              };
            }
          }),
        );
        // There may be more: look again at once instead of after the pause.
        boss.notifyWorker(worker);
        return results;
      },
    );
    working.set(name, [...(working.get(name) ?? []), worker]);
  }

  return {
    async queue(name, options) {
      const dead = `${name}-dead`;
      const kept = { retentionSeconds: KEEP_SECONDS, deleteAfterSeconds: KEEP_DONE_SECONDS };
      const own = {
        ...kept,
        retryLimit: options.retryLimit,
        retryDelay: options.retryDelaySeconds,
        retryBackoff: true,
        ...(options.retryDelayMaxSeconds === undefined
          ? {}
          : { retryDelayMax: options.retryDelayMaxSeconds }),
        expireInSeconds: options.expireInSeconds ?? DEFAULT_EXPIRE_SECONDS,
        deadLetter: dead,
      };
      concurrencies.set(name, options.concurrency ?? DEFAULT_CONCURRENCY);
      await boss.createQueue(dead, kept);
      // "short": one waiting job per key; jobs without a key of their own get one in send.
      await boss.createQueue(name, { ...own, policy: 'short' });
      // An earlier start may have made it with other numbers.
      await boss.updateQueue(name, own);
    },
    async send(tx, queue, data, { startAfterSeconds, singletonKey } = {}) {
      // pg-boss would look an unknown queue up outside the transaction; on the embedded database that
      // statement waits for the transaction, and the transaction for it.
      if (!concurrencies.has(queue)) throw new Error(`the queue ${queue} has not been made known`);
      const id = await boss.send(queue, data, {
        db: { executeSql: async (text, values) => ({ rows: await tx.query(text, values) }) },
        singletonKey: singletonKey ?? randomUUID(),
        ...(startAfterSeconds === undefined ? {} : { startAfter: startAfterSeconds }),
      });
      if (startAfterSeconds === undefined) afterCommit(tx, () => wake(queue));
      return id ?? '';
    },
    async work(queue, handler) {
      if (started) await work(queue, handler);
      else workers.push(() => work(queue, handler));
    },
    async counts(queue) {
      const rows = await database.query<{ waiting: number; active: number; failed: number }>(COUNTS, [
        queue,
        `${queue}-dead`,
      ]);
      return rows[0]!;
    },
    async start() {
      if (!(await boss.isInstalled())) throw new Error('the outbox has no tables: run the migrations first');
      await boss.start();
      started = true;
      for (const begin of workers.splice(0)) await begin();
    },
    async stop() {
      await boss.stop({ close: false, graceful: true, timeout: settings.stopSeconds * 1_000 });
    },
  };
}

/** A statement outside a transaction is committed already. */
function afterCommit(on: Queryable, work: () => void): void {
  if ('whenOver' in on) (on as Transaction).whenOver(work);
  else work();
}

/** What all instances share: our pool, and nothing switched on that is not used. */
function bossOptions(database: Database): ConstructorOptions {
  return {
    db: throughPool(database),
    schema: SCHEMA,
    schedule: false,
    useListenNotify: false,
    reindex: false,
    monitorVacuum: false,
    registerInstance: false,
    persistWarnings: false,
    flowIntervalSeconds: NEVER_SECONDS,
    maintenanceIntervalSeconds: 3_600,
    openTelemetry: { enabled: false },
  };
}

type PgBossDatabase = NonNullable<ConstructorOptions['db']>;

function throughPool(database: Database): PgBossDatabase {
  return {
    async executeSql(text, values) {
      const client = await database.client();
      try {
        // Several statements in one text answer with several results.
        const result = (await client.query(text, values)) as unknown as
          | { rows: object[] }
          | { rows: object[] }[];
        client.release();
        return Array.isArray(result) ? { rows: result.flatMap((part) => part.rows) } : result;
      } catch (error) {
        // The text may have begun a transaction of its own: the connection is not fit for others.
        client.release(true);
        throw error;
      }
    },
  };
}
