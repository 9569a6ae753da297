/**
 * Builds the rooms from the ground up, each handed exactly what it needs. No doors yet: the command line and
 * the bench use the same rooms without HTTP.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Accounts, openAccounts } from './accounts/accounts.ts';
import { type Audit, openAudit } from './audit/trail.ts';
import { type Clients, openClients } from './clients/clients.ts';
import { type Credentials, openCredentials } from './credentials/credentials.ts';
import { readKeyring } from './keyring-file.ts';
import { openLoginDoor } from './legacy/lazy/login-door.ts';
import { makeTellNews, type TellNews } from './legacy/news.ts';
import { openOldSignIn } from './legacy/old-sign-in.ts';
import { openOldLogins } from './legacy/sources/login-interface.ts';
import { type Notices, openNotices } from './notices/notices.ts';
import { openSigningKeys, type SigningKeys } from './oidc/keys.ts';
import { type OidcStore, openOidcStore } from './oidc/oidc-store.ts';
import { openManySubjects } from './oidc/subject.ts';
import { type Clock, systemClock } from './platform/clock.ts';
import { type OpenLimits, openLimits } from './platform/limits.ts';
import { migrate, pendingMigrations } from './platform/migrate.ts';
import { type Log, makeLog } from './platform/observe/log.ts';
import { type Metrics, makeMetrics, watchPool } from './platform/observe/metrics.ts';
import { installOutbox, type Outbox, openOutbox } from './platform/outbox.ts';
import { meterPartners } from './platform/partner/meter.ts';
import { type Database, openDatabase } from './platform/postgres.ts';
import { type FastStore, openRedis } from './platform/redis.ts';
import { type Fingerprinter, makeFingerprinter } from './platform/seal/fingerprint.ts';
import type { Keyring } from './platform/seal/keyring.ts';
import { makeSealer, type Sealer } from './platform/seal/sealer.ts';
import { openRegistries, type Registries } from './registries/registries.ts';
import { ROOT, type Settings } from './settings.ts';

const MIGRATIONS = join(ROOT, 'migrations');

export interface Rooms {
  settings: Settings;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  keyring: Keyring;
  sealer: Sealer;
  fingerprinter: Fingerprinter;
  database: Database;
  redis: FastStore | undefined;
  limits: OpenLimits;
  outbox: Outbox;
  audit: Audit;
  accounts: Accounts;
  clients: Clients;
  /** Tells departments' applications of their old accounts. */
  tellNews: TellNews;
  registries: Registries;
  notices: Notices;
  credentials: Credentials;
  signingKeys: SigningKeys;
  oidcStore: OidcStore;
  /** In reverse order of opening. */
  close(): Promise<void>;
}

/** Brings the database to this version; returns what ran. */
export async function migrateDatabase(settings: Settings): Promise<string[]> {
  const database = await openDatabase({ ...settings.database, folder: settings.dataFolder });
  try {
    return await bringUp(database);
  } finally {
    await database.close();
  }
}

async function bringUp(database: Database): Promise<string[]> {
  const ran = await migrate(database, MIGRATIONS);
  await installOutbox(database);
  return ran;
}

/** Trial's stand-in register follows the server's own port, behind the two sample departments. */
function withStandInPort({ registries, port }: Settings): Settings['registries'] {
  const { standIn } = registries;
  return { ...registries, standIn: { ...standIn, port: standIn.port ?? port + 3 } };
}

/**
 * Opens all rooms. `serving` false is for the command line: it starts no stand-in and works no jobs.
 * @throws ConfigurationError, or Error with what is missing.
 */
export async function openRooms(
  settings: Settings,
  options: { serving: boolean; clock?: Clock },
): Promise<Rooms> {
  const closers: (() => unknown)[] = [];
  const close = async () => {
    for (const one of closers.splice(0).reverse()) await one();
  };
  try {
    const clock = options.clock ?? systemClock;
    const node = `${hostname()}:${process.pid}`;
    const log = makeLog({ ...settings.observe, node });
    const metrics = makeMetrics();
    const keyring = readKeyring(settings);
    const sealer = makeSealer(keyring, settings.suite);
    const fingerprinter = makeFingerprinter(keyring, settings.suite);

    const database = await openDatabase({ ...settings.database, folder: settings.dataFolder });
    closers.push(() => database.close());
    if (settings.mode === 'trial') await bringUp(database);
    else if ((await pendingMigrations(database, MIGRATIONS)).length > 0) {
      throw new Error('the database is of an older version: run `npm run migrate`');
    }
    const redis = await openRedis(settings.redis);
    if (redis) closers.push(() => void redis.disconnect());
    const limits = openLimits(database, redis, clock, settings.limits);
    closers.push(() => limits.close());

    const { suite } = settings;
    const audit = openAudit({
      database,
      keyring,
      suite,
      clock,
      node,
      settings: settings.audit,
      log: options.serving ? log : undefined,
    });
    closers.push(() => audit.close());
    const outbox = openOutbox(database, { log, settings: settings.outbox });
    closers.push(() => outbox.stop());

    const { trail } = audit;
    const accounts = openAccounts({
      database,
      sealer,
      fingerprinter,
      audit: trail,
      clock,
      settings: settings.accounts,
    });
    const missing = await accounts.missingKeys();
    if (missing.length > 0) {
      throw new Error(
        `this database was written with fingerprint keys that the keyring lacks (${missing.join(', ')}): use the keyring that belongs to it`,
      );
    }
    const clients = openClients({ database, audit: trail, clock, settings: settings.clients });
    const tellNews = makeTellNews({ clients, clock, subjectsOf: openManySubjects(accounts.merged).of });
    const meter = meterPartners(metrics);
    const registries = await openRegistries({
      settings: withStandInPort(settings),
      clock,
      meter,
      metrics,
      startStandIn: options.serving,
      folder: settings.dataFolder,
    });
    closers.push(() => registries.close());
    const notices = openNotices({
      ...{ database, sealer, clock, outbox, meter, metrics },
      settings: settings.notices,
    });
    closers.push(() => notices.close());
    const credentials = await openCredentials({
      database,
      accounts,
      keyring,
      suite,
      limits,
      delivery: notices,
      clock,
      log,
      settings: settings.credentials,
    });
    closers.push(() => credentials.close());
    const { hasher } = credentials;
    const logins = openOldLogins(settings.legacy, clock, meter);
    closers.push(() => {
      for (const login of logins.values()) login.close();
    });
    const oldRoom = {
      ...{ database, accounts, sealer, fingerprinter, hasher, trail, clock, log },
      tell: tellNews,
    };
    const { population } = registries;
    const door = openLoginDoor({ ...oldRoom, population, logins, settings: settings.legacy.signIn });
    credentials.passwords.welcome(openOldSignIn(oldRoom, door));
    const signingKeys = await openSigningKeys({
      database,
      sealer,
      clock,
      trail,
      log,
      settings: settings.oidc.keys,
    });
    closers.push(() => signingKeys.close());
    const oidcStore = openOidcStore({
      database,
      redis,
      keyring,
      clock,
      suite,
      sessionSlackSeconds: settings.oidc.sessionSlackSeconds,
    });
    watchPool(metrics, database.poolCounts);

    return {
      settings,
      clock,
      log,
      metrics,
      keyring,
      sealer,
      fingerprinter,
      database,
      redis,
      limits,
      outbox,
      audit,
      accounts,
      clients,
      tellNews,
      registries,
      notices,
      credentials,
      signingKeys,
      oidcStore,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
