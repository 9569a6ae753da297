/**
 * Which methods the provider's paths take. The library answers a wrong one with 404, and takes a posted
 * authorization or sign-out request only where its cookies are sent from other sites. Ours are not
 * (SameSite=Lax), so such a request goes on as a GET, where the browser brings them.
 */
import type { Context, Middleware } from 'koa';
import { Refused } from '../platform/failure.ts';
import { readForm } from '../platform/http/form-body.ts';
import type { OidcParts } from './parts.ts';
import { PATHS } from './paths.ts';

/** OpenID Connect Core 1.0 section 3.1.2.1, RP-Initiated Logout 1.0 section 2: both methods must be taken. */
const ALSO_POSTED: ReadonlySet<string> = new Set([PATHS.authorization, PATHS.end_session]);
const METHODS: Record<string, string> = {
  '/.well-known/openid-configuration': 'GET, HEAD, OPTIONS',
  '/.well-known/oauth-authorization-server': 'GET, HEAD, OPTIONS',
  [PATHS.authorization]: 'GET, HEAD, POST',
  [PATHS.end_session]: 'GET, HEAD, POST',
  [PATHS.userinfo]: 'GET, HEAD, POST, OPTIONS',
  [PATHS.jwks]: 'GET, HEAD, OPTIONS',
  [PATHS.token]: 'POST, OPTIONS',
  [PATHS.introspection]: 'POST, OPTIONS',
  [PATHS.revocation]: 'POST, OPTIONS',
  [PATHS.pushed_authorization_request]: 'POST, OPTIONS',
};
/** What an address may hold behind common proxies; longer requests are pushed (RFC 9126). */
const LONGEST_QUERY = 7_168;

/** Refusals: `method-not-allowed` 405 with Allow; `form-too-large` 413 and the others of {@link readForm}. */
export function takeMethods(parts: Pick<OidcParts, 'pages'>): Middleware {
  return async (ctx, next) => {
    const allowed = METHODS[ctx.path];
    if (allowed && !allowed.split(', ').includes(ctx.method)) {
      ctx.set('Allow', allowed);
      return refuse(parts, ctx, { code: 'method-not-allowed', status: 405 });
    }
    if (ctx.method !== 'POST' || !ALSO_POSTED.has(ctx.path)) return next();
    try {
      const query = await postedQuery(ctx);
      ctx.redirect(query === '' ? ctx.path : `${ctx.path}?${query}`);
      // The method becomes GET, in every browser (RFC 9110 section 15.4.4).
      ctx.status = 303;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      await refuse(parts, ctx, error.failure);
    }
  };
}

/** The posted parameters, and those of the address that were not posted. @throws Refused */
async function postedQuery(ctx: Context): Promise<string> {
  const form = await readForm(ctx);
  const query = new URLSearchParams();
  for (const name of form.names()) for (const value of form.all(name)) query.append(name, value);
  for (const [name, value] of new URLSearchParams(ctx.querystring))
    if (!form.has(name)) query.append(name, value);
  const text = query.toString();
  if (text.length > LONGEST_QUERY) {
    throw new Refused({
      code: 'form-too-large',
      status: 413,
      params: { kilobytes: Math.floor(LONGEST_QUERY / 1024) },
    });
  }
  return text;
}

const WORDS: Record<string, string> = {
  'method-not-allowed': 'this address does not take the method; Allow names those it takes',
  'form-too-large': 'the request is too large for an address: push it (RFC 9126)',
  'form-type': 'the body must be application/x-www-form-urlencoded',
  'form-malformed': 'the body is no form',
  'form-broken-off': 'the body broke off',
};

async function refuse(
  { pages }: Pick<OidcParts, 'pages'>,
  ctx: Context,
  failure: Refused['failure'],
): Promise<void> {
  const technical = { error: 'invalid_request', description: WORDS[failure.code] ?? failure.code };
  if (ctx.accepts('json', 'html') === 'html') await pages.renderError(ctx, failure, technical);
  else ctx.body = { error: technical.error, error_description: technical.description };
  ctx.status = failure.status;
}
