/**
 * What one operation on protocol records costs: microseconds of CPU in this process and in the stores, and
 * statements. Needs a PostgreSQL it may create a database on, and a Redis.
 *
 *   node bench/adapters.ts [rounds]
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { openOidcStore } from '../src/oidc/oidc-store.ts';
import type { RequestContext } from '../src/oidc/request-memory.ts';
import { systemClock } from '../src/platform/clock.ts';
import { migrate } from '../src/platform/migrate.ts';
import { type Database, openDatabase } from '../src/platform/postgres.ts';
import { type FastStore, openRedis } from '../src/platform/redis.ts';
import { parseKeyring } from '../src/platform/seal/keyring.ts';
import { sampleKeyring } from '../src/platform/seal/sample-keys.ts';
import { cpuOfTree } from './cpu.ts';

const ROUNDS = Number(process.argv[2] ?? 4000);
const PARALLEL = 16;
const FOREVER = 10_000;
const SERVER = process.env.TEST_DATABASE_URL ?? 'postgres://root@127.0.0.1:5432/postgres';
const REDIS = process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379';

const requests = new AsyncLocalStorage<RequestContext>();
const inRequest = <Result>(route: string, work: () => Promise<Result>) =>
  requests.run({ oidc: { route } }, work);
const newId = () => randomBytes(32).toString('base64url');

/** About the size of the real ones. */
const token = (more: object) => ({
  iat: 1_800_000_000,
  exp: Math.floor(Date.now() / 1000) + FOREVER,
  kind: 'x',
  jti: 'x',
  accountId: randomUUID(),
  clientId: 'housing-fund',
  gty: 'authorization_code',
  scope: 'openid profile phone offline_access',
  sid: newId(),
  acr: 'urn:yihao:acr:1:ial3:aal1',
  amr: ['pwd'],
  authTime: 1_800_000_000,
  nonce: newId(),
  ...more,
});

interface Stores {
  database: Database;
  redis: FastStore | undefined;
  /** Seconds of CPU the stores have used for us so far. */
  storeCpu(): Promise<number>;
}

async function measure(name: string, { database, redis, storeCpu }: Stores): Promise<void> {
  let statements = 0;
  const counted: Database = {
    ...database,
    query: (statement, values) => {
      statements += 1;
      return database.query(statement, values);
    },
  };
  let commands = 0;
  const store = openOidcStore({
    database: counted,
    redis,
    keyring: parseKeyring(sampleKeyring()),
    clock: systemClock,
    context: () => requests.getStore(),
  });
  const countCommands = async () =>
    redis ? Number(/total_commands_processed:(\d+)/.exec(await redis.info('stats'))![1]) : 0;

  async function run(what: string, operation: (n: number) => Promise<unknown>): Promise<void> {
    statements = 0;
    commands = await countCommands();
    const before = { own: process.cpuUsage(), stores: await storeCpu(), at: performance.now() };
    let next = 0;
    await Promise.all(
      Array.from({ length: PARALLEL }, async () => {
        while (next < ROUNDS) await operation(next++);
      }),
    );
    const { user, system } = process.cpuUsage(before.own);
    const stores = (await storeCpu()) - before.stores;
    const micros = (seconds: number) => ((seconds * 1e6) / ROUNDS).toFixed(0).padStart(5);
    const redisCommands = ((await countCommands()) - commands) / ROUNDS;
    console.log(
      `${name.padEnd(18)} ${what.padEnd(44)} ${micros((user + system) / 1e6)} ${micros(stores)}  ` +
        `${micros((performance.now() - before.at) / 1000)}  ${(statements / ROUNDS).toFixed(1)} + ${redisCommands.toFixed(1)}`,
    );
  }

  const ids = Array.from({ length: ROUNDS }, newId);
  const session = (n: number) => ({ sessionUid: `uid-${ids[n]}`, expiresWithSession: true });
  const grant = (n: number) => ({ grantId: `grant-${ids[n]}` });
  const adapter = store.adapter;
  await run('grant save', (n) =>
    adapter('Grant').upsert(`grant-${ids[n]}`, token({ openid: { scope: 'openid' } }), FOREVER),
  );
  await run('session save', (n) =>
    adapter('Session').upsert(ids[n]!, token({ uid: `uid-${ids[n]}`, authorizations: {} }), FOREVER),
  );
  await run('session find + save, unchanged', (n) =>
    inRequest('authorization', async () => {
      const found = await adapter('Session').find(ids[n]!);
      await adapter('Session').upsert(ids[n]!, { ...found, exp: found!.exp! + 1 }, FOREVER);
    }),
  );
  await run('session find + save, changed', (n) =>
    inRequest('authorization', async () => {
      const found = await adapter('Session').find(ids[n]!);
      await adapter('Session').upsert(ids[n]!, { ...found, acr: 'other' }, FOREVER);
    }),
  );
  await run('code save', (n) =>
    adapter('AuthorizationCode').upsert(ids[n]!, token({ ...grant(n), ...session(n) }), FOREVER),
  );
  await run('code find', (n) => adapter('AuthorizationCode').find(ids[n]!));
  await run('code find with session and grant', (n) =>
    inRequest('token', async () => {
      await adapter('AuthorizationCode').find(ids[n]!);
      await adapter('Session').findByUid(`uid-${ids[n]}`);
      await adapter('Grant').find(`grant-${ids[n]}`);
    }),
  );
  await run('code consume', (n) => adapter('AuthorizationCode').consume(ids[n]!));
  await run('access token save', (n) =>
    adapter('AccessToken').upsert(ids[n]!, token({ ...grant(n), ...session(n) }), FOREVER),
  );
  await run('refresh token save', (n) => adapter('RefreshToken').upsert(ids[n]!, token(grant(n)), FOREVER));
  await run('refresh token find + consume + successor', (n) =>
    inRequest('token', async () => {
      const found = await adapter('RefreshToken').find(ids[n]!);
      await adapter('Grant').find(`grant-${ids[n]}`);
      await adapter('RefreshToken').consume(ids[n]!);
      await adapter('RefreshToken').upsert(newId(), { ...found, consumed: undefined }, FOREVER);
    }),
  );
  await run('assertion seen first', (n) => store.isFirst('housing-fund', ids[n]!, 2_000_000_000));
  await run('grant end', (n) => store.endGrant(`grant-${ids[n]}`));
}

const folder = mkdtempSync(join(tmpdir(), 'yihao-bench-'));
const name = `yihao_bench_adapters_${process.pid}`;
const admin = new pg.Client({ connectionString: SERVER });
await admin.connect();
await admin.query(`CREATE DATABASE ${name}`);
const url = new URL(SERVER);
url.pathname = `/${name}`;
const database = await openDatabase({ url: url.href, poolSize: 10, folder });
await migrate(database, join(import.meta.dirname, '../migrations'));
const keyPrefix = `${name}:`;
const redis = (await openRedis({ url: REDIS, keyPrefix }))!;

const redisPid = Number(/process_id:(\d+)/.exec(await redis.info('server'))![1]);

/** Of the backends of our database alone; other databases of the server may be busy too. */
async function postgresCpu(): Promise<number> {
  const backends = await admin.query('SELECT pid FROM pg_stat_activity WHERE datname = $1', [name]);
  return backends.rows.reduce((sum, { pid }) => sum + cpuOfTree(pid), 0);
}

console.log(`CPU in µs per operation, ${PARALLEL} at a time, ${ROUNDS} each\n`);
console.log(
  `${'stores'.padEnd(18)} ${'operation'.padEnd(44)}  here store   wall  statements + redis commands (those inside scripts counted)`,
);
try {
  const postgres = { database, redis: undefined, storeCpu: postgresCpu };
  await measure('postgres', postgres);
  await database.query('TRUNCATE oidc_record, oidc_grant');
  const both = { database, redis, storeCpu: async () => (await postgresCpu()) + cpuOfTree(redisPid) };
  await measure('postgres + redis', both);
  const embedded = await openDatabase({ folder, poolSize: 4 });
  await migrate(embedded, join(import.meta.dirname, '../migrations'));
  // It runs in this process: its CPU stands under "here".
  await measure('embedded', { database: embedded, redis: undefined, storeCpu: async () => 0 });
  await embedded.close();
} finally {
  for (const key of await redis.keys(`${keyPrefix}*`)) await redis.unlink(key.slice(keyPrefix.length));
  redis.disconnect();
  await database.close();
  await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
  await admin.end();
  rmSync(folder, { recursive: true });
}
