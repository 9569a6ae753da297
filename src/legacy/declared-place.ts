/**
 * Where a declaration says the rows are: a file, a database or a directory, exactly one. How to get there and the
 * password are not part of it (sources/access.ts): declarations are kept and shown, secrets are neither.
 */
import { z } from 'zod';
import type { Fault } from '../platform/config/load.ts';

/** Whether the first row names the columns (without one they are called 1, 2, 3 …), and which sheet of a workbook. */
export const filePlace = z.strictObject({
  header: z.boolean().default(true),
  sheet: z.string().max(100).optional(),
});

const identifier = z.string({ error: 'must be a name' }).min(1).max(200);

export const databasePlace = z.strictObject({
  kind: z.enum(['postgres', 'mysql', 'mssql', 'oracle'], {
    error: 'must be postgres, mysql (also for MariaDB), mssql or oracle',
  }),
  schema: identifier.optional(),
  table: identifier.optional(),
  /**
   * One statement that reads, put in brackets as a table of its own. Semicolons and comments could end it early on
   * servers that have no read-only session, so they have no place in it.
   */
  query: z
    .string()
    .max(10_000)
    .regex(/^\s*(?:select|with)\b/i, 'must begin with SELECT or WITH')
    .regex(/^(?!.*(?:;|--|\/\*|#))/s, 'must be one statement without semicolons and comments')
    .optional(),
  /** What the bytes in text columns really are, where the database was told something else. */
  encoding: z.enum(['utf-8', 'gb18030'], { error: 'must be utf-8 or gb18030' }).optional(),
});

export const directoryPlace = z.strictObject({
  /** Where the search begins: `ou=people,dc=example`. */
  base: z.string({ error: 'must be a distinguished name' }).max(1_000),
  /** [RFC 4515] */
  filter: z.string().min(1).max(2_000).default('(objectClass=person)'),
  scope: z.enum(['one', 'sub'], { error: 'must be one or sub' }).default('sub'),
});

export type DatabasePlace = z.output<typeof databasePlace>;
export type DirectoryPlace = z.output<typeof directoryPlace>;

/** What no single member shows. */
export function placeFaults(declared: {
  file?: unknown;
  database?: DatabasePlace | undefined;
  directory?: unknown;
}): Fault[] {
  const { file, database, directory } = declared;
  const faults: Fault[] = [];
  const named = Object.entries({ file, database, directory }).filter(([, place]) => place !== undefined);
  for (const [setting] of named.slice(1))
    faults.push({ setting, right: `must be left out beside ${named[0]![0]}: rows are read in one place` });
  if (database && (database.table === undefined) === (database.query === undefined))
    faults.push({ setting: 'database.table', right: 'must be there, or database.query instead, not both' });
  if (database?.schema !== undefined && database.query !== undefined)
    faults.push({ setting: 'database.schema', right: 'belongs into the query' });
  if (database?.encoding !== undefined && !['postgres', 'mysql'].includes(database.kind))
    faults.push({ setting: 'database.encoding', right: 'is known for postgres and mysql only' });
  return faults;
}
