/**
 * A department's website as a department would build it: openid-client, a session of its own, single
 * sign-out over the back channel. Both sample departments run this code with their own names and scopes.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import * as oidc from 'openid-client';
import { ATTEMPT_LASTS, nameBrowser, openAttempts } from './attempts.ts';
import { describeFailure } from './failed.ts';
import { readLogoutToken } from './logout-token.ts';
import { errorPage, homePage, overPage, signedOutPage } from './pages.ts';
import type { Language } from './words.ts';

export interface Department {
  key: 'social-insurance' | 'housing-fund';
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** Where this site is reached from outside, without a trailing slash. */
  origin: string;
  port: number;
  scope: string;
  /** The other department, to walk over to. */
  neighbour: { key: Department['key']; origin: string };
}

/** What this site remembers of a signed-in visitor. A real department would keep it in its database. */
export interface Visitor {
  claims: Record<string, unknown>;
  idToken: string;
  sid: string | undefined;
  sub: string;
}

/** A browser that comes back from Yihao. */
interface Returning {
  url: URL;
  session: string | undefined;
  browser: string | undefined;
  language: Language;
}

const require = createRequire(import.meta.url);
const TIBETAN_FONT = '@fontsource/noto-serif-tibetan/files/noto-serif-tibetan-tibetan-400-normal.woff2';
const LONGEST_BODY = 64 * 1024;
const MOST_VISITORS = 10_000;

/** Starts the site and resolves once it listens. */
export async function startDepartment(department: Department): Promise<Server> {
  const visitors = new Map<string, Visitor>();
  const attempts = openAttempts();
  const seenLogouts = new Set<string>();
  const redirectUri = `${department.origin}/callback`;
  const cookieName = `${department.key}-session`;
  // Another one than the session's, which changes with every sign-in while other tabs are still at theirs.
  const browserCookie = `${department.key}-browser`;
  let discovered: Promise<oidc.Configuration> | undefined;

  // Discovery happens at first use, so that the department may start before the identity server.
  const configuration = () => {
    discovered ??= oidc
      .discovery(new URL(department.issuer), department.clientId, department.clientSecret, undefined, {
        execute: department.issuer.startsWith('http://') ? [oidc.allowInsecureRequests] : [],
      })
      .catch((error: unknown) => {
        discovered = undefined;
        throw error;
      });
    return discovered;
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const { status, code } = describeFailure(error);
      send(response, status, errorPage(department, languageOf(request), code));
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const language = languageOf(request);
    const url = URL.parse(request.url ?? '/', department.origin);
    if (!url) return send(response, 404, errorPage(department, language, 'not_found'));
    const session = cookie(request, cookieName);
    const browser = cookie(request, browserCookie);
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /': {
        const chosen = url.searchParams.get('lang');
        if (chosen)
          return redirect(response, '/', [`lang=${encodeURIComponent(chosen)}; Path=/; SameSite=Lax`]);
        return send(
          response,
          200,
          homePage(department, language, session ? visitors.get(session) : undefined),
        );
      }
      case 'GET /tibetan.woff2':
        return sendFont(response);
      case 'GET /login':
        return signIn(nameBrowser(browser), response, language);
      case 'GET /callback':
        return finishSignIn({ url, session, browser, language }, response);
      case 'POST /logout':
        return signOut(session, response);
      case 'GET /signed-out':
        return send(response, 200, signedOutPage(department, language));
      case 'POST /backchannel-logout':
        return endByBackChannel(request, response);
      default:
        return send(response, 404, errorPage(department, language, 'not_found'));
    }
  }

  async function signIn(browser: string, response: ServerResponse, language: Language): Promise<void> {
    const attempt = { nonce: oidc.randomNonce(), verifier: oidc.randomPKCECodeVerifier() };
    const state = oidc.randomState();
    const to = oidc.buildAuthorizationUrl(await configuration(), {
      redirect_uri: redirectUri,
      scope: department.scope,
      state,
      nonce: attempt.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(attempt.verifier),
      code_challenge_method: 'S256',
      ui_locales: language,
    });
    attempts.keep(state, browser, attempt);
    const kept = `${browserCookie}=${browser}; HttpOnly; Path=/; SameSite=Lax; Max-Age=${ATTEMPT_LASTS}`;
    redirect(response, to.href, [kept]);
  }

  async function finishSignIn(from: Returning, response: ServerResponse): Promise<void> {
    const { url, session, browser, language } = from;
    const state = url.searchParams.get('state') ?? '';
    const attempt = browser ? attempts.take(state, browser) : undefined;
    if (!attempt) {
      // "Back" to an old answer, or another tab was quicker: whoever is signed in needs no error.
      if (session && visitors.has(session)) return redirect(response, '/', []);
      return send(response, 400, overPage(department, language));
    }
    const configured = await configuration();
    const tokens = await oidc.authorizationCodeGrant(configured, url, {
      pkceCodeVerifier: attempt.verifier,
      expectedState: state,
      expectedNonce: attempt.nonce,
    });
    const idToken = tokens.claims()!;
    const userinfo = await oidc.fetchUserInfo(configured, tokens.access_token, idToken.sub);
    // A fresh session id after sign-in, so that nobody can plant one beforehand.
    const fresh = randomBytes(24).toString('base64url');
    if (session) visitors.delete(session);
    remember(visitors, fresh, {
      claims: { ...idToken, ...userinfo },
      idToken: tokens.id_token!,
      sid: typeof idToken.sid === 'string' ? idToken.sid : undefined,
      sub: idToken.sub,
    });
    redirect(response, '/', [`${cookieName}=${fresh}; HttpOnly; Path=/; SameSite=Lax`]);
  }

  async function signOut(session: string | undefined, response: ServerResponse): Promise<void> {
    const visitor = session ? visitors.get(session) : undefined;
    if (session) visitors.delete(session);
    const gone = `${cookieName}=; HttpOnly; Path=/; Max-Age=0`;
    if (!visitor) return redirect(response, '/', [gone]);
    const to = oidc.buildEndSessionUrl(await configuration(), {
      id_token_hint: visitor.idToken,
      post_logout_redirect_uri: `${department.origin}/signed-out`,
    });
    redirect(response, to.href, [gone]);
  }

  async function endByBackChannel(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams((await readBody(request)) ?? '');
    const configured = await configuration();
    const logout = await readLogoutToken(
      form.get('logout_token') ?? '',
      configured.serverMetadata(),
      department.clientId,
    );
    response.setHeader('cache-control', 'no-store');
    if (!logout || seenLogouts.has(logout.jti)) {
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_request"}');
      return;
    }
    seenLogouts.add(logout.jti);
    if (seenLogouts.size > MOST_VISITORS) seenLogouts.delete(seenLogouts.values().next().value!);
    for (const [id, visitor] of visitors) {
      if (logout.sid ? visitor.sid === logout.sid : visitor.sub === logout.sub) visitors.delete(id);
    }
    response.writeHead(200).end();
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(department.port, '127.0.0.1', resolve);
  });
  return server;
}

function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.set(key, value);
  if (map.size > MOST_VISITORS) map.delete(map.keys().next().value!);
}

function languageOf(request: IncomingMessage): Language {
  const wanted = `${cookie(request, 'lang') ?? ''},${request.headers['accept-language'] ?? ''}`.toLowerCase();
  const first = wanted.match(/\b(zh|bo|en)\b/)?.[1];
  return first === 'bo' || first === 'en' ? first : 'zh-CN';
}

function cookie(request: IncomingMessage, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const at = part.indexOf('=');
    if (part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}

function redirect(response: ServerResponse, to: string, cookies: string[]): void {
  response.writeHead(303, { location: to, 'set-cookie': cookies, 'cache-control': 'no-store' }).end();
}

function send(response: ServerResponse, status: number, html: string): void {
  response
    .writeHead(status, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy':
        "default-src 'none'; style-src 'self' 'unsafe-inline'; font-src 'self'; frame-ancestors 'none'",
    })
    .end(html);
}

/** Few machines have a Tibetan font of their own. */
async function sendFont(response: ServerResponse): Promise<void> {
  const font = await readFile(require.resolve(TIBETAN_FONT));
  response.writeHead(200, { 'content-type': 'font/woff2', 'cache-control': 'max-age=31536000' }).end(font);
}

/** Undefined when it is too long; read to its end all the same, so that the sender hears of it. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  let body = '';
  for await (const chunk of request) if (body.length <= LONGEST_BODY) body += chunk;
  return body.length > LONGEST_BODY ? undefined : body;
}
