/** Two accounts looked at together: who would survive, who must agree, and exactly what a decision hangs on. */
import { createHash } from 'node:crypto';
import type { Accounts } from '../../accounts/accounts.ts';
import type { Person, PersonId } from '../../accounts/person.ts';
import type { AuditTrail } from '../../audit/trail.ts';
import type { Clock } from '../../platform/clock.ts';
import { done, failed, type Outcome } from '../../platform/failure.ts';
import type { Database, Queryable, Transaction } from '../../platform/postgres.ts';
import type { Fingerprinter } from '../../platform/seal/fingerprint.ts';
import { REAL_NAME } from '../cases/rules.ts';
import type { TellNews } from '../news.ts';
import { oldAccountsOf } from './merge-store.ts';
import { chooseSurvivor } from './survivor.ts';

export interface MergeRoom {
  database: Database;
  accounts: Accounts;
  fingerprinter: Fingerprinter;
  trail: AuditTrail;
  clock: Clock;
  /** Whether a person has a password. Asked outside of transactions, because a room of its own answers it. */
  hasPassword(id: PersonId): Promise<boolean>;
  /**
   * Promises in the transaction that a person's sessions and grants end. `answeredFor`: for whom the account answered until
   * now, where that changes: its applications may know it by their subs.
   */
  endSessions(
    tx: Transaction,
    id: PersonId,
    reason: string,
    answeredFor?: readonly PersonId[],
  ): Promise<void>;
  tell: TellNews;
}

export type TwoIds = readonly [PersonId, PersonId];

/** One of the two, with what goes with it. */
export interface Side {
  person: Person;
  /** Accounts that were merged into it earlier. */
  absorbed: PersonId[];
  oldAccounts: string[];
}

export interface Pair {
  survivor: Side;
  absorbed: Side;
  why: string;
  secondPerson: boolean;
  /** Of everything that the decision hangs on: an approval holds for exactly this. */
  hash: Buffer;
}

/** What must be asked before a transaction is opened. */
export const askOutside = ({ hasPassword }: MergeRoom, [a, b]: TwoIds): Promise<[boolean, boolean]> =>
  Promise.all([hasPassword(a), hasPassword(b)]);

/**
 * Failures: `merge-same` 422, `person-not-found` 404, `merge-merged`, `merge-stopped`, `merge-closed` 409.
 * @param passwords what {@link askOutside} answered
 */
export async function lookAtPair(
  { accounts }: Pick<MergeRoom, 'accounts'>,
  on: Queryable,
  ids: TwoIds,
  passwords: readonly [boolean, boolean],
): Promise<Outcome<Pair>> {
  if (ids[0] === ids[1]) return failed('merge-same', 422);
  const sides: (Side & { candidate: Parameters<typeof chooseSurvivor>[0] })[] = [];
  for (const [at, id] of ids.entries()) {
    const person = await accounts.get(id, on);
    if (!person) return failed('person-not-found', 404);
    const evidence = await accounts.latestEvidence(id, on);
    const phone = person.phone !== undefined && person.phoneVerifiedAt !== undefined;
    const candidate = {
      ...{ id, state: person.state, identityLevel: person.identityLevel, createdAt: person.createdAt },
      registerSaid: evidence && evidence.outcome !== 'unreachable' ? evidence.outcome : undefined,
      credentials: Number(passwords[at]) + Number(phone),
    };
    const absorbed = await accounts.merged.absorbedBy(id, on);
    sides.push({ person, candidate, absorbed, oldAccounts: await oldAccountsOf(on, id) });
  }
  const [a, b] = sides as [(typeof sides)[0], (typeof sides)[0]];
  const choice = chooseSurvivor(a.candidate, b.candidate);
  if (!choice.allowed) return failed(choice.refusal, 409);
  const [survivor, absorbed] = choice.survivor === a.person.id ? [a, b] : [b, a];
  return done({
    ...{ survivor: sideOf(survivor), absorbed: sideOf(absorbed), why: choice.why },
    secondPerson: sides.some(({ person }) => person.identityLevel >= REAL_NAME),
    hash: hashOf(survivor, absorbed, choice.why),
  });
}

const sideOf = ({ person, absorbed, oldAccounts }: Side): Side => ({ person, absorbed, oldAccounts });

function hashOf(survivor: Side, absorbed: Side, why: string): Buffer {
  const parts = [survivor, absorbed].map((side) => [
    side.person.id,
    side.person.version,
    side.absorbed,
    side.oldAccounts,
  ]);
  return createHash('sha256')
    .update(JSON.stringify([parts, why]))
    .digest();
}
