/** SQL of pairwise subjects. */
import { type Queryable, sql } from '../platform/postgres.ts';

const FIND = sql('subject_find', 'SELECT sub, told_only FROM subject WHERE person_id = $1 AND sector = $2');
const USE = sql('subject_use', 'UPDATE subject SET told_only = false WHERE person_id = $1 AND sector = $2');
const INSERT = sql(
  'subject_insert',
  'INSERT INTO subject (person_id, sector, sub) VALUES ($1, $2, $3) ON CONFLICT (person_id, sector) DO NOTHING RETURNING sub',
);
const FIND_PERSON = sql('subject_person', 'SELECT person_id FROM subject WHERE sub = $1 AND sector = $2');

const SECTORS = sql(
  'subject_sectors',
  'SELECT sector FROM subject WHERE person_id = $1 AND NOT told_only ORDER BY sector',
);
const FIND_MANY = sql(
  'subject_find_many',
  'SELECT person_id, sub, told_only FROM subject WHERE sector = $1 AND person_id = ANY ($2::uuid[])',
);
/** In one order, so that two who tell of the same people do not wait for each other in a circle. */
const INSERT_MANY = sql(
  'subject_insert_many',
  `INSERT INTO subject (person_id, sector, sub, told_only)
   SELECT person_id, $1, sub, true FROM unnest($2::uuid[], $3::text[]) AS n(person_id, sub) ORDER BY person_id
   ON CONFLICT (person_id, sector) DO NOTHING`,
);
const PERSONS = sql(
  'subject_persons',
  'SELECT person_id, sub FROM subject WHERE sector = $1 AND sub = ANY ($2::text[])',
);

/** A stored sub; `toldOnly` while nobody has signed in by it. */
export interface KnownSubject {
  sub: string;
  toldOnly: boolean;
}

interface Stored {
  sub: string;
  told_only: boolean;
}
const toKnown = ({ sub, told_only }: Stored): KnownSubject => ({ sub, toldOnly: told_only });

/** The person's own sub in a sector; none is made. */
export async function ownSubject(
  on: Queryable,
  personId: string,
  sector: string,
): Promise<KnownSubject | undefined> {
  const [row] = await on.query<Stored>(FIND, [personId, sector]);
  return row && toKnown(row);
}

const AMONG = sql(
  'subject_among',
  `SELECT s.sub, s.told_only FROM unnest($1::uuid[]) WITH ORDINALITY AS u(person_id, place) JOIN subject s USING (person_id)
   WHERE s.sector = $2 ORDER BY s.told_only, u.place LIMIT 1`,
);

/** The sub of the first of these people who has signed in there; of the first whom the sector was told of, where none has. */
export async function subjectAmong(
  on: Queryable,
  people: readonly string[],
  sector: string,
): Promise<KnownSubject | undefined> {
  if (people.length === 0) return undefined;
  const [row] = await on.query<Stored>(AMONG, [people, sector]);
  return row && toKnown(row);
}

/** Sectors whose applications have seen the person sign in. */
export const sectorsOf = async (on: Queryable, personId: string): Promise<string[]> =>
  (await on.query<{ sector: string }>(SECTORS, [personId])).map(({ sector }) => sector);

/** The stored sub; `candidate` becomes it at the first use, whoever else tries at the same moment. */
export async function storedSubject(
  on: Queryable,
  personId: string,
  sector: string,
  candidate: () => string,
): Promise<string> {
  const [found] = await on.query<{ sub: string; told_only: boolean }>(FIND, [personId, sector]);
  if (found?.told_only) await on.query(USE, [personId, sector]);
  if (found) return found.sub;
  const [made] = await on.query<{ sub: string }>(INSERT, [personId, sector, candidate()]);
  if (made) return made.sub;
  // Somebody else was first; theirs is committed, or the insert would still be waiting for it.
  return (await on.query<{ sub: string }>(FIND, [personId, sector]))[0]!.sub;
}

export async function personOfSubject(
  on: Queryable,
  sector: string,
  sub: string,
): Promise<string | undefined> {
  return (await on.query<{ person_id: string }>(FIND_PERSON, [sub, sector]))[0]?.person_id;
}

interface Pair {
  person_id: string;
  sub: string;
}

/** The stored ones of many persons, by person. */
export async function storedSubjects(
  on: Queryable,
  sector: string,
  personIds: readonly string[],
): Promise<Map<string, KnownSubject>> {
  if (personIds.length === 0) return new Map();
  const rows = await on.query<Stored & { person_id: string }>(FIND_MANY, [sector, personIds]);
  return new Map(rows.map((row) => [row.person_id, toKnown(row)]));
}

/** Makes those that are missing; whoever was first with one keeps it. */
export async function insertSubjects(
  on: Queryable,
  sector: string,
  subjects: readonly { personId: string; sub: string }[],
): Promise<void> {
  const values = [subjects.map(({ personId }) => personId), subjects.map(({ sub }) => sub)];
  await on.query(INSERT_MANY, [sector, ...values]);
}

/** Whom these subjects mean, by subject. */
export const personsOfSubjects = async (
  on: Queryable,
  sector: string,
  subs: readonly string[],
): Promise<Map<string, string>> =>
  new Map((await on.query<Pair>(PERSONS, [sector, subs])).map(({ person_id, sub }) => [sub, person_id]));
