/** What a visitor is told when signing in fails: whose fault it is, by status, and a code for who is asked about it. */
import * as oidc from 'openid-client';

/** Codes of openid-client and undici that mean nobody answered. */
const SILENT = new Set(['OAUTH_TIMEOUT', 'OAUTH_ABORT']);

/** Status and code of a failure; what is none of these is a mistake of this site (500). */
export function describeFailure(error: unknown): { status: number; code: string } {
  // What Yihao itself says: access_denied at the callback, invalid_grant at the token endpoint.
  if (error instanceof oidc.AuthorizationResponseError || error instanceof oidc.ResponseBodyError)
    return { status: 400, code: error.error };
  if (isNetworkFailure(error)) return { status: 502, code: 'unreachable' };
  if (error instanceof oidc.WWWAuthenticateChallengeError) return { status: 502, code: 'refused' };
  // An answer that must not be believed, for one a callback whose `iss` is somebody else's (RFC 9207).
  if (error instanceof oidc.ClientError)
    return { status: 400, code: (error.code ?? 'invalid').toLowerCase() };
  return { status: 500, code: 'failed' };
}

/** fetch says TypeError for a connection that failed, with what the system said as its cause. */
function isNetworkFailure(error: unknown): boolean {
  if (error instanceof oidc.ClientError) return SILENT.has(error.code ?? '');
  return error instanceof TypeError && error.message === 'fetch failed';
}
