/** SQL of pairwise subjects. */
import { type Queryable, sql } from '../platform/postgres.ts';

const FIND = sql('subject_find', 'SELECT sub FROM subject WHERE person_id = $1 AND sector = $2');
const INSERT = sql(
  'subject_insert',
  'INSERT INTO subject (person_id, sector, sub) VALUES ($1, $2, $3) ON CONFLICT (person_id, sector) DO NOTHING RETURNING sub',
);
const FIND_PERSON = sql('subject_person', 'SELECT person_id FROM subject WHERE sub = $1 AND sector = $2');

const SECTORS = sql('subject_sectors', 'SELECT sector FROM subject WHERE person_id = $1 ORDER BY sector');

/** The person's own sub in a sector; none is made. */
export const ownSubject = async (
  on: Queryable,
  personId: string,
  sector: string,
): Promise<string | undefined> => (await on.query<{ sub: string }>(FIND, [personId, sector]))[0]?.sub;

const AMONG = sql(
  'subject_among',
  `SELECT s.sub FROM unnest($1::uuid[]) WITH ORDINALITY AS u(person_id, place) JOIN subject s USING (person_id)
   WHERE s.sector = $2 ORDER BY u.place LIMIT 1`,
);

/** The sub of the first of these people whom the sector knows. */
export async function subjectAmong(
  on: Queryable,
  people: readonly string[],
  sector: string,
): Promise<string | undefined> {
  if (people.length === 0) return undefined;
  return (await on.query<{ sub: string }>(AMONG, [people, sector]))[0]?.sub;
}

/** Sectors whose applications know the person. */
export const sectorsOf = async (on: Queryable, personId: string): Promise<string[]> =>
  (await on.query<{ sector: string }>(SECTORS, [personId])).map(({ sector }) => sector);

/** The stored sub; `candidate` becomes it at the first use, whoever else tries at the same moment. */
export async function storedSubject(
  on: Queryable,
  personId: string,
  sector: string,
  candidate: () => string,
): Promise<string> {
  const [found] = await on.query<{ sub: string }>(FIND, [personId, sector]);
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
