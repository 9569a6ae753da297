/** The doctor's look at the database: version, migrations, clock, and whether the keyring belongs to it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { requiredKeys } from '../accounts/store.ts';
import { makePepper } from '../credentials/pepper.ts';
import { countPeppers } from '../credentials/store.ts';
import { keyringFile, readKeyring } from '../keyring-file.ts';
import { ConfigurationError } from '../platform/config/load.ts';
import { pendingMigrations } from '../platform/migrate.ts';
import { type Database, openDatabase } from '../platform/postgres.ts';
import { makeFingerprinter } from '../platform/seal/fingerprint.ts';
import type { Keyring } from '../platform/seal/keyring.ts';
import { ROOT, type Settings } from '../settings.ts';
import type { Finding } from './doctor.ts';
import { reasonOf } from './run.ts';

const OLDEST_POSTGRES = 150_000;
/** Clocks further apart than this make tokens of one node look wrong on another. */
const CLOCK_TOLERANCE_MS = 2_000;
const LOOKS = 3;

export async function examineDatabase(settings: Settings): Promise<Finding[]> {
  const where = settings.database.url ? 'PostgreSQL' : `embedded, in ${settings.dataFolder}`;
  let database: Database | undefined;
  try {
    database = await openDatabase({ ...settings.database, folder: settings.dataFolder });
    const pending = await pendingMigrations(database, join(ROOT, 'migrations'));
    return [
      await version(database),
      migrations(pending),
      await clock(database),
      ...(pending.length > 0 ? [] : [await keyring(database, settings)]),
    ];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = error instanceof pg.DatabaseError ? error.message : (code ?? reasonOf(error));
    const advice = 'check DATABASE_URL, that the server runs, and that its user may connect';
    return [{ check: 'database', state: 'failed', found: `${where}: ${reason}`, advice }];
  } finally {
    await database?.close();
  }
}

async function version(database: Database): Promise<Finding> {
  const [row] = await database.query<{ version: string; number: number }>(
    `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number`,
  );
  const { version, number } = row!;
  const found = `${database.kind === 'postgres' ? 'PostgreSQL' : 'embedded PostgreSQL'} ${version}`;
  if (number >= OLDEST_POSTGRES) return { check: 'database', state: 'ok', found };
  return { check: 'database', state: 'failed', found, advice: 'use PostgreSQL 15 or newer' };
}

function migrations(pending: string[]): Finding {
  if (pending.length === 0) return { check: 'migrations', state: 'ok', found: 'all run' };
  const found = `${pending.length} not run`;
  return { check: 'migrations', state: 'failed', found, advice: 'run `npm run migrate`' };
}

/** The database's clock against ours: of some looks the quickest, whose answer says it most exactly. */
async function clock(database: Database): Promise<Finding> {
  let best = { off: 0, within: Number.POSITIVE_INFINITY };
  for (let look = 0; look < LOOKS; look += 1) {
    const asked = Date.now();
    const [row] = await database.query<{ now: Date }>('SELECT clock_timestamp() AS now');
    const within = (Date.now() - asked) / 2;
    if (within < best.within) best = { off: row!.now.getTime() - asked - within, within };
  }
  const apart = Math.max(0, Math.abs(best.off) - best.within);
  if (apart <= CLOCK_TOLERANCE_MS)
    return { check: 'clock', state: 'ok', found: `${Math.round(Math.abs(best.off))} ms from the database's` };
  return {
    check: 'clock',
    state: 'failed',
    found: `${(apart / 1_000).toFixed(1)} s ${best.off > 0 ? 'behind' : 'ahead of'} the database's`,
    advice:
      'synchronise the clocks of all machines (chrony or systemd-timesyncd): tokens, codes and waits go by them',
  };
}

/** Whether the keyring holds the keys that this database was written with. */
async function keyring(database: Database, settings: Settings): Promise<Finding> {
  const check = 'keyring';
  const file = keyringFile(settings);
  if (settings.mode === 'trial' && !existsSync(file))
    return { check, state: 'ok', found: 'made at the first start' };
  const keys = keyringOrFault(settings);
  if (typeof keys === 'string') return { check, state: 'failed', found: file, advice: keys };
  const { keyIds } = makeFingerprinter(keys, settings.suite);
  const pepper = makePepper(keys, settings.suite);
  const lacking = [
    ...(await requiredKeys(database))
      .filter((id) => !keyIds.includes(id))
      .map((id) => `fingerprint key ${id}, by which people are found`),
    ...(await countPeppers(database))
      .filter(({ pepper: id }) => !canApply(pepper, id))
      .map(
        ({ pepper: id, passwords }) =>
          `pepper key ${id}, of ${passwords} password${passwords === 1 ? '' : 's'}`,
      ),
  ];
  if (lacking.length === 0) return { check, state: 'ok', found: `${file} belongs to this database` };
  return {
    check,
    state: 'failed',
    found: `${file} lacks ${lacking.join('; ')}`,
    advice:
      'put these keys back behind the first of their purpose (from the copy of the keyring), restart the nodes: ' +
      'without them these people cannot sign in',
  };
}

/** What is wrong with the file, in words; production has judged it with the other settings. */
function keyringOrFault(settings: Settings): Keyring | string {
  try {
    return readKeyring(settings);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.faults.map(({ setting, right }) => `${setting} ${right}`).join('; ');
  }
}

function canApply(pepper: ReturnType<typeof makePepper>, id: string): boolean {
  try {
    pepper.apply('', id);
    return true;
  } catch {
    return false;
  }
}
