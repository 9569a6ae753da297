/** What a sign-in reads and writes of accounts in systems that check passwords themselves. */
import type { PersonId } from '../../accounts/person.ts';
import { type Queryable, sql, type Transaction } from '../../platform/postgres.ts';
import type { JudgeableRow } from '../matching-store.ts';
import type { OldPasswordState } from '../old-password-store.ts';
import { ANSWERS, type StagedRow } from '../staging-store.ts';

/** More systems than one government has. */
const MOST_SYSTEMS = 200;
/** Rows that no dump brought. */
export const TOLD_DUMP = 0;
export const LOGIN_NAME_TABLE = 'old_login_name';

const SYSTEMS = sql(
  'legacy-login-systems',
  `SELECT source, declaration, client, login, created_at FROM legacy_source WHERE login IS NOT NULL
   ORDER BY source LIMIT $1`,
);
/** What a dump brought stays, and what somebody decided on. */
const PUT = sql(
  'old-account-put-told',
  `INSERT INTO old_account (source, local_id, dump, at, content, content_print, key_id, number_state, document_type,
     number_print, name_print, provable, deleted, marks, staged_at, changed_at)
   VALUES ($1, $2, ${TOLD_DUMP}, 0, $3, $4, $5, $6, $7, $8, $9, $10, false, string_to_array($11, ' '), $12, $12)
   ON CONFLICT (source, local_id) DO UPDATE SET content = EXCLUDED.content, content_print = EXCLUDED.content_print,
     key_id = EXCLUDED.key_id, number_state = EXCLUDED.number_state, document_type = EXCLUDED.document_type,
     number_print = EXCLUDED.number_print, name_print = EXCLUDED.name_print, provable = EXCLUDED.provable,
     marks = EXCLUDED.marks, changed_at = EXCLUDED.changed_at, ${ANSWERS.map((column) => `${column} = NULL`).join(', ')}
   WHERE old_account.dump = ${TOLD_DUMP} AND old_account.linked_by IS NULL AND old_account.set_aside IS NULL
     AND old_account.contested IS NULL
     AND old_account.content_print <> EXCLUDED.content_print`,
);
const ONE = `SELECT o.local_id, o.at, o.content, o.content_print, o.number_print, o.provable, o.deleted, o.register_said, o.register_source,
    o.register_reference, o.register_at, o.person_id, o.set_aside IS NOT NULL OR o.contested IS NOT NULL AS set_aside, p.state AS password,
    EXISTS (SELECT FROM legacy_journal j WHERE j.source = o.source AND j.local_id = o.local_id
      AND j.undone_at IS NOT NULL) AS undone,
    EXISTS (SELECT FROM legacy_decision d WHERE d.source = o.source AND d.local_id = o.local_id
      AND d.state = 'proposed') AS proposed,
    EXISTS (SELECT FROM legacy_journal j WHERE j.person_id = o.person_id AND j.opened
      AND j.undone_at IS NULL)
      AND EXISTS (SELECT FROM legacy_journal l WHERE l.id = o.linked_by AND l.person_id = o.person_id) AS opened
  FROM old_account o LEFT JOIN old_password p USING (source, local_id) WHERE o.source = $1 AND o.local_id = $2`;
const READ = sql('old-account-read-told', ONE);
const LOCK = sql(
  'old-account-lock-told',
  'SELECT FROM old_account WHERE source = $1 AND local_id = $2 FOR UPDATE',
);

const PERSONS_CALLED = sql(
  'old-login-name-persons',
  `SELECT DISTINCT o.person_id FROM old_login_name n JOIN old_account o USING (source, local_id)
   WHERE n.print = ANY ($1::bytea[]) AND o.linked_by IS NOT NULL LIMIT 2`,
);
const PUT_NAME = sql(
  'old-login-name-put',
  `INSERT INTO old_login_name (source, local_id, content, print, key_id, at) VALUES ($1, $2, $3, $4, $5, $6)
   ON CONFLICT (source, local_id) DO UPDATE SET content = EXCLUDED.content, print = EXCLUDED.print,
     key_id = EXCLUDED.key_id, at = EXCLUDED.at WHERE old_login_name.print <> EXCLUDED.print`,
);
const PAGE_NAMES = sql(
  'old-login-name-page',
  `SELECT source, local_id AS "localId", content, print, key_id AS "keyId" FROM old_login_name
   WHERE (source, local_id) > ($1, $2) ORDER BY source, local_id LIMIT $3`,
);
const REPLACE_NAMES = sql(
  'old-login-name-replace',
  `UPDATE old_login_name o SET content = n.content, print = n.print, key_id = n.key_id
   FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[], $5::bytea[], $6::text[])
     AS n(source, local_id, was, content, print, key_id)
   WHERE o.source = n.source AND o.local_id = n.local_id AND o.content = n.was RETURNING 1`,
);

export interface LoginSystemRow {
  source: string;
  declaration: string;
  client: string | null;
  login: string;
  created_at: Date;
}

/** Systems with a login interface, by name. */
export const listLoginSystems = (on: Queryable): Promise<LoginSystemRow[]> =>
  on.query(SYSTEMS, [MOST_SYSTEMS]);

/** An old account as a sign-in needs it. */
export interface ToldRow extends JudgeableRow {
  person_id: PersonId | null;
  /** Whether a link opened the account of that person, and this one was linked to it itself: what came by a merge opens nothing. */
  opened: boolean;
  /** What became of its password; null where none ever counted here. */
  password: OldPasswordState | null;
  /** Decided not to be linked, or being decided, or taken back once. */
  set_aside: boolean;
  proposed: boolean;
  undone: boolean;
}

/** Puts an account in place that its system has told of; one that a dump brought, or that is linked, stays. */
export async function putTold(
  tx: Transaction,
  place: { source: string; keyId: string; now: Date },
  row: StagedRow,
): Promise<void> {
  await tx.query(PUT, [
    ...[place.source, row.localId, row.content, row.contentPrint, place.keyId, row.numberState],
    ...[row.documentType ?? null, row.numberPrint ?? null, row.namePrint ?? null, row.provable],
    ...[row.marks.join(' '), place.now],
  ]);
}

/** The account as it stands; locked until the transaction ends where asked so. */
export async function readTold(
  on: Queryable,
  source: string,
  localId: string,
  { lock = false } = {},
): Promise<ToldRow | undefined> {
  // First the lock, then the look: what another transaction did meanwhile must be seen, in the other tables too.
  if (lock) await on.query(LOCK, [source, localId]);
  const [row] = await on.query<ToldRow>(READ, [source, localId]);
  return row;
}

export interface AccountKey {
  source: string;
  localId: string;
}

export interface NameRow extends AccountKey {
  content: Buffer;
  print: Buffer;
  keyId: string;
}

/** Who came home by a name, two of them at most; `prints` of one name under every key. */
export async function personsCalled(on: Queryable, prints: Buffer[]): Promise<PersonId[]> {
  const rows = await on.query<{ person_id: PersonId }>(PERSONS_CALLED, [prints]);
  return rows.map(({ person_id }) => person_id);
}

export async function putName(tx: Transaction, row: NameRow, now: Date): Promise<void> {
  const { source, localId, content, print, keyId } = row;
  await tx.query(PUT_NAME, [source, localId, content, print, keyId, now]);
}

/** The next names of all systems, by system and id. */
export const pageNames = (on: Queryable, after: AccountKey, most: number): Promise<NameRow[]> =>
  on.query(PAGE_NAMES, [after.source, after.localId, most]);

/** Puts names under other keys where they are still what they were; returns how many were. */
export async function replaceNames(
  on: Queryable,
  renewed: readonly { was: Buffer; row: NameRow }[],
): Promise<number> {
  const rows = await on.query(REPLACE_NAMES, [
    renewed.map(({ row }) => row.source),
    renewed.map(({ row }) => row.localId),
    renewed.map(({ was }) => was),
    renewed.map(({ row }) => row.content),
    renewed.map(({ row }) => row.print),
    renewed.map(({ row }) => row.keyId),
  ]);
  return rows.length;
}
