/** Two accounts looked at together: who would survive, who must agree, and exactly what a decision hangs on. */
import { createHash } from 'node:crypto';
import type { Accounts } from '../../accounts/accounts.ts';
import type { Person, PersonId } from '../../accounts/person.ts';
import type { AuditTrail } from '../../audit/trail.ts';
import type { Clock } from '../../platform/clock.ts';
import { done, failed, type Outcome } from '../../platform/failure.ts';
import type { Database, Queryable, Transaction } from '../../platform/postgres.ts';
import type { Fingerprinter } from '../../platform/seal/fingerprint.ts';
import { type Comparison, evidenceOf, type PopulationRegister } from '../../registries/registry.ts';
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
  population: Pick<PopulationRegister, 'compare'>;
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

/** What must be asked before a transaction is opened, of each of the two. */
export interface Asked {
  passwords: readonly boolean[];
  /** What the register says of number and name now; undefined where it did not answer or was not asked. */
  comparisons: readonly (Comparison | undefined)[];
}

/**
 * @param register whether to ask it anew: a number that was corrected must not survive because it was right years ago. Who
 * approves a proposal goes by what the register said for it.
 */
export async function askOutside(
  { accounts, hasPassword, population }: MergeRoom,
  ids: TwoIds,
  { register }: { register: boolean },
): Promise<Asked> {
  const compare = async (id: PersonId): Promise<Comparison | undefined> => {
    const person = register ? await accounts.get(id) : undefined;
    if (!person || person.state === 'merged') return undefined;
    const comparison = await population.compare({ document: person.document, name: person.name });
    return comparison.outcome === 'unreachable' ? undefined : comparison;
  };
  const [passwords, comparisons] = await Promise.all([
    Promise.all(ids.map(hasPassword)),
    Promise.all(ids.map(compare)),
  ]);
  return { passwords, comparisons };
}

/** Keeps what the register said; the caller has locked the two. */
export async function keepComparisons(
  { accounts, trail }: MergeRoom,
  tx: Transaction,
  ids: TwoIds,
  { comparisons }: Asked,
): Promise<void> {
  for (const [at, personId] of ids.entries()) {
    const comparison = comparisons[at];
    if (!comparison) continue;
    await accounts.addEvidence(tx, evidenceOf(personId, comparison));
    await trail.append(tx, {
      ...{ type: 'register.compared', personId, actor: 'system', channel: 'cli' },
      outcome: comparison.outcome === 'match' ? 'success' : 'failure',
      reference: comparison.reference,
      detail: { outcome: comparison.outcome, source: comparison.source },
    });
  }
}

/**
 * Failures: `merge-same` 422, `person-not-found` 404, `merge-merged`, `merge-stopped`, `merge-closed` 409.
 * @param asked what {@link askOutside} answered
 */
export async function lookAtPair(
  { accounts }: Pick<MergeRoom, 'accounts'>,
  on: Queryable,
  ids: TwoIds,
  { passwords, comparisons }: Asked,
): Promise<Outcome<Pair>> {
  if (ids[0] === ids[1]) return failed('merge-same', 422);
  const sides: (Side & { candidate: Parameters<typeof chooseSurvivor>[0] })[] = [];
  for (const [at, id] of ids.entries()) {
    const person = await accounts.get(id, on);
    if (!person) return failed('person-not-found', 404);
    const evidence = comparisons[at] ?? (await accounts.latestEvidence(id, on));
    if (comparisons[at]?.status === 'deceased') return failed('merge-stopped', 409);
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
