/** The library's errors in the words of our failures, for the few that end on a page of ours. */
import { type ErrorOut, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { type Failure, Refused } from '../platform/failure.ts';
import type { ProviderPages } from './pages.ts';
import { PATHS } from './paths.ts';

/** By the error's name at the protocol; what is not here is a request that some application put together wrongly. */
const CODES: Record<string, string> = {
  invalid_client: 'application-unknown',
  invalid_redirect_uri: 'application-address',
  invalid_request_uri: 'sign-in-expired',
  temporarily_unavailable: 'busy',
  server_error: 'unexpected',
};

/** Failure codes `application-unknown`, `application-address`, `application-request`, `sign-in-expired`, `busy`, `unexpected`. */
export function toFailure(out: ErrorOut, error: unknown): Failure {
  if (error instanceof Refused) return error.failure;
  const status = (error as { status?: unknown }).status;
  if (error instanceof errors.SessionNotFound) return { code: 'sign-in-expired', status: 400 };
  const code = CODES[out.error] ?? 'application-request';
  return { code, status: typeof status === 'number' && status >= 400 ? status : 500 };
}

/** An answer to "sign out?" whose question was asked anew meanwhile, or answered. */
const isSpentLogout = (ctx: KoaContextWithOIDC, out: ErrorOut): boolean =>
  ctx.oidc?.route === 'end_session_confirm' &&
  out.error === 'invalid_request' &&
  /^(xsrf token invalid|could not find logout details)$/.test(out.error_description ?? '') &&
  // As our own form has it; whatever else is posted here is no answer to a question of ours.
  /^[0-9a-f]{48}$/.test(String(ctx.oidc.params?.xsrf));

/** Draws the page of an error that stays here. */
export async function showError(
  pages: ProviderPages,
  ctx: KoaContextWithOIDC,
  out: ErrorOut,
  error: unknown,
): Promise<void> {
  if (isSpentLogout(ctx, out)) {
    // Another tab asked since: the question is put again, and nobody is left believing to be signed out.
    ctx.status = 303;
    ctx.redirect(PATHS.end_session);
    return;
  }
  const failure = toFailure(out, error);
  ctx.status = failure.status;
  if (failure.retryAfter !== undefined) ctx.set('Retry-After', String(failure.retryAfter));
  await pages.renderError(ctx, failure, { error: out.error, description: out.error_description });
}
