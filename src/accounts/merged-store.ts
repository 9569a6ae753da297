/** Who was merged into whom, in the database; see merged.ts. */
import { type Queryable, sql, type Transaction } from '../platform/postgres.ts';
import type { PersonId } from './person.ts';
import type { SummaryRow } from './person-row.ts';

/** In the order of their ids, so that nobody waits in a circle. */
const LOCK = sql(
  'person-lock-many',
  'SELECT id FROM person WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE',
);
const SURVIVORS = sql(
  'person-survivors',
  `WITH RECURSIVE up AS (
     SELECT p.id AS asked, p.id, p.merged_into FROM person p WHERE p.id = ANY ($1::uuid[])
     UNION
     SELECT up.asked, p.id, p.merged_into FROM up JOIN person p ON p.id = up.merged_into)
   SELECT up.asked, p.id, p.state, p.identity_level, p.version FROM up JOIN person p ON p.id = up.id
   WHERE up.merged_into IS NULL`,
);
/** What came earlier comes first, and what came by way of another right behind that one. */
const ABSORBED = sql(
  'person-absorbed',
  `WITH RECURSIVE down AS (
     SELECT p.id, ARRAY[p.merged_order] AS path FROM person p WHERE p.merged_into = $1
     UNION ALL
     SELECT p.id, down.path || p.merged_order FROM down JOIN person p ON p.merged_into = down.id)
   SELECT id FROM down ORDER BY path`,
);
const ABSORBED_BY_MANY = sql(
  'person-absorbed-by-many',
  `WITH RECURSIVE down AS (
     SELECT p.merged_into AS asked, p.id, ARRAY[p.merged_order] AS path FROM person p WHERE p.merged_into = ANY ($1::uuid[])
     UNION ALL
     SELECT down.asked, p.id, down.path || p.merged_order FROM down JOIN person p ON p.merged_into = down.id)
   SELECT asked, id FROM down ORDER BY asked, path`,
);
const ABSORB = sql(
  'person-absorb',
  `WITH before AS (SELECT id, state, version, changed_at FROM person WHERE id = $1 AND state IN ('active', 'closed') FOR UPDATE)
   UPDATE person p SET state = 'merged', merged_into = $2, merged_order = nextval('person_merged_order'), changed_at = $3,
     version = p.version + 1
   FROM before b WHERE p.id = b.id
   RETURNING json_build_object('state', b.state, 'version', b.version, 'changed_at', b.changed_at)::text AS before`,
);
/** The row as it was. Nothing writes to a merged one; were it so, its version would go on. */
const RELEASE = sql(
  'person-release-merged',
  `UPDATE person p SET state = b.state, merged_into = NULL, merged_order = NULL,
     version = CASE WHEN p.version = b.version + 1 THEN b.version ELSE p.version + 1 END,
     changed_at = CASE WHEN p.version = b.version + 1 THEN b.changed_at ELSE $3 END
   FROM jsonb_to_record($2::jsonb) AS b(state text, version integer, changed_at timestamptz)
   WHERE p.id = $1 AND p.state = 'merged' RETURNING p.id`,
);

export async function lockPeople(tx: Transaction, ids: readonly PersonId[]): Promise<void> {
  await tx.query(LOCK, [ids]);
}

/** Who answers for each; those that do not exist are left out. */
export const selectSurvivors = (
  on: Queryable,
  ids: readonly string[],
): Promise<(SummaryRow & { asked: string })[]> => on.query(SURVIVORS, [ids]);

export const selectAbsorbed = async (on: Queryable, id: PersonId): Promise<PersonId[]> =>
  (await on.query<{ id: PersonId }>(ABSORBED, [id])).map((row) => row.id);

export const selectAbsorbedByMany = (
  on: Queryable,
  ids: readonly PersonId[],
): Promise<{ asked: PersonId; id: PersonId }[]> => on.query(ABSORBED_BY_MANY, [ids]);

export async function absorbPerson(
  tx: Transaction,
  absorbed: PersonId,
  survivor: PersonId,
  now: Date,
): Promise<string | undefined> {
  const [row] = await tx.query<{ before: string }>(ABSORB, [absorbed, survivor, now]);
  return row?.before;
}

export const releasePerson = async (
  tx: Transaction,
  absorbed: PersonId,
  before: string,
  now: Date,
): Promise<boolean> => (await tx.query(RELEASE, [absorbed, before, now])).length === 1;
