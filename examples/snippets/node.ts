/** A department's website in one file: sign in, sign out, back-channel logout. Needs: openid-client, jose. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oidc from 'openid-client';

const {
  YIHAO_ISSUER = 'http://localhost:3000',
  CLIENT_ID = '',
  CLIENT_SECRET = '',
  PORT = '8080',
} = process.env;
const ORIGIN = `http://localhost:${PORT}`;
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

type Attempt = { nonce: string; verifier: string };
type Visitor = { sub: string; sid: unknown; idToken: string; claims: Record<string, unknown> };
// Two maps by session cookie; a real website keeps them in its database, with an end. A person may begin in two
// tabs, so that a session holds several attempts, by state.
const attempts = new Map<string, Map<string, Attempt>>();
const visitors = new Map<string, Visitor>();

const plain = YIHAO_ISSUER.startsWith('http://localhost') ? [oidc.allowInsecureRequests] : [];
const yihao = await oidc.discovery(
  new URL(YIHAO_ISSUER),
  CLIENT_ID,
  { client_secret: CLIENT_SECRET, id_token_signed_response_alg: 'ES256', [oidc.clockTolerance]: 30 },
  oidc.ClientSecretBasic(CLIENT_SECRET),
  { execute: [...plain, oidc.enableNonRepudiationChecks] },
);
const keys = createRemoteJWKSet(new URL(yihao.serverMetadata().jwks_uri!));

async function startSignIn(session: string, response: ServerResponse): Promise<void> {
  const state = oidc.randomState();
  const attempt = { nonce: oidc.randomNonce(), verifier: oidc.randomPKCECodeVerifier() };
  const known = attempts.has(session) ? session : randomUUID();
  const begun = attempts.get(known) ?? new Map<string, Attempt>();
  attempts.set(known, begun.set(state, attempt));
  if (begun.size > 10) begun.delete(begun.keys().next().value!); // the oldest
  const to = oidc.buildAuthorizationUrl(yihao, {
    redirect_uri: `${ORIGIN}/callback`,
    scope: 'openid profile phone',
    state,
    nonce: attempt.nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(attempt.verifier),
    code_challenge_method: 'S256',
    acr_values: 'urn:yihao:acr:1:ial3:aal1',
  });
  redirect(response, to.href, known);
}

async function finishSignIn(url: URL, session: string, response: ServerResponse): Promise<void> {
  const begun = attempts.get(session);
  const state = url.searchParams.get('state') ?? '';
  const attempt = begun?.get(state);
  begun?.delete(state);
  if (!begun || !attempt) return send(response, 400, 'no such sign-in was begun in this browser');
  // Checks iss, the ID Token's signature, iss, aud, exp and nonce, and throws when one is wrong.
  const tokens = await oidc.authorizationCodeGrant(yihao, url, {
    pkceCodeVerifier: attempt.verifier,
    expectedState: state,
    expectedNonce: attempt.nonce,
    idTokenExpected: true,
  });
  const { sub, sid, acr } = tokens.claims()!;
  const about = await oidc.fetchUserInfo(yihao, tokens.access_token, sub);
  const fresh = randomUUID(); // a new session id, so that nobody can plant one beforehand
  attempts.set(fresh, begun);
  attempts.delete(session);
  visitors.delete(session);
  visitors.set(fresh, { sub, sid, idToken: tokens.id_token!, claims: { ...about, acr } });
  redirect(response, '/', fresh);
}

function signOut(session: string, response: ServerResponse): void {
  const visitor = visitors.get(session);
  visitors.delete(session);
  attempts.delete(session);
  const hint = visitor && {
    id_token_hint: visitor.idToken,
    post_logout_redirect_uri: `${ORIGIN}/signed-out`,
  };
  redirect(response, hint ? oidc.buildEndSessionUrl(yihao, hint).href : '/', '');
}

async function endByBackChannel(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > 16_384) return send(response, 400, 'too long');
  }
  const rules = { issuer: YIHAO_ISSUER, audience: CLIENT_ID, typ: 'logout+jwt', algorithms: ['ES256'] };
  const { payload } = await jwtVerify(new URLSearchParams(body).get('logout_token') ?? '', keys, {
    ...rules,
    clockTolerance: 30,
    requiredClaims: ['iat', 'exp', 'jti', 'sid'],
  });
  const events = payload.events as Record<string, unknown> | undefined;
  if (typeof events?.[EVENT] !== 'object' || 'nonce' in payload)
    return send(response, 400, 'no logout token');
  for (const [id, visitor] of visitors) if (visitor.sid === payload.sid) visitors.delete(id);
  send(response, 200, '');
}

createServer((request, response) => {
  const url = new URL(request.url ?? '/', ORIGIN);
  const session = /(?:^|; )session=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? '';
  const answer = async (): Promise<void> => {
    if (url.pathname === '/login') return startSignIn(session, response);
    if (url.pathname === '/callback') return finishSignIn(url, session, response);
    if (request.method === 'POST' && url.pathname === '/logout') return signOut(session, response);
    if (request.method === 'POST' && url.pathname === '/backchannel-logout')
      return endByBackChannel(request, response);
    send(response, 200, JSON.stringify(visitors.get(session)?.claims ?? 'not signed in'));
  };
  answer().catch((error: unknown) => send(response, 400, error instanceof Error ? error.message : 'failed'));
}).listen(Number(PORT));

function redirect(response: ServerResponse, location: string, session: string): void {
  // On https add Secure to the cookie.
  const cookie = `session=${session}; Path=/; HttpOnly; SameSite=Lax${session ? '' : '; Max-Age=0'}`;
  response.writeHead(303, { location, 'set-cookie': cookie, 'cache-control': 'no-store' }).end();
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  response.end(text);
}
