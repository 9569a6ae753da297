/**
 * The database: one pool, prepared statements, short transactions. The same SQL runs on PostgreSQL and on
 * the embedded database.
 */
import pg from 'pg';
import { joinEmbedded } from './embedded.ts';

/** SQL with a name, prepared once per connection. Make them at module level with {@link sql}. */
export interface Statement {
  name: string;
  text: string;
}

/** Something that runs statements: the database itself, or an open transaction handed on as first argument. */
export interface Queryable {
  query<Row extends object = Record<string, unknown>>(
    statement: Statement | string,
    values?: readonly unknown[],
  ): Promise<Row[]>;
}

/** An open transaction. Branded, so that a use-case can demand one. */
export interface Transaction extends Queryable {
  readonly inTransaction: true;
  /** Called once it is over, committed or not: for forgetting what this process remembers. Must not throw. */
  whenOver(work: () => void): void;
}

export interface Database extends Queryable {
  readonly kind: 'postgres' | 'embedded';
  /** Runs `work` in one transaction: committed when it returns, rolled back when it throws. */
  transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result>;
  /** The driver's settings, for libraries that bring their own pool (migrations). */
  readonly connection: pg.PoolConfig;
  /** A client of its own for COPY or session-level locks; the caller releases it. */
  client(): Promise<pg.PoolClient>;
  /** Whether the embedded database of this folder is served by another process at this moment. */
  guest(): boolean;
  /** Connections open, unused, and statements waiting for one. */
  poolCounts(): { total: number; idle: number; waiting: number };
  close(): Promise<void>;
}

export interface DatabaseSettings {
  /** postgres:// URL; without one the embedded database in `folder` is used. */
  url?: string | undefined;
  poolSize: number;
  folder: string;
}

/** Names a statement. Names are unique in a process; the same text gets the same name. */
export const sql = (name: string, text: string): Statement => ({ name, text });

/**
 * Opens the database. The embedded one is served by the first process that opens its folder; others connect
 * to it through its socket, and one of them takes over when it ends.
 */
export async function openDatabase(settings: DatabaseSettings): Promise<Database> {
  const { url, poolSize, folder } = settings;
  if (url) {
    const connection = { connectionString: url, max: poolSize };
    const pool = makePool(connection);
    return poolDatabase({
      ...{ kind: 'postgres', connection, pool, connect: () => pool.connect() },
      guest: () => false,
      withClient: (work) => work(pool),
      close: async () => {
        if (!pool.ending) await pool.end();
      },
    });
  }
  return openEmbedded(folder);
}

async function openEmbedded(folder: string): Promise<Database> {
  let place = await joinEmbedded(folder);
  const connection = { ...place.address, user: 'postgres', database: 'postgres', max: 8 };
  const pool = makePool(connection);
  let moving: Promise<void> | undefined;

  /** Nobody serves any more: this process does, or finds the one that was quicker. */
  async function move(): Promise<void> {
    place = await joinEmbedded(folder);
    for (const options of [connection, pool.options]) Object.assign(options, place.address);
  }

  const connect = async (): Promise<pg.PoolClient> => {
    try {
      return await pool.connect();
    } catch (error) {
      if (pool.ending || !NOBODY_THERE.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      moving ??= move().finally(() => {
        moving = undefined;
      });
      await moving;
      return pool.connect();
    }
  };

  return poolDatabase({
    ...{ kind: 'embedded', connection, pool, connect },
    guest: () => place.guest,
    async withClient(work) {
      const client = await connect();
      // A client that lost its connection is not taken back into the pool.
      return work(client).finally(() => client.release());
    },
    async close() {
      if (pool.ending) return;
      await pool.end();
      await moving?.catch(() => {});
      await place.leave();
    },
  });
}

/** The socket is gone; or it is left from a process that was killed. */
const NOBODY_THERE = new Set(['ENOENT', 'ECONNREFUSED']);

function makePool(connection: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({ connectionTimeoutMillis: 10_000, idleTimeoutMillis: 60_000, ...connection });
  // A lost connection is replaced at the next use; without listeners it would end the process: the pool's while
  // it is unused, its own while a transaction holds it.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

function poolDatabase(parts: {
  kind: Database['kind'];
  connection: pg.PoolConfig;
  pool: pg.Pool;
  connect(): Promise<pg.PoolClient>;
  guest(): boolean;
  /** One statement on any connection. */
  withClient<Result>(work: (on: Pick<pg.Pool, 'query'>) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}): Database {
  const { kind, connection, pool, connect } = parts;
  // The embedded database is one session for all connections, so statement names would meet: send none.
  const prepared = kind === 'postgres';
  const run = async <Row extends object>(
    on: Pick<pg.Pool, 'query'>,
    statement: Statement | string,
    values: readonly unknown[] = [],
  ): Promise<Row[]> => {
    const text = typeof statement === 'string' ? statement : statement.text;
    const name = prepared && typeof statement !== 'string' ? statement.name : undefined;
    const result = await on.query<Row>({ text, values: values as unknown[], ...(name ? { name } : {}) });
    return result.rows;
  };
  return {
    kind,
    connection,
    query: (statement, values) => parts.withClient((on) => run(on, statement, values)),
    client: connect,
    guest: parts.guest,
    poolCounts: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    async transaction(work) {
      const client = await connect();
      const over: (() => void)[] = [];
      let broken: Error | undefined;
      try {
        await client.query('BEGIN');
        const result = await work({
          inTransaction: true,
          whenOver: (done) => void over.push(done),
          query: (statement, values) => run(client, statement, values),
        });
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK').catch((lost: Error) => {
          broken = lost;
        });
        throw error;
      } finally {
        client.release(broken);
        for (const done of over) done();
      }
    },
    close: parts.close,
  };
}

/** A transaction whose work may fail by its rules: a failure is returned, and leaves nothing behind. */
export async function rollingBack<Result extends { ok: boolean }>(
  database: Database,
  work: (tx: Transaction) => Promise<Result>,
): Promise<Result> {
  let refused: Result | undefined;
  try {
    return await database.transaction(async (tx) => {
      const result = await work(tx);
      if (result.ok) return result;
      refused = result;
      throw new Error('rolled back');
    });
  } catch (error) {
    if (refused) return refused;
    throw error;
  }
}

/** PostgreSQL error 23505: a unique index said no. Optionally of one constraint. */
export const isUniqueViolation = (error: unknown, constraint?: string): boolean =>
  (error as { code?: string }).code === '23505' &&
  (constraint === undefined || (error as { constraint?: string }).constraint === constraint);
