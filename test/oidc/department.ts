/** A department's site: openid-client as its developers would use it, beside raw requests for what they must not do. */
import * as client from 'openid-client';
import type { Browser, Page } from './browser.ts';
import { by, type ProviderNode } from './server.ts';

export interface Department {
  id: string;
  secret: string;
  redirectUri: string;
  config: client.Configuration;
  /** Begins a sign-in: the address to open, and what belongs to it. */
  begin(parameters?: Record<string, string>): Promise<SignIn>;
  /** Opens it in the browser and expects to come back with a code. */
  arrive(browser: Browser, parameters?: Record<string, string>): Promise<Arrival>;
  /** The whole way: authorize, code, tokens checked by openid-client. */
  signIn(browser: Browser, parameters?: Record<string, string>): Promise<Tokens>;
  /** A raw token request with this department's own authentication. */
  token(
    parameters: Record<string, string>,
    at?: ProviderNode,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  post(
    path: string,
    parameters: Record<string, string>,
    at?: ProviderNode,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
}

export interface SignIn {
  url: URL;
  verifier: string;
  state: string;
  nonce: string;
}

export interface Arrival extends SignIn {
  /** Where the browser came back to. */
  back: URL;
  page: Page;
}

export type Tokens = client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;

export const WEB = 'https://site.example.gov.cn';

export async function register(
  node: ProviderNode,
  id: string,
  more: Record<string, unknown> = {},
): Promise<Department> {
  const redirectUri = `${WEB}/${id}/callback`;
  const definition = {
    client_id: id,
    client_name: id,
    sector: id,
    redirect_uris: [redirectUri],
    post_logout_redirect_uris: [`${WEB}/${id}/`],
    grant_types: ['authorization_code', 'refresh_token'],
    scope: 'openid profile phone offline_access',
    ...more,
  };
  const created = await node.clients.create(definition, by);
  if (!created.ok) throw new Error(JSON.stringify(created.failure));
  return join(node, id, created.value.secret ?? '', redirectUri);
}

/** A registered department over a node; `secret` '' for one that authenticates otherwise. */
export async function join(
  node: ProviderNode,
  id: string,
  secret: string,
  redirectUri: string,
  authentication?: client.ClientAuth,
): Promise<Department> {
  const config = await client.discovery(
    new URL(node.issuer),
    id,
    { client_secret: secret },
    authentication ?? client.ClientSecretBasic(secret),
    {
      execute: [client.allowInsecureRequests],
      [client.customFetch]: (url, options) => fetch(toNode(url, node), options as RequestInit),
    },
  );
  const department: Department = {
    ...{ id, secret, redirectUri, config },
    async begin(parameters = {}) {
      const verifier = client.randomPKCECodeVerifier();
      const state = client.randomState();
      const nonce = client.randomNonce();
      const all: Record<string, string> = {
        redirect_uri: redirectUri,
        scope: 'openid profile',
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...{ state, nonce, ...parameters },
      };
      for (const [name, value] of Object.entries(all)) if (value === '') delete all[name];
      return { url: client.buildAuthorizationUrl(config, all), verifier, state, nonce };
    },
    async arrive(browser, parameters) {
      const signIn = await department.begin(parameters);
      const page = await browser.open(signIn.url.href);
      return { ...signIn, page, back: new URL(page.url) };
    },
    async signIn(browser, parameters) {
      const arrival = await department.arrive(browser, parameters);
      if (!arrival.back.searchParams.has('code'))
        throw new Error(`no code: ${arrival.back.href} ${arrival.page.body.slice(0, 500)}`);
      return client.authorizationCodeGrant(config, arrival.back, {
        pkceCodeVerifier: arrival.verifier,
        expectedState: arrival.state,
        expectedNonce: arrival.nonce,
        idTokenExpected: true,
      });
    },
    token: (parameters, at = node) => department.post('/oauth/token', parameters, at),
    async post(path, parameters, at = node) {
      const response = await fetch(new URL(path, at.address), {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
        body: new URLSearchParams(parameters),
      });
      const text = await response.text();
      return {
        status: response.status,
        body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
      };
    },
  };
  return department;
}

/** Exchange of an arrival's code by hand. */
export const exchange = (
  department: Department,
  arrival: Arrival,
  more: Record<string, string> = {},
): Record<string, string> => ({
  grant_type: 'authorization_code',
  code: arrival.back.searchParams.get('code')!,
  redirect_uri: department.redirectUri,
  code_verifier: arrival.verifier,
  ...more,
});

export const toNode = (url: string | URL, node: ProviderNode): URL => {
  const target = new URL(url);
  return target.origin === node.issuer ? new URL(target.pathname + target.search, node.address) : target;
};

export async function userinfo(
  node: ProviderNode,
  accessToken: string,
  init: RequestInit = {},
): Promise<{ status: number; body: string; type: string | null }> {
  const response = await fetch(new URL('/oauth/userinfo', node.address), {
    ...init,
    headers: { authorization: `Bearer ${accessToken}`, ...init.headers },
  });
  return { status: response.status, body: await response.text(), type: response.headers.get('content-type') };
}
