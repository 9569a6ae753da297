/**
 * Runs once before all tests: migrates one empty database of each kind, so that every test file starts from
 * a copy instead of migrating again. A store that must be tested but does not answer fails here, loudly.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { migrate } from '../../src/platform/migrate.ts';
import { installOutbox } from '../../src/platform/outbox.ts';
import { openDatabase } from '../../src/platform/postgres.ts';

const MIGRATIONS = join(import.meta.dirname, '../../migrations');

export default async function prepare(): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'yihao-template-'));
  const embedded = await openDatabase({ folder, poolSize: 2 });
  await migrate(embedded, MIGRATIONS);
  await installOutbox(embedded);
  await embedded.close();
  process.env.TEST_TEMPLATE_FOLDER = folder;

  const server = await reachablePostgres();
  const name = `yihao_template_${process.pid}`;
  if (server) {
    await withServer(server, (client) => client.query(`CREATE DATABASE ${name}`));
    const url = new URL(server);
    url.pathname = `/${name}`;
    const database = await openDatabase({ url: url.href, poolSize: 2, folder });
    await migrate(database, MIGRATIONS);
    await installOutbox(database);
    await database.close();
    process.env.TEST_POSTGRES = server;
    process.env.TEST_POSTGRES_TEMPLATE = name;
  }
  const redis = await reachableRedis();
  if (redis) process.env.TEST_REDIS = redis;
  const missing = [
    ...(server ? [] : ['PostgreSQL (TEST_DATABASE_URL)']),
    ...(redis ? [] : ['Redis (TEST_REDIS_URL)']),
  ];
  if (missing.length > 0) {
    if (process.env.CI)
      throw new Error(`CI must test against ${missing.join(' and ')}, but nothing answers there`);
    console.warn(
      `\nNOT TESTED HERE: ${missing.join(' and ')} does not answer; its tests are left out of this run.\n`,
    );
  }
  return async () => {
    rmSync(folder, { recursive: true, force: true });
    if (server)
      await withServer(server, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
  };
}

export async function withServer<Result>(
  url: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The server the tests may create databases on, or undefined. */
async function reachablePostgres(): Promise<string | undefined> {
  const url = process.env.TEST_DATABASE_URL ?? 'postgres://root@127.0.0.1:5432/postgres';
  try {
    await withServer(url, (client) => client.query('SELECT 1'));
    return url;
  } catch {
    return undefined;
  }
}

async function reachableRedis(): Promise<string | undefined> {
  const url = process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379';
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 2_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  redis.on('error', () => {});
  try {
    await redis.connect();
    await redis.ping();
    return url;
  } catch {
    return undefined;
  } finally {
    redis.disconnect();
  }
}
