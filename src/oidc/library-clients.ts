/**
 * The library's clients made from ours. It keeps a hundred built ones and hashes their metadata at every look-up;
 * here a built client is kept as long as its version is the same, however many there are. Secrets are compared
 * by hash, and nothing symmetric is ever derived from one.
 */
import { LRUCache } from 'lru-cache';
import type Provider from 'oidc-provider';
import type { Client as LibraryClient } from 'oidc-provider';
import { type Client, isUsable } from '../clients/client.ts';
import type { Clients } from '../clients/clients.ts';

/** Parts of the library's Client class that are replaced; its maintainers name compareClientSecret for this. */
interface ClientClass {
  new (metadata: Record<string, unknown>): LibraryClient;
  prototype: {
    compareClientSecret(actual: string): Promise<boolean>;
    backchannelLogout(sub: string, sid: string): Promise<void>;
  };
  find(id: unknown): Promise<LibraryClient | undefined>;
  needsSecret(metadata: unknown): boolean;
}

export interface AdoptOptions {
  clients: Clients;
  /** Takes over what the library would send within the request. */
  sendLogout(message: { clientId: string; personId: string; sid: string }): Promise<void>;
}

const MOST_BUILT = 10_000;
const records = new WeakMap<object, Client>();

/** Our client behind one of the library's. @throws when it was not built here. */
export function clientRecord(client: object | undefined): Client {
  const record = client && records.get(client);
  if (!record) throw new Error('a client that this room did not build');
  return record;
}

export const libraryClientClass = (provider: Provider): ClientClass =>
  provider.Client as unknown as ClientClass;

/** Makes a provider look its clients up here. */
export function adoptClients(provider: Provider, { clients, sendLogout }: AdoptOptions): void {
  const Library = libraryClientClass(provider);
  const built = new LRUCache<string, { record: Client; client: LibraryClient }>({ max: MOST_BUILT });

  Library.find = async (id) => {
    if (typeof id !== 'string' || id === '' || id.length > 64) return undefined;
    const record = await clients.get(id);
    if (!record || !isUsable(record)) return undefined;
    const known = built.get(id);
    if (known?.record === record) return known.client;
    const client = new Library(toLibrary(record));
    records.set(client, record);
    built.set(id, { record, client });
    return client;
  };
  // Without a secret in its metadata the library cannot derive a symmetric key from one.
  Library.needsSecret = () => false;
  Library.prototype.compareClientSecret = function (this: LibraryClient, actual) {
    return clients.checkSecret(this.clientId, actual);
  };
  Library.prototype.backchannelLogout = function (this: LibraryClient, personId, sid) {
    return sendLogout({ clientId: this.clientId, personId, sid });
  };
}

/** Names the library must know; addresses it never uses stay out of its checks. */
const PASSED_ON = [
  ...[
    'client_id',
    'client_name',
    'application_type',
    'redirect_uris',
    'post_logout_redirect_uris',
    'response_types',
    'grant_types',
  ],
  ...[
    'token_endpoint_auth_method',
    'token_endpoint_auth_signing_alg',
    'jwks',
    'jwks_uri',
    'id_token_signed_response_alg',
  ],
  ...['id_token_encrypted_response_alg', 'id_token_encrypted_response_enc', 'userinfo_signed_response_alg'],
  ...[
    'userinfo_encrypted_response_alg',
    'userinfo_encrypted_response_enc',
    'default_max_age',
    'require_auth_time',
  ],
  ...['default_acr_values', 'backchannel_logout_uri', 'backchannel_logout_session_required'],
  ...['require_pushed_authorization_requests', 'dpop_bound_access_tokens'],
];

export function toLibrary(record: Client): Record<string, unknown> {
  const metadata = Object.fromEntries(
    PASSED_ON.filter((name) => record.metadata[name] !== undefined).map((name) => [
      name,
      record.metadata[name],
    ]),
  );
  return {
    ...metadata,
    scope: record.scopes.join(' ') || undefined,
    subject_type: 'pairwise',
    // Subjects go by our sector. The library only wants to see that there is one; it never calls this address.
    sector_identifier_uri: `https://sector.invalid/${encodeURIComponent(record.sector)}`,
  };
}
