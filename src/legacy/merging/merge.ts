/**
 * Two accounts of one person become one, and two again. Merging writes one column of the absorbed person's row, and who holds
 * its old accounts; nothing is copied. Undoing takes exactly that back. Everything else follows from the one column: what the
 * absorbed number and user name lead to (accounts), which sub an application hears (oidc), what may open the account: the
 * survivor's password and phone, and nothing of the other one's.
 */
import { keyOf } from '../../accounts/document.ts';
import type { PersonId, PersonState } from '../../accounts/person.ts';
import type { AuditEvent } from '../../audit/events.ts';
import { done, failed, type Outcome } from '../../platform/failure.ts';
import { rollingBack, type Transaction } from '../../platform/postgres.ts';
import { blocked, UNDO_DAYS, type UndoFailure } from '../link.ts';
import * as store from './merge-store.ts';
import type { MergeRoom, Pair } from './pair.ts';

/** Who did it, and why; the reason is kept in the audit trail: no personal data in it. */
export interface By {
  actor: string;
  reason: string;
}

/**
 * The caller has locked both, looked at them in this transaction, and writes the journal.
 * @returns what the journal must keep; undefined when the absorbed one is not as it was looked at
 */
export async function joinAccounts(
  room: MergeRoom,
  tx: Transaction,
  { survivor, absorbed, why }: Pair,
  by: By,
): Promise<string | undefined> {
  const [personId, otherId] = [survivor.person.id, absorbed.person.id];
  const before = await room.accounts.merged.absorb(tx, otherId, personId);
  if (before === undefined) return undefined;
  await store.moveOldAccounts(tx, otherId, personId);
  await room.tell(tx, [{ kind: 'merged', personId, otherId }]);
  await room.endSessions(tx, personId, 'person-merged');
  await room.endSessions(tx, otherId, 'person-merged');
  await record(room, tx, 'person.merged', { personId, otherId, by, detail: { why } });
  return before;
}

/**
 * The mirror image. What was linked to the absorbed one goes back to it with whom it had absorbed itself; what came to the
 * account since on its own account stays.
 */
async function separateAccounts(
  room: MergeRoom,
  tx: Transaction,
  { absorbed_id: otherId, before, done_at }: store.MergeRow,
  personId: PersonId,
  by: By,
): Promise<void> {
  const { merged } = room.accounts;
  const answeredFor = await merged.absorbedBy(personId, tx);
  if (!(await merged.release(tx, otherId, before!)))
    throw new Error('a standing merge of somebody who is not merged');
  const theirs = [otherId, ...(await merged.absorbedBy(otherId, tx))];
  const again = await store.moveBackOldAccounts(tx, personId, otherId, theirs, done_at!);
  await room.tell(tx, [
    { kind: 'unmerged', personId, otherId },
    ...again.map((key) => ({ kind: 'linked' as const, ...key, personId: otherId })),
  ]);
  await room.endSessions(tx, personId, 'person-unmerged', answeredFor);
  await room.endSessions(tx, otherId, 'person-unmerged');
  await record(room, tx, 'person.unmerged', { personId, otherId, by });
}

const DAY_MS = 86_400_000;

export interface Separated {
  /** The account that answered for the other one until now. */
  personId: PersonId;
  otherId: PersonId;
}

/** How often it is begun anew when another merge changes who answers while it waits for them. */
const ATTEMPTS = 5;

/**
 * Takes a merge back, also when one of the two was merged with others since. Failures: `merge-unknown` 404, `unmerge-late` 409
 * (params.days), `undo-blocked` 409 with what stands in the way.
 * @throws when who answers changes again and again meanwhile
 */
export async function unmergePeople(
  room: MergeRoom,
  given: By & { number: string },
): Promise<Outcome<Separated> | { ok: false; failure: UndoFailure }> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const outcome = await unmergeOnce(room, given);
    if (outcome !== 'moved') return outcome;
  }
  throw new Error('the merge is being changed by others again and again');
}

async function unmergeOnce(
  room: MergeRoom,
  { number, ...by }: By & { number: string },
): Promise<Outcome<Separated> | { ok: false; failure: UndoFailure } | 'moved'> {
  const { database, accounts, clock } = room;
  const found = await store.readMerge(database, number);
  if (found?.state !== 'done') return failed('merge-unknown', 404);
  const { absorbed_id: otherId } = found;
  const personId = await accounts.merged.survivorOf(otherId);
  let moved = false;
  const outcome = await rollingBack(database, async (tx) => {
    // First the people, then the journal, as whoever merges does.
    await accounts.lock(tx, [personId, otherId]);
    const merge = await store.readMerge(tx, number, { lock: true });
    if (merge?.state !== 'done') return failed('merge-unknown', 404);
    moved = (await accounts.merged.survivorOf(otherId, tx)) !== personId;
    if (moved) return failed('merge-unknown', 404);
    const now = clock.now();
    if (now.getTime() - merge.done_at!.getTime() > UNDO_DAYS * DAY_MS)
      return failed('unmerge-late', 409, { params: { days: UNDO_DAYS } });
    const faults = await whatStands(room, tx, merge, personId);
    if (faults.length > 0) return blocked(faults);
    await separateAccounts(room, tx, merge, personId, by);
    await store.undoMergeRow(tx, number, { ...by, now });
    return done({ personId, otherId });
  });
  return moved ? 'moved' : outcome;
}

const STATE_WORDS: Partial<Record<PersonState, string>> = {
  frozen:
    'is frozen since: decide on that first (`person unfreeze`, `person close`), or the other one slips out of it',
  closed: 'was closed since: reopen it first (`person reopen`), and close the one that is meant afterwards',
  deceased: 'is told to be deceased since: settle first which of the two that is',
};

/** Everything that stands in the way, with what to do. */
async function whatStands(
  { accounts, fingerprinter }: MergeRoom,
  tx: Transaction,
  { absorbed_id, done_at }: store.MergeRow,
  personId: PersonId,
): Promise<{ setting: string; right: string }[]> {
  const people = [absorbed_id, ...(await accounts.merged.absorbedBy(absorbed_id, tx))];
  const numberPrints: Buffer[] = [];
  for (const id of people) {
    const { document } = (await accounts.get(id, tx))!;
    numberPrints.push(...fingerprinter.all(`person ${document.type}`, keyOf(document)));
  }
  const state = (await accounts.get(personId, tx))!.state;
  const words = STATE_WORDS[state];
  const linked = await store.linkedSince(tx, personId, { people, numberPrints }, done_at!);
  return [
    ...(words ? [{ setting: `account ${personId}`, right: words }] : []),
    ...linked.map((key) => ({
      setting: key,
      right: `was linked since to ${personId} and has the other one's number: \`legacy undo ${key.replace('/', ' ')}\` first`,
    })),
  ];
}

/** In the trail of each of the two. */
async function record(
  { trail }: MergeRoom,
  tx: Transaction,
  type: AuditEvent,
  given: { personId: PersonId; otherId: PersonId; by: By; detail?: Record<string, string> },
): Promise<void> {
  const { personId, otherId, by, detail } = given;
  for (const [of, other] of [
    [personId, otherId],
    [otherId, personId],
  ]) {
    await trail.append(tx, {
      ...{ type, personId: of, actor: by.actor, channel: 'cli', outcome: 'success' },
      detail: { other: other!, survivor: personId, reason: by.reason, ...detail },
    });
  }
}
