/** Reads what an authorization request asks for, in our own terms. */
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { type Client, claimsAllowed } from '../clients/client.ts';
import { type WantedAcr, wantedAcr } from './acr.ts';
import type { Agreed } from './consent.ts';
import { clientRecord } from './library-clients.ts';

/** Claims that say nothing about the person beyond the sign-in itself; nobody is asked about them. */
const OF_THE_SIGN_IN = new Set(['sub', 'sid', 'acr', 'amr', 'auth_time', 'iss']);

/** Scopes, single claims and resource scopes of this request, as far as the application may have them at all. */
export function wantedBy(ctx: KoaContextWithOIDC): Agreed {
  const { oidc } = ctx;
  const client = clientRecord(oidc.client);
  const allowed = claimsAllowed(client);
  const resources = Object.entries(oidc.resourceServers ?? {}).map(
    ([id, server]) => [id, [...oidc.requestParamScopes].filter((scope) => server.scopes.has(scope))] as const,
  );
  return {
    scopes: [...oidc.requestParamOIDCScopes].filter((scope) => client.scopes.includes(scope)),
    claims: [...oidc.requestParamClaims].filter((claim) => allowed.has(claim) && !OF_THE_SIGN_IN.has(claim)),
    resources: Object.fromEntries(resources.filter(([, scopes]) => scopes.length > 0)),
  };
}

/** Which sign-in this request needs. */
export function acrWantedBy(ctx: KoaContextWithOIDC): WantedAcr {
  const params = (ctx.oidc.params ?? {}) as { acr_values?: string; claims?: string };
  return wantedAcr(params.acr_values, acrClaim(params.claims), clientRecord(ctx.oidc.client).leastAcr);
}

// The library writes acr_values over this member of its own copy, and `essential` would be lost.
function acrClaim(claims: string | undefined): unknown {
  if (claims === undefined) return undefined;
  const parsed = JSON.parse(claims) as { id_token?: { acr?: unknown } };
  return parsed.id_token?.acr;
}

/** What an application may have of a remembered agreement today. */
export const allowanceOf = (client: Client) => ({
  scopes: client.scopes,
  claims: claimsAllowed(client),
  resources: [...client.resources, ...(client.resource ? [client.resource.identifier] : [])],
});

/** OpenID Connect Core 5.5 goes down to the values of a claim, and a claim may be an object. */
const DEEPEST_CLAIMS = 8;

/**
 * The form of the `claims` parameter, in place of the library's own check. It is written down with the code, and
 * what is nested thousands deep could not be.
 */
export async function judgeClaims(
  _ctx: KoaContextWithOIDC,
  claims: { userinfo?: object; id_token?: object },
): Promise<void> {
  for (const part of ['userinfo', 'id_token'] as const) {
    const members = Object.values(claims[part] ?? {}) as unknown[];
    if (members.some((member) => member !== null && (typeof member !== 'object' || Array.isArray(member))))
      throw new errors.InvalidRequest(`claims.${part} members must be null or objects`);
  }
  if (isDeeper(claims, DEEPEST_CLAIMS))
    throw new errors.InvalidRequest('claims parameter is nested too deeply');
}

const isDeeper = (value: unknown, left: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (left === 0 || Object.values(value).some((each) => isDeeper(each, left - 1)));
