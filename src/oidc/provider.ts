/** Builds the provider. Keys are fixed at construction, so a change of keys builds a new one (see oidc.ts). */
import type { EventEmitter } from 'node:events';
import type { Context, Middleware } from 'koa';
import Provider, { type errors, type KoaContextWithOIDC } from 'oidc-provider';
import { statedAcr } from './acr.ts';
import { finishAnswers, watchEndings } from './after-request.ts';
import { makeConfiguration } from './configuration.ts';
import type { CookieSigner } from './cookie-signing.ts';
import type { SigningKeys } from './keys.ts';
import { adoptClients } from './library-clients.ts';
import { takeMethods } from './methods.ts';
import { extendModels } from './model-extensions.ts';
import type { OidcParts } from './parts.ts';
import { PATHS } from './paths.ts';
import { acrWantedBy } from './request.ts';

export interface ProviderOptions {
  jwks: ReturnType<SigningKeys['signers']>;
  signer: CookieSigner;
  /** Run before the provider, in this order: request id, language, security headers. */
  middlewares: readonly Middleware[];
}

export function buildProvider(parts: OidcParts, options: ProviderOptions): Provider {
  const provider = new Provider(parts.issuer, makeConfiguration(parts, options.jwks, options.signer));
  extendModels(provider);
  adoptClients(provider, {
    clients: parts.clients,
    sendLogout: (farewell) => parts.logouts.send([farewell], 'logout'),
  });
  parts.store.guardReplay(provider);
  stateRequestedAcr(provider);
  watchEndings(provider);
  // handle() writes the forwarded headers itself, from the issuer; nothing of a client's own gets through.
  provider.proxy = true;
  for (const middleware of options.middlewares) provider.use(wherePagesAre(middleware));
  provider.use(finishAnswers(parts));
  provider.use(takeMethods(parts));
  provider.on('server_error', (ctx, error) => {
    if (isTooDeep(error)) refuseDeep(ctx);
    else parts.log.error({ err: error }, 'the provider failed');
  });
  const emitter: EventEmitter = provider;
  for (const event of ['grant.error', 'introspection.error', 'revocation.error']) {
    emitter.on(event, (ctx: KoaContextWithOIDC, error: errors.OIDCProviderError) => {
      if (error.error !== 'invalid_client') return;
      const { client } = ctx.oidc;
      parts.log.warn(
        { clientId: client?.clientId, why: error.error_detail },
        'an application could not prove itself',
      );
    });
  }
  emitter.on('error', (error: NodeJS.ErrnoException) => {
    // A body that broke off or is no HTTP is its sender's doing, and answered.
    if (error.code === 'ECONNRESET' || error.code?.startsWith('HPE_')) return;
    parts.log.error({ err: error }, 'the provider failed outside of a request');
  });
  return provider;
}

/** JSON nested thousands deep is read by one function and breaks the next; no protocol needs it. */
const isTooDeep = (error: Error): boolean =>
  error instanceof RangeError && error.message.startsWith('Maximum call stack');

function refuseDeep(ctx: Context): void {
  ctx.status = 400;
  if (ctx.type !== 'text/html')
    ctx.body = { error: 'invalid_request', error_description: 'the request is nested too deeply' };
}

/** What machines ask: no page is ever shown there. Whoever opens one of these in a browser gets a page that says so. */
const BY_MACHINES = new Set(
  [PATHS.token, PATHS.introspection, PATHS.revocation, PATHS.pushed_authorization_request]
    .map((path) => `POST ${path}`)
    .concat(`GET ${PATHS.userinfo}`, `POST ${PATHS.userinfo}`),
);

const wherePagesAre =
  (middleware: Middleware): Middleware =>
  (ctx, next) =>
    isForMachines(ctx) ? next() : middleware(ctx, next);

/** The library itself chooses so between its two forms of an error. A query is not usual here: its bound must hold. */
function isForMachines(ctx: Context): boolean {
  if (!BY_MACHINES.has(`${ctx.method} ${ctx.path}`) || ctx.querystring !== '') return false;
  const { accept = '*/*' } = ctx.headers;
  return accept === '*/*' || accept === 'application/json' || ctx.accepts('json', 'html') !== 'html';
}

/** The code's acr is read from here; the session keeps what the sign-in really was. */
function stateRequestedAcr(provider: Provider): void {
  const context = (provider as unknown as { OIDCContext: { prototype: object } }).OIDCContext;
  Object.defineProperty(context.prototype, 'acr', {
    configurable: true,
    get(this: { session?: { acr?: string }; ctx: Parameters<typeof acrWantedBy>[0] }) {
      return statedAcr(this.session?.acr, acrWantedBy(this.ctx));
    },
  });
}
