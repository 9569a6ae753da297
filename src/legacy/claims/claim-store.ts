/** Old accounts as those see them to whom they belong, or who claim them, in the database. */
import type { PersonId } from '../../accounts/person.ts';
import { type Queryable, sql, type Transaction } from '../../platform/postgres.ts';
import type { Reason } from '../matching.ts';
import type { OldPasswordState } from '../old-password-store.ts';

/** An old account that somebody claims, with its password's row and its system. */
export interface ClaimableRow {
  source: string;
  local_id: string;
  at: string;
  content: Buffer;
  person_id: PersonId | null;
  contested: 'claimed' | 'disputed' | null;
  set_aside: 'rejected' | 'waits' | null;
  /** A link of it was taken back once. */
  undone: boolean;
  reasons: Reason[] | null;
  state: OldPasswordState | null;
  password: Buffer | null;
  print: Buffer | null;
  declaration: string;
  /** When the first dump of its system came, or its declaration where none did. */
  since: Date;
}

/** A system that only answers about passwords has no dump that passwords could have come with. */
const SINCE = `COALESCE(d.started_at, s.created_at) AS since`;
const CLAIMABLE = `SELECT o.source, o.local_id, o.at, o.content, o.person_id, o.contested, o.set_aside, o.reasons, p.state,
    EXISTS (SELECT FROM legacy_journal j WHERE j.source = o.source AND j.local_id = o.local_id AND j.undone_at IS NOT NULL) AS undone,
    p.content AS password, p.print, s.declaration, ${SINCE}
  FROM old_account o JOIN legacy_source s ON s.source = o.source
    LEFT JOIN legacy_dump d ON d.source = o.source AND d.number = 1
    LEFT JOIN old_password p ON p.source = o.source AND p.local_id = o.local_id
  WHERE o.source = $1 AND s.subject_kind = 'person'`;
/** By its id there or its user name; whom two fit is told by neither. What was deleted there is nobody's. */
const FIND = sql(
  'old-account-claimable-find',
  `${CLAIMABLE} AND o.local_id IN (
     SELECT local_id FROM old_account WHERE source = $1 AND local_id = $2 AND NOT deleted
     UNION SELECT local_id FROM old_account WHERE source = $1 AND user_name_print = ANY ($3::bytea[]) AND NOT deleted)
   LIMIT 2`,
);
const LOCK = sql(
  'old-account-claimable-lock',
  `${CLAIMABLE} AND o.local_id = $2 AND NOT o.deleted FOR UPDATE OF o`,
);
const CONTEST = sql(
  'old-account-contest',
  `UPDATE old_account SET contested = $3, outcome = 'doubtful', tier = 'B', reasons = string_to_array($4, ' '), proposed_id = $5,
     set_aside = NULL, set_aside_until = NULL, judged_at = $6
   WHERE source = $1 AND local_id = $2`,
);
const SETTLE = sql(
  'old-account-contest-settle',
  `UPDATE old_account SET contested = NULL, set_aside = NULL, set_aside_until = NULL WHERE source = $1 AND local_id = $2`,
);
/**
 * What was linked by somebody's word, or decided after it, is once that is undone for people to decide, and not for the
 * same word again.
 */
const CONTEST_AGAIN = sql(
  'old-account-contest-again',
  `UPDATE old_account o SET contested = CASE WHEN 'disputed-by-owner' = ANY (j.reasons) THEN 'disputed' ELSE 'claimed' END,
     outcome = 'doubtful', tier = 'B', proposed_id = j.person_id,
     reasons = array_remove(array_remove(j.reasons, 'decided'), 'rejected-before')
       || CASE WHEN 'disputed-by-owner' = ANY (j.reasons) THEN '{}' ELSE ARRAY['rejected-before'] END
   FROM legacy_journal j WHERE j.id = $1 AND o.source = j.source AND o.local_id = j.local_id
     AND j.reasons && ARRAY['disputed-by-owner', 'claimed-by-password', 'claimed-by-phone']`,
);
const SYSTEMS = sql(
  'legacy-source-claimable',
  `SELECT s.source, s.declaration, ${SINCE} FROM legacy_source s
     LEFT JOIN legacy_dump d ON d.source = s.source AND d.number = 1
   WHERE s.subject_kind = 'person' AND EXISTS (SELECT FROM old_account o WHERE o.source = s.source) ORDER BY s.source`,
);
const OF_PERSON = sql(
  'old-account-of-person',
  `SELECT o.source, o.local_id, o.at, o.content, o.contested, s.declaration, j.id, j.reasons, j.opened, j.at AS since
   FROM old_account o JOIN legacy_source s ON s.source = o.source JOIN legacy_journal j ON j.id = o.linked_by
   WHERE o.person_id = $1 AND o.linked_by IS NOT NULL ORDER BY j.at DESC, o.source, o.local_id LIMIT $2`,
);
const LOCK_OWN = sql(
  'old-account-own-lock',
  `SELECT o.source, o.local_id, o.contested, j.opened FROM legacy_journal j JOIN old_account o ON o.linked_by = j.id
   WHERE j.id = $1 AND o.person_id = $2 FOR UPDATE OF o, j`,
);

/** The one account of a system that has this id or user name; undefined for none, and for several. */
export async function findClaimable(
  on: Queryable,
  source: string,
  localId: string,
  userNamePrints: readonly Buffer[],
): Promise<ClaimableRow | undefined> {
  const rows = await on.query<ClaimableRow>(FIND, [source, localId, userNamePrints]);
  return rows.length === 1 ? rows[0] : undefined;
}

export async function lockClaimable(
  tx: Transaction,
  source: string,
  localId: string,
): Promise<ClaimableRow | undefined> {
  const [row] = await tx.query<ClaimableRow>(LOCK, [source, localId]);
  return row;
}

/** Makes it a case that neither a plan nor a later dump takes from people. @param claimant whose it would be */
export async function contest(
  tx: Transaction,
  { source, localId }: { source: string; localId: string },
  how: 'claimed' | 'disputed',
  given: { reasons: readonly Reason[]; claimant: PersonId | undefined; now: Date },
): Promise<void> {
  const { reasons, claimant, now } = given;
  await tx.query(CONTEST, [source, localId, how, reasons.join(' '), claimant ?? null, now]);
}

/** Whose it is stands beyond doubt: no longer contested, nor set aside. */
export async function endContest(tx: Transaction, source: string, localId: string): Promise<void> {
  await tx.query(SETTLE, [source, localId]);
}

/** @param entry of the journal, that was undone */
export async function contestAgain(tx: Transaction, entry: number): Promise<void> {
  await tx.query(CONTEST_AGAIN, [entry]);
}

/** Old systems that have accounts, with the text of their declaration. */
export const claimableSystems = (
  on: Queryable,
): Promise<{ source: string; declaration: string; since: Date }[]> => on.query(SYSTEMS);

export interface OwnRow {
  source: string;
  local_id: string;
  at: string;
  content: Buffer;
  contested: 'claimed' | 'disputed' | null;
  declaration: string;
  /** The entry of the journal; bigint arrives as text. */
  id: string;
  reasons: string[];
  opened: boolean;
  since: Date;
}

/** A person's old accounts, newest link first. */
export const oldAccountsOf = (on: Queryable, personId: PersonId, most: number): Promise<OwnRow[]> =>
  on.query(OF_PERSON, [personId, most]);

/** The old account of this link, if it is this person's; locked until the transaction ends. */
export async function lockOwn(
  tx: Transaction,
  entry: string,
  personId: PersonId,
): Promise<Pick<OwnRow, 'source' | 'local_id' | 'contested' | 'opened'> | undefined> {
  const [row] = await tx.query<OwnRow>(LOCK_OWN, [entry, personId]);
  return row;
}
