/** The table of browsers in which somebody has signed in before. */
import type { PersonId } from '../accounts/person.ts';
import { type Queryable, sql } from '../platform/postgres.ts';

const WHOSE = sql(
  'known-device-whose',
  `SELECT person_id AS "personId" FROM known_device
   WHERE token = ANY ($1::bytea[]) AND person_id = ANY ($2::uuid[]) AND seen_at > $3 LIMIT 1`,
);

/** Writes at most once a day per browser, and forgets the person's oldest ones beyond the number to keep. */
const REMEMBER = sql(
  'known-device-remember',
  `WITH put AS (
     INSERT INTO known_device (token, person_id, seen_at) VALUES ($1, $2, $3)
     ON CONFLICT (token, person_id) DO UPDATE SET seen_at = excluded.seen_at
     WHERE known_device.seen_at < excluded.seen_at - interval '1 day'
   )
   DELETE FROM known_device
   WHERE person_id = $2 AND token <> $1
     AND seen_at <= (SELECT seen_at FROM known_device WHERE person_id = $2 AND token <> $1 ORDER BY seen_at DESC OFFSET $4 LIMIT 1)`,
);

const SWEEP = sql(
  'known-device-sweep',
  `DELETE FROM known_device WHERE (token, person_id) IN
     (SELECT token, person_id FROM known_device WHERE seen_at < $1 LIMIT $2) RETURNING 1`,
);

/** Which of these people has signed in with one of the cookies; any, if several have. */
export async function findOwner(
  on: Queryable,
  tokens: Buffer[],
  personIds: readonly PersonId[],
  seenAfter: Date,
): Promise<PersonId | undefined> {
  const [row] = await on.query<{ personId: PersonId }>(WHOSE, [tokens, personIds, seenAfter]);
  return row?.personId;
}

/** `most` counts this browser too. */
export async function rememberDevice(
  on: Queryable,
  token: Buffer,
  personId: PersonId,
  at: Date,
  most: number,
): Promise<void> {
  await on.query(REMEMBER, [token, personId, at, most - 1]);
}

export async function forgetDevices(on: Queryable, personId: PersonId): Promise<void> {
  await on.query('DELETE FROM known_device WHERE person_id = $1', [personId]);
}

/** Deletes up to `most` browsers not seen since; says how many. */
export async function sweepDevices(on: Queryable, seenBefore: Date, most: number): Promise<number> {
  return (await on.query(SWEEP, [seenBefore, most])).length;
}
