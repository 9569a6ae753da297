/**
 * Moves a table's sealed column to the current key: for small tables of what does not live long, so that an older
 * key need not be kept for them. Rows that are changed or deleted meanwhile are left alone.
 */
import type { Queryable } from '../postgres.ts';
import type { Sealer } from './sealer.ts';

export interface SealedPlace {
  table: string;
  column: string;
  /** The column that names the row, by which the value is sealed. */
  key: string;
}

const BATCH = 500;

/** Returns how many values were moved. Stop and repeat as you like. */
export async function reseal(
  on: Queryable,
  sealer: Sealer,
  { table, column, key }: SealedPlace,
): Promise<number> {
  const page = `SELECT ${key}::text AS row, ${column} AS sealed FROM ${table}
    WHERE ${key}::text > $1 ORDER BY ${key}::text LIMIT ${BATCH}`;
  const replace = `UPDATE ${table} SET ${column} = $3 WHERE ${key}::text = $1 AND ${column} = $2 RETURNING 1`;
  let moved = 0;
  for (let after = ''; ; ) {
    const rows = await on.query<{ row: string; sealed: Buffer }>(page, [after]);
    for (const { row, sealed } of rows) {
      if (sealer.keyId(sealed) === sealer.currentKeyId) continue;
      const place = { table, column, row };
      const fresh = sealer.seal(place, sealer.open(place, sealed));
      moved += (await on.query(replace, [row, sealed, fresh])).length;
    }
    if (rows.length < BATCH) return moved;
    after = rows.at(-1)!.row;
  }
}
