/** The statements of create-many.ts; store.ts has those for one person, and fingerprints.ts says how uniqueness holds. */
import { byteArray } from '../platform/byte-array.ts';
import { sql, type Transaction } from '../platform/postgres.ts';
import type { FingerprintRow } from './fingerprints.ts';
import type { PersonDraft, PersonId } from './person.ts';
import { SEALED_COLUMNS } from './person-row.ts';

const SEALED = SEALED_COLUMNS.join(', ');
const FIRST_SEALED = 12;

/**
 * Parameters: $1 persons, $2 kinds, $3 key ids, $4 fingerprints of the claims; $5 current key, $6 all keys; $7 ids,
 * $8 document types, $9 locales, $10 levels, $11 moment, then an array for each sealed column. Claims are written by
 * key and fingerprint, the order in which single registrations write theirs, so that nobody waits in a circle.
 */
const INSERT_MANY = sql(
  'person-insert-many',
  `WITH
   rule AS MATERIALIZED (
     SELECT required FROM person_fingerprint_rule WHERE required <> '{}' AND required <@ $6::text[] FOR SHARE),
   wanted AS MATERIALIZED (
     SELECT u.person_id, u.kind, u.key_id, u.fingerprint
     FROM rule, unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[]) AS u(person_id, kind, key_id, fingerprint)
     WHERE u.key_id = $5 OR u.key_id = ANY(rule.required) ORDER BY u.key_id, u.kind, u.fingerprint),
   claimed AS (
     INSERT INTO person_fingerprint (person_id, kind, key_id, fingerprint)
     SELECT person_id, kind, key_id, fingerprint FROM wanted ON CONFLICT DO NOTHING RETURNING person_id),
   whole AS (
     SELECT w.person_id FROM (SELECT person_id, count(*) AS claims FROM wanted GROUP BY person_id) w
     JOIN (SELECT person_id, count(*) AS claims FROM claimed GROUP BY person_id) c USING (person_id, claims))
   INSERT INTO person (id, document_type, locale, state, identity_level, created_at, changed_at, ${SEALED})
   SELECT p.id, p.document_type, p.locale, 'active', p.identity_level, $11::timestamptz, $11::timestamptz,
     ${SEALED_COLUMNS.map((column) => `p.${column}`).join(', ')}
   FROM unnest($7::uuid[], $8::text[], $9::text[], $10::smallint[],
     ${SEALED_COLUMNS.map((_, at) => `$${at + FIRST_SEALED}::bytea[]`).join(', ')})
     AS p(id, document_type, locale, identity_level, ${SEALED})
   JOIN whole ON whole.person_id = p.id
   RETURNING id`,
);
const RELEASE = sql(
  'person-release-many',
  'DELETE FROM person_fingerprint WHERE person_id = ANY ($1::uuid[])',
);

export interface NewPerson {
  id: PersonId;
  draft: Pick<PersonDraft, 'document' | 'locale' | 'identityLevel'>;
  rows: FingerprintRow[];
  /** In the order of {@link SEALED_COLUMNS}. */
  sealed: (Buffer | null)[];
}

/** Inserts those whose fingerprints were all free; returns their ids. */
export async function insertManyPeople(
  tx: Transaction,
  people: readonly NewPerson[],
  by: { currentKeyId: string; keyIds: readonly string[]; now: Date },
): Promise<PersonId[]> {
  const claims = people.flatMap(({ id, rows }) => rows.map((row) => ({ ...row, id })));
  const inserted = await tx.query<{ id: PersonId }>(INSERT_MANY, [
    claims.map(({ id }) => id),
    claims.map(({ kind }) => kind),
    claims.map(({ keyId }) => keyId),
    byteArray(claims.map(({ fingerprint }) => fingerprint)),
    by.currentKeyId,
    by.keyIds,
    people.map(({ id }) => id),
    people.map(({ draft }) => draft.document.type),
    people.map(({ draft }) => draft.locale ?? null),
    people.map(({ draft }) => draft.identityLevel),
    by.now,
    ...SEALED_COLUMNS.map((_, at) => byteArray(people.map(({ sealed }) => sealed[at]))),
  ]);
  return inserted.map(({ id }) => id);
}

export async function releaseOf(tx: Transaction, ids: readonly PersonId[]): Promise<void> {
  await tx.query(RELEASE, [ids]);
}
