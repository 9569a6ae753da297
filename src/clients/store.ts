/** SQL of the room clients. */
import { isUniqueViolation, type Queryable, sql, type Transaction } from '../platform/postgres.ts';
import type { Client, ClientMetadata, ClientState, LegalBasis, Resource, Words } from './client.ts';
import type { ClientDefinition } from './definition.ts';
import type { StoredSecret } from './secret.ts';

/** What is written of a client; the rest (version, times) the store keeps itself. */
export interface ClientDraft extends Omit<Client, 'version' | 'createdAt' | 'changedAt'> {
  /** As it was handed in, without a secret: judged again when the application goes live. */
  definition: ClientDefinition;
}

/** A client with the secrets it may prove itself with. */
export interface ClientWithSecrets {
  client: Client;
  secrets: StoredSecret[];
  definition: ClientDefinition;
  /** Where a suspended client was before. */
  resumesTo: ClientState | undefined;
}

interface Row {
  client_id: string;
  definition: ClientDefinition;
  metadata: ClientMetadata;
  name: Words;
  purpose: Words;
  owner: Words;
  sector: string;
  legal_basis: LegalBasis;
  scopes: string[];
  entitlements: string[];
  least_acr: string | null;
  resource: Resource | null;
  resources: string[];
  first_party: boolean;
  state: ClientState;
  resumes_to: ClientState | null;
  version: number;
  created_at: Date;
  changed_at: Date;
  secrets: { hash: string; created: number; expires: number | null }[];
}

// Secrets travel as JSON beside their client: one round trip for everything a token request needs.
const SELECT = `
  SELECT c.*, COALESCE((
    SELECT json_agg(json_build_object('hash', encode(s.hash, 'hex'),
      'created', extract(epoch FROM s.created_at) * 1000, 'expires', extract(epoch FROM s.expires_at) * 1000) ORDER BY s.id DESC)
    FROM client_secret s WHERE s.client_id = c.client_id), '[]') AS secrets
  FROM client c`;

const FIND = sql('client_find', `${SELECT} WHERE c.client_id = $1`);
const FIND_FOR_UPDATE = sql('client_find_for_update', `${SELECT} WHERE c.client_id = $1 FOR UPDATE OF c`);
const FIND_BY_RESOURCE = sql('client_find_by_resource', `${SELECT} WHERE c.resource ->> 'identifier' = $1`);
const TAKING_LEGACY_EVENTS = sql(
  'client_taking_legacy_events',
  `SELECT client_id AS id, sector FROM client WHERE metadata ? 'legacy_events_uri'
     AND 'legacy_accounts' = ANY (entitlements) AND state IN ('trial', 'live', 'suspended') ORDER BY client_id`,
);
const LIST = sql('client_list', `${SELECT} ORDER BY c.created_at, c.client_id`);
const INSERT = sql(
  'client_insert',
  `INSERT INTO client (client_id, definition, metadata, name, purpose, owner, sector, legal_basis, scopes, entitlements, least_acr,
     resource, resources, first_party, state, created_at, changed_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)`,
);
const UPDATE = sql(
  'client_update',
  `UPDATE client SET definition = $2, metadata = $3, name = $4, purpose = $5, owner = $6, sector = $7, legal_basis = $8,
     scopes = $9, entitlements = $10, least_acr = $11, resource = $12, resources = $13, first_party = $14, state = $15,
     changed_at = $16, version = version + 1
   WHERE client_id = $1`,
);
const SET_STATE = sql(
  'client_set_state',
  `UPDATE client SET state = $2, resumes_to = $3, changed_at = $4, version = version + 1 WHERE client_id = $1`,
);
const ADD_SECRET = sql(
  'client_secret_add',
  `INSERT INTO client_secret (client_id, hash, created_at, expires_at) VALUES ($1, $2, $3, $4)`,
);
const TOUCH = sql(
  'client_touch',
  `UPDATE client SET changed_at = $2, version = version + 1 WHERE client_id = $1`,
);
const LIMIT_OLD_SECRETS = sql(
  'client_secret_limit',
  `UPDATE client_secret SET expires_at = LEAST(expires_at, $2) WHERE client_id = $1`,
);
const DROP_SPENT_SECRETS = sql(
  'client_secret_drop',
  `DELETE FROM client_secret WHERE client_id = $1 AND (expires_at <= $2
     OR id NOT IN (SELECT id FROM client_secret WHERE client_id = $1 ORDER BY id DESC LIMIT 1))`,
);

export const findClient = async (on: Queryable, id: string): Promise<ClientWithSecrets | undefined> =>
  first(await on.query<Row>(FIND, [id]));

export const findClientByResource = async (
  on: Queryable,
  identifier: string,
): Promise<ClientWithSecrets | undefined> => first(await on.query<Row>(FIND_BY_RESOURCE, [identifier]));

/** Applications that may be told of old accounts and named an address for it. */
export const takingLegacyEvents = (on: Queryable): Promise<{ id: string; sector: string }[]> =>
  on.query(TAKING_LEGACY_EVENTS);

/** Locks the row until the end of the transaction. */
export const lockClient = async (tx: Transaction, id: string): Promise<ClientWithSecrets | undefined> =>
  first(await tx.query<Row>(FIND_FOR_UPDATE, [id]));

export const listClients = async (on: Queryable): Promise<ClientWithSecrets[]> =>
  (await on.query<Row>(LIST)).map(read);

/** Which unique rule a new or changed client broke, if that is what the error says. */
export function clientConflict(error: unknown): 'client-exists' | 'client-resource-taken' | undefined {
  if (isUniqueViolation(error, 'client_pkey')) return 'client-exists';
  if (isUniqueViolation(error, 'client_resource')) return 'client-resource-taken';
  return undefined;
}

export const insertClient = async (tx: Transaction, draft: ClientDraft, at: Date): Promise<void> => {
  await tx.query(INSERT, values(draft, at));
};

export const updateClient = async (tx: Transaction, draft: ClientDraft, at: Date): Promise<void> => {
  await tx.query(UPDATE, values(draft, at));
};

export async function setClientState(
  tx: Transaction,
  id: string,
  to: ClientState,
  resumesTo: ClientState | undefined,
  at: Date,
): Promise<void> {
  await tx.query(SET_STATE, [id, to, resumesTo ?? null, at]);
}

/** Adds a secret; the one before it stays valid until `oldUntil`, older ones end now. */
export async function addSecret(
  tx: Transaction,
  id: string,
  secret: { hash: Buffer; at: Date; expiresAt: Date | undefined; oldUntil: Date },
): Promise<void> {
  await tx.query(DROP_SPENT_SECRETS, [id, secret.at]);
  await tx.query(LIMIT_OLD_SECRETS, [id, secret.oldUntil]);
  await tx.query(ADD_SECRET, [id, secret.hash, secret.at, secret.expiresAt ?? null]);
  await tx.query(TOUCH, [id, secret.at]);
}

function values(draft: ClientDraft, at: Date): unknown[] {
  return [
    draft.id,
    JSON.stringify(draft.definition),
    JSON.stringify(draft.metadata),
    JSON.stringify(draft.name),
    JSON.stringify(draft.purpose),
    JSON.stringify(draft.owner),
    draft.sector,
    draft.legalBasis,
    draft.scopes,
    draft.entitlements,
    draft.leastAcr ?? null,
    draft.resource === undefined ? null : JSON.stringify(draft.resource),
    draft.resources,
    draft.firstParty,
    draft.state,
    at,
  ];
}

const first = (rows: Row[]): ClientWithSecrets | undefined => rows[0] && read(rows[0]);

function read(row: Row): ClientWithSecrets {
  return {
    client: {
      id: row.client_id,
      metadata: row.metadata,
      name: row.name,
      purpose: row.purpose,
      owner: row.owner,
      sector: row.sector,
      legalBasis: row.legal_basis,
      scopes: row.scopes,
      entitlements: row.entitlements,
      leastAcr: row.least_acr ?? undefined,
      resource: row.resource ?? undefined,
      resources: row.resources,
      firstParty: row.first_party,
      state: row.state,
      version: row.version,
      createdAt: row.created_at,
      changedAt: row.changed_at,
    },
    definition: row.definition,
    resumesTo: row.resumes_to ?? undefined,
    secrets: row.secrets.map((secret) => ({
      hash: Buffer.from(secret.hash, 'hex'),
      createdAt: new Date(secret.created),
      expiresAt: secret.expires === null ? undefined : new Date(secret.expires),
    })),
  };
}
