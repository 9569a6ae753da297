/**
 * Interfaces of departments that take access tokens (RFC 8707). Who offers one says which scopes it knows and in
 * which form it wants its tokens; who calls one must have been allowed to. JWTs are short and not stored; tokens
 * for user data stay opaque, so that they can end at once.
 */
import {
  errors,
  type KoaContextWithOIDC,
  type Client as LibraryClient,
  type ResourceServer,
} from 'oidc-provider';
import { isUsable } from '../clients/client.ts';
import type { Clients } from '../clients/clients.ts';
import { clientRecord } from './library-clients.ts';

export function makeResourceInfo(clients: Clients) {
  return async function getResourceServerInfo(
    _ctx: KoaContextWithOIDC,
    identifier: string,
    client: LibraryClient,
  ): Promise<ResourceServer> {
    const caller = clientRecord(client);
    const owner = await clients.byResource(identifier);
    const allowed = owner?.id === caller.id || caller.resources.includes(identifier);
    // The same answer for "does not exist" and "not for you": the list of interfaces is nobody's business.
    if (!owner?.resource || !isUsable(owner) || !allowed) throw new errors.InvalidTarget();
    const { scope, format, lifetimeSeconds } = owner.resource;
    return {
      scope,
      audience: identifier,
      accessTokenFormat: format,
      accessTokenTTL: lifetimeSeconds,
      ...(format === 'jwt' ? { jwt: { sign: { alg: 'ES256' as const } } } : {}),
    };
  };
}
