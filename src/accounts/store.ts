/** People in the database. Hot statements are prepared; see fingerprints.ts for how uniqueness holds. */
import { type Queryable, sql, type Transaction } from '../platform/postgres.ts';
import type { FingerprintRow } from './fingerprints.ts';
import type { Evidence, PersonId, PersonState } from './person.ts';
import { type PersonRow, SEALED_COLUMNS, type SummaryRow } from './person-row.ts';

const SUMMARY = 'p.id, p.state, p.identity_level, p.version';
const SEALED = SEALED_COLUMNS.join(', ');
const PERSON = `${SUMMARY}, p.document_type, ${SEALED_COLUMNS.map((column) => `p.${column}`).join(', ')},
  p.phone_verified_at, p.locale, p.merged_into, p.created_at`;

const SELECT_PERSON = sql('person-get', `SELECT ${PERSON} FROM person p WHERE p.id = $1`);
const LOCK_PERSON = sql('person-lock', `SELECT ${PERSON} FROM person p WHERE p.id = $1 FOR UPDATE`);

/** The predicates repeat those of the two indexes, so that the planner can use them whatever the parameters. */
const FIND_UNIQUE = sql(
  'person-find',
  `SELECT ${SUMMARY} FROM person_fingerprint f JOIN person p ON p.id = f.person_id
   WHERE f.kind = $1 AND f.kind <> 'phone' AND f.fingerprint = ANY($2::bytea[]) LIMIT 1`,
);
const FIND_BY_PHONE = sql(
  'person-find-by-phone',
  `SELECT DISTINCT ${SUMMARY} FROM person_fingerprint f JOIN person p ON p.id = f.person_id
   WHERE f.kind = 'phone' AND f.fingerprint = ANY($1::bytea[]) AND p.state <> 'merged' ORDER BY p.id LIMIT $2`,
);

/**
 * Parameters: $1 person, $2 kinds, $3 key ids, $4 fingerprints, $5 current key, $6 all keys of the writer. `rule` is
 * empty when the writer lacks a required key, and then so is `wanted`. Share-locking the rule's row makes a rotation
 * that adds a key wait for this writer, and a writer that waited sees the new list.
 */
const CLAIM = `
  rule AS MATERIALIZED (
    SELECT required FROM person_fingerprint_rule WHERE required <> '{}' AND required <@ $6::text[] FOR SHARE),
  wanted AS MATERIALIZED (
    SELECT u.kind, u.key_id, u.fingerprint
    FROM rule, unnest($2::text[], $3::text[], $4::bytea[]) WITH ORDINALITY AS u(kind, key_id, fingerprint, at)
    WHERE u.key_id = $5 OR u.key_id = ANY(rule.required) ORDER BY u.at),
  claimed AS (
    INSERT INTO person_fingerprint (person_id, kind, key_id, fingerprint)
    SELECT $1::uuid, kind, key_id, fingerprint FROM wanted ON CONFLICT DO NOTHING RETURNING kind)`;

const INSERT_PERSON = sql(
  'person-insert',
  `WITH ${CLAIM}
   INSERT INTO person (id, document_type, ${SEALED}, phone_verified_at, locale, state, identity_level, created_at, changed_at)
   SELECT $1::uuid, $7, ${SEALED_COLUMNS.map((_, at) => `$${at + 11}::bytea`).join(', ')}, $8::timestamptz, $9, 'active', $10::smallint,
     $${11 + SEALED_COLUMNS.length}::timestamptz, $${11 + SEALED_COLUMNS.length}::timestamptz
   WHERE EXISTS (SELECT FROM wanted) AND (SELECT count(*) FROM claimed) = (SELECT count(*) FROM wanted)
   RETURNING id`,
);
const CLAIM_FINGERPRINTS = sql(
  'person-claim',
  `WITH ${CLAIM}
   SELECT (SELECT count(*)::int FROM wanted) AS wanted, (SELECT count(*)::int FROM claimed) AS claimed`,
);
const RELEASE_FINGERPRINTS = sql(
  'person-release',
  'DELETE FROM person_fingerprint WHERE person_id = $1 AND kind = ANY($2::text[]) RETURNING kind, key_id',
);
const UPDATE_PERSON = sql(
  'person-update',
  `UPDATE person SET ${SEALED_COLUMNS.map((column, at) => `${column} = $${at + 6}`).join(', ')},
     phone_verified_at = $2, locale = $3, identity_level = $4, changed_at = $5, version = version + 1
   WHERE id = $1 RETURNING version`,
);
/** Written at most once a day, and only for a phone that is still this person's. */
const PHONE_PROVEN = sql(
  'person-phone-proven',
  `UPDATE person p SET phone_verified_at = $2, changed_at = $2, version = version + 1
   WHERE p.id = $1 AND p.state <> 'merged' AND (p.phone_verified_at IS NULL OR p.phone_verified_at < $2::timestamptz - interval '1 day')
     AND EXISTS (SELECT FROM person_fingerprint f
                 WHERE f.person_id = p.id AND f.kind = 'phone' AND f.fingerprint = ANY($3::bytea[]))`,
);
const UPDATE_STATE = sql(
  'person-set-state',
  'UPDATE person SET state = $2, changed_at = $3, version = version + 1 WHERE id = $1 RETURNING version',
);

export interface Claim {
  personId: PersonId;
  rows: FingerprintRow[];
  currentKeyId: string;
  keyIds: readonly string[];
}

const claimValues = ({ personId, rows, currentKeyId, keyIds }: Claim): unknown[] => [
  personId,
  rows.map((row) => row.kind),
  rows.map((row) => row.keyId),
  rows.map((row) => row.fingerprint),
  currentKeyId,
  keyIds,
];

/** Inserts the person with all fingerprints, or (false) the fingerprints that were free and no person. */
export async function insertPerson(
  tx: Transaction,
  claim: Claim,
  row: { documentType: string; phoneVerifiedAt?: Date; locale?: string; identityLevel: number; now: Date },
  sealed: (Buffer | null)[],
): Promise<boolean> {
  const { documentType, phoneVerifiedAt, locale, identityLevel, now } = row;
  const inserted = await tx.query(INSERT_PERSON, [
    ...claimValues(claim),
    documentType,
    phoneVerifiedAt ?? null,
    locale ?? null,
    identityLevel,
    ...sealed,
    now,
  ]);
  return inserted.length === 1;
}

/** Claims fingerprints for a person who exists. Wanted 0: the writer lacks a required key. */
export async function claimFingerprints(
  tx: Transaction,
  claim: Claim,
): Promise<{ wanted: number; claimed: number }> {
  const [counts] = await tx.query<{ wanted: number; claimed: number }>(
    CLAIM_FINGERPRINTS,
    claimValues(claim),
  );
  return counts!;
}

/** Gives fingerprints back; returns how many there were of each kind. */
export async function releaseFingerprints(
  tx: Transaction,
  id: PersonId,
  kinds: string[],
): Promise<Map<string, number>> {
  const rows = await tx.query<{ kind: string }>(RELEASE_FINGERPRINTS, [id, kinds]);
  const counts = new Map<string, number>();
  for (const { kind } of rows) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** The keys every account must be written under; empty before the first account. */
export async function requiredKeys(on: Queryable): Promise<string[]> {
  const [rule] = await on.query<{ required: string[] }>('SELECT required FROM person_fingerprint_rule');
  return rule!.required;
}

/** Makes a key the required one of a database without accounts. */
export async function adoptKey(on: Queryable, keyId: string): Promise<void> {
  await on.query(`UPDATE person_fingerprint_rule SET required = ARRAY[$1::text] WHERE required = '{}'`, [
    keyId,
  ]);
}

export async function selectPerson(on: Queryable, id: PersonId): Promise<PersonRow | undefined> {
  const [row] = await on.query<PersonRow>(SELECT_PERSON, [id]);
  return row;
}

/** The row, locked until the transaction ends. */
export async function lockPerson(tx: Transaction, id: PersonId): Promise<PersonRow | undefined> {
  const [row] = await tx.query<PersonRow>(LOCK_PERSON, [id]);
  return row;
}

export async function findUnique(
  on: Queryable,
  kind: string,
  fingerprints: Buffer[],
): Promise<SummaryRow | undefined> {
  const [row] = await on.query<SummaryRow>(FIND_UNIQUE, [kind, fingerprints]);
  return row;
}

export async function findByPhone(
  on: Queryable,
  fingerprints: Buffer[],
  most: number,
): Promise<SummaryRow[]> {
  return on.query<SummaryRow>(FIND_BY_PHONE, [fingerprints, most]);
}

/** Writes all changeable columns and returns the new version. */
export async function updatePerson(
  tx: Transaction,
  id: PersonId,
  row: { phoneVerifiedAt?: Date | undefined; locale?: string | undefined; identityLevel: number; now: Date },
  sealed: (Buffer | null)[],
): Promise<number> {
  const values = [id, row.phoneVerifiedAt ?? null, row.locale ?? null, row.identityLevel, row.now, ...sealed];
  const [updated] = await tx.query<{ version: number }>(UPDATE_PERSON, values);
  return updated!.version;
}

export async function markPhoneProven(
  on: Queryable,
  id: PersonId,
  at: Date,
  fingerprints: Buffer[],
): Promise<void> {
  await on.query(PHONE_PROVEN, [id, at, fingerprints]);
}

export async function updateState(
  tx: Transaction,
  id: PersonId,
  to: PersonState,
  now: Date,
): Promise<number> {
  const [updated] = await tx.query<{ version: number }>(UPDATE_STATE, [id, to, now]);
  return updated!.version;
}

const INSERT_EVIDENCE = sql(
  'person-add-evidence',
  `INSERT INTO person_evidence (person_id, source, outcome, reference, at, detail)
   SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::jsonb[])`,
);
const LATEST_EVIDENCE = sql(
  'person-latest-evidence',
  `SELECT source, outcome, reference, at, detail FROM person_evidence
   WHERE person_id = $1 AND outcome <> 'unreachable' ORDER BY at DESC, id DESC LIMIT 1`,
);

export async function insertEvidence(tx: Transaction, ...evidence: Evidence[]): Promise<void> {
  if (evidence.length === 0) return;
  await tx.query(INSERT_EVIDENCE, [
    evidence.map(({ personId }) => personId),
    evidence.map(({ source }) => source),
    evidence.map(({ outcome }) => outcome),
    evidence.map(({ reference }) => reference),
    evidence.map(({ at }) => at),
    evidence.map(({ detail }) => (detail ? JSON.stringify(detail) : null)),
  ]);
}

export async function selectLatestEvidence(on: Queryable, personId: PersonId): Promise<Evidence | undefined> {
  const [row] = await on.query<Omit<Evidence, 'personId' | 'detail'> & { detail: Evidence['detail'] | null }>(
    LATEST_EVIDENCE,
    [personId],
  );
  if (!row) return undefined;
  const { detail, ...rest } = row;
  return { personId, ...rest, ...(detail ? { detail } : {}) };
}
