/** The room, put together once at start. */
import type { Accounts } from '../accounts/accounts.ts';
import type { Clock } from '../platform/clock.ts';
import type { Limits } from '../platform/limits.ts';
import type { Log } from '../platform/observe/log.ts';
import type { Database } from '../platform/postgres.ts';
import type { Keyring } from '../platform/seal/keyring.ts';
import type { SuiteName } from '../platform/seal/sealer.ts';
import { openBreachList } from './breach-list.ts';
import { loadHashEngine } from './hash-engine.ts';
import { type HashQueue, hashConcurrency, makeHashQueue } from './hash-queue.ts';
import { type Hasher, makeHasher } from './hasher.ts';
import { makeKeyedHash } from './keyed-hash.ts';
import { type KnownDevices, openKnownDevices } from './known-device.ts';
import { openPasswords, type Passwords } from './password.ts';
import { makePepper } from './pepper.ts';
import { makeSamePace, type SamePace } from './same-pace.ts';
import type { CredentialsSettings } from './settings.ts';
import { type CodeDelivery, openSmsCodes, type SmsCodes } from './sms-code.ts';
import { openSignInThrottle, type SignInThrottle } from './throttle.ts';

export interface Credentials {
  passwords: Passwords;
  /** For passwords that rest elsewhere: those of old systems. */
  hasher: Hasher;
  smsCodes: SmsCodes;
  throttle: SignInThrottle;
  /** For refusals that a stranger is told. */
  pace: SamePace;
  devices: KnownDevices;
  /** Hashes running, waiting and refused so far, and by which engine, for the metrics. */
  hashing(): ReturnType<HashQueue['counts']> & { engine: string; concurrency: number };
  /** Deletes what expired, in batches; run it now and then on any node. Says how many rows went. */
  sweep(): Promise<number>;
  close(): Promise<void>;
}

export interface CredentialsOptions {
  database: Database;
  /** Tells when an account is stopped: its browsers are forgotten then. */
  accounts: Pick<Accounts, 'onStateChanged'>;
  keyring: Keyring;
  suite: SuiteName;
  limits: Limits;
  delivery: CodeDelivery;
  clock: Clock;
  log: Log;
  settings: CredentialsSettings;
}

/** @throws when no hash engine loads, or the breached-password file is not what it should be. */
export async function openCredentials(options: CredentialsOptions): Promise<Credentials> {
  const { database, accounts, keyring, suite, limits, delivery, clock, log, settings } = options;
  const keyed = makeKeyedHash(keyring, suite);
  const engine = await loadHashEngine(settings.hash.engine === 'auto' ? undefined : settings.hash.engine);
  const concurrency = hashConcurrency(settings.hash.concurrency);
  const { queueLength: length, waitMs } = settings.hash;
  const queue = makeHashQueue({ concurrency, length, waitMs });
  const file = settings.password.breachedFile;
  const breaches = file === undefined ? undefined : await openBreachList(file);
  const pepper = makePepper(keyring, suite);
  const devices = openKnownDevices({ database, keyed, clock, settings: settings.throttle });
  const smsCodes = openSmsCodes({ database, keyed, limits, delivery, clock, log, settings: settings.sms });
  const throttle = openSignInThrottle({ limits, keyed, devices, log, settings: settings.throttle });
  const stopListening = accounts.onStateChanged(async (tx, { id }, _from, to) => {
    if (to !== 'active') await devices.forgetAll(tx, id);
  });
  return {
    passwords: await openPasswords({ database, pepper, engine, queue, clock, breaches, settings }),
    hasher: makeHasher(engine, queue, pepper, settings.hash),
    smsCodes,
    throttle,
    pace: makeSamePace(),
    devices,
    hashing: () => ({ ...queue.counts(), engine: engine.name, concurrency }),
    sweep: async () => (await smsCodes.sweep()) + (await devices.sweep()),
    close: async () => {
      stopListening();
      await throttle.flush();
      await breaches?.close();
    },
  };
}
