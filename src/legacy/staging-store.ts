/** Staged accounts of old systems in the database. */
import { byteArray } from '../platform/byte-array.ts';
import { type Queryable, sql, type Transaction } from '../platform/postgres.ts';
import type { SubjectKind } from './declaration.ts';
import type { StageCounts } from './stage-report.ts';

export const OLD_ACCOUNT_TABLE = 'old_account';

export interface StagedRow {
  localId: string;
  at: number;
  content: Buffer;
  contentPrint: Buffer;
  numberState: string;
  documentType: string | undefined;
  numberPrint: Buffer | undefined;
  namePrint: Buffer | undefined;
  userNamePrint: Buffer | undefined;
  provable: boolean;
  deleted: boolean;
  marks: string[];
}

export interface DumpRow {
  number: number;
  rowsDone: number;
  counts: Partial<StageCounts>;
  finishedAt: Date | undefined;
  /** Of a database: the local id behind which the reading goes on. */
  readTo: string | undefined;
}

const PUT_SOURCE = sql(
  'legacy-source-put',
  `INSERT INTO legacy_source (source, declaration, client, login, subject_kind, created_at, changed_at)
   VALUES ($1, $2, $3, $5, $6, $4, $4)
   ON CONFLICT (source) DO UPDATE SET declaration = EXCLUDED.declaration, client = EXCLUDED.client, login = EXCLUDED.login,
     subject_kind = CASE WHEN EXISTS (SELECT FROM old_account o WHERE o.source = EXCLUDED.source)
       THEN legacy_source.subject_kind ELSE EXCLUDED.subject_kind END,
     changed_at = EXCLUDED.changed_at
   RETURNING subject_kind`,
);
const SUBJECT_KIND = sql('legacy-source-subject', 'SELECT subject_kind FROM legacy_source WHERE source = $1');
const DUMP = 'number, rows_done, counts, finished_at, read_to';
const LATEST_DUMP = sql(
  'legacy-dump-latest',
  `SELECT ${DUMP}, file_hash = $2 AND declaration_hash = $3 AS same FROM legacy_dump
   WHERE source = $1 ORDER BY number DESC LIMIT 1`,
);
const ADD_DUMP = sql(
  'legacy-dump-add',
  `INSERT INTO legacy_dump (source, number, file_hash, declaration_hash, started_at) VALUES ($1, $2, $3, $4, $5)`,
);
/** The source is locked too, against the next dump: it is opened before or after this batch, not beside it. */
const LOCK_DUMP = sql(
  'legacy-dump-lock',
  `SELECT ${DUMP} FROM legacy_dump JOIN legacy_source USING (source) WHERE source = $1 AND number = $2
   FOR UPDATE OF legacy_dump FOR SHARE OF legacy_source`,
);
const NEWEST_DUMP = sql(
  'legacy-dump-newest',
  'SELECT max(number) AS number FROM legacy_dump WHERE source = $1',
);
const ADVANCE_DUMP = sql(
  'legacy-dump-advance',
  `UPDATE legacy_dump SET rows_done = $3, counts = $4, finished_at = $5, read_to = $6
   WHERE source = $1 AND number = $2`,
);
const LIST_DUMPS = sql(
  'legacy-dump-list',
  `SELECT source, ${DUMP}, started_at FROM legacy_dump ORDER BY source, number`,
);
/** What the register said of a row: it holds for the number and name that were asked for, and for no others. */
export const ANSWERS = [
  'register_said',
  'register_source',
  'register_reference',
  'register_at',
  'resolved_code',
  'register_representative',
];
/**
 * Parameters: $1 source, $2 dump, $3 key id, $4 moment, then one array per column. Tells for each row what it was
 * before. Rows are locked in the order of their ids, so that two runs wait for each other instead of dead-locking.
 */
const PUT_ACCOUNTS = sql(
  'old-account-put',
  `WITH given AS MATERIALIZED (
     SELECT * FROM unnest($5::text[], $6::bigint[], $7::bytea[], $8::bytea[], $9::text[], $10::text[], $11::bytea[],
       $12::bytea[], $13::boolean[], $14::boolean[], $15::text[], $16::bytea[])
       AS g(local_id, at, content, content_print, number_state, document_type, number_print, name_print, provable, deleted, marks,
         user_name_print)),
   before AS MATERIALIZED (
     SELECT o.local_id, o.content_print, o.dump FROM old_account o
     WHERE o.source = $1 AND o.local_id = ANY ($5::text[]) ORDER BY o.local_id FOR UPDATE),
   put AS (
     INSERT INTO old_account (source, local_id, dump, at, content, content_print, key_id, number_state, document_type,
       number_print, name_print, user_name_print, provable, deleted, marks, staged_at, changed_at)
     SELECT $1, local_id, $2::integer, at, content, content_print, $3, number_state, document_type, number_print, name_print,
       user_name_print, provable, deleted, string_to_array(marks, ' '), $4::timestamptz, $4::timestamptz FROM given
     ON CONFLICT (source, local_id) DO UPDATE SET dump = EXCLUDED.dump, at = EXCLUDED.at, content = EXCLUDED.content,
       content_print = EXCLUDED.content_print, key_id = EXCLUDED.key_id, number_state = EXCLUDED.number_state,
       document_type = EXCLUDED.document_type, number_print = EXCLUDED.number_print, name_print = EXCLUDED.name_print,
       user_name_print = EXCLUDED.user_name_print, provable = EXCLUDED.provable, deleted = EXCLUDED.deleted, marks = EXCLUDED.marks,
       set_aside = CASE WHEN old_account.content_print = EXCLUDED.content_print THEN old_account.set_aside END,
       set_aside_until = CASE WHEN old_account.content_print = EXCLUDED.content_print THEN old_account.set_aside_until END,
       ${ANSWERS.map(
         (column) =>
           `${column} = CASE WHEN old_account.content_print = EXCLUDED.content_print THEN old_account.${column} END`,
       ).join(', ')},
       changed_at = CASE WHEN old_account.content_print = EXCLUDED.content_print THEN old_account.changed_at
         ELSE EXCLUDED.changed_at END)
   SELECT count(*) FILTER (WHERE b.local_id IS NULL)::int AS added,
     count(*) FILTER (WHERE b.dump = $2)::int AS repeated,
     count(*) FILTER (WHERE b.dump < $2 AND b.content_print = g.content_print)::int AS unchanged,
     count(*) FILTER (WHERE b.dump < $2 AND b.content_print <> g.content_print)::int AS changed
   FROM given g LEFT JOIN before b USING (local_id)`,
);
const PUT_REJECTS = sql(
  'legacy-reject-put',
  `INSERT INTO legacy_reject (source, dump, at, reason)
   SELECT $1, $2, at, reason FROM unnest($3::bigint[], $4::text[]) AS r(at, reason) ON CONFLICT DO NOTHING`,
);
const LIST_REJECTS = sql(
  'legacy-reject-list',
  `SELECT at, reason FROM legacy_reject WHERE source = $1 AND dump = $2 AND at > $3 ORDER BY at LIMIT $4`,
);
const SUMMARY = sql(
  'old-account-summary',
  `SELECT number_state AS state, deleted, provable, count(*)::int AS rows, count(DISTINCT number_print)::int AS numbers
   FROM old_account WHERE source = $1 GROUP BY number_state, deleted, provable`,
);
const COUNT_MARKS = sql(
  'old-account-marks',
  `SELECT mark, count(*)::int AS rows FROM old_account, unnest(marks) AS mark WHERE source = $1
   GROUP BY mark ORDER BY rows DESC, mark`,
);
const COUNT_SHARED = sql(
  'old-account-shared',
  `SELECT count(*)::int AS numbers, COALESCE(sum(rows), 0)::int AS rows FROM (
     SELECT count(*) AS rows FROM old_account WHERE source = $1 AND number_print IS NOT NULL AND NOT deleted
     GROUP BY number_print HAVING count(DISTINCT name_print) > 1) AS shared`,
);
const ANY_ACCOUNT = sql(
  'old-account-any',
  'SELECT EXISTS (SELECT FROM old_account WHERE source = $1) AS "any"',
);
const COUNT_MISSING = sql(
  'old-account-missing',
  `SELECT count(*)::int AS rows FROM old_account WHERE source = $1 AND dump < $2`,
);

const PAGE_FOR_KEYS = sql(
  'old-account-page-for-keys',
  `SELECT source, local_id, at, content, key_id FROM old_account WHERE (source, local_id) > ($1, $2)
   ORDER BY source, local_id LIMIT $3`,
);
const REPLACE_KEYED = sql(
  'old-account-replace-keyed',
  `UPDATE old_account o SET content = n.content, content_print = n.content_print, number_print = n.number_print,
     name_print = n.name_print, user_name_print = n.user_name_print, key_id = $1
   FROM unnest($2::text[], $3::text[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bytea[], $9::bytea[])
     AS n(source, local_id, was, content, content_print, number_print, name_print, user_name_print)
   WHERE o.source = n.source AND o.local_id = n.local_id AND o.content = n.was RETURNING 1`,
);

interface RawDump {
  number: number;
  /** bigint arrives as text. */
  rows_done: string;
  counts: Partial<StageCounts>;
  finished_at: Date | null;
  read_to: string | null;
}

const toDump = (row: RawDump): DumpRow => ({
  number: row.number,
  rowsDone: Number(row.rows_done),
  counts: row.counts,
  finishedAt: row.finished_at ?? undefined,
  readTo: row.read_to ?? undefined,
});

/**
 * Puts the declaration in place and locks the source until the transaction ends. Returns whose accounts it holds, which
 * is what it was once some are staged.
 */
export async function putSource(
  tx: Transaction,
  source: string,
  declaration: string,
  declared: { client?: string | undefined; login?: string | undefined; subjectKind: SubjectKind },
  now: Date,
): Promise<SubjectKind> {
  const { client, login, subjectKind } = declared;
  const [row] = await tx.query<{ subject_kind: SubjectKind }>(PUT_SOURCE, [
    ...[source, declaration, client ?? null, now],
    ...[login ?? null, subjectKind],
  ]);
  return row!.subject_kind;
}

/** Whose accounts a system holds; undefined for one that was never staged. */
export async function subjectKindOfSource(on: Queryable, source: string): Promise<SubjectKind | undefined> {
  const [row] = await on.query<{ subject_kind: SubjectKind }>(SUBJECT_KIND, [source]);
  return row?.subject_kind;
}

/** The newest dump, and whether it is this file read by this declaration. */
export async function latestDump(
  on: Queryable,
  source: string,
  fileHash: Buffer,
  declarationHash: Buffer,
): Promise<(DumpRow & { same: boolean }) | undefined> {
  const [row] = await on.query<RawDump & { same: boolean }>(LATEST_DUMP, [source, fileHash, declarationHash]);
  return row && { ...toDump(row), same: row.same };
}

export async function addDump(
  tx: Transaction,
  dump: { source: string; number: number; fileHash: Buffer; declarationHash: Buffer; now: Date },
): Promise<void> {
  await tx.query(ADD_DUMP, [dump.source, dump.number, dump.fileHash, dump.declarationHash, dump.now]);
}

/** The dump, locked until the transaction ends; undefined when a later one of its system has been opened. */
export async function lockDump(
  tx: Transaction,
  source: string,
  number: number,
): Promise<DumpRow | undefined> {
  const [row] = await tx.query<RawDump>(LOCK_DUMP, [source, number]);
  const [newest] = await tx.query<{ number: number }>(NEWEST_DUMP, [source]);
  return newest!.number === number ? toDump(row!) : undefined;
}

export async function advanceDump(
  tx: Transaction,
  source: string,
  dump: Omit<DumpRow, 'counts'> & { counts: StageCounts },
): Promise<void> {
  const { number, rowsDone, counts, finishedAt, readTo } = dump;
  const place = [rowsDone, JSON.stringify(counts), finishedAt ?? null, readTo ?? null];
  await tx.query(ADVANCE_DUMP, [source, number, ...place]);
}

export async function listDumps(on: Queryable): Promise<(DumpRow & { source: string; startedAt: Date })[]> {
  const rows = await on.query<RawDump & { source: string; started_at: Date }>(LIST_DUMPS);
  return rows.map((row) => ({ ...toDump(row), source: row.source, startedAt: row.started_at }));
}

/** So that whatever follows a large import is planned for as many rows as there are now. */
export async function refreshStatistics(on: Queryable): Promise<void> {
  await on.query('ANALYZE old_account');
}

/** Writes rows of different local ids, and tells how many were new, changed, as before, or in this dump already. */
export async function putAccounts(
  tx: Transaction,
  place: { source: string; dump: number; keyId: string; now: Date },
  rows: readonly StagedRow[],
): Promise<{ added: number; changed: number; unchanged: number; repeated: number }> {
  const column = <Value>(read: (row: StagedRow) => Value) => rows.map(read);
  const [counts] = await tx.query<{ added: number; changed: number; unchanged: number; repeated: number }>(
    PUT_ACCOUNTS,
    [
      ...[place.source, place.dump, place.keyId, place.now],
      column((row) => row.localId),
      column((row) => row.at),
      byteArray(column((row) => row.content)),
      byteArray(column((row) => row.contentPrint)),
      column((row) => row.numberState),
      column((row) => row.documentType ?? null),
      byteArray(column((row) => row.numberPrint)),
      byteArray(column((row) => row.namePrint)),
      column((row) => row.provable),
      column((row) => row.deleted),
      // Arrays of arrays must have one length; marks are words without spaces.
      column((row) => row.marks.join(' ')),
      column((row) => row.userNamePrint ?? null),
    ],
  );
  return counts!;
}

export async function putRejects(
  tx: Transaction,
  source: string,
  dump: number,
  rejects: readonly { at: number; reason: string }[],
): Promise<void> {
  if (rejects.length === 0) return;
  await tx.query(PUT_REJECTS, [
    source,
    dump,
    rejects.map(({ at }) => at),
    rejects.map(({ reason }) => reason),
  ]);
}

/** The next rejected rows behind a place. */
export async function listRejects(
  on: Queryable,
  source: string,
  dump: number,
  after: number,
  most: number,
): Promise<{ at: number; reason: string }[]> {
  const rows = await on.query<{ at: string; reason: string }>(LIST_REJECTS, [source, dump, after, most]);
  return rows.map(({ at, reason }) => ({ at: Number(at), reason }));
}

/** The next accounts of all systems, by system and id. */
export const pageForKeys = (
  on: Queryable,
  after: { source: string; localId: string },
  most: number,
): Promise<{ source: string; local_id: string; at: string; content: Buffer; key_id: string }[]> =>
  on.query(PAGE_FOR_KEYS, [after.source, after.localId, most]);

/** Puts rows under another key where they are still what they were; returns how many were. */
export async function replaceKeyed(
  on: Queryable,
  keyId: string,
  renewed: readonly { source: string; was: Buffer; row: StagedRow }[],
): Promise<number> {
  const rows = await on.query(REPLACE_KEYED, [
    keyId,
    renewed.map(({ source }) => source),
    renewed.map(({ row }) => row.localId),
    renewed.map(({ was }) => was),
    renewed.map(({ row }) => row.content),
    renewed.map(({ row }) => row.contentPrint),
    renewed.map(({ row }) => row.numberPrint ?? null),
    renewed.map(({ row }) => row.namePrint ?? null),
    renewed.map(({ row }) => row.userNamePrint ?? null),
  ]);
  return rows.length;
}

/** Whether a system has any account. */
export async function hasAccounts(on: Queryable, source: string): Promise<boolean> {
  const [found] = await on.query<{ any: boolean }>(ANY_ACCOUNT, [source]);
  return found!.any;
}

/** Accounts that earlier dumps brought and this one did not. */
export async function countMissing(on: Queryable, source: string, dump: number): Promise<number> {
  const [missing] = await on.query<{ rows: number }>(COUNT_MISSING, [source, dump]);
  return missing!.rows;
}

export interface StagedSummary {
  groups: { state: string; deleted: boolean; provable: boolean; rows: number; numbers: number }[];
  marks: { mark: string; rows: number }[];
  shared: { numbers: number; rows: number };
  missing: number;
}

/** What stands staged of a source; `dump` is the newest, and what it lacks is missing. */
export async function summarise(on: Queryable, source: string, dump: number): Promise<StagedSummary> {
  const groups = await on.query<StagedSummary['groups'][number]>(SUMMARY, [source]);
  const marks = await on.query<StagedSummary['marks'][number]>(COUNT_MARKS, [source]);
  const [shared] = await on.query<StagedSummary['shared']>(COUNT_SHARED, [source]);
  return { groups, marks, shared: shared!, missing: await countMissing(on, source, dump) };
}
