/**
 * The databases a store, adapter, race or journey test runs on: always the embedded one, and the real
 * PostgreSQL where one answers (always in CI, see template.ts). Use: `describe.each(stores)('…', (store) => …)`.
 */
import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '../../src/platform/postgres.ts';
import { withServer } from './template.ts';

/** A fresh migrated database. `url` and `folder` let a second process open the same one. */
export interface FreshDatabase {
  database: Database;
  url: string | undefined;
  folder: string;
  /** Closes and removes it. */
  drop(): Promise<void>;
}

export interface Store {
  name: 'embedded' | 'postgres';
  fresh(): Promise<FreshDatabase>;
}

const embedded: Store = {
  name: 'embedded',
  async fresh() {
    const folder = mkdtempSync(join(tmpdir(), 'yihao-test-'));
    cpSync(process.env.TEST_TEMPLATE_FOLDER!, folder, { recursive: true });
    const database = await openDatabase({ folder, poolSize: 4 });
    return {
      database,
      url: undefined,
      folder,
      async drop() {
        await database.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
};

const postgres: Store = {
  name: 'postgres',
  async fresh() {
    const server = process.env.TEST_POSTGRES!;
    const name = `yihao_test_${randomBytes(6).toString('hex')}`;
    await withServer(server, (client) =>
      client.query(`CREATE DATABASE ${name} TEMPLATE ${process.env.TEST_POSTGRES_TEMPLATE}`),
    );
    const url = new URL(server);
    url.pathname = `/${name}`;
    const folder = mkdtempSync(join(tmpdir(), 'yihao-test-'));
    const database = await openDatabase({ url: url.href, poolSize: 10, folder });
    return {
      database,
      url: url.href,
      folder,
      async drop() {
        await database.close();
        await withServer(server, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
};

/** The embedded database first; the real one too where it answers. */
export const stores: Store[] = process.env.TEST_POSTGRES ? [embedded, postgres] : [embedded];

/** A Redis for this run, or undefined where none answers (never in CI). Use a random key prefix. */
export const testRedis: string | undefined = process.env.TEST_REDIS;
