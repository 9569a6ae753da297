/**
 * npm run bench: Yihao and a bare oidc-provider, measured in the same run and in turns, by the same client.
 * Prints throughput, latencies, CPU per 1,000 operations (server, database, Redis apart) and the ratios
 * that docs/performance.md promises.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import pg from 'pg';
import { loadHashEngine } from '../src/credentials/hash-engine.ts';
import { cpuOfTree, memoryOf, parentOf } from './cpu.ts';
import type { Operation, Task, TurnResult } from './load.ts';
import { type Prepared, prepareYihao, type StoreKind } from './prepare.ts';

const { values: options } = parseArgs({
  options: {
    stores: { type: 'string', default: 'embedded,postgres,redis' },
    operations: { type: 'string' },
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    users: { type: 'string', default: '16' },
    persons: { type: 'string', default: '100000' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) {
  console.log(`npm run bench -- [--stores embedded,postgres,redis] [--operations "single sign-on,refresh"]
  [--seconds 4] [--rounds 3] [--users 16] [--persons 100000] [--json]
PostgreSQL at BENCH_DATABASE_URL (default postgres://root@127.0.0.1:5432/postgres), Redis at BENCH_REDIS_URL.`);
  process.exit(0);
}

const OPERATIONS: Operation[] = [
  'single sign-on',
  'password sign-in',
  'refresh',
  'client credentials',
  'introspection',
  'discovery + JWKS',
];
const BARE_PORT = 4900;
const wanted = options.operations?.split(',').map((name) => name.trim());
const operations = OPERATIONS.filter((name) => !wanted || wanted.includes(name));

interface Server {
  name: string;
  child: ChildProcess;
  prepared: Omit<Task, 'operation' | 'seconds' | 'users'>;
  /** Process roots whose CPU counts, by column. */
  trees: { server: number; database?: number; redis?: number };
}

interface Sum {
  operations: number;
  errors: number;
  firstError?: string | undefined;
  seconds: number;
  cpu: { server: number; database: number; redis: number };
  p50: number[];
  p95: number[];
  p99: number[];
  memory: number;
}

const servers: Server[] = [];
let databaseUrl: string | undefined;
try {
  for (const store of options.stores!.split(',') as StoreKind[]) {
    const prepared = await prepareYihao(store, Number(options.persons));
    if (!servers.length) servers.push(await startBare(prepared));
    servers.push(await startYihao(prepared));
  }
  const sums = new Map<string, Sum>();
  for (const operation of operations) {
    // Not counted: code that has run a few hundred times costs a fraction of code that has not.
    for (const server of servers) await turn(server, operation, new Map());
    await analyze();
    let hashing = 0;
    for (let round = 0; round < Number(options.rounds); round += 1) {
      if (operation === 'password sign-in') hashing += (await cpuOfHash()) / Number(options.rounds);
      for (const server of servers) await turn(server, operation, sums);
    }
    report(operation, sums, hashing);
  }
  if (options.json) console.log(JSON.stringify(Object.fromEntries(sums), undefined, 1));
} finally {
  for (const { child } of servers) child.kill();
}
process.exit(0);

async function turn(server: Server, operation: Operation, sums: Map<string, Sum>): Promise<void> {
  const client = fork(join(import.meta.dirname, 'load.ts'), { stdio: 'inherit' });
  const task: Task = {
    ...server.prepared,
    operation,
    seconds: Number(options.seconds),
    users: Number(options.users),
  };
  client.send(task);
  await message(client);
  const before = cpu(server);
  client.send('go');
  const result = (await message(client)) as TurnResult;
  const after = cpu(server);
  const key = `${operation}|${server.name}`;
  const sum = sums.get(key) ?? {
    operations: 0,
    errors: 0,
    seconds: 0,
    cpu: { server: 0, database: 0, redis: 0 },
    p50: [],
    p95: [],
    p99: [],
    memory: 0,
  };
  sum.operations += result.operations;
  sum.errors += result.errors;
  sum.firstError ??= result.firstError;
  sum.seconds += result.seconds;
  for (const part of ['server', 'database', 'redis'] as const) sum.cpu[part] += after[part] - before[part];
  sum.p50.push(result.p50);
  sum.p95.push(result.p95);
  sum.p99.push(result.p99);
  sum.memory = Math.max(sum.memory, memoryOf(server.trees.server));
  sums.set(key, sum);
}

/** @param hashing CPU seconds of 1,000 password hashes alone, which the bare server does not make */
function report(operation: Operation, sums: Map<string, Sum>, hashing: number): void {
  const measure = perThousand(sums.get(`${operation}|bare`)!).total + hashing;
  console.log(`\n${operation}`);
  if (hashing > 0) console.log(`  ratio to the bare server and argon2 alone (${hashing.toFixed(2)} s/1000)`);
  console.log(
    '  server            op/s    p50    p95    p99 ms   CPU s/1000: server database redis   total   ratio   MiB  errors',
  );
  for (const server of servers) {
    const sum = sums.get(`${operation}|${server.name}`)!;
    const per = perThousand(sum);
    const cells = [
      server.name.padEnd(14),
      (sum.operations / sum.seconds).toFixed(0).padStart(6),
      ...[sum.p50, sum.p95, sum.p99].map((list) => middle(list).toFixed(1).padStart(6)),
      '                ',
      per.server.toFixed(2).padStart(6),
      per.database.toFixed(2).padStart(8),
      per.redis.toFixed(2).padStart(6),
      per.total.toFixed(2).padStart(7),
      `${(per.total / measure).toFixed(2)} ×`.padStart(8),
      String(sum.memory).padStart(5),
      String(sum.errors).padStart(6),
    ];
    console.log(`  ${cells.join(' ')}`);
    if (sum.firstError) console.log(`    first error: ${sum.firstError}`);
  }
}

/** What autovacuum does within minutes, for a database that was made a moment ago: its plans are those of an empty one. */
async function analyze(): Promise<void> {
  if (!databaseUrl) return;
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('ANALYZE');
  await client.end();
}

/** CPU seconds of 1,000 checks of a password at the default cost, by the engine that the server takes. */
async function cpuOfHash(): Promise<number> {
  const engine = await loadHashEngine();
  const phc = await engine.hash('Bench-Yak-41-river', { memoryKib: 19_456, passes: 2, lanes: 1 });
  const checks = 60;
  const before = process.cpuUsage();
  for (let n = 0; n < checks; n += 2) {
    await Promise.all([engine.verify(phc, 'Bench-Yak-41-river'), engine.verify(phc, 'Bench-Yak-41-river')]);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / checks;
}

function perThousand(sum: Sum): { server: number; database: number; redis: number; total: number } {
  const scale = 1000 / Math.max(1, sum.operations);
  const { server, database, redis } = sum.cpu;
  return {
    server: server * scale,
    database: database * scale,
    redis: redis * scale,
    total: (server + database + redis) * scale,
  };
}

function middle(list: number[]): number {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
}

function cpu(server: Server): { server: number; database: number; redis: number } {
  const { trees } = server;
  return {
    server: cpuOfTree(trees.server),
    database: trees.database ? cpuOfTree(trees.database) : 0,
    redis: trees.redis ? cpuOfTree(trees.redis) : 0,
  };
}

async function startBare(prepared: Prepared): Promise<Server> {
  const { first, second, refreshing, machine } = prepared.task;
  const clients = [first, second, refreshing, machine].map((app) => ({
    client_id: app.clientId,
    client_secret: app.secret,
    redirect_uris: app === machine ? [] : [app.redirectUri],
    response_types: app === machine ? [] : ['code'],
    grant_types:
      app === machine
        ? ['client_credentials']
        : ['authorization_code', ...(app === refreshing ? ['refresh_token'] : [])],
    id_token_signed_response_alg: 'ES256',
    scope: app === machine ? undefined : 'openid profile',
  }));
  const child = fork(
    join(import.meta.dirname, 'bare-server.ts'),
    [JSON.stringify({ port: BARE_PORT, clients })],
    {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, NODE_ENV: 'production' },
    },
  );
  await message(child);
  return {
    name: 'bare',
    child,
    prepared: { ...prepared.task, issuer: `http://127.0.0.1:${BARE_PORT}` },
    trees: { server: child.pid! },
  };
}

async function startYihao(prepared: Prepared): Promise<Server> {
  const child = fork(join(import.meta.dirname, '../src/main.ts'), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, ...prepared.env, NODE_ENV: 'production' },
  });
  await answers(`${prepared.task.issuer}/.well-known/openid-configuration`);
  const trees: Server['trees'] = { server: child.pid! };
  if (prepared.store !== 'embedded') {
    databaseUrl = prepared.env.DATABASE_URL!;
    trees.database = await postmaster(databaseUrl);
  }
  if (prepared.store === 'redis') trees.redis = await redisProcess(prepared.env.REDIS_URL!);
  return { name: prepared.store, child, prepared: prepared.task, trees };
}

async function postmaster(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const parent = parentOf(rows[0]!.pid);
  await client.end();
  return parent;
}

async function redisProcess(url: string): Promise<number> {
  const redis = new Redis(url);
  const info = await redis.info('server');
  redis.disconnect();
  return Number(/process_id:(\d+)/.exec(info)![1]);
}

async function answers(url: string): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    const ok = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nothing answers at ${url}`);
}

function message(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`a process of the measurement ended with ${code}`)));
  });
}
