/**
 * Migrations through knex, in the order of their file names. An advisory lock lets one node migrate while
 * the others wait; it dies with its connection, so a killed migration leaves nothing locked.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import knex, { type Knex } from 'knex';
import type { Database } from './postgres.ts';

const LOCK = 7_419_001;

interface MigrationFile {
  up(knex: Knex): Promise<void>;
}

/**
 * Runs `work` while no other node changes the schema. The lock belongs to a connection: a process that is
 * killed gives it back.
 */
export async function withSchemaLock<Result>(
  database: Database,
  work: () => Promise<Result>,
): Promise<Result> {
  const holder = await database.client();
  try {
    await holder.query('SELECT pg_advisory_lock($1)', [LOCK]);
    return await work();
  } finally {
    await holder.query('SELECT pg_advisory_unlock($1)', [LOCK]).catch(() => {});
    holder.release();
  }
}

/** Runs what has not run yet and returns the names of what ran. */
export async function migrate(database: Database, folder: string): Promise<string[]> {
  return withSchemaLock(database, async () => {
    const migrator = knex({
      client: 'pg',
      connection: database.connection as Knex.PgConnectionConfig,
      pool: { min: 0, max: 2 },
    });
    try {
      const config: Knex.MigratorConfig = {
        migrationSource: new FolderSource(folder),
        tableName: 'migration',
      };
      // We hold the real lock: knex's own lock row can only be left over from a killed process.
      await migrator.migrate.forceFreeMigrationsLock(config);
      const [, ran] = (await migrator.migrate.latest(config)) as [number, string[]];
      return ran;
    } finally {
      await migrator.destroy();
    }
  });
}

/** Names of migrations in the folder that this database has not seen. */
export async function pendingMigrations(database: Database, folder: string): Promise<string[]> {
  const present = await database.query<{ exists: boolean }>(
    `SELECT to_regclass('migration') IS NOT NULL AS exists`,
  );
  if (!present[0]?.exists) return files(folder);
  const ran = new Set(
    (await database.query<{ name: string }>('SELECT name FROM migration')).map((row) => row.name),
  );
  return files(folder).filter((name) => !ran.has(name));
}

const files = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .sort();

class FolderSource implements Knex.MigrationSource<string> {
  readonly #folder: string;
  constructor(folder: string) {
    this.#folder = folder;
  }
  getMigrations = async () => files(this.#folder);
  getMigrationName = (name: string) => name;
  getMigration = async (name: string): Promise<Knex.Migration> => {
    const file = (await import(pathToFileURL(join(this.#folder, name)).href)) as MigrationFile;
    return { up: file.up, down: async () => {} };
  };
}
