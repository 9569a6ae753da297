/** Merges of persons in the database, and whose old accounts are. */
import type { PersonId } from '../../accounts/person.ts';
import { type Queryable, sql, type Transaction } from '../../platform/postgres.ts';

export type MergeState = 'proposed' | 'withdrawn' | 'done' | 'undone';

export interface MergeRow {
  id: string;
  survivor_id: PersonId;
  absorbed_id: PersonId;
  why: string;
  reason: string;
  content_hash: Buffer;
  state: MergeState;
  proposed_by: string;
  proposed_at: Date;
  approved_by: string | null;
  done_at: Date | null;
  /** JSON; what the absorbed person's row was. */
  before: string | null;
  undone_by: string | null;
  undone_at: Date | null;
  undone_reason: string | null;
}

export type NewMerge = Pick<
  MergeRow,
  'survivor_id' | 'absorbed_id' | 'why' | 'reason' | 'content_hash' | 'proposed_by' | 'proposed_at'
>;

const COLUMNS = `id, survivor_id, absorbed_id, why, reason, content_hash, state, proposed_by, proposed_at, approved_by, done_at,
  before::text AS before, undone_by, undone_at, undone_reason`;
const ADD = sql(
  'person-merge-add',
  `INSERT INTO person_merge (survivor_id, absorbed_id, why, reason, content_hash, proposed_by, proposed_at, state, done_at, before)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`,
);
const READ = sql('person-merge-read', `SELECT ${COLUMNS} FROM person_merge WHERE id = $1`);
const LOCK = sql('person-merge-lock', `SELECT ${COLUMNS} FROM person_merge WHERE id = $1 FOR UPDATE`);
const PROPOSED = sql(
  'person-merge-proposed',
  `SELECT ${COLUMNS} FROM person_merge WHERE least(survivor_id, absorbed_id) = least($1::uuid, $2::uuid)
     AND greatest(survivor_id, absorbed_id) = greatest($1::uuid, $2::uuid) AND state = 'proposed' FOR UPDATE`,
);
const APPROVE = sql(
  'person-merge-approve',
  `UPDATE person_merge SET state = 'done', approved_by = $2, done_at = $3, before = $4 WHERE id = $1 AND state = 'proposed'
   RETURNING id`,
);
const WITHDRAW = sql(
  'person-merge-withdraw',
  `UPDATE person_merge SET state = 'withdrawn' WHERE id = $1 AND state = 'proposed' RETURNING id`,
);
const UNDO = sql(
  'person-merge-undo',
  `UPDATE person_merge SET state = 'undone', undone_by = $2, undone_at = $3, undone_reason = $4 WHERE id = $1 AND state = 'done'
   RETURNING id`,
);
const LIST = sql(
  'person-merge-list',
  `SELECT ${COLUMNS} FROM person_merge WHERE ($1::text IS NULL OR state = $1) AND id < $2 ORDER BY id DESC LIMIT $3`,
);
const OLD_ACCOUNTS = sql(
  'person-merge-old-accounts',
  `SELECT source, local_id FROM old_account WHERE person_id = $1 AND linked_by IS NOT NULL ORDER BY source, local_id LIMIT $2`,
);
/** In the order of their ids, as undoing a link and applying lock them. */
const MOVE = sql(
  'person-merge-move',
  `UPDATE old_account o SET person_id = $2 FROM (
     SELECT source, local_id FROM old_account WHERE person_id = $1 AND linked_by IS NOT NULL
     ORDER BY source, local_id FOR UPDATE) AS mine
   WHERE o.source = mine.source AND o.local_id = mine.local_id RETURNING o.source, o.local_id`,
);
/** What the survivor disputed since the merge was no word of the person whose it is again. */
const MOVE_BACK = sql(
  'person-merge-move-back',
  `UPDATE old_account o SET person_id = $2, contested = CASE WHEN NOT theirs.disputed_since THEN o.contested END FROM (
     SELECT a.source, a.local_id, coalesce(a.contested = 'disputed' AND a.judged_at >= $4, false) AS disputed_since
     FROM old_account a JOIN legacy_journal j ON j.id = a.linked_by
     WHERE a.person_id = $1 AND j.person_id = ANY ($3::uuid[]) ORDER BY a.source, a.local_id FOR UPDATE OF a) AS theirs
   WHERE o.source = theirs.source AND o.local_id = theirs.local_id
   RETURNING o.source, o.local_id, theirs.disputed_since AS disputed`,
);
const LINKED_SINCE = sql(
  'person-merge-linked-since',
  `SELECT o.source, o.local_id FROM old_account o JOIN legacy_journal j ON j.id = o.linked_by
   WHERE o.person_id = $1 AND NOT j.person_id = ANY ($2::uuid[]) AND o.number_print = ANY ($3::bytea[]) AND j.at >= $4
   ORDER BY o.source, o.local_id LIMIT $5`,
);

const MOST = 100;
const NUMBER = /^\d{1,18}$/;

/** @throws when the pair is proposed, or the absorbed one merged, already: indexes allow one of each */
export async function addMerge(
  tx: Transaction,
  merge: NewMerge,
  done: { at: Date; before: string } | undefined,
): Promise<string> {
  const { survivor_id, absorbed_id, why, reason, content_hash, proposed_by, proposed_at } = merge;
  const [row] = await tx.query<{ id: string }>(ADD, [
    ...[survivor_id, absorbed_id, why, reason, content_hash, proposed_by, proposed_at],
    ...[done ? 'done' : 'proposed', done?.at ?? null, done?.before ?? null],
  ]);
  return row!.id;
}

export async function readMerge(
  on: Queryable,
  id: string,
  { lock = false } = {},
): Promise<MergeRow | undefined> {
  if (!NUMBER.test(id)) return undefined;
  const [row] = await on.query<MergeRow>(lock ? LOCK : READ, [id]);
  return row;
}

/** The proposal to merge these two, locked. */
export async function lockProposed(tx: Transaction, a: PersonId, b: PersonId): Promise<MergeRow | undefined> {
  const [row] = await tx.query<MergeRow>(PROPOSED, [a, b]);
  return row;
}

export const approveMergeRow = async (
  tx: Transaction,
  id: string,
  by: { actor: string; now: Date; before: string },
): Promise<boolean> => (await tx.query(APPROVE, [id, by.actor, by.now, by.before])).length === 1;

export const withdrawMergeRow = async (on: Queryable, id: string): Promise<boolean> =>
  (await on.query(WITHDRAW, [id])).length === 1;

export const undoMergeRow = async (
  tx: Transaction,
  id: string,
  by: { actor: string; now: Date; reason: string },
): Promise<boolean> => (await tx.query(UNDO, [id, by.actor, by.now, by.reason])).length === 1;

const ABOVE_ALL = '9223372036854775807';

/** Merges, newest first; hand the last one's id back as `before`. */
export const listMerges = (
  on: Queryable,
  { state, before, most }: { state?: MergeState | undefined; before?: string | undefined; most: number },
): Promise<MergeRow[]> => on.query(LIST, [state ?? null, before ?? ABOVE_ALL, most]);

interface Key {
  source: string;
  local_id: string;
}
const toText = ({ source, local_id }: Key): string => `${source}/${local_id}`;

/** A person's old accounts, at most a hundred. */
export const oldAccountsOf = async (on: Queryable, id: PersonId): Promise<string[]> =>
  (await on.query<Key>(OLD_ACCOUNTS, [id, MOST])).map(toText);

/** Everything that one person holds another one holds now. */
export const moveOldAccounts = async (tx: Transaction, from: PersonId, to: PersonId): Promise<string[]> =>
  (await tx.query<Key>(MOVE, [from, to])).map(toText);

/**
 * What was linked to these people, and is held by `from`, `to` holds again. @returns what `from` had disputed since the merge: it is
 * no longer disputed
 */
export const moveBackOldAccounts = async (
  tx: Transaction,
  from: PersonId,
  to: PersonId,
  linkedTo: readonly PersonId[],
  since: Date,
): Promise<{ source: string; localId: string }[]> =>
  (await tx.query<Key & { disputed: boolean }>(MOVE_BACK, [from, to, linkedTo, since]))
    .filter(({ disputed }) => disputed)
    .map(({ source, local_id }) => ({ source, localId: local_id }));

/** What one person got since a moment under the numbers of others. */
export const linkedSince = async (
  on: Queryable,
  holder: PersonId,
  others: { people: readonly PersonId[]; numberPrints: readonly Buffer[] },
  since: Date,
): Promise<string[]> =>
  (await on.query<Key>(LINKED_SINCE, [holder, others.people, others.numberPrints, since, MOST])).map(toText);
