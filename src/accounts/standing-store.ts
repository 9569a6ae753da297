/** Statements over many people at once, for imports; see standing.ts. */
import { byteArray } from '../platform/byte-array.ts';
import { type Queryable, sql, type Transaction } from '../platform/postgres.ts';
import type { PersonId, PersonState } from './person.ts';

export interface StandingRow {
  asked: number;
  id: PersonId;
  state: PersonState;
  version: number;
  name: Buffer;
}

const FIND = `
  SELECT DISTINCT ON (u.asked) u.asked::int AS asked, p.id, p.state, p.version, p.name
  FROM unnest($1::text[], $2::bytea[], $3::int[]) AS u(kind, fingerprint, asked)
  JOIN person_fingerprint f ON f.kind = u.kind AND f.fingerprint = u.fingerprint AND f.kind <> 'phone'
  JOIN person p ON p.id = f.person_id
  ORDER BY u.asked`;
const FIND_STANDING = sql('person-standing', FIND);
/** In the order of their ids, so that two imports wait for each other instead of dead-locking. */
const HOLD = sql('person-hold', 'SELECT id FROM person WHERE id = ANY ($1::uuid[]) ORDER BY id FOR SHARE');

const DROP_EVIDENCE = sql('person-withdraw-evidence', 'DELETE FROM person_evidence WHERE person_id = $1');
const DROP_FINGERPRINTS = sql(
  'person-withdraw-fingerprints',
  'DELETE FROM person_fingerprint WHERE person_id = $1',
);
/** Only as it was opened: anything that happened since stays. */
const DROP_PERSON = sql(
  'person-withdraw',
  `DELETE FROM person p WHERE id = $1 AND version = 1 AND state = 'active'
     AND NOT EXISTS (SELECT FROM person m WHERE m.merged_into = p.id) RETURNING id`,
);

export async function findStanding(
  on: Queryable,
  asked: { kind: string; fingerprint: Buffer; asked: number }[],
): Promise<StandingRow[]> {
  return on.query(FIND_STANDING, [
    asked.map(({ kind }) => kind),
    byteArray(asked.map(({ fingerprint }) => fingerprint)),
    asked.map((one) => one.asked),
  ]);
}

export async function holdPeople(tx: Transaction, ids: PersonId[]): Promise<void> {
  if (ids.length > 0) await tx.query(HOLD, [ids]);
}

export async function dropPerson(tx: Transaction, id: PersonId): Promise<boolean> {
  await tx.query(DROP_EVIDENCE, [id]);
  await tx.query(DROP_FINGERPRINTS, [id]);
  return (await tx.query(DROP_PERSON, [id])).length === 1;
}
