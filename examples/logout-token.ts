/** Checks a logout token as OpenID Connect Back-Channel Logout 1.0 §2.6 asks. */
import { createRemoteJWKSet, jwtVerify } from 'jose';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const keySets = new Map<string, ReturnType<typeof createRemoteJWKSet>>();

/** Who signed out, or undefined when the token must not be believed. */
export async function readLogoutToken(
  token: string,
  server: { issuer: string; jwks_uri?: string | undefined },
  clientId: string,
): Promise<{ sid?: string; sub?: string; jti: string } | undefined> {
  if (!server.jwks_uri) return undefined;
  let keys = keySets.get(server.jwks_uri);
  if (!keys) {
    keys = createRemoteJWKSet(new URL(server.jwks_uri));
    keySets.set(server.jwks_uri, keys);
  }
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: server.issuer,
      audience: clientId,
      typ: 'logout+jwt',
      maxTokenAge: '5 minutes',
      clockTolerance: 30,
      requiredClaims: ['jti', 'events'],
    });
    const events = payload.events as Record<string, unknown>;
    if (typeof events[EVENT] !== 'object' || 'nonce' in payload) return undefined;
    const sid = typeof payload.sid === 'string' ? payload.sid : undefined;
    if (!sid && !payload.sub) return undefined;
    return { jti: payload.jti!, ...(sid ? { sid } : {}), ...(payload.sub ? { sub: payload.sub } : {}) };
  } catch {
    return undefined;
  }
}
