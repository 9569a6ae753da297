/**
 * Browsers that a person has signed in with before. A long random cookie, stored as a keyed hash per person;
 * it proves nothing and signs nobody in. It only gives that browser attempts of its own, so that strangers
 * who try the person's number from elsewhere cannot use them up (OWASP calls this a device cookie).
 */
import { randomBytes } from 'node:crypto';
import type { PersonId } from '../accounts/person.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database, Queryable, Transaction } from '../platform/postgres.ts';
import { findOwner, forgetDevices, rememberDevice, sweepDevices } from './device-store.ts';
import type { KeyedHash } from './keyed-hash.ts';
import type { ThrottleSettings } from './settings.ts';

export interface KnownDevices {
  /** Whether this person signed in with this cookie within the time set. Costs the same when nobody is meant. */
  isKnown(personId: PersonId | undefined, token: string): Promise<boolean>;
  /** The one of these people (of one phone) who has; costs the same whether they are none, one or a family. */
  whose(personIds: readonly PersonId[], token: string): Promise<PersonId | undefined>;
  /**
   * After a complete sign-in: remembers the browser and returns the cookie's value to set (HttpOnly, Secure,
   * SameSite=Lax). A browser that several people of a family use keeps one cookie.
   */
  remember(on: Queryable, personId: PersonId, token?: string): Promise<string>;
  /** How long the cookie lives, in seconds. */
  readonly maxAge: number;
  /** The account was stopped: whoever comes with one of its browsers later is a stranger again. */
  forgetAll(tx: Transaction, personId: PersonId): Promise<void>;
  /** Deletes a batch of browsers unseen for longer than the time set; says how many. */
  sweep(most?: number): Promise<number>;
}

const TOKEN = /^[A-Za-z0-9_-]{43}$/;
/** No UUIDv7 is nil (RFC 9562 section 5.9). */
const NOBODY = '00000000-0000-0000-0000-000000000000' as PersonId;

export interface KnownDevicesOptions {
  database: Database;
  keyed: KeyedHash;
  clock: Clock;
  settings: Pick<ThrottleSettings, 'knownDeviceDays' | 'knownDevicesPerPerson'>;
}

export function openKnownDevices({ database, keyed, clock, settings }: KnownDevicesOptions): KnownDevices {
  const maxAge = settings.knownDeviceDays * 86_400;
  const horizon = () => new Date(clock.now().getTime() - maxAge * 1_000);
  const whose: KnownDevices['whose'] = async (personIds, token) =>
    TOKEN.test(token)
      ? findOwner(database, keyed.all('known-device', token), [NOBODY, ...personIds], horizon())
      : undefined;
  return {
    maxAge,
    isKnown: async (personId, token) => (await whose(personId ? [personId] : [], token)) !== undefined,
    whose,
    async remember(on, personId, token) {
      const value = token !== undefined && TOKEN.test(token) ? token : randomBytes(32).toString('base64url');
      const hash = keyed.current('known-device', value);
      await rememberDevice(on, hash, personId, clock.now(), settings.knownDevicesPerPerson);
      return value;
    },
    forgetAll: (tx, personId) => forgetDevices(tx, personId),
    sweep: (most = 1_000) => sweepDevices(database, horizon(), most),
  };
}
