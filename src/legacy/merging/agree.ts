/**
 * Who decides that two accounts are one person's. Where either is a real-name account a second person approves exactly what the
 * first one saw; when anything of it changed since, the approval is refused and the proposal withdrawn.
 */
import type { PersonId } from '../../accounts/person.ts';
import { done, failed, type Outcome } from '../../platform/failure.ts';
import { rollingBack, type Transaction } from '../../platform/postgres.ts';
import { PROPOSAL_DAYS } from '../cases/decide.ts';
import { type By, joinAccounts } from './merge.ts';
import * as store from './merge-store.ts';
import { askOutside, keepComparisons, lookAtPair, type MergeRoom, type Pair, type TwoIds } from './pair.ts';

export interface Agreed {
  /** Done, or waiting for the approval of another person. */
  state: 'done' | 'proposed';
  number: string;
  survivorId: PersonId;
  absorbedId: PersonId;
  why: string;
}

const DAY_MS = 86_400_000;

const isLate = ({ proposed_at }: store.MergeRow, now: Date): boolean =>
  now.getTime() - proposed_at.getTime() > PROPOSAL_DAYS * DAY_MS;

/**
 * Merges two accounts, or proposes it where a second person must agree. Failures: those of {@link lookAtPair}, `merge-proposed`
 * 409 (params.number).
 */
export async function mergePeople(
  room: MergeRoom,
  { ids, ...by }: By & { ids: TwoIds },
): Promise<Outcome<Agreed>> {
  const { database, accounts, clock } = room;
  const asked = await askOutside(room, ids, { register: true });
  return rollingBack(database, async (tx): Promise<Outcome<Agreed>> => {
    await accounts.lock(tx, ids);
    const seen = await lookAtPair(room, tx, ids, asked);
    if (!seen.ok) return seen;
    const now = clock.now();
    const waiting = await store.lockProposed(tx, ...ids);
    if (waiting && !isLate(waiting, now))
      return failed('merge-proposed', 409, { params: { number: waiting.id } });
    if (waiting) await store.withdrawMergeRow(tx, waiting.id);
    await keepComparisons(room, tx, ids, asked);
    const pair = seen.value;
    const row = {
      ...{ survivor_id: pair.survivor.person.id, absorbed_id: pair.absorbed.person.id, why: pair.why },
      ...{ reason: by.reason, content_hash: pair.hash, proposed_by: by.actor, proposed_at: now },
    };
    if (pair.secondPerson) {
      const number = await store.addMerge(tx, row, undefined);
      await recordProposal(room, tx, 'person.merge-proposed', { ...row, number, by });
      return done(agreedOf(pair, 'proposed', number));
    }
    const before = await joinAccounts(room, tx, pair, by);
    if (before === undefined) return failed('case-changed', 409);
    return done(agreedOf(pair, 'done', await store.addMerge(tx, row, { at: now, before })));
  });
}

/**
 * Approves a proposal of somebody else. Failures: `case-proposal-unknown` 404, `case-second-person` 403, `case-changed` 409 when it
 * is no longer what was proposed or has waited too long; then the proposal is withdrawn.
 */
export async function approveMerge(
  room: MergeRoom,
  { number, actor }: { number: string; actor: string },
): Promise<Outcome<Agreed>> {
  const { database, accounts, clock } = room;
  const found = await store.readMerge(database, number);
  if (found?.state !== 'proposed') return failed('case-proposal-unknown', 404);
  if (found.proposed_by === actor) return failed('case-second-person', 403);
  const ids: TwoIds = [found.survivor_id, found.absorbed_id];
  const asked = await askOutside(room, ids, { register: false });
  let stale = false;
  const outcome = await rollingBack(database, async (tx): Promise<Outcome<Agreed>> => {
    await accounts.lock(tx, ids);
    const proposal = await store.readMerge(tx, number, { lock: true });
    if (proposal?.state !== 'proposed') return failed('case-proposal-unknown', 404);
    const seen = await lookAtPair(room, tx, ids, asked);
    stale = !seen.ok || isLate(proposal, clock.now()) || !seen.value.hash.equals(proposal.content_hash);
    if (stale || !seen.ok) return failed('case-changed', 409);
    const before = await joinAccounts(room, tx, seen.value, { actor, reason: proposal.reason });
    if (before === undefined) return failed('case-changed', 409);
    await store.approveMergeRow(tx, number, { actor, now: clock.now(), before });
    return done(agreedOf(seen.value, 'done', number));
  });
  if (stale) await store.withdrawMergeRow(database, number);
  return outcome;
}

/** Takes back a proposal that nobody has approved yet. Failure `case-proposal-unknown` 404. */
export async function withdrawMerge(
  room: Pick<MergeRoom, 'database' | 'trail'>,
  { number, ...by }: By & { number: string },
): Promise<Outcome<void>> {
  return rollingBack(room.database, async (tx) => {
    const found = await store.readMerge(tx, number, { lock: true });
    if (found?.state !== 'proposed' || !(await store.withdrawMergeRow(tx, number)))
      return failed('case-proposal-unknown', 404);
    await recordProposal(room, tx, 'person.merge-withdrawn', { ...found, number, by });
    return done(undefined);
  });
}

const agreedOf = ({ survivor, absorbed, why }: Pair, state: Agreed['state'], number: string): Agreed => ({
  ...{ state, number, why },
  ...{ survivorId: survivor.person.id, absorbedId: absorbed.person.id },
});

const recordProposal = (
  { trail }: Pick<MergeRoom, 'trail'>,
  tx: Transaction,
  type: 'person.merge-proposed' | 'person.merge-withdrawn',
  given: { survivor_id: PersonId; absorbed_id: PersonId; number: string; by: By },
): Promise<void> =>
  trail.append(tx, {
    ...{ type, personId: given.absorbed_id, actor: given.by.actor, channel: 'cli', outcome: 'success' },
    detail: { survivor: given.survivor_id, number: given.number, reason: given.by.reason },
  });
