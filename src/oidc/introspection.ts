/**
 * Who may ask about a token, and who may be told (RFC 7662 section 4). The library would tell any confidential
 * application about any token; here it is the one the token was made for, by ownership or by audience.
 */
import type {
  AccessToken,
  ClientCredentials,
  KoaContextWithOIDC,
  Client as LibraryClient,
  RefreshToken,
} from 'oidc-provider';
import { findActive } from './account.ts';
import { disclose, type ReleaseParts } from './claims.ts';
import { clientRecord } from './library-clients.ts';

type Token = AccessToken | ClientCredentials | RefreshToken;

export function makeIntrospectionPolicy(parts: ReleaseParts) {
  return async function mayIntrospect(
    ctx: KoaContextWithOIDC,
    caller: LibraryClient,
    token: Token,
  ): Promise<boolean> {
    if (caller.clientAuthMethod === 'none') return false;
    const asking = clientRecord(caller);
    const own = token.clientId === caller.clientId;
    const audience = 'aud' in token && token.aud !== undefined && token.aud === asking.resource?.identifier;
    if (!own && !audience) return false;
    // The application the token was given to may have been suspended since.
    if (!own && (await ctx.oidc.provider.Client.find(token.clientId!)) === undefined) return false;
    if (!('accountId' in token)) return true;
    const summary = await findActive(parts, token.accountId);
    if (!summary) return false;
    if (!own)
      await disclose(parts, summary.id, asking, {
        via: 'introspection',
        claims: ['sub', 'acr', 'auth_time'],
      });
    return true;
  };
}
