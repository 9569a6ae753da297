/** Authorization requests that nobody should make: nothing leaves for a foreign address, nothing slips into a header. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningYihao } from '../support/server.ts';
import { type Authorizing, ODD, openAuthorizing } from './authorizing.ts';
import { expectClear } from './judge.ts';
import { part, soon, spoilt } from './jwt.ts';
import { TEXTS } from './rubbish.ts';
import { shareOf, targets } from './targets.ts';

const PARAMETERS = [
  ...['client_id', 'response_type', 'scope', 'state', 'nonce', 'code_challenge', 'code_challenge_method'],
  ...['response_mode', 'prompt', 'max_age', 'ui_locales', 'claims_locales', 'id_token_hint', 'login_hint'],
  ...['acr_values', 'claims', 'request', 'request_uri', 'registration', 'resource', 'display', 'dpop_jkt'],
  ...['__proto__', 'constructor', 'a%5Bb%5D', 'lang', 'elder'],
];
/** What a store may come to see; the rest is judged before. */
const STORED = ['client_id', 'resource', 'request_uri', 'claims', 'state', 'login_hint'];

const MANY = Array.from({ length: 500 }, (_, at) => `"c${at}":null`).join();
const CLAIMS = `
null [] 1 "x" {} {
{"id_token":null} {"id_token":[]} {"userinfo":5} {"userinfo":{"name":5}} {"__proto__":{"userinfo":{}}}
{"id_token":{"acr":null}} {"id_token":{"acr":[]}} {"id_token":{"acr":{"value":{}}}}
{"id_token":{"acr":{"essential":true,"values":null}}} {"id_token":{"acr":{"essential":true,"values":[{},null,5]}}}
{"id_token":{"sub":{"value":5}}} {"id_token":{"sub":{"value":null}}} {"id_token":{"sub":{"values":"x"}}}
{"userinfo":{"__proto__":null,"constructor":{"essential":true},"toString":null}}
{"id_token":{"then":null,"toJSON":null,"valueOf":null,"iss":{"value":5},"exp":null,"aud":null}}
{"userinfo":{"name":{"value":{"a":[1]}},"name#bo":null,"name#\\u0000":null,"\\ud800":null}}
{"userinfo":{${MANY}}}
${[100, 3_000, 6_500].map((deep) => `{"id_token":{"sub":{"values":${'['.repeat(deep)}${']'.repeat(deep)}}}}`).join(' ')}
`.split(/\s+/);

describe.each(targets)('authorization requests ($name)', (target) => {
  let yihao: RunningYihao;
  let at: Authorizing;
  let signedIn: { Cookie: string };
  beforeAll(async () => {
    yihao = await target.start();
    at = await openAuthorizing(yihao);
    signedIn = { Cookie: at.Cookie };
  });
  afterAll(() => yihao.close());

  test.each(target === targets[0] ? PARAMETERS : STORED)('%s, filled with rubbish', async (name) => {
    for (const [turn, value] of shareOf(ODD, PARAMETERS.indexOf(name), target).entries()) {
      const what = `${name}=${value.slice(0, 60)}`;
      at.expectAtHome(`${what}, by somebody signed in`, await at.authorize({ [name]: value }, signedIn));
      if (turn % 5 === 0) at.expectAtHome(`${what}, by a stranger`, await at.authorize({ [name]: value }));
    }
    at.expectAtHome(`${name} twice`, await at.authorize({ [name]: `a&${name}=b` }, signedIn));
  });

  test('no answer goes to an address that is not registered, letter by letter', async () => {
    const { redirectUri } = at.department;
    const ways = [{}, { response_mode: 'form_post' }, { prompt: 'none' }];
    for (const [turn, one] of foreignTo(redirectUri).entries())
      for (const more of shareOf(ways, turn, target)) {
        const address = encodeURIComponent(one.toWellFormed());
        const answer = await at.authorize({ redirect_uri: address, ...more }, signedIn);
        expect([one, answer.status, answer.headers.location]).toEqual([one, 400, undefined]);
        expectClear(one, answer, { language: 'en' });
        // Told to developers as text; never a place to go to.
        for (const [, to] of answer.body.matchAll(/(?:href|action)="([^"]*)"/g))
          expect(to, one).toMatch(/^(\/(?!\/)|#|tel:)/);
      }
    const two = `${encodeURIComponent(redirectUri)}&redirect_uri=${encodeURIComponent('https://evil.example/')}`;
    for (const redirect_uri of [undefined, two])
      expect((await at.authorize({ redirect_uri }, signedIn)).status).toBe(400);
  });

  test('what the application sent comes back as one parameter, whatever it is made of', async () => {
    const texts = TEXTS.filter((each) => each !== '' && encodeURIComponent(each).length < 8_000);
    for (const text of target === targets[0] ? texts : shareOf(texts, 0, target)) {
      const state = encodeURIComponent(text);
      const answer = await at.authorize({ state, ui_locales: 'a%0d%0aX-Planted:%201' }, signedIn);
      expect(answer.status, text).toBe(303);
      const back = new URL(answer.headers.location!);
      expect([back.searchParams.getAll('state'), back.searchParams.has('code')]).toEqual([[text], true]);
      expect(Object.keys(answer.headers)).not.toContain('x-planted');
      const posted = await at.authorize({ state, response_mode: 'form_post' }, signedIn);
      expectClear(text, posted, { language: 'en', planted: '<script>a' });
    }
  });

  test('claims of every form', async () => {
    for (const claims of CLAIMS) {
      const what = claims.slice(0, 60);
      const written = claims.replace(/["\\#]/g, encodeURIComponent);
      at.expectAtHome(what, await at.authorize({ claims: written }));
      at.expectAtHome(`${what}, signed in`, await at.authorize({ claims: written }, signedIn));
    }
  });

  test('hints of who it is', async () => {
    const payload = { iss: yihao.origin, sub: 'x', aud: at.department.clientId };
    const tokens = spoilt(() => ({ header: { alg: 'ES256' }, payload: { ...payload, ...soon() } }));
    for (const [what, token] of tokens.filter(([, one]) => one !== '' && one.length < 12_000)) {
      const answer = await at.authorize({ id_token_hint: encodeURIComponent(token) }, signedIn);
      at.expectAtHome(what, answer);
      expect(answer.headers.location, what).toMatch(/[?&]error=/);
    }
  });

  test('request objects are not taken, by value or by address', async () => {
    const claims = { client_id: at.department.clientId, redirect_uri: 'https://evil.example/' };
    const refused: [Record<string, string>, string][] = [
      [{ request: `${part({ alg: 'none' })}.${part(claims)}.` }, 'request_not_supported'],
      [{ request_uri: encodeURIComponent('http://127.0.0.1:1/x') }, 'request_uri_not_supported'],
      [{ request_uri: encodeURIComponent('file:///etc/passwd') }, 'request_uri_not_supported'],
      [{ registration: '{}' }, 'registration_not_supported'],
    ];
    for (const [more, error] of refused) {
      const { headers, body } = await at.authorize(more, signedIn);
      const told = headers.location ? new URL(headers.location).searchParams.get('error') : body;
      expect([more, told]).toEqual([more, expect.stringContaining(error)]);
    }
  });
});

/** Addresses that look like the registered one, or like none, to somebody who compares carelessly. */
function foreignTo(redirectUri: string): string[] {
  const { host } = new URL(redirectUri);
  const evil = 'https://evil.example';
  return [
    ...[
      `${evil}/`,
      `${evil}/?${redirectUri}`,
      `${evil}#${redirectUri}`,
      `${evil}\\@${host}/callback`,
      '//evil.example',
      '',
    ],
    ...['javascript:alert(1)', 'data:text/html,x', 'http:evil.example', 'https:///evil.example', '\ud800'],
    ...[
      `https://${host}@evil.example/callback`,
      `https://${host}.evil.example/callback`,
      `http://${host}/callback`,
    ],
    ...[
      `https://${host}:444/callback`,
      `${redirectUri}/`,
      `${redirectUri}?x=1`,
      `${redirectUri}#x`,
      `${redirectUri}/../x`,
    ],
    ...[`${redirectUri}%2e`, `${redirectUri}\u0000`, ` ${redirectUri}`, redirectUri.toUpperCase()],
    ...[`${redirectUri}\r\nLocation: ${evil}`, `${redirectUri},${evil}/`],
  ];
}
