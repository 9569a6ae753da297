/** Makes a database with people and applications for the measurement; the same people in every store. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { openYihao, type Yihao } from '../src/app.ts';
import { enrolPerson } from '../src/enrol.ts';
import { personAt } from '../src/registries/stand-in-population.ts';
import { readSettings } from '../src/settings.ts';
import type { Task } from './load.ts';
import type { App } from './relying-party.ts';

export type StoreKind = 'embedded' | 'postgres' | 'redis';

export interface Prepared {
  store: StoreKind;
  /** Environment that makes `src/main.ts` serve this database. */
  env: Record<string, string>;
  task: Omit<Task, 'operation' | 'seconds' | 'users'>;
}

const PASSWORD = 'Bench-Yak-41-river';
const SEED = 'bench';
/** People who sign in; the others only fill the tables. */
const SIGNING_IN = 64;
const PER_TRANSACTION = 500;
/** The embedded database is for trial: it is measured with a trial's number of people. */
const MOST_EMBEDDED = 2_000;
const PORTS: Record<StoreKind, number> = { embedded: 4910, postgres: 4920, redis: 4930 };
const DATABASE_SERVER = process.env.BENCH_DATABASE_URL ?? 'postgres://root@127.0.0.1:5432/postgres';
const REDIS = process.env.BENCH_REDIS_URL ?? 'redis://127.0.0.1:6379';

let shared: { url: string; folder: string } | undefined;

const app = (id: string, more: Partial<App> = {}): App => ({
  clientId: id,
  secret: `${id}-secret-only-for-measuring-0123456789`,
  redirectUri: `http://localhost:4999/${id}/callback`,
  scope: 'openid profile',
  ...more,
});
const FIRST = app('bench-first');
const SECOND = app('bench-second');
/** Asks for refresh tokens; the others take what a website takes that signs people in. */
const REFRESHING = app('bench-refreshing');
const MACHINE = app('bench-machine');

/** Loads once per kind of database; PostgreSQL with and without Redis serve the same rows. */
export async function prepareYihao(store: StoreKind, persons: number): Promise<Prepared> {
  const port = PORTS[store];
  const env: Record<string, string> = {
    YIHAO_MODE: 'trial',
    PORT: String(port),
    YIHAO_OBSERVE__INTERNAL_PORT: '0',
    YIHAO_REGISTRIES__STAND_IN__PORT: '0',
    YIHAO_TRIAL__DEPARTMENTS: 'false',
    YIHAO_TRIAL__PEOPLE: 'false',
    // All load comes from one address and 64 people: limits stay switched on, but wide.
    YIHAO_CONFIG: join(import.meta.dirname, 'limits.yaml'),
  };
  if (store === 'embedded') env.YIHAO_DATA_FOLDER = mkdtempSync(join(tmpdir(), 'yihao-bench-'));
  else {
    const first = shared === undefined;
    shared ??= { url: await freshDatabase(), folder: mkdtempSync(join(tmpdir(), 'yihao-bench-')) };
    env.DATABASE_URL = shared.url;
    env.YIHAO_DATA_FOLDER = shared.folder;
    if (store === 'redis') {
      env.REDIS_URL = REDIS;
      env.YIHAO_REDIS__KEY_PREFIX = `bench-${process.pid}:`;
    }
    if (!first) return { store, env, task: task(port) };
  }
  const yihao = await openYihao(readSettings(env), { serving: false });
  try {
    await yihao.signingKeys.ensure();
    await declareApps(yihao);
    for (let n = 0; n < SIGNING_IN; n += 1) await enrolSignIn(yihao, n);
    await fill(yihao, SIGNING_IN, store === 'embedded' ? Math.min(persons, MOST_EMBEDDED) : persons);
    if (store !== 'embedded') await yihao.database.query('ANALYZE');
  } finally {
    await yihao.close();
  }
  return { store, env, task: task(port) };
}

const task = (port: number): Prepared['task'] => ({
  issuer: `http://localhost:${port}`,
  people: Array.from({ length: SIGNING_IN }, (_, n) => ({
    identifier: personAt(SEED, citizen(n)).document.number,
    password: PASSWORD,
  })),
  first: FIRST,
  second: SECOND,
  refreshing: REFRESHING,
  machine: MACHINE,
});

/** Living citizens only: the n-th one of the population. */
function citizen(n: number): number {
  for (let at = citizens.at(-1) ?? -1; citizens.length <= n; ) {
    at += 1;
    const person = personAt(SEED, at);
    if (person.status === 'alive' && person.document.type === 'citizen-number') citizens.push(at);
  }
  return citizens[n]!;
}
const citizens: number[] = [];

async function declareApps({ clients }: Yihao): Promise<void> {
  for (const one of [FIRST, SECOND, REFRESHING]) {
    await clients.ensure(
      {
        client_id: one.clientId,
        client_secret: one.secret,
        client_name: one.clientId,
        redirect_uris: [one.redirectUri],
        grant_types: ['authorization_code', ...(one === REFRESHING ? ['refresh_token'] : [])],
        scope: 'openid profile',
        legal_basis: 'statutory-duty',
        sector: one.clientId,
      },
      { actor: 'system' },
    );
  }
  const machine = {
    client_id: MACHINE.clientId,
    client_secret: MACHINE.secret,
    client_name: MACHINE.clientId,
    grant_types: ['client_credentials'],
    sector: MACHINE.clientId,
  };
  const outcome = await clients.ensure(machine, { actor: 'system' });
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
}

async function enrolSignIn(yihao: Yihao, n: number): Promise<void> {
  const person = personAt(SEED, citizen(n));
  const outcome = await enrolPerson(
    yihao,
    {
      document_number: person.document.number,
      name: person.name,
      password: PASSWORD,
      identity_level: 3,
      reason: 'bench',
    },
    { actor: 'system' },
  );
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
}

async function fill({ database, accounts }: Yihao, from: number, to: number): Promise<void> {
  for (let begin = from; begin < to; begin += PER_TRANSACTION) {
    await database.transaction(async (tx) => {
      for (let n = begin; n < Math.min(to, begin + PER_TRANSACTION); n += 1) {
        const person = personAt(SEED, citizen(n));
        await accounts.create(tx, {
          document: person.document,
          name: person.name,
          phone: person.phone,
          identityLevel: 3,
          gender: person.gender,
          birthdate: person.birthdate,
        });
      }
    });
  }
}

async function freshDatabase(): Promise<string> {
  const name = 'yihao_bench';
  const client = new pg.Client({ connectionString: DATABASE_SERVER });
  await client.connect();
  await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const url = new URL(DATABASE_SERVER);
  url.pathname = `/${name}`;
  return url.href;
}
