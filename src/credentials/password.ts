/**
 * Passwords: judged, hashed in the queue, verified at the same cost for everyone.
 *
 * The same time for known, unknown and password-less people: each verify is one look-up by person, one HMAC
 * and one argon2id hash in the same queue. Where there is no password, a decoy of the current parameters is
 * checked; where the stored hash is from cheaper days, a wrong password is charged the difference.
 */
import { randomBytes } from 'node:crypto';
import type { PersonId } from '../accounts/person.ts';
import type { Clock } from '../platform/clock.ts';
import { done, type Failure, failed, type Outcome } from '../platform/failure.ts';
import type { Database, Queryable, Transaction } from '../platform/postgres.ts';
import type { BreachList } from './breach-list.ts';
import { type HashEngine, type HashParameters, isOutdated, parametersOf, workOf } from './hash-engine.ts';
import type { HashQueue } from './hash-queue.ts';
import { makeHasher, type PreparedHash } from './hasher.ts';
import type { NotChecked, OldPassword, OldPasswords, TypedIdentifier } from './old-passwords.ts';
import { judgePassword, type PersonFacts } from './password-policy.ts';
import type { Pepper } from './pepper.ts';
import type { CredentialsSettings } from './settings.ts';
import {
  addPassword,
  countPeppers,
  deletePassword,
  findPassword,
  replaceHash,
  savePassword,
} from './store.ts';

export type { PreparedHash } from './hasher.ts';
export type { PersonFacts } from './password-policy.ts';

export interface Passwords {
  /** Why this password may not be this person's, by rules alone (domain of {@link judgePassword}). */
  judge(password: string, facts: PersonFacts): Failure | undefined;
  /**
   * Asks the list of breached passwords and hashes. Failures: `password-breached` (422), `busy` (503).
   * Call it before opening a transaction: it may wait for its turn.
   */
  prepare(password: string): Promise<Outcome<PreparedHash>>;
  /** Makes it this person's password, in the caller's transaction. `mustChange`: somebody else chose it. */
  store(
    tx: Transaction,
    personId: PersonId,
    prepared: PreparedHash,
    options?: { mustChange?: boolean },
  ): Promise<void>;
  /** Judge, prepare and store in one go, for command lines and tests: holds the transaction while hashing. */
  set(tx: Transaction, personId: PersonId, password: string, facts: PersonFacts): Promise<Outcome<void>>;
  /**
   * Whether this is the person's password; `undefined` is nobody and costs the same. Failures:
   * `sign-in-failed` (422), `busy` and `old-system-unreachable` (503, retryAfter), after which nothing was checked unless
   * {@link NotChecked} says so. A right password whose hash is weaker than the settings, or under an older pepper, is
   * hashed anew on the way. Who has none may use one that {@link welcome}d ones know: it becomes the person's own, to be
   * changed when today's rules refuse it. Old systems are asked only with what was `typed` to sign in. Somebody with
   * several old ones takes longer to refuse: whoever tells a stranger waits at {@link SamePace}.
   */
  verify(personId: PersonId | undefined, password: string, typed?: TypedIdentifier): Promise<Verified>;
  /** Whether this person has a password at all; only for the person's own pages and for operators. */
  has(personId: PersonId): Promise<boolean>;
  /** Takes the password away (account closed). */
  remove(tx: Transaction, personId: PersonId): Promise<void>;
  /** From now on passwords of older systems count where a person has none here. */
  welcome(old: OldPasswords): void;
  /** How many passwords rest under each pepper key, for the doctor and for key rotation. */
  peppers(): Promise<{ pepper: string; passwords: number }[]>;
}

/** `personId`: whose an old password was, where nobody was meant. The account may have been opened for it. */
export type Verified =
  | { ok: true; value: { mustChange: boolean; personId?: PersonId } }
  | { ok: false; failure: Failure | NotChecked };

export interface PasswordsOptions {
  database: Database;
  pepper: Pepper;
  engine: HashEngine;
  queue: HashQueue;
  clock: Clock;
  /** Undefined: only our own list of easy passwords is asked. */
  breaches: BreachList | undefined;
  settings: Pick<CredentialsSettings, 'hash' | 'password'>;
}

/** Looked up when nobody is meant, so that the look-up costs the same. No UUIDv7 is nil (RFC 9562 section 5.9). */
const NOBODY = '00000000-0000-0000-0000-000000000000' as PersonId;

const randomText = () => randomBytes(32).toString('base64url');

const refused = () => failed('sign-in-failed', 422, { field: 'password' });
const notChecked = (failure: NotChecked): Verified => ({ ok: false, failure });

/** Makes the decoy, hence asynchronous. */
export async function openPasswords(options: PasswordsOptions): Promise<Passwords> {
  const { database, pepper, engine, queue, clock, breaches } = options;
  const parameters: HashParameters = options.settings.hash;
  const decoy = {
    hash: await engine.hash(randomText(), parameters),
    pepper: pepper.currentId,
    mustChange: false,
  };

  const hasher = makeHasher(engine, queue, pepper, parameters);
  const hashNow = hasher.hash;
  let old: OldPasswords | undefined;

  const payDifference = async (stored: string): Promise<void> => {
    const had = parametersOf(stored);
    const missing = workOf(parameters) - (had ? workOf(had) : 0);
    const memoryKib = Math.round(missing / parameters.passes);
    if (memoryKib >= LEAST_BLOCKS * parameters.lanes)
      await engine.hash(randomText(), { ...parameters, memoryKib });
  };

  const verifyOwn = async (
    found: Awaited<ReturnType<typeof findPassword>>,
    personId: PersonId | undefined,
    password: string,
  ): Promise<Outcome<{ mustChange: boolean }>> => {
    const { hash, pepper: pepperId, mustChange } = found ?? decoy;
    const checked = await queue.run(async () => {
      const right = await hasher.matches(password, { hash, pepper: pepperId });
      if (!right) {
        await payDifference(hash);
        return { right, better: undefined };
      }
      const outdated = pepperId !== pepper.currentId || isOutdated(hash, parameters);
      return { right, better: outdated ? await hashNow(password) : undefined };
    });
    if (!checked.ok) return checked;
    if (!checked.value.right || !found || !personId) return refused();
    if (checked.value.better) await replaceHash(database, personId, hash, checked.value.better);
    return done({ mustChange });
  };

  /** Each at most once, one after the other; the first that is right ends the others. */
  const verifyOld = async (
    candidates: readonly OldPassword[],
    meant: boolean,
    password: string,
  ): Promise<Verified> => {
    for (const [tried, candidate] of candidates.entries()) {
      const matches = await candidate.matches(password);
      // Where one was found wrong before, it is no free try.
      if (!matches.ok) return tried > 0 ? notChecked({ ...matches.failure, wrongElsewhere: true }) : matches;
      if (matches.value) return takeOver(candidate, meant, password);
    }
    return refused();
  };

  const takeOver = async (right: OldPassword, meant: boolean, password: string): Promise<Verified> => {
    const prepared = await queue.run(() => hashNow(password));
    if (!prepared.ok) return prepared;
    const weak =
      passwords.judge(password, await right.facts()) !== undefined ||
      ((await breaches?.has(password)) ?? false);
    const mustChange = right.wasReadable || weak;
    const taken = await database.transaction(async (tx) => {
      const owner = await right.owner(tx);
      if (!owner) return undefined;
      const { personId, anew } = owner;
      const own = { ...prepared.value, mustChange };
      const added = anew && (await addPassword(tx, personId, own, clock.now()));
      if (added) await right.takenOver(tx, personId);
      return { personId, added };
    });
    if (!taken) return refused();
    const { personId, added } = taken;
    const owner = meant ? {} : { personId };
    if (added) return done({ mustChange, ...owner });
    // The person has one by now, perhaps from another sign-in that was quicker: it alone counts.
    const own = await verifyOwn(await findPassword(database, personId), personId, password);
    return own.ok ? done({ ...own.value, ...owner }) : own;
  };

  /** An old password may have become the person's own a moment ago, by a sign-in that was quicker. */
  const lookAgain = async (personId: PersonId) => (old ? findPassword(database, personId) : undefined);

  const passwords: Passwords = {
    judge: (password, facts) => judgePassword(password, facts, options.settings.password),
    async prepare(password) {
      if (await breaches?.has(password)) return failed('password-breached', 422, { field: 'new_password' });
      return queue.run(() => hashNow(password));
    },
    store: (tx, personId, prepared, { mustChange = false } = {}) =>
      savePassword(tx, personId, { ...prepared, mustChange }, clock.now()),
    async set(tx, personId, password, facts) {
      const fault = passwords.judge(password, facts);
      if (fault) return { ok: false, failure: fault };
      const prepared = await passwords.prepare(password);
      if (!prepared.ok) return prepared;
      await passwords.store(tx, personId, prepared.value);
      return done(undefined);
    },
    async verify(personId, password, typed) {
      const meant = personId ?? NOBODY;
      const found = await findPassword(database, meant);
      const named = personId || !typed ? undefined : await old?.knownAs(typed);
      if (named) {
        const own = await verifyOwn(await findPassword(database, named), named, password);
        if (own.ok) return done({ ...own.value, personId: named });
        if (own.failure.status === 503) return own;
      }
      const candidates = found ? [] : ((await old?.of({ personId, typed })) ?? []);
      const verified: Verified =
        candidates.length > 0
          ? await verifyOld(candidates, personId !== undefined, password)
          : await verifyOwn(found ?? (await lookAgain(meant)), personId, password);
      // A password that was found wrong is never a free try.
      if (named && !verified.ok && verified.failure.status === 503)
        return notChecked({ ...verified.failure, wrongElsewhere: true });
      if (verified.ok || verified.failure.status === 503) return verified;
      // Nobody's look-ups are fewer.
      if (found) await old?.of({ personId: undefined });
      if (found) await lookAgain(NOBODY);
      if (personId && typed) await old?.knownAs(typed);
      const silence = typed && old?.silence();
      return silence ? notChecked({ ...silence, wrongElsewhere: true }) : verified;
    },
    welcome(known) {
      old = known;
    },
    has: async (personId) => (await findPassword(database, personId)) !== undefined,
    remove: (tx: Queryable, personId) => deletePassword(tx, personId),
    peppers: () => countPeppers(database),
  };
  return passwords;
}

/** argon2 fills at least eight blocks of 1 KiB in each lane (RFC 9106 section 3.1). */
const LEAST_BLOCKS = 8;
