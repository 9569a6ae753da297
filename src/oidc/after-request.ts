/**
 * What the provider's answers get on their way out: headers for pages, our own page instead of the library's
 * self-posting form, and the audit of what ended.
 */
import type { Context, Middleware } from 'koa';
import type Provider from 'oidc-provider';
import { errors, type KoaContextWithOIDC, type OIDCContext } from 'oidc-provider';
import type { AuditEntry, AuditEvent } from '../audit/events.ts';
import { allowFormAction, HSTS } from '../platform/http/security-headers.ts';
import type { PostedForm } from './pages.ts';
import type { OidcParts } from './parts.ts';

type Parts = Pick<OidcParts, 'issuer' | 'pages' | 'trail' | 'log' | 'store'>;

/** Grants that ended while a request ran. */
const ended = new WeakMap<object, string[]>();

/** Outermost of our own middlewares: runs when the library has answered. */
export function finishAnswers(parts: Parts): Middleware {
  const https = parts.issuer.startsWith('https:');
  return async (ctx, next) => {
    await next();
    ctx.set('X-Content-Type-Options', 'nosniff');
    ctx.set('Cache-Control', 'no-store');
    if (https) ctx.set('Strict-Transport-Security', HSTS);
    await settle(parts, ctx);
    if (ctx.status === 404 && !ctx.body) return notFound(parts, ctx);
    const form = readForward(ctx);
    if (form) {
      await parts.pages.renderForward(ctx, form);
      allowFormAction(ctx as Parameters<typeof allowFormAction>[0], form.action);
    } else if (ctx.type === 'text/html') allowLogoutTarget(ctx);
    await auditEndings(parts, ctx);
  };
}

/** Notes which grants a request ends; the library says so while it runs. */
export function watchEndings(provider: Provider): void {
  provider.on('grant.revoked', (ctx: KoaContextWithOIDC, grantId: string) => {
    ended.set(ctx, [...(ended.get(ctx) ?? []), grantId]);
  });
}

/** Nobody gets an answer for a code that somebody else was first with. */
async function settle({ store }: Parts, ctx: Context): Promise<void> {
  try {
    await store.settle(ctx as unknown as Parameters<typeof store.settle>[0]);
  } catch (error) {
    if (ctx.status >= 400) return;
    const lost = error instanceof errors.OIDCProviderError;
    ctx.status = lost ? error.statusCode : 500;
    ctx.body = lost
      ? { error: error.error, error_description: error.error_description }
      : { error: 'server_error' };
  }
}

async function notFound({ pages }: Parts, ctx: Context): Promise<void> {
  ctx.status = 404;
  if (ctx.accepts('json', 'html') === 'html') {
    await pages.renderError(ctx, { code: 'not-found', status: 404 }, { error: 'not_found' });
    ctx.status = 404;
  } else {
    ctx.body = { error: 'not_found' };
    ctx.status = 404;
  }
}

/** Browsers hold `form-action` against the redirect after a post: the sign-out ends at the application. */
function allowLogoutTarget(ctx: Context): void {
  const oidc = oidcOf(ctx);
  const target = (oidc?.params as { post_logout_redirect_uri?: unknown } | undefined)
    ?.post_logout_redirect_uri;
  if (oidc?.route === 'end_session' && typeof target === 'string') {
    allowFormAction(ctx as Parameters<typeof allowFormAction>[0], target);
  }
}

/** A refresh token or code that came a second time is worth an alarm; a revocation or logout is worth a line. */
async function auditEndings({ trail, log }: Parts, ctx: Context): Promise<void> {
  const grants = ended.get(ctx);
  const oidc = oidcOf(ctx);
  const type: AuditEvent | undefined =
    oidc?.route === 'end_session_confirm' &&
    oidc.session &&
    (oidc.session as { destroyed?: boolean }).destroyed
      ? 'session.ended'
      : grants === undefined
        ? undefined
        : oidc?.route === 'token'
          ? 'tokens.reused'
          : 'tokens.revoked';
  if (type === undefined || !oidc) return;
  const personId =
    oidc.session?.accountId ?? oidc.entities.RefreshToken?.accountId ?? oidc.entities.AccessToken?.accountId;
  if (type === 'tokens.reused')
    log.warn(
      { clientId: oidc.client?.clientId, grants: grants?.length },
      'a used-up code or refresh token was presented',
    );
  // The answer is made and what ended has ended: a trail that cannot be written is an alarm, not another answer.
  const event: AuditEntry = {
    type,
    personId: personId ?? oidc.grant?.accountId,
    clientId: oidc.client?.clientId,
    actor: type === 'session.ended' ? 'self' : `client:${oidc.client?.clientId ?? '?'}`,
    outcome: type === 'tokens.reused' ? 'failure' : 'success',
    detail: { reason: type === 'session.ended' ? 'logout' : type, grants: grants?.length ?? 0 },
  };
  await trail
    .record(event)
    .catch((error: unknown) => log.error({ err: error, type }, 'an ending is missing in the audit trail'));
}

const oidcOf = (ctx: Context): OIDCContext | undefined => (ctx as unknown as { oidc?: OIDCContext }).oidc;

const FORM =
  /^<!DOCTYPE html>[\s\S]*<title>Submitting Callback<\/title>[\s\S]*<form method="post" action="([^"]*)">([\s\S]*)<\/form>/;
const FIELD = /<input type="hidden" name="([^"]*)" value="([^"]*)"\/>/g;

/** The library's self-posting form (response_mode=form_post, automatic sign-out) as data, or undefined. */
export function readForward(ctx: Pick<Context, 'body'>): PostedForm | undefined {
  const match = typeof ctx.body === 'string' ? FORM.exec(ctx.body) : null;
  if (!match) return undefined;
  const fields = [...match[2]!.matchAll(FIELD)].map(
    ([, name, value]) => [plain(name!), plain(value!)] as const,
  );
  return { action: plain(match[1]!), fields: Object.fromEntries(fields) };
}

const ENTITIES: Record<string, string> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&amp;': '&',
};
const plain = (text: string): string =>
  text.replace(/&(lt|gt|quot|#39|amp);/g, (entity) => ENTITIES[entity]!);
