/** SQL of consents. */
import { type Queryable, sql, type Transaction } from '../platform/postgres.ts';

/** What a person agreed to, or was told, for one application. */
export interface Agreed {
  scopes: string[];
  /** Claims asked for one by one (`claims` parameter). */
  claims: string[];
  /** Scopes by resource identifier. */
  resources: Record<string, string[]>;
}

export interface Consent extends Agreed {
  clientId: string;
  basis: 'consent' | 'statutory-duty';
  givenAt: Date;
  changedAt: Date;
}

interface Row {
  client_id: string;
  scopes: string[];
  claims: string[];
  resources: Record<string, string[]>;
  basis: Consent['basis'];
  given_at: Date;
  changed_at: Date;
}

const COLUMNS = 'client_id, scopes, claims, resources, basis, given_at, changed_at';
const FIND = sql('consent_find', `SELECT ${COLUMNS} FROM consent WHERE person_id = $1 AND client_id = $2`);
const FIND_FOR_UPDATE = sql('consent_find_for_update', `${FIND.text} FOR UPDATE`);
const LIST = sql(
  'consent_list',
  `SELECT ${COLUMNS} FROM consent WHERE person_id = $1 ORDER BY changed_at DESC`,
);
const UPSERT = sql(
  'consent_upsert',
  `INSERT INTO consent (person_id, client_id, scopes, claims, resources, basis, given_at, changed_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
   ON CONFLICT (person_id, client_id) DO UPDATE SET scopes = EXCLUDED.scopes, claims = EXCLUDED.claims,
     resources = EXCLUDED.resources, basis = EXCLUDED.basis, changed_at = EXCLUDED.changed_at`,
);
const DELETE = sql(
  'consent_delete',
  'DELETE FROM consent WHERE person_id = $1 AND client_id = $2 RETURNING client_id',
);

const first = (rows: Row[]): Consent | undefined => rows[0] && read(rows[0]);

export const findConsent = async (
  on: Queryable,
  personId: string,
  clientId: string,
): Promise<Consent | undefined> => first(await on.query<Row>(FIND, [personId, clientId]));

export const lockConsent = async (
  tx: Transaction,
  personId: string,
  clientId: string,
): Promise<Consent | undefined> => first(await tx.query<Row>(FIND_FOR_UPDATE, [personId, clientId]));

export const listConsents = async (on: Queryable, personId: string): Promise<Consent[]> =>
  (await on.query<Row>(LIST, [personId])).map(read);

export async function putConsent(
  tx: Transaction,
  personId: string,
  consent: Omit<Consent, 'givenAt'>,
): Promise<void> {
  const { clientId, scopes, claims, resources, basis, changedAt } = consent;
  await tx.query(UPSERT, [personId, clientId, scopes, claims, JSON.stringify(resources), basis, changedAt]);
}

export async function deleteConsent(tx: Transaction, personId: string, clientId: string): Promise<boolean> {
  return (await tx.query(DELETE, [personId, clientId])).length > 0;
}

function read(row: Row): Consent {
  const { client_id, given_at, changed_at, ...rest } = row;
  return { ...rest, clientId: client_id, givenAt: given_at, changedAt: changed_at };
}
