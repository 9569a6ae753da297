/** What applications may know of their own old systems: whose each old account is. */
import type { PersonId } from '../accounts/person.ts';
import { type Queryable, sql } from '../platform/postgres.ts';

/** An old account as its department knows it. */
export interface KnownAccount {
  source: string;
  localId: string;
  /** Whose it is, and since when; undefined while it belongs to nobody. */
  personId: PersonId | undefined;
  since: Date | undefined;
  /**
   * `linked`; `waiting` for the register, or for the next run; `undecided`: a person decides; `claimable`: only its
   * owner can say so; `unusable`: belongs to nobody, for good.
   */
  state: 'linked' | 'waiting' | 'undecided' | 'claimable' | 'unusable';
}

/** Whom its owner says it does not belong to is not told any more, also while people look into it. */
const TOLD = `o.contested IS DISTINCT FROM 'disputed'`;
const COLUMNS = `o.source, o.local_id, CASE WHEN ${TOLD} THEN o.person_id END AS person_id,
  CASE WHEN ${TOLD} THEN j.at END AS at, o.outcome, o.tier, o.set_aside, o.deleted,
  o.organisation_id IS NOT NULL AS of_organisation`;
const JOINED = `old_account o JOIN legacy_source s ON s.source = o.source LEFT JOIN legacy_journal j ON j.id = o.linked_by`;
const OF_PERSON = sql(
  'old-account-known-of-person',
  `SELECT ${COLUMNS} FROM ${JOINED} WHERE o.person_id = $1 AND o.linked_by IS NOT NULL AND ${TOLD} AND s.client = $2
   ORDER BY o.source, o.local_id LIMIT $3`,
);
const PAGE = sql(
  'old-account-known-page',
  `SELECT ${COLUMNS} FROM ${JOINED} WHERE s.client = $1 AND o.source = $2 AND o.local_id > $3
   ORDER BY o.local_id LIMIT $4`,
);
const BY_ID = sql(
  'old-account-known-by-id',
  `SELECT ${COLUMNS} FROM ${JOINED} WHERE s.client = $1 AND o.source = $2 AND o.local_id = ANY ($3::text[])
   ORDER BY o.local_id`,
);
const OF_PERSONS = sql(
  'old-account-known-of-persons',
  `SELECT k.* FROM unnest($1::uuid[]) AS p(id) CROSS JOIN LATERAL (
     SELECT ${COLUMNS} FROM ${JOINED} WHERE o.person_id = p.id AND o.linked_by IS NOT NULL AND ${TOLD} AND s.client = $2
     ORDER BY o.source, o.local_id LIMIT $3) k`,
);
const SOURCES = sql(
  'old-account-known-sources',
  'SELECT source FROM legacy_source WHERE client = $1 ORDER BY source',
);

interface Raw {
  source: string;
  local_id: string;
  person_id: PersonId | null;
  at: Date | null;
  outcome: string | null;
  tier: string | null;
  set_aside: string | null;
  deleted: boolean;
  /** Whose sub nobody has: persons act for it. */
  of_organisation: boolean;
}
const toKnown = (row: Raw): KnownAccount => ({
  source: row.source,
  localId: row.local_id,
  personId: row.person_id ?? undefined,
  since: row.at ?? undefined,
  state: stateOf(row),
});

function stateOf({
  person_id,
  of_organisation,
  outcome,
  tier,
  set_aside,
  deleted,
}: Raw): KnownAccount['state'] {
  if (person_id !== null || of_organisation) return 'linked';
  if (deleted || set_aside === 'rejected' || outcome === 'unusable') return 'unusable';
  if (outcome === 'doubtful') return tier === 'C' ? 'claimable' : 'undecided';
  return 'waiting';
}

/** Nobody has more old accounts in one department's systems than this; more are not told. */
const MOST_OF_ONE = 100;

/** A person's old accounts in the systems of one application. One statement, by the index of persons. */
export const knownOfPerson = async (
  on: Queryable,
  personId: PersonId,
  client: string,
): Promise<KnownAccount[]> => (await on.query<Raw>(OF_PERSON, [personId, client, MOST_OF_ONE])).map(toKnown);

/** Those of many persons, in their order. */
export const knownOfPersons = async (
  on: Queryable,
  personIds: readonly PersonId[],
  client: string,
): Promise<KnownAccount[]> =>
  (await on.query<Raw>(OF_PERSONS, [personIds, client, MOST_OF_ONE])).map(toKnown);

/** The next old accounts of one system of an application; none where the system is another's. */
export const knownPage = async (
  on: Queryable,
  client: string,
  source: string,
  after: string,
  most: number,
): Promise<KnownAccount[]> => (await on.query<Raw>(PAGE, [client, source, after, most])).map(toKnown);

export const knownById = async (
  on: Queryable,
  client: string,
  source: string,
  localIds: readonly string[],
): Promise<KnownAccount[]> => (await on.query<Raw>(BY_ID, [client, source, localIds])).map(toKnown);

/** The old systems of an application. */
export const sourcesOfClient = async (on: Queryable, client: string): Promise<string[]> =>
  (await on.query<{ source: string }>(SOURCES, [client])).map(({ source }) => source);
