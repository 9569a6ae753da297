/**
 * Access tokens that applications got for themselves (client credentials), presented to this server's own interfaces:
 * bearer tokens (RFC 6750) and those bound to a key (RFC 9449). Reading the header, the token and the proof is the
 * library's; what stands here is their order, and what is told of a refusal.
 */
import type { Context } from 'koa';
import type Provider from 'oidc-provider';
import { type ClientCredentials, errors } from 'oidc-provider';
import validateDpop, { checkDpopReplay } from 'oidc-provider/lib/helpers/validate_dpop.js';
import instance from 'oidc-provider/lib/helpers/weak_cache.js';
import type { Client } from '../clients/client.ts';
import type { Failure } from '../platform/failure.ts';
import { clientRecord, libraryClientClass } from './library-clients.ts';

export type TokenOutcome =
  | { ok: true; client: Client }
  /** `challenges` are values of WWW-Authenticate. */
  | { ok: false; failure: Failure; challenges: string[] };

interface LibraryContext {
  getAccessToken(options: { acceptDPoP: true }): string;
  urlFor(name: string): string;
}

/**
 * Whose token came with a request, where it holds this scope and its application still may. Failures: `token-missing` 401,
 * `token-malformed` 400, `token-invalid` 401, `token-scope` 403.
 */
export function makeOwnTokenReader(issuer: string, provider: () => Provider) {
  return async function readOwnToken(ctx: Context, scope: string): Promise<TokenOutcome> {
    const library = provider();
    try {
      return { ok: true, client: await clientOf(library, ctx, issuer, scope) };
    } catch (error) {
      if (!(error instanceof errors.OIDCProviderError)) throw error;
      return refusal(library, ctx, issuer, scope, error);
    }
  };
}

async function clientOf(provider: Provider, ctx: Context, issuer: string, scope: string): Promise<Client> {
  const { OIDCContext } = provider as unknown as { OIDCContext: new (ctx: Context) => LibraryContext };
  const oidc = new OIDCContext(ctx);
  // A proof names the public address, whatever stands before this server.
  oidc.urlFor = () => `${issuer}${ctx.path}`;
  Object.assign(ctx, { oidc });
  const value = oidc.getAccessToken({ acceptDPoP: true });
  const proof = await validateDpop(provider, ctx, value);
  const token: ClientCredentials | undefined = await provider.ClientCredentials.find(value);
  // Not found, ended, of a person, or for another's interface: the same answer.
  if (!token?.isValid || token.aud !== undefined) throw new errors.InvalidToken('unknown or expired');
  if (token.jkt !== proof?.thumbprint)
    throw new errors.InvalidToken('the DPoP key is not the one it is bound to');
  await checkDpopReplay(provider, ctx, proof, token.clientId!, errors.InvalidToken);
  const client = await libraryClientClass(provider).find(token.clientId);
  if (!client) throw new errors.InvalidToken('unknown or expired');
  const record = clientRecord(client);
  // The entitlement may have been taken back since.
  if (!token.scopes.has(scope) || !record.scopes.includes(scope))
    throw new errors.InsufficientScope('the token does not hold the scope', scope);
  return record;
}

function refusal(
  provider: Provider,
  ctx: Context,
  issuer: string,
  scope: string,
  error: errors.OIDCProviderError,
): TokenOutcome {
  const algs = instance(provider).configuration.dPoPSigningAlgValues.join(' ');
  if (ctx.get('authorization') === '') {
    const challenges = [`Bearer realm="${issuer}", scope="${scope}"`, `DPoP algs="${algs}"`];
    return { ok: false, failure: { code: 'token-missing', status: 401 }, challenges };
  }
  const dpop = ctx.get('DPoP') !== '' || /^dpop /i.test(ctx.get('authorization'));
  const scheme = dpop ? 'DPoP' : 'Bearer';
  const more = [
    `error="${error.error}"`,
    ...(error instanceof errors.InsufficientScope ? [`scope="${scope}"`] : []),
    ...(dpop ? [`algs="${algs}"`] : []),
  ];
  const challenges = [`${scheme} realm="${issuer}", ${more.join(', ')}`];
  if (error instanceof errors.InsufficientScope)
    return { ok: false, failure: { code: 'token-scope', status: 403 }, challenges };
  if (error instanceof errors.InvalidRequest)
    return { ok: false, failure: { code: 'token-malformed', status: 400 }, challenges };
  return { ok: false, failure: { code: 'token-invalid', status: 401 }, challenges };
}
