/** The statements of a key rotation: pages of people by id, and the rule that says which keys are needed. */
import { type Queryable, sql, type Transaction } from '../platform/postgres.ts';
import type { FingerprintRow } from './fingerprints.ts';
import { SEALED_COLUMNS, type SealedColumn } from './person-row.ts';

/** Smaller than every version 7 UUID. */
export const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

const SEALED = SEALED_COLUMNS.join(', ');

export type SealedRow = { id: string } & Record<SealedColumn, Buffer | null>;
export type FindableRow = { id: string; document_type: string } & Pick<
  SealedRow,
  'document_number' | 'phone' | 'user_name'
>;

const PAGE = sql(
  'rotate-page',
  `SELECT p.id, p.document_type, ${SEALED}, ARRAY(
     SELECT f.kind FROM person_fingerprint f WHERE f.person_id = p.id AND f.key_id = $3) AS covered
   FROM person p WHERE p.id > $1 ORDER BY p.id LIMIT $2`,
);
const LOCK = sql(
  'rotate-lock',
  `SELECT id, document_type, ${SEALED} FROM person WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE`,
);
const WRITE_SEALED = sql(
  'rotate-write-sealed',
  `UPDATE person SET ${SEALED_COLUMNS.map((column) => `${column} = u.${column}`).join(', ')}
   FROM unnest($1::uuid[], ${SEALED_COLUMNS.map((_, at) => `$${at + 2}::bytea[]`).join(', ')}) AS u(id, ${SEALED})
   WHERE person.id = u.id`,
);
/** Only the same row may be there already; the same number under another person is breakage and must show. */
const ADD_FINGERPRINTS = sql(
  'rotate-add-fingerprints',
  `INSERT INTO person_fingerprint (person_id, kind, key_id, fingerprint)
   SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[])
   ON CONFLICT (person_id, kind, key_id) DO NOTHING`,
);
const DROP_FOREIGN = sql(
  'rotate-drop-foreign',
  'DELETE FROM person_fingerprint WHERE person_id = ANY($1::uuid[]) AND key_id <> ALL($2::text[])',
);

export async function countPeople(on: Queryable): Promise<number> {
  const [row] = await on.query<{ people: number }>('SELECT count(*)::int AS people FROM person');
  return row!.people;
}

/** The next people by id, with the kinds that have a fingerprint under the key already. */
export async function selectPage(
  on: Queryable,
  after: string,
  size: number,
  keyId: string,
): Promise<(SealedRow & FindableRow & { covered: string[] })[]> {
  return on.query(PAGE, [after, size, keyId]);
}

export async function lockPage(tx: Transaction, ids: string[]): Promise<(SealedRow & FindableRow)[]> {
  return tx.query(LOCK, [ids]);
}

/** Writes sealed columns back; the version stays, because nothing changed its meaning. */
export async function writeSealed(tx: Transaction, rows: SealedRow[]): Promise<void> {
  await tx.query(WRITE_SEALED, [
    rows.map((row) => row.id),
    ...SEALED_COLUMNS.map((column) => rows.map((row) => row[column])),
  ]);
}

export async function addFingerprints(
  tx: Transaction,
  rows: (FingerprintRow & { personId: string })[],
): Promise<void> {
  await tx.query(ADD_FINGERPRINTS, [
    rows.map((row) => row.personId),
    rows.map((row) => row.kind),
    rows.map((row) => row.keyId),
    rows.map((row) => row.fingerprint),
  ]);
}

/** Removes fingerprints under keys that no keyring entry makes any more. */
export async function dropForeignFingerprints(
  on: Queryable,
  ids: string[],
  keyIds: readonly string[],
): Promise<void> {
  await on.query(DROP_FOREIGN, [ids, keyIds]);
}

/** Adds a key to the rule. Waits for writers under way; whoever comes after writes the key. Returns the rule. */
export async function requireKey(on: Queryable, keyId: string): Promise<string[]> {
  await on.query(
    `UPDATE person_fingerprint_rule SET required = required || $1::text WHERE NOT required @> ARRAY[$1::text]`,
    [keyId],
  );
  const [rule] = await on.query<{ required: string[] }>('SELECT required FROM person_fingerprint_rule');
  return rule!.required;
}

/** Makes the key the only required one, unless the rule has changed since it was read: then false. */
export async function requireOnly(on: Queryable, keyId: string, expected: string[]): Promise<boolean> {
  const rows = await on.query(
    `UPDATE person_fingerprint_rule SET required = ARRAY[$1::text] WHERE required = $2::text[] RETURNING 1`,
    [keyId, expected],
  );
  return rows.length === 1;
}

export async function selectPendingPage(
  on: Queryable,
  after: string,
  size: number,
): Promise<{ id: string; draft: Buffer }[]> {
  return on.query(
    `SELECT id, draft FROM pending_registration WHERE id > $1 AND draft IS NOT NULL ORDER BY id LIMIT $2`,
    [after, size],
  );
}

/** Replaces a draft that is still the same; one settled meanwhile stays erased. */
export async function replaceDraft(on: Queryable, id: string, old: Buffer, fresh: Buffer): Promise<void> {
  await on.query('UPDATE pending_registration SET draft = $3 WHERE id = $1 AND draft = $2', [id, old, fresh]);
}
