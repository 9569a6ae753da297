/**
 * A department's application: who it is, what it is for, on what legal basis it acts, what it may ask for, and
 * where it stands in its life. Rules only; no database.
 */
import type { Language } from '../platform/page/language.ts';

export const CLIENT_STATES = ['draft', 'reviewed', 'trial', 'live', 'suspended'] as const;
export type ClientState = (typeof CLIENT_STATES)[number];

/** Why the department may process the data (PIPL art. 13): with consent, or on a statutory duty and with notice. */
export type LegalBasis = 'consent' | 'statutory-duty';

/** One text in the three languages. */
export type Words = Record<Language, string>;

/** Scopes that exist, and the claims each one releases. `openid` and `offline_access` release no personal data. */
export const SCOPE_CLAIMS: Record<string, readonly string[]> = {
  openid: ['sub'],
  offline_access: [],
  profile: ['name', 'name#bo', 'gender', 'birthdate', 'locale', 'assurance', 'channel'],
  phone: ['phone_number', 'phone_number_verified'],
  id_number: ['id_number_type', 'id_number', 'id_number_country'],
  legacy_accounts: ['legacy_accounts'],
};

/** Scopes that need an entitlement of the same name, given by the region's office and not by the application. */
export const ENTITLED_SCOPES: ReadonlySet<string> = new Set(['id_number', 'legacy_accounts']);

/** An interface of the department's own that takes access tokens (RFC 8707). */
export interface Resource {
  /** Absolute URI; the `aud` of its tokens. */
  identifier: string;
  /** Scopes it knows, separated by spaces. */
  scope: string;
  /** Opaque tokens are asked about by introspection; JWTs are short-lived and not stored. */
  format: 'opaque' | 'jwt';
  lifetimeSeconds: number;
}

/** Metadata under its names in OpenID Connect Registration 1.0, RFC 7591 and Back-Channel Logout 1.0. */
export interface ClientMetadata {
  client_id: string;
  redirect_uris: string[];
  response_types: string[];
  grant_types: string[];
  token_endpoint_auth_method: AuthMethod;
  id_token_signed_response_alg: string;
  post_logout_redirect_uris: string[];
  [name: string]: unknown;
}

export type AuthMethod = 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'none';

export interface Client {
  id: string;
  metadata: ClientMetadata;
  name: Words;
  purpose: Words;
  /** The department that answers for it. */
  owner: Words;
  /** Persons have one `sub` per sector. */
  sector: string;
  legalBasis: LegalBasis;
  /** What it may ask for, `id_number` and `legacy_accounts` only with the entitlement. */
  scopes: string[];
  entitlements: string[];
  /** Weakest sign-in it accepts, as an acr value. */
  leastAcr: string | undefined;
  /** The interface it offers, if any. */
  resource: Resource | undefined;
  /** Identifiers of interfaces it may call. */
  resources: string[];
  /** The person's own pages of this server: no consent, no disclosure to anybody. */
  firstParty: boolean;
  state: ClientState;
  version: number;
  createdAt: Date;
  changedAt: Date;
}

const GOOD_ID = /^[A-Za-z0-9][A-Za-z0-9._~-]{2,63}$/;

/** Whether a text can be a client's id; what cannot is never sent to the database. */
export const isClientId = (text: unknown): text is string => typeof text === 'string' && GOOD_ID.test(text);

/** Whether a text can be a resource identifier (RFC 8707 section 2). */
export const isResourceIdentifier = (text: unknown): text is string =>
  typeof text === 'string' &&
  text.length <= 500 &&
  /^[\x21-\x7e]+$/.test(text) &&
  !text.includes('#') &&
  URL.canParse(text);

/** Steps of the life cycle an operator may take. Suspending and resuming are always possible beside them. */
const STEPS: Record<ClientState, readonly ClientState[]> = {
  draft: ['reviewed'],
  reviewed: ['draft', 'trial'],
  trial: ['reviewed', 'live'],
  live: ['trial'],
  suspended: [],
};

export const mayStep = (from: ClientState, to: ClientState): boolean => STEPS[from].includes(to);

/** Whether people may sign in there: drafts are not ready, suspended ones are stopped. */
export const isUsable = (client: Client): boolean => client.state === 'trial' || client.state === 'live';

const allowed = new WeakMap<Client, ReadonlySet<string>>();

/** Claims the application may ever receive: those of its scopes. Asking by the `claims` parameter changes nothing. */
export function claimsAllowed(client: Client): ReadonlySet<string> {
  let claims = allowed.get(client);
  if (!claims) {
    claims = new Set(client.scopes.flatMap((scope) => SCOPE_CLAIMS[scope] ?? []));
    allowed.set(client, claims);
  }
  return claims;
}

/** Whether this kind of client proves itself with a secret of ours. */
export const needsSecret = (metadata: ClientMetadata): boolean =>
  metadata.token_endpoint_auth_method === 'client_secret_basic' ||
  metadata.token_endpoint_auth_method === 'client_secret_post';
