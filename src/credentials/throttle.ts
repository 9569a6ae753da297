/**
 * How often a sign-in may be tried. Every attempt is counted before it is checked, in one call for all
 * counters, all or nothing; a success is given back, a failure stays. So the count is exact however many
 * attempts arrive at once, and at however many processes.
 *
 * | counter (per factor)              | default                        | holds against                          | cannot be used against others because |
 * |-----------------------------------|--------------------------------|----------------------------------------|---------------------------------------|
 * | own: identifier + source          | 5/15 min, 10/2 h, 20/day       | guessing one person's password; growing waits (GB/T 22239-2019 8.1.4.1 b) | the person's other sources, browsers and factor have counters of their own |
 * | own: person + known browser       | the same                       | a thief at the person's own browser    | only that browser waits |
 * | strangers: identifier, all sources, password only | 50/day         | guessing one person from many addresses | a browser known to the person is not counted here; the code by SMS is another factor |
 * | source                            | 200/hour                       | one address trying many people         | known browsers are not counted here; wide, because halls and carriers share addresses |
 * | pattern: neighbouring identifiers | 100/hour                       | one common password over a county's birthdays or a phone range | as above |
 * | overall                           | 6,000 per 10 min               | a botnet trying everyone               | as above |
 *
 * Codes by SMS have no stranger counter: a wrong code costs one of five tries of a code that only that browser
 * can use (sms-code.ts), and a counter that anyone can fill would lock the owner of the phone out.
 *
 * Identifiers are counted as typed (normalised, under a keyed hash), not as the person they belong to. Known
 * and unknown identifiers thus behave alike, and nobody learns from a wait that a phone and a number belong
 * to one person. The price: who knows a person's number, phone and user name has three times the tries.
 */
import type { PersonId } from '../accounts/person.ts';
import { done, type Failure, failed, type Outcome } from '../platform/failure.ts';
import type { Limits, LimitUse } from '../platform/limits.ts';
import type { Log } from '../platform/observe/log.ts';
import { collectGiveBacks } from './give-back.ts';
import type { KeyedHash } from './keyed-hash.ts';
import type { KnownDevices } from './known-device.ts';
import type { Factor } from './method.ts';
import type { ThrottleSettings } from './settings.ts';
import { sourceGroup } from './source-group.ts';

export interface AttemptRequest {
  /** Whose identifier it is, when it is anyone's; only to recognise a known browser. */
  account?: PersonId | undefined;
  /** What was typed, normalised by its parser. */
  identifier: string;
  /** What its neighbours share; {@link patternOf} when not given. */
  identifierPattern?: string | undefined;
  /** Address of the browser. */
  source: string;
  factor: Factor;
  /** The known-device cookie's value, if the browser sent one. */
  device?: string | undefined;
}

/** A counted attempt; settle it exactly once. */
export interface Attempt {
  readonly uses: readonly LimitUse[];
  /** Whether it came from a browser that the person has signed in with before. */
  readonly known: boolean;
}

export interface SignInThrottle {
  /**
   * Counts an attempt that is about to be checked. Failures (429, retryAfter = seconds until the next try):
   * `sign-in-wait` {minutes} and `sign-in-wait-hours` {hours} for this identifier, `sign-in-wait-network`
   * {minutes} for the address, `sign-in-wait-many` {minutes} while many people's accounts are being tried.
   */
  begin(request: AttemptRequest): Promise<Outcome<Attempt>>;
  /** The proof was right: the attempt is given back, within a moment and without waiting for it. */
  succeeded(attempt: Attempt): Promise<void>;
  /** The proof was wrong: it stays counted. */
  failed(attempt: Attempt): Promise<void>;
  /** Nothing was checked (the server was busy): the attempt is given back. */
  abandoned(attempt: Attempt): Promise<void>;
  /** Gives back now what is to be given back; before a graceful stop. */
  flush(): Promise<void>;
}

export interface SignInThrottleOptions {
  limits: Limits;
  keyed: KeyedHash;
  devices: Pick<KnownDevices, 'isKnown'>;
  log: Pick<Log, 'warn'>;
  settings: ThrottleSettings;
}

type Counter = 'own' | 'strangers' | 'source' | 'pattern' | 'overall';

export function openSignInThrottle({
  limits,
  keyed,
  devices,
  log,
  settings,
}: SignInThrottleOptions): SignInThrottle {
  const open = new WeakSet<Attempt>();
  const returns = collectGiveBacks(limits, log);

  const uses = (counter: Counter, factor: Factor, ...parts: string[]): LimitUse[] => {
    const who =
      parts.length === 0 ? 'all' : keyed.current(`sign-in-${counter}`, ...parts).toString('base64url', 0, 18);
    return settings[counter].map(({ points, windowSeconds }) => ({
      key: `sign-in:${counter}:${factor}:${windowSeconds}:${who}`,
      points,
      windowSeconds,
    }));
  };

  const giveBack = async (attempt: Attempt) => {
    if (!open.delete(attempt)) return;
    returns.add(attempt.uses);
  };

  return {
    async begin({ account, identifier, identifierPattern, source, factor, device }) {
      const typed = plain(identifier);
      const group = sourceGroup(source);
      const known = device !== undefined && (await devices.isKnown(account, device));
      const counted =
        known && account !== undefined
          ? uses('own', factor, 'device', account, device)
          : [
              ...uses('own', factor, 'source', typed, group),
              ...(factor === 'password' ? uses('strangers', factor, typed) : []),
              ...uses('source', factor, group),
              ...uses('pattern', factor, identifierPattern ?? patternOf(typed)),
              ...uses('overall', factor),
            ];
      const taken = await limits.take(counted);
      if (!taken.ok)
        return { ok: false, failure: waitFailure(taken.key.split(':')[1] as Counter, taken.retryAfter) };
      const attempt: Attempt = { uses: counted, known };
      open.add(attempt);
      return done(attempt);
    },
    succeeded: giveBack,
    async failed(attempt) {
      open.delete(attempt);
    },
    abandoned: giveBack,
    flush: returns.flush,
  };
}

/** One spelling for what is the same to a person: width, case, spaces. */
const plain = (identifier: string) => identifier.normalize('NFKC').toUpperCase().replace(/[\s-]/g, '');

/**
 * What neighbouring identifiers share: county and birthday of an 18-character number, the first seven digits
 * of a phone, otherwise all but the last four digits or the digits at the end of a name.
 */
export function patternOf(identifier: string): string {
  const typed = plain(identifier);
  if (/^\d{17}[\dX]$/.test(typed)) return typed.slice(0, 14);
  if (/^\d{11}$/.test(typed)) return typed.slice(0, 7);
  return typed.replace(/\d{4}$|\d{1,3}$/, '') || typed;
}

const MINUTE = 60;
const HOUR = 3_600;
/** Longer waits are told in hours. */
const LONGEST_IN_MINUTES = 90 * MINUTE;

function waitFailure(counter: Counter, retryAfter: number): Failure {
  const minutes = { minutes: Math.ceil(retryAfter / MINUTE) };
  if (counter === 'source')
    return failed('sign-in-wait-network', 429, { params: minutes, retryAfter }).failure;
  if (counter === 'pattern' || counter === 'overall')
    return failed('sign-in-wait-many', 429, { params: minutes, retryAfter }).failure;
  if (retryAfter <= LONGEST_IN_MINUTES)
    return failed('sign-in-wait', 429, { params: minutes, retryAfter }).failure;
  return failed('sign-in-wait-hours', 429, { params: { hours: Math.ceil(retryAfter / HOUR) }, retryAfter })
    .failure;
}
