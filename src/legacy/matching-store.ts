/** Verdicts and links of old accounts in the database. */
import type { PersonId } from '../accounts/person.ts';
import { byteArray } from '../platform/byte-array.ts';
import { type Queryable, sql, type Transaction } from '../platform/postgres.ts';
import type { Reason, RegisterWord, Tier } from './matching.ts';

export interface JudgeableRow {
  local_id: string;
  at: string;
  content: Buffer;
  content_print: Buffer;
  number_print: Buffer | null;
  provable: boolean;
  deleted: boolean;
  register_said: RegisterWord | null;
  register_source: string | null;
  register_reference: string | null;
  register_at: Date | null;
}

export interface VerdictRow {
  localId: string;
  /** Of what was judged: the verdict on anything else is not written. */
  contentPrint: Buffer;
  outcome: string;
  tier: Tier;
  reasons: Reason[];
  personId: PersonId | undefined;
  register: { said: RegisterWord; source: string; reference: string; at: Date } | undefined;
}

const COLUMNS = `local_id, at, content, content_print, number_print, provable, deleted,
  register_said, register_source, register_reference, register_at`;
/**
 * Pages are cut by ids alone. Cut by what is to be done, they would be as good as the planner's idea of how many rows
 * that is, and with an old idea it sorts all the rest of the table for each page.
 */
const END_OF_PAGE = sql(
  'old-account-end-of-page',
  `SELECT max(local_id) AS last FROM (
     SELECT local_id FROM old_account WHERE source = $1 AND local_id > $2 ORDER BY local_id LIMIT $3) AS page`,
);
const PAGE = sql(
  'old-account-page',
  `SELECT ${COLUMNS} FROM old_account WHERE source = $1 AND local_id > $2 AND local_id <= $3 AND linked_by IS NULL
     AND set_aside IS NULL AND contested IS NULL ORDER BY local_id`,
);
const LOCK_READY = sql(
  'old-account-ready',
  `SELECT ${COLUMNS} FROM old_account
   WHERE source = $1 AND local_id > $2 AND local_id <= $3 AND linked_by IS NULL AND set_aside IS NULL
     AND contested IS NULL AND outcome IN ('same', 'new')
   ORDER BY local_id FOR UPDATE`,
);
/**
 * Numbers that rows of several names have in the same system; those of deleted accounts do not count. Only the first and
 * the last name of a number are looked at: a clerk's own number may stand on thousands of rows.
 */
const NAME = `SELECT name_print FROM old_account o WHERE source = $1 AND o.number_print = asked.number_print AND NOT deleted
   AND name_print IS NOT NULL`;
const SHARED = sql(
  'old-account-shared-numbers',
  `SELECT number_print FROM unnest($2::bytea[]) AS asked(number_print)
   WHERE (${NAME} ORDER BY name_print LIMIT 1) <> (${NAME} ORDER BY name_print DESC LIMIT 1)`,
);
/**
 * Only onto what was judged: while the register was asked, a later dump, a sign-in at the old system or a citizen's claim may
 * have made another thing of the row, and what was said of the one does not hold for the other.
 */
const WRITE = sql(
  'old-account-judge',
  `UPDATE old_account o SET outcome = v.outcome, tier = v.tier, reasons = string_to_array(v.reasons, ' '), proposed_id = v.proposed_id,
     register_said = v.said, register_source = v.register, register_reference = v.reference, register_at = v.asked_at, judged_at = $2
   FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::text[], $9::text[], $10::text[], $11::timestamptz[],
     $12::bytea[])
     AS v(local_id, outcome, tier, reasons, proposed_id, said, register, reference, asked_at, was)
   WHERE o.source = $1 AND o.local_id = v.local_id AND o.content_print = v.was AND o.linked_by IS NULL AND o.set_aside IS NULL
     AND o.contested IS NULL`,
);
const TALLY = sql(
  'old-account-tally',
  `SELECT outcome, tier, reasons, linked_by IS NOT NULL AS linked, count(*)::int AS rows FROM old_account
   WHERE source = $1 GROUP BY outcome, tier, reasons, linked_by IS NOT NULL ORDER BY rows DESC`,
);
const PAGE_VERDICTS = sql(
  'old-account-verdicts',
  `SELECT o.local_id, o.at, o.outcome, o.tier, o.reasons, o.set_aside, o.contested, o.linked_by IS NOT NULL AS linked,
     coalesce(j.opened, false) AS opened, coalesce(o.person_id, o.organisation_id, o.proposed_id)::text AS account
   FROM old_account o LEFT JOIN legacy_journal j ON j.id = o.linked_by
   WHERE o.source = $1 AND o.local_id > $2 ORDER BY o.local_id LIMIT $3`,
);
const LINK = sql(
  'old-account-link',
  `WITH entry AS (
     INSERT INTO legacy_journal (source, local_id, person_id, opened, reasons, actor, at)
     SELECT $1, local_id, person_id, opened, string_to_array(reasons, ' '), $2, $3::timestamptz
     FROM unnest($4::text[], $5::uuid[], $6::boolean[], $7::text[]) AS l(local_id, person_id, opened, reasons)
     RETURNING id, local_id)
   UPDATE old_account o SET person_id = l.holder_id, linked_by = entry.id
   FROM entry JOIN unnest($4::text[], $8::uuid[]) AS l(local_id, holder_id) USING (local_id)
   WHERE o.source = $1 AND o.local_id = entry.local_id AND o.linked_by IS NULL RETURNING entry.id`,
);
const FIND_LINK = `SELECT j.id, j.person_id, o.person_id AS holder_id, j.opened, j.at,
     o.contested IS NOT DISTINCT FROM 'disputed' AS disputed FROM old_account o JOIN legacy_journal j ON j.id = o.linked_by
   WHERE o.source = $1 AND o.local_id = $2 AND j.person_id IS NOT NULL`;
const READ_LINK = sql('old-account-read-link', FIND_LINK);
const LOCK_LINK = sql('old-account-lock-link', `${FIND_LINK} FOR UPDATE OF o, j`);
const UNLINK = sql(
  'old-account-unlink',
  `WITH entry AS (
     UPDATE legacy_journal SET undone_at = $3, undone_by = $4, undone_reason = $5
     WHERE source = $1 AND local_id = $2 AND undone_at IS NULL RETURNING id)
   UPDATE old_account o SET linked_by = NULL, person_id = NULL FROM entry
   WHERE o.source = $1 AND o.local_id = $2 AND o.linked_by = entry.id RETURNING entry.id`,
);
const OTHER_LINKS = sql(
  'old-account-other-links',
  `SELECT source, local_id FROM old_account WHERE person_id = $1 AND linked_by IS NOT NULL
     AND NOT (source = $2 AND local_id = $3) ORDER BY source, local_id LIMIT 20`,
);

/** The last local id of the next so many accounts, whatever became of them; undefined behind the last. */
export async function endOfPage(
  on: Queryable,
  source: string,
  after: string,
  most: number,
): Promise<string | undefined> {
  const [row] = await on.query<{ last: string | null }>(END_OF_PAGE, [source, after, most]);
  return row!.last ?? undefined;
}

/** Accounts of a page that belong to nobody yet, by local id. */
export const pageUnlinked = (
  on: Queryable,
  source: string,
  after: string,
  last: string,
): Promise<JudgeableRow[]> => on.query(PAGE, [source, after, last]);

/** Accounts of a page that were judged fit to link, locked until the transaction ends. */
export const lockReady = (
  tx: Transaction,
  source: string,
  after: string,
  last: string,
): Promise<JudgeableRow[]> => tx.query(LOCK_READY, [source, after, last]);

/** Numbers of the given that several names share in this system, by their fingerprint as hex. */
export async function sharedNumbers(on: Queryable, source: string, prints: Buffer[]): Promise<Set<string>> {
  if (prints.length === 0) return new Set();
  const rows = await on.query<{ number_print: Buffer }>(SHARED, [source, byteArray(prints)]);
  return new Set(rows.map((row) => row.number_print.toString('hex')));
}

export async function writeVerdicts(
  on: Queryable,
  source: string,
  verdicts: readonly VerdictRow[],
  now: Date,
): Promise<void> {
  const column = <Value>(read: (row: VerdictRow) => Value) => verdicts.map(read);
  await on.query(WRITE, [
    source,
    now,
    column((row) => row.localId),
    column((row) => row.outcome),
    column((row) => row.tier),
    column((row) => row.reasons.join(' ')),
    column((row) => row.personId ?? null),
    column((row) => row.register?.said ?? null),
    column((row) => row.register?.source ?? null),
    column((row) => row.register?.reference ?? null),
    column((row) => row.register?.at ?? null),
    byteArray(column((row) => row.contentPrint)),
  ]);
}

export interface VerdictLine {
  local_id: string;
  at: string;
  outcome: string | null;
  tier: Tier | null;
  reasons: string[] | null;
  set_aside: 'rejected' | 'waits' | null;
  contested: 'claimed' | 'disputed' | null;
  linked: boolean;
  opened: boolean;
  account: string | null;
}

/** What was found of each old account, by local id. */
export const pageVerdicts = (
  on: Queryable,
  source: string,
  after: string,
  most: number,
): Promise<VerdictLine[]> => on.query(PAGE_VERDICTS, [source, after, most]);

export interface TallyRow {
  outcome: string | null;
  tier: Tier | null;
  reasons: Reason[] | null;
  linked: boolean;
  rows: number;
}

/** How many accounts of a system came to which verdict. */
export const tally = (on: Queryable, source: string): Promise<TallyRow[]> => on.query(TALLY, [source]);

export interface NewLink {
  localId: string;
  personId: PersonId;
  /** The account that answers for that person where they were merged; itself when undefined. */
  holderId?: PersonId | undefined;
  opened: boolean;
  reasons: readonly string[];
}

/**
 * Ties old accounts to persons, with an entry of the journal each. The caller has them locked and not linked.
 * @throws when one was linked meanwhile: an index allows one standing entry for each
 */
export async function link(
  tx: Transaction,
  by: { source: string; actor: string; now: Date },
  links: readonly NewLink[],
): Promise<void> {
  if (links.length === 0) return;
  await tx.query(LINK, [
    by.source,
    by.actor,
    by.now,
    links.map(({ localId }) => localId),
    links.map(({ personId }) => personId),
    links.map(({ opened }) => opened),
    links.map(({ reasons }) => reasons.join(' ')),
    links.map(({ personId, holderId }) => holderId ?? personId),
  ]);
}

export interface Link {
  entry: number;
  /** Whose it was linked to, and who holds it now: another one when they were merged since. */
  personId: PersonId;
  holderId: PersonId;
  opened: boolean;
  /** Its person said that it is not theirs, and people have not decided yet. */
  disputed: boolean;
  at: Date;
}

/** The link of an old account; locked until the transaction ends where asked so. */
export async function readLink(
  on: Queryable,
  source: string,
  localId: string,
  { lock = false } = {},
): Promise<Link | undefined> {
  const [row] = await on.query<{
    id: string;
    person_id: PersonId;
    holder_id: PersonId;
    opened: boolean;
    disputed: boolean;
    at: Date;
  }>(lock ? LOCK_LINK : READ_LINK, [source, localId]);
  if (!row) return undefined;
  const { id, person_id: personId, holder_id: holderId, opened, disputed, at } = row;
  return { entry: Number(id), personId, holderId, opened, disputed, at };
}

export async function unlink(
  tx: Transaction,
  entry: { source: string; localId: string; actor: string; reason: string; now: Date },
): Promise<void> {
  const { source, localId, actor, reason, now } = entry;
  await tx.query(UNLINK, [source, localId, now, actor, reason]);
}

/** Other old accounts of the same person, at most twenty. */
export async function otherLinks(
  on: Queryable,
  personId: PersonId,
  source: string,
  localId: string,
): Promise<string[]> {
  const rows = await on.query<{ source: string; local_id: string }>(OTHER_LINKS, [personId, source, localId]);
  return rows.map((row) => `${row.source}/${row.local_id}`);
}
