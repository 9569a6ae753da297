/** The table of passwords. */
import type { PersonId } from '../accounts/person.ts';
import { type Queryable, sql } from '../platform/postgres.ts';

/** A password as it rests: argon2id PHC string over the peppered password, and which pepper. */
export interface StoredPassword {
  hash: string;
  pepper: string;
  mustChange: boolean;
}

const OF_PERSON = sql(
  'password-of-person',
  'SELECT hash, pepper, must_change AS "mustChange" FROM password_credential WHERE person_id = $1',
);

const REHASH = sql(
  'password-rehash',
  'UPDATE password_credential SET hash = $3, pepper = $4 WHERE person_id = $1 AND hash = $2',
);

const SET = sql(
  'password-set',
  `INSERT INTO password_credential (person_id, hash, pepper, must_change, changed_at) VALUES ($1, $2, $3, $4, $5)
   ON CONFLICT (person_id) DO UPDATE
   SET hash = excluded.hash, pepper = excluded.pepper, must_change = excluded.must_change, changed_at = excluded.changed_at`,
);

const ADD = sql(
  'password-add',
  `INSERT INTO password_credential (person_id, hash, pepper, must_change, changed_at) VALUES ($1, $2, $3, $4, $5)
   ON CONFLICT (person_id) DO NOTHING RETURNING person_id`,
);

export async function findPassword(on: Queryable, personId: PersonId): Promise<StoredPassword | undefined> {
  const [row] = await on.query<StoredPassword>(OF_PERSON, [personId]);
  return row;
}

/** Replaces a hash by a better one of the same password; does nothing when the password was changed meanwhile. */
export async function replaceHash(
  on: Queryable,
  personId: PersonId,
  from: string,
  to: { hash: string; pepper: string },
): Promise<void> {
  await on.query(REHASH, [personId, from, to.hash, to.pepper]);
}

export async function savePassword(
  on: Queryable,
  personId: PersonId,
  password: StoredPassword,
  at: Date,
): Promise<void> {
  await on.query(SET, [personId, password.hash, password.pepper, password.mustChange, at]);
}

/** Stores a password for somebody who has none; false, and nothing, for somebody who has one. */
export async function addPassword(
  on: Queryable,
  personId: PersonId,
  password: StoredPassword,
  at: Date,
): Promise<boolean> {
  const { hash, pepper, mustChange } = password;
  return (await on.query(ADD, [personId, hash, pepper, mustChange, at])).length === 1;
}

export async function deletePassword(on: Queryable, personId: PersonId): Promise<void> {
  await on.query('DELETE FROM password_credential WHERE person_id = $1', [personId]);
}

/** How many passwords still rest under each pepper: a key may leave the keyring when its count is gone. */
export function countPeppers(on: Queryable): Promise<{ pepper: string; passwords: number }[]> {
  return on.query(
    'SELECT pepper, count(*)::int AS passwords FROM password_credential GROUP BY pepper ORDER BY pepper',
  );
}
