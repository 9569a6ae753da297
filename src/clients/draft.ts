/** From a judged definition to what is stored, and whether that would change anything. */
import { isDeepStrictEqual } from 'node:util';
import type { ClientMetadata, Words } from './client.ts';
import type { JudgedDefinition } from './definition.ts';
import type { ClientDraft, ClientWithSecrets } from './store.ts';

export function toDraft(judged: JudgedDefinition): ClientDraft {
  const { secret: _, ...rest } = judged;
  return { ...rest, id: judged.metadata.client_id, firstParty: false };
}

/** Our own pages: the answer `none` hands nothing over, it only makes sure that somebody is signed in. */
export function firstPartyDraft(own: {
  id: string;
  name: Words;
  redirectUris: string[];
  postLogoutRedirectUris: string[];
}): ClientDraft {
  const metadata: ClientMetadata = {
    client_id: own.id,
    client_name: own.name['zh-CN'],
    application_type: 'web',
    redirect_uris: own.redirectUris,
    post_logout_redirect_uris: own.postLogoutRedirectUris,
    response_types: ['none'],
    grant_types: [],
    token_endpoint_auth_method: 'none',
    id_token_signed_response_alg: 'ES256',
  };
  return {
    id: own.id,
    definition: {},
    metadata,
    name: own.name,
    purpose: own.name,
    owner: own.name,
    sector: own.id,
    legalBasis: 'statutory-duty',
    scopes: ['openid'],
    entitlements: [],
    leastAcr: undefined,
    resource: undefined,
    resources: [],
    firstParty: true,
    state: 'live',
  };
}

/** Compared as they would come back from the database, where JSON has no order and no undefined. */
export function sameDraft(stored: ClientWithSecrets, draft: ClientDraft): boolean {
  const { version: _v, createdAt: _c, changedAt: _h, ...client } = stored.client;
  return isDeepStrictEqual(plain({ ...client, definition: stored.definition }), plain(draft));
}

const plain = (value: object): unknown => JSON.parse(JSON.stringify(value));
