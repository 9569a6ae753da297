/**
 * Removes expired records. It walks the table page by page (a TID range scan) instead of asking an index on
 * the expiry: the index would cost every write something, the walk costs a few milliseconds a minute. One
 * process at a time walks; the others find the lock taken and let it be.
 */
import type { PoolClient } from 'pg';
import { whileAlone } from '../platform/alone.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/postgres.ts';

export interface SweeperOptions {
  database: Database;
  clock: Clock;
  /** Told of a walk that broke off; the next one begins anew. */
  onError?: (error: unknown) => void;
  /** Between two walks, in seconds. */
  everySeconds?: number;
  /** Pages (8 KB) of one statement. */
  pages?: number;
  /** Rest between two statements, in milliseconds. */
  restMs?: number;
}

export interface Sweeper {
  /** Walks once now. @returns how many rows went; undefined when another process is walking */
  sweep(): Promise<number | undefined>;
  /** Stops after the statement that is running. */
  stop(): Promise<void>;
}

const TABLES = ['oidc_record', 'oidc_grant'] as const;
const LOCK = 7_419_050;

export function startSweeper(options: SweeperOptions): Sweeper {
  const { database, clock, onError = () => {}, everySeconds = 60, pages = 500, restMs = 20 } = options;
  let stopped = false;
  let walking: Promise<number | undefined> = Promise.resolve(undefined);

  const walk = (): Promise<number | undefined> =>
    whileAlone(database, LOCK, async (client) => {
      let gone = 0;
      for (const table of TABLES) gone += await walkTable(client, table);
      return gone;
    });

  async function walkTable(client: PoolClient, table: (typeof TABLES)[number]): Promise<number> {
    const size = `SELECT (pg_relation_size('${table}') / current_setting('block_size')::int)::int AS pages`;
    const last = ((await client.query(size)).rows[0] as { pages: number }).pages;
    let gone = 0;
    for (let page = 0; page < last && !stopped; page += pages) {
      const { rowCount } = await client.query(
        `DELETE FROM ${table} WHERE ctid >= $1::tid AND ctid < $2::tid AND expires_at <= $3`,
        [`(${page},0)`, `(${page + pages},0)`, Math.floor(clock.now().getTime() / 1000)],
      );
      gone += rowCount ?? 0;
      if (page + pages < last) await new Promise((resolve) => setTimeout(resolve, restMs));
    }
    // The embedded database has nobody who would clean up after us.
    if (gone > 0 && database.kind === 'embedded') await client.query(`VACUUM ${table}`);
    return gone;
  }

  function sweep(): Promise<number | undefined> {
    walking = walking.then(walk, walk);
    return walking;
  }

  const timer = setInterval(() => {
    sweep().catch(onError);
  }, everySeconds * 1000);
  timer.unref();

  return {
    sweep,
    async stop() {
      stopped = true;
      clearInterval(timer);
      await walking.catch(() => {});
    },
  };
}
