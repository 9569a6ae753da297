/**
 * A department's application as its server sees it, in a few lines: asks for a sign-in, takes the code at its
 * address and exchanges it. Deliberately not the library that the sample departments use.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Clients } from '../../src/clients/clients.ts';
import type { HtmlClient, HtmlPage } from '../support/html-client.ts';

export interface Department {
  clientId: string;
  secret: string;
  origin: string;
  redirectUri: string;
}

export interface Answer {
  error: string | null;
  description: string | null;
  state: string | null;
  iss: string | null;
  code: string | null;
}

export interface Visit {
  /** The first page that Yihao shows, or the answer's address. */
  page: HtmlPage;
  verifier: string;
  state: string;
}

/** Registers a department; `more` in OpenID names. Nothing listens at its address: the visitor stops there. */
export async function registerDepartment(
  clients: Clients,
  more: Record<string, unknown> = {},
): Promise<Department> {
  const clientId = `dept-${randomBytes(4).toString('hex')}`;
  const origin = `https://${clientId}.example.gov.cn`;
  const redirectUri = `${origin}/callback`;
  const outcome = await clients.create(
    {
      client_id: clientId,
      client_name: '社会保险（测试）',
      'client_name#zh-CN': '社会保险（测试）',
      'client_name#bo': 'སྤྱི་ཚོགས་འགན་བཅོལ། (ཚོད་ལྟ།)',
      'client_name#en': 'Social insurance (test)',
      'purpose#zh-CN': '办理社会保险',
      'purpose#bo': 'སྤྱི་ཚོགས་འགན་བཅོལ་སྒྲུབ་པ།',
      'purpose#en': 'to handle your social insurance',
      owner: '测试社会保险局',
      sector: clientId,
      legal_basis: 'consent',
      scope: 'openid profile phone',
      redirect_uris: [redirectUri],
      post_logout_redirect_uris: [`${origin}/signed-out`],
      state: 'trial',
      ...more,
    },
    { actor: 'system' },
  );
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
  const registered = outcome.value.client.metadata.redirect_uris[0]!;
  return {
    clientId,
    secret: outcome.value.secret!,
    origin: new URL(registered).origin,
    redirectUri: registered,
  };
}

/** An authorization request, with what the department must remember of it. */
export function authorizationQuery(department: Department, more: Record<string, string> = {}) {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(8).toString('hex');
  const query = new URLSearchParams({
    client_id: department.clientId,
    response_type: 'code',
    redirect_uri: department.redirectUri,
    scope: 'openid profile phone',
    state,
    nonce: randomBytes(8).toString('hex'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ui_locales: 'en',
    ...more,
  });
  return { query, verifier, state };
}

/** Sends a visitor to sign in; returns where they end up. */
export async function visit(
  client: HtmlClient,
  department: Department,
  more: Record<string, string> = {},
): Promise<Visit> {
  const { query, verifier, state } = authorizationQuery(department, more);
  const page = await client.get(`/oauth/authorize?${query}`, department.origin);
  return { page, verifier, state };
}

/** What came back at the department's address. @throws when the visitor is not there */
export function answerOf(page: HtmlPage, department: Department): Answer {
  if (!page.url.href.startsWith(department.redirectUri)) {
    throw new Error(`not at the department but at ${page.url.pathname}: ${page.text.slice(0, 400)}`);
  }
  const get = (name: string) => page.url.searchParams.get(name);
  return {
    error: get('error'),
    description: get('error_description'),
    state: get('state'),
    iss: get('iss'),
    code: get('code'),
  };
}

/** Exchanges the code and reads userinfo. */
export async function finish(
  origin: string,
  department: Department,
  code: string,
  verifier: string,
): Promise<{
  status: number;
  idToken: Record<string, unknown>;
  userinfo: Record<string, unknown>;
  tokens: Record<string, unknown>;
}> {
  const response = await fetch(`${origin}/oauth/token`, {
    method: 'POST',
    headers: {
      Authorization: `Basic ${Buffer.from(`${department.clientId}:${department.secret}`).toString('base64')}`,
    },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: department.redirectUri,
      code_verifier: verifier,
    }),
  });
  const tokens = (await response.json()) as Record<string, unknown>;
  if (response.status !== 200) return { status: response.status, idToken: {}, userinfo: {}, tokens };
  const payload = String(tokens.id_token).split('.')[1] ?? '';
  const userinfo = await fetch(`${origin}/oauth/userinfo`, {
    headers: { Authorization: `Bearer ${tokens.access_token}` },
  });
  return {
    status: 200,
    tokens,
    idToken: JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>,
    userinfo: (await userinfo.json()) as Record<string, unknown>,
  };
}
