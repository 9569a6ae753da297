/** Passwords of old accounts in the database. */
import type { PersonId } from '../accounts/person.ts';
import { byteArray } from '../platform/byte-array.ts';
import { type Queryable, sql, type Transaction } from '../platform/postgres.ts';

export const OLD_PASSWORD_TABLE = 'old_password';

/**
 * - `stored`: as the old system had it, waiting to be wrapped;
 * - `wrapped`: what its recipe computes, in argon2id;
 * - `kept`: a hash that carries a cost of its own, checked as it is;
 * - `hashed`: could be read in the old system; in argon2id;
 * - `unreadable` (not made by the recipe), `used` (its owner signed in), `claimed` (its owner claimed the account),
 *   `expired`: nothing rests.
 */
export type OldPasswordState =
  | 'stored'
  | 'wrapped'
  | 'kept'
  | 'hashed'
  | 'unreadable'
  | 'used'
  | 'claimed'
  | 'expired';

export interface PasswordRow {
  source: string;
  localId: string;
  content: Buffer;
}

/** Rows arrive in the order of their ids, as those of the accounts do. One that its owner used stays used. */
const PUT = sql(
  'old-password-put',
  `INSERT INTO old_password (source, local_id, state, content, print, changed_at)
   SELECT $1, local_id, 'stored', content, print, $2
   FROM unnest($3::text[], $4::bytea[], $5::bytea[]) AS g(local_id, content, print) ORDER BY local_id
   ON CONFLICT (source, local_id) DO UPDATE SET state = 'stored', content = EXCLUDED.content, print = EXCLUDED.print,
     changed_at = EXCLUDED.changed_at
   WHERE old_password.state NOT IN ('used', 'claimed') AND (old_password.print <> EXCLUDED.print OR old_password.state = 'unreadable')
   RETURNING 1`,
);
const DROP = sql(
  'old-password-drop',
  `DELETE FROM old_password WHERE source = $1 AND local_id = ANY ($2::text[]) AND state NOT IN ('used', 'claimed')`,
);
const PAGE_STORED = sql(
  'old-password-page-stored',
  `SELECT p.source, p.local_id, p.content, s.declaration FROM old_password p JOIN legacy_source s USING (source)
   WHERE p.state = 'stored' AND (p.source, p.local_id) > ($1, $2) AND ($3::text IS NULL OR p.source = $3)
   ORDER BY p.source, p.local_id LIMIT $4`,
);
const SETTLE = sql(
  'old-password-settle',
  `UPDATE old_password p SET state = n.state, content = n.content, changed_at = $1
   FROM unnest($2::text[], $3::text[], $4::bytea[], $5::text[], $6::bytea[]) AS n(source, local_id, was, state, content)
   WHERE p.source = n.source AND p.local_id = n.local_id AND p.state = 'stored' AND p.content = n.was RETURNING p.state`,
);
/**
 * Only where a link opened the account: what its owner opened has no key but the owner's. Those that rest here, and
 * those of systems that check passwords themselves, until the owner has one here. What came by a merge opens nothing:
 * its password is that of the account that was linked.
 */
const OF_PERSON = sql(
  'old-password-of-person',
  `SELECT o.source, o.local_id, p.state, p.content, s.declaration, s.login, COALESCE(d.started_at, s.created_at) AS started_at
   FROM old_account o JOIN legacy_source s USING (source) LEFT JOIN old_password p USING (source, local_id)
     JOIN legacy_journal l ON l.id = o.linked_by AND l.person_id = o.person_id
     LEFT JOIN legacy_dump d ON d.source = o.source AND d.number = 1
   WHERE o.person_id = $1 AND o.linked_by IS NOT NULL
     AND (p.content IS NOT NULL OR (s.login IS NOT NULL AND p.state IS NULL AND NOT o.deleted))
     AND EXISTS (SELECT FROM legacy_journal j WHERE j.person_id = $1 AND j.opened AND j.undone_at IS NULL)
   ORDER BY o.dump DESC, o.source, o.local_id LIMIT $2`,
);
const USE = sql(
  'old-password-use',
  `UPDATE old_password p SET state = 'used', content = NULL, changed_at = $2 FROM (
     SELECT p.source, p.local_id FROM old_account o JOIN old_password p USING (source, local_id)
       JOIN legacy_journal l ON l.id = o.linked_by AND l.person_id = o.person_id
     WHERE o.person_id = $1 AND p.state NOT IN ('used', 'claimed')
     ORDER BY p.source, p.local_id FOR UPDATE OF p) AS mine
   WHERE p.source = mine.source AND p.local_id = mine.local_id RETURNING p.local_id`,
);
/** There is no password of theirs to remove, only that it counts no more. */
const CLOSE_LOGINS = sql(
  'old-password-close-logins',
  `INSERT INTO old_password (source, local_id, state, content, print, changed_at)
   SELECT o.source, o.local_id, 'used', NULL::bytea, ''::bytea, $2::timestamptz FROM old_account o JOIN legacy_source s USING (source)
     JOIN legacy_journal l ON l.id = o.linked_by AND l.person_id = o.person_id
   WHERE o.person_id = $1 AND s.login IS NOT NULL ORDER BY o.source, o.local_id
   ON CONFLICT (source, local_id) DO NOTHING`,
);
const HOLD_LINK = sql(
  'old-password-hold-link',
  `SELECT local_id FROM old_account WHERE source = $1 AND local_id = $2 AND person_id = $3 AND linked_by IS NOT NULL FOR SHARE`,
);
const CLAIM = sql(
  'old-password-claim',
  `UPDATE old_password SET state = 'claimed', content = NULL, changed_at = $3 WHERE source = $1 AND local_id = $2 AND state <> 'used'`,
);
const WAS_USED = sql(
  'old-password-was-used',
  `SELECT changed_at FROM old_password WHERE source = $1 AND local_id = $2 AND state = 'used'`,
);
const EXPIRE = sql(
  'old-password-expire',
  `WITH gone AS (
     UPDATE old_password p SET state = 'expired', content = NULL, changed_at = $2 FROM (
       SELECT local_id FROM old_password WHERE source = $1 AND local_id > $3 AND content IS NOT NULL
       ORDER BY local_id LIMIT $4 FOR UPDATE) AS old
     WHERE p.source = $1 AND p.local_id = old.local_id RETURNING p.local_id)
   SELECT count(*)::int AS removed, max(local_id) AS last FROM gone`,
);
const COUNT = sql(
  'old-password-count',
  `SELECT state, count(*)::int AS rows FROM old_password WHERE source = $1 GROUP BY state ORDER BY state`,
);
const COUNT_STORED = sql(
  'old-password-count-stored',
  `SELECT count(*)::int AS rows FROM old_password WHERE state = 'stored' AND ($1::text IS NULL OR source = $1)`,
);
/** Of any system, by its key: one row is enough; or a system that checks them itself. */
const ANY_LEFT = sql(
  'old-password-any-left',
  `SELECT EXISTS (SELECT FROM old_password WHERE content IS NOT NULL) AS here,
     EXISTS (SELECT FROM legacy_source WHERE login IS NOT NULL) AS there`,
);
const SOURCES = sql(
  'old-password-sources',
  `SELECT s.source, s.declaration, d.started_at FROM legacy_source s JOIN legacy_dump d ON d.source = s.source AND d.number = 1`,
);
const PAGE_FOR_KEYS = sql(
  'old-password-page-for-keys',
  `SELECT source, local_id, content FROM old_password WHERE content IS NOT NULL AND (source, local_id) > ($1, $2)
   ORDER BY source, local_id LIMIT $3`,
);
const RESEAL = sql(
  'old-password-reseal',
  `UPDATE old_password p SET content = n.content FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[])
     AS n(source, local_id, was, content)
   WHERE p.source = n.source AND p.local_id = n.local_id AND p.content = n.was RETURNING 1`,
);

interface RawRow {
  source: string;
  local_id: string;
  content: Buffer;
}
const toRow = (row: RawRow): PasswordRow => ({
  source: row.source,
  localId: row.local_id,
  content: row.content,
});

/** Puts the passwords of a dump in place, those that were used or have not changed apart; returns how many. */
export async function putPasswords(
  tx: Transaction,
  source: string,
  rows: readonly (Omit<PasswordRow, 'source'> & { print: Buffer })[],
  now: Date,
): Promise<number> {
  if (rows.length === 0) return 0;
  const put = await tx.query(PUT, [
    source,
    now,
    rows.map(({ localId }) => localId),
    byteArray(rows.map(({ content }) => content)),
    byteArray(rows.map(({ print }) => print)),
  ]);
  return put.length;
}

/** Forgets passwords of accounts that have none any more, or that the old system stopped. */
export async function dropPasswords(
  tx: Transaction,
  source: string,
  localIds: readonly string[],
): Promise<void> {
  if (localIds.length > 0) await tx.query(DROP, [source, localIds]);
}

/** The next passwords that wait to be wrapped, of one system or of all, each with its declaration's text. */
export async function pageStored(
  on: Queryable,
  after: { source: string; localId: string },
  only: string | undefined,
  most: number,
): Promise<(PasswordRow & { declaration: string })[]> {
  const rows = await on.query<RawRow & { declaration: string }>(PAGE_STORED, [
    ...[after.source, after.localId, only ?? null, most],
  ]);
  return rows.map((row) => ({ ...toRow(row), declaration: row.declaration }));
}

/** Writes what became of passwords that are still what they were; returns the states that were written. */
export async function settlePasswords(
  on: Queryable,
  settled: readonly { was: PasswordRow; state: OldPasswordState; content: Buffer | undefined }[],
  now: Date,
): Promise<OldPasswordState[]> {
  if (settled.length === 0) return [];
  const rows = await on.query<{ state: OldPasswordState }>(SETTLE, [
    now,
    settled.map(({ was }) => was.source),
    settled.map(({ was }) => was.localId),
    settled.map(({ was }) => was.content),
    settled.map(({ state }) => state),
    settled.map(({ content }) => content ?? null),
  ]);
  return rows.map(({ state }) => state);
}

export interface PersonsAccount {
  source: string;
  localId: string;
  /** What rests of its password; of a system that checks passwords itself, nothing. */
  password: (PasswordRow & { state: OldPasswordState }) | undefined;
  declaration: string;
  /** The interface that checks its password. */
  login: string | undefined;
  /** When the first dump of its system came, or its declaration where none did. */
  since: Date;
}

/**
 * Old accounts with a password, of a person whose account a link opened, newest dump first; none for anybody else.
 */
export async function passwordsOf(
  on: Queryable,
  personId: PersonId,
  most: number,
): Promise<PersonsAccount[]> {
  const rows = await on.query<
    Omit<RawRow, 'content'> & {
      content: Buffer | null;
      state: OldPasswordState;
      declaration: string;
      login: string | null;
      started_at: Date;
    }
  >(OF_PERSON, [personId, most]);
  return rows.map(({ content, state, ...row }) => ({
    ...{ source: row.source, localId: row.local_id, declaration: row.declaration, since: row.started_at },
    login: row.login ?? undefined,
    password: content === null ? undefined : { source: row.source, localId: row.local_id, content, state },
  }));
}

/** Removes every old password of a person for good; returns how many were not used before. */
export async function usePasswords(tx: Transaction, personId: PersonId, now: Date): Promise<number> {
  const used = await tx.query(USE, [personId, now]);
  await tx.query(CLOSE_LOGINS, [personId, now]);
  return used.length;
}

/** Whether an old account still belongs to the person; nobody takes the link back until the transaction ends. */
export const holdLink = async (
  tx: Transaction,
  { source, localId }: { source: string; localId: string },
  personId: PersonId,
): Promise<boolean> => (await tx.query(HOLD_LINK, [source, localId, personId])).length === 1;

/** Removes what rests of one old account's password for good: the account was claimed. */
export async function claimPassword(
  tx: Transaction,
  source: string,
  localId: string,
  now: Date,
): Promise<void> {
  await tx.query(CLAIM, [source, localId, now]);
}

/** When the passwords of this old account's owner were taken over; undefined while none was. */
export async function whenUsed(on: Queryable, source: string, localId: string): Promise<Date | undefined> {
  const [row] = await on.query<{ changed_at: Date }>(WAS_USED, [source, localId]);
  return row?.changed_at;
}

/** Removes the next old passwords of a system behind a local id; says how many, and where it stopped. */
export async function expirePage(
  tx: Transaction,
  source: string,
  after: string,
  most: number,
  now: Date,
): Promise<{ removed: number; last: string | null }> {
  const [page] = await tx.query<{ removed: number; last: string | null }>(EXPIRE, [source, now, after, most]);
  return page!;
}

export const countPasswords = (
  on: Queryable,
  source: string,
): Promise<{ state: OldPasswordState; rows: number }[]> => on.query(COUNT, [source]);

export async function countStored(on: Queryable, only?: string): Promise<number> {
  const [row] = await on.query<{ rows: number }>(COUNT_STORED, [only ?? null]);
  return row!.rows;
}

/** Whether any old password is left that may be used, and whether a system checks its own. */
export async function anyLeft(on: Queryable): Promise<{ here: boolean; there: boolean }> {
  const [row] = await on.query<{ here: boolean; there: boolean }>(ANY_LEFT);
  return row!;
}

/** Every old system with the text of its declaration, and when its first dump came. */
export async function listSources(
  on: Queryable,
): Promise<{ source: string; declaration: string; since: Date }[]> {
  const rows = await on.query<{ source: string; declaration: string; started_at: Date }>(SOURCES);
  return rows.map(({ source, declaration, started_at }) => ({ source, declaration, since: started_at }));
}

/** The next passwords of all systems that rest under some key. */
export async function passwordsForKeys(
  on: Queryable,
  after: { source: string; localId: string },
  most: number,
): Promise<PasswordRow[]> {
  return (await on.query<RawRow>(PAGE_FOR_KEYS, [after.source, after.localId, most])).map(toRow);
}

/** Puts passwords under another seal where they are still what they were; returns how many were. */
export async function resealPasswords(
  on: Queryable,
  renewed: readonly { was: PasswordRow; content: Buffer }[],
): Promise<number> {
  if (renewed.length === 0) return 0;
  const rows = await on.query(RESEAL, [
    renewed.map(({ was }) => was.source),
    renewed.map(({ was }) => was.localId),
    renewed.map(({ was }) => was.content),
    renewed.map(({ content }) => content),
  ]);
  return rows.length;
}
