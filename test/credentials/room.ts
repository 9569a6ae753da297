/** Builds this room's parts for its tests: real keyrings, a clock that can be set, people who are only ids. */
import { randomUUID } from 'node:crypto';
import type { PersonId } from '../../src/accounts/person.ts';
import { loadHashEngine } from '../../src/credentials/hash-engine.ts';
import { type HashQueueOptions, makeHashQueue } from '../../src/credentials/hash-queue.ts';
import { openPasswords, type Passwords, type PasswordsOptions } from '../../src/credentials/password.ts';
import { makePepper } from '../../src/credentials/pepper.ts';
import { credentialsSettings } from '../../src/credentials/settings.ts';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { generateKeyring, type Keyring, parseKeyring } from '../../src/platform/seal/keyring.ts';

export const settings = credentialsSettings.parse({});
export const engine = await loadHashEngine();
export const newPerson = () => randomUUID() as PersonId;
export const newKeyring = (): Keyring => parseKeyring(generateKeyring());

/** A clock that stands still until it is moved. */
export function heldClock(
  start = new Date('2026-11-23T08:00:00Z'),
): Clock & { forward(seconds: number): void } {
  let now = start.getTime();
  return {
    now: () => new Date(now),
    forward(seconds) {
      now += seconds * 1_000;
    },
  };
}

/** Nobody is turned away here for a busy machine. */
const QUEUE: HashQueueOptions = { concurrency: 2, length: 200, waitMs: 60_000 };

export function passwordsOn(
  database: Database,
  more: Partial<PasswordsOptions> & { keyring?: Keyring } = {},
): Promise<Passwords> {
  const { keyring = newKeyring(), ...options } = more;
  return openPasswords({
    database,
    pepper: makePepper(keyring, 'aes'),
    engine,
    queue: makeHashQueue(QUEUE),
    clock: systemClock,
    breaches: undefined,
    settings,
    ...options,
  });
}
