/** A database of its own for each store, with the people of the measurement; taken away at the end, whatever happens. */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { openYihao } from '../../src/app.ts';
import { readSettings } from '../../src/settings.ts';
import { ended } from './children.ts';
import { declareApps, enrolSigningIn } from './sign-in-people.ts';

export type StoreKind = 'embedded' | 'postgres';

export interface Prepared {
  store: StoreKind;
  /** Environment that makes the command line and the server use this database. */
  env: Record<string, string>;
  /** Of PostgreSQL: where to ask it about its own processes. */
  url: string | undefined;
  drop(): Promise<void>;
}

const SERVER = process.env.BENCH_DATABASE_URL ?? 'postgres://root@127.0.0.1:5432/postgres';
/** Indexes in the order of chance: built at the end, a large table's are made many times quicker. */
const LATE_INDEXES = ['person_fingerprint_once', 'person_fingerprint_phone'];
const LOADERS = 2;

export async function openStore(store: StoreKind, env: Record<string, string>): Promise<Prepared> {
  const folder = mkdtempSync(join(tmpdir(), 'yihao-bench-legacy-'));
  const own = { ...env, YIHAO_DATA_FOLDER: folder };
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  if (store === 'embedded') return { store, env: own, url: undefined, drop: async () => removeFolder() };
  const name = `yihao_bench_legacy_${process.pid}`;
  await onServer((client) => client.query(`CREATE DATABASE ${name}`));
  const url = new URL(SERVER);
  url.pathname = `/${name}`;
  return {
    store,
    env: { ...own, DATABASE_URL: url.href },
    url: url.href,
    async drop() {
      await onServer((client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
      removeFolder();
    },
  };
}

/** Accounts, applications and the people who sign in. */
export async function fillStore(
  { store, env }: Prepared,
  { seed, persons, signingIn }: { seed: string; persons: number; signingIn: number },
): Promise<void> {
  const yihao = await openYihao(readSettings(env), { serving: false });
  let indexes: string[] = [];
  try {
    await yihao.signingKeys.ensure();
    await declareApps(yihao);
    // The first account of a database says which key fingerprints are made with.
    await enrolSigningIn(yihao, seed, Math.max(1, signingIn));
    const found = await yihao.database.query<{ indexdef: string }>(
      'SELECT indexdef FROM pg_indexes WHERE indexname = ANY ($1::text[])',
      [LATE_INDEXES],
    );
    indexes = found.map(({ indexdef }) => indexdef);
    for (const name of LATE_INDEXES) await yihao.database.query(`DROP INDEX ${name}`);
    if (store === 'embedded') await yihao.close();
    await load(env, seed, persons, store === 'embedded' ? 1 : LOADERS);
  } finally {
    await yihao.close();
  }
  await finish(env, indexes);
}

async function load(
  env: Record<string, string>,
  seed: string,
  persons: number,
  parts: number,
): Promise<void> {
  const share = Math.ceil(persons / parts);
  await Promise.all(
    Array.from({ length: parts }, async (_, at) => {
      const task = { seed, from: at * share, to: Math.min(persons, (at + 1) * share) };
      if (task.from >= task.to) return;
      await ended(
        fork(join(import.meta.dirname, 'load-persons.ts'), [JSON.stringify(task)], {
          env: { ...process.env, ...env },
          stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        }),
      );
    }),
  );
}

async function finish(env: Record<string, string>, indexes: string[]): Promise<void> {
  const yihao = await openYihao(readSettings(env), { serving: false });
  try {
    for (const index of indexes) await yihao.database.query(index);
    // What a database that has stood for a while has done by itself.
    await yihao.database.query('VACUUM ANALYZE');
    await yihao.database.query('CHECKPOINT');
  } finally {
    await yihao.close();
  }
}

async function onServer(work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: SERVER });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
