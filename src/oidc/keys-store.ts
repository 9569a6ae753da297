/** SQL of the signing keys. */
import { type Queryable, sql, type Transaction } from '../platform/postgres.ts';

export type KeyState = 'next' | 'current' | 'retired';

export interface KeyRow {
  kid: string;
  family: string;
  state: KeyState;
  publishedAt: Date;
  signsFrom: Date | undefined;
  retiredAt: Date | undefined;
}

export interface SealedKeyRow extends KeyRow {
  sealed: Buffer;
}

interface Row {
  kid: string;
  family: string;
  state: KeyState;
  published_at: Date;
  signs_from: Date | null;
  retired_at: Date | null;
  sealed?: Buffer;
}

const FIELDS = 'kid, family, state, published_at, signs_from, retired_at';
/** Signing ones first: the library signs with the first key that fits. */
const ORDER = `ORDER BY CASE state WHEN 'current' THEN 0 WHEN 'next' THEN 1 ELSE 2 END, family, retired_at DESC, kid`;

const LOCK_KEYS = sql('oidc_key_lock', 'SELECT pg_advisory_xact_lock(7419051)');
const LIST = sql('oidc_key_list', `SELECT ${FIELDS} FROM oidc_signing_key ${ORDER}`);
const LIST_SEALED = sql('oidc_key_list_sealed', `SELECT ${FIELDS}, sealed FROM oidc_signing_key ${ORDER}`);
const INSERT = sql(
  'oidc_key_insert',
  `INSERT INTO oidc_signing_key (kid, family, state, sealed, published_at, signs_from) VALUES ($1, $2, $3, $4, $5, $6)`,
);
const RETIRE = sql(
  'oidc_key_retire',
  `UPDATE oidc_signing_key SET state = 'retired', retired_at = $2 WHERE family = $1 AND state = 'current'`,
);
const PROMOTE = sql(
  'oidc_key_promote',
  `UPDATE oidc_signing_key SET state = 'current', signs_from = $2 WHERE family = $1 AND state = 'next' RETURNING kid`,
);
const REMOVE_RETIRED = sql(
  'oidc_key_remove_retired',
  `DELETE FROM oidc_signing_key WHERE state = 'retired' AND retired_at <= $1 RETURNING kid, family`,
);
const RESEAL = sql(
  'oidc_key_reseal',
  'UPDATE oidc_signing_key SET sealed = $2 WHERE kid = $1 AND sealed = $3 RETURNING kid',
);

/** Holds every other change of the keys, on any node, until the transaction ends. */
export async function lockKeys(tx: Transaction): Promise<void> {
  await tx.query(LOCK_KEYS);
}

export async function listKeys(on: Queryable): Promise<KeyRow[]> {
  return (await on.query<Row>(LIST)).map(toKey);
}

export async function listSealedKeys(on: Queryable): Promise<SealedKeyRow[]> {
  return (await on.query<Row & { sealed: Buffer }>(LIST_SEALED)).map((row) => ({
    ...toKey(row),
    sealed: row.sealed,
  }));
}

export async function insertKey(
  tx: Transaction,
  key: { kid: string; family: string; state: 'next' | 'current'; sealed: Buffer; at: Date },
): Promise<void> {
  const signsFrom = key.state === 'current' ? key.at : null;
  await tx.query(INSERT, [key.kid, key.family, key.state, key.sealed, key.at, signsFrom]);
}

/** The current key of a family retires, the next one signs. @returns the kid that signs now */
export async function promoteNext(tx: Transaction, family: string, at: Date): Promise<string | undefined> {
  await tx.query(RETIRE, [family, at]);
  const [row] = await tx.query<{ kid: string }>(PROMOTE, [family, at]);
  return row?.kid;
}

export const removeRetired = (tx: Transaction, before: Date): Promise<{ kid: string; family: string }[]> =>
  tx.query(REMOVE_RETIRED, [before]);

/** @returns whether it still held what was resealed */
export async function replaceSeal(on: Queryable, kid: string, sealed: Buffer, was: Buffer): Promise<boolean> {
  return (await on.query(RESEAL, [kid, sealed, was])).length === 1;
}

const toKey = (row: Row): KeyRow => ({
  kid: row.kid,
  family: row.family,
  state: row.state,
  publishedAt: row.published_at,
  signsFrom: row.signs_from ?? undefined,
  retiredAt: row.retired_at ?? undefined,
});
