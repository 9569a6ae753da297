/** A person and a department as they meet an installation: over TLS, through the proxy, made by the command line. */
import * as client from 'openid-client';
import { personAt } from '../../../src/registries/stand-in-population.ts';
import { HtmlClient } from '../../support/html-client.ts';
import type { Installation } from './installation.ts';

export const PASSWORD = 'Snow-Lion-77-river';

/** Someone whom the register knows and knows to live; `n` tells people apart. */
export function citizen(n: number): { number: string; name: string } {
  for (let at = 1_000 * n; ; at += 1) {
    const { document, name, status } = personAt('yihao', at);
    if (status === 'alive' && document.type === 'citizen-number') return { number: document.number, name };
  }
}

export interface Person {
  id: string;
  number: string;
  name: string;
}

/** Opens an account by `person create`. */
export async function makePerson(installation: Installation, n: number): Promise<Person> {
  const { number, name } = citizen(n);
  const made = await installation.cli(
    ['person', 'create', '--json'],
    JSON.stringify({
      ...{ document_type: 'citizen-number', document_number: number, name, password: PASSWORD },
      ...{ phone: `154${String(n).padStart(8, '0')}`, identity_level: 3, reason: 'test' },
    }),
  );
  if (made.code !== 0) throw new Error(made.err);
  return { id: made.json<{ id: string }>().id, number, name };
}

export interface Site {
  config: client.Configuration;
  redirectUri: string;
  signedOutUri: string;
}

/** Registers an application by `client create`, and sets up its side as its developer would. */
export async function makeSite(installation: Installation): Promise<Site> {
  const [id, origin] = ['health', 'https://health.example.gov.cn'];
  const [redirectUri, signedOutUri] = [`${origin}/callback`, `${origin}/signed-out`];
  const made = await installation.cli(
    ['client', 'create', '--json'],
    JSON.stringify({
      ...{ client_id: id, client_name: 'Health records', sector: id, owner: 'Health office' },
      ...{
        'purpose#zh-CN': '查询健康档案',
        'purpose#bo': 'བདེ་ཐང་ཡིག་ཚགས།',
        'purpose#en': 'to read health records',
      },
      ...{ legal_basis: 'consent', scope: 'openid profile' },
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      redirect_uris: [redirectUri],
      post_logout_redirect_uris: [signedOutUri],
    }),
  );
  if (made.code !== 0) throw new Error(made.err);
  const { client_secret: secret } = made.json<{ client_secret: string }>();
  const config = await client.discovery(new URL(installation.origin), id, secret);
  // Judges signatures with the published keys as well, which TLS alone would not ask for.
  client.enableNonRepudiationChecks(config);
  return { config, redirectUri, signedOutUri };
}

export type Tokens = client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;

/** The browser of this person, signed in at the person's own page. */
export async function signedIn(installation: Installation, person: Person): Promise<HtmlClient> {
  const browser = new HtmlClient(installation.origin);
  const page = await browser.submit(await browser.get('/account'), {
    identifier: person.number,
    password: PASSWORD,
  });
  if (page.url.pathname !== '/account' || !page.text.includes(person.name))
    throw new Error(`not signed in: ${page.url.pathname} ${page.text.slice(0, 300)}`);
  return browser;
}

/** From the department's button to its tokens; agrees where it is asked. */
export async function visit(site: Site, browser: HtmlClient): Promise<Tokens> {
  const { config, redirectUri } = site;
  const verifier = client.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
  const address = client.buildAuthorizationUrl(config, {
    ...{ redirect_uri: redirectUri, scope: 'openid profile', state: expectedState, nonce: expectedNonce },
    ...{ code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' },
  });
  const { origin } = new URL(redirectUri);
  let page = await browser.get(address.href, origin);
  if (page.url.origin !== origin)
    page = await browser.submit(page, {}, { button: 'decision=allow', until: origin });
  return client.authorizationCodeGrant(config, page.url, {
    ...{ pkceCodeVerifier: verifier, expectedState, expectedNonce, idTokenExpected: true },
  });
}

/** What the department learns of the person. */
export const learn = (site: Site, tokens: Tokens): Promise<client.UserInfoResponse> =>
  client.fetchUserInfo(site.config, tokens.access_token, tokens.claims()!.sub);
