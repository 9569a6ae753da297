/** Pushed authorization requests and signing out: the other two ways in which addresses and hints arrive. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authorizationQuery, registerDepartment } from '../journeys/department.ts';
import type { RunningYihao } from '../support/server.ts';
import { type Authorizing, ODD, openAuthorizing } from './authorizing.ts';
import { expectClear } from './judge.ts';
import { soon, spoilt } from './jwt.ts';
import { ask, form } from './raw.ts';
import { shareOf, targets } from './targets.ts';

const EN = { 'Accept-Language': 'en' };
const PUSHED = [
  ...['redirect_uri', 'claims', 'resource', 'scope', 'max_age', 'code_challenge', 'dpop_jkt'],
  ...['request', 'request_uri', 'id_token_hint', '__proto__'],
];
const LEAVING = [
  'id_token_hint',
  'client_id',
  'post_logout_redirect_uri',
  'state',
  'ui_locales',
  'logout_hint',
];

describe.each(targets)('pushing and leaving ($name)', (target) => {
  let yihao: RunningYihao;
  let at: Authorizing;
  beforeAll(async () => {
    yihao = await target.start();
    at = await openAuthorizing(yihao);
  });
  afterAll(() => yihao.close());

  const push = (body: string, secret = at.department.secret) => {
    const Authorization = `Basic ${Buffer.from(`${at.department.clientId}:${secret}`).toString('base64')}`;
    return ask(yihao.origin, '/oauth/par', form(body, { Accept: 'application/json', Authorization }));
  };
  const signedIn = (path: string) => ask(yihao.origin, path, { headers: { ...EN, Cookie: at.Cookie } });

  test('pushed requests are judged when they are pushed', async () => {
    const { query } = authorizationQuery(at.department);
    for (const [turn, name] of PUSHED.entries())
      for (const value of shareOf(ODD, turn, target))
        expectClear(`${name}=${value.slice(0, 40)}`, await push(`${query}&${name}=${value}`));
    const deep = `{"id_token":{"sub":{"values":${'['.repeat(25_000)}${']'.repeat(25_000)}}}}`;
    const answer = await push(`${query}&claims=${deep.replaceAll('"', '%22')}`);
    expectClear('claims 25,000 deep', answer);
    expect(answer.status).toBe(400);
    expect((await push(String(query), 'wrong')).status).toBe(401);
  });

  test('one is good once, and for its own application only', async () => {
    const pushed = await push(String(authorizationQuery(at.department).query));
    expect(pushed.status).toBe(201);
    const uri = encodeURIComponent((JSON.parse(pushed.body) as { request_uri: string }).request_uri);
    const use = (clientId: string) => signedIn(`/oauth/authorize?client_id=${clientId}&request_uri=${uri}`);
    const stolen = await use((await registerDepartment(yihao.yihao.clients)).clientId);
    expect([stolen.status, stolen.headers.location]).toEqual([400, undefined]);
    const both = await Promise.all([use(at.department.clientId), use(at.department.clientId)]);
    const codes = both.map(({ headers }) => headers.location?.includes('code=') ?? false);
    expect(codes.sort()).toEqual([false, true]);
    expectClear('a third time', await use(at.department.clientId), { language: 'en' });
    const urn = 'urn:ietf:params:oauth:request_uri:';
    for (const odd of [urn, `${urn}%00`, `${urn}${'x'.repeat(5_000)}`])
      at.expectAtHome(odd.slice(0, 50), await at.authorize({ request_uri: odd }, { Cookie: at.Cookie }));
  });

  test('signing out takes no foreign address and no rubbish, and asks first', async () => {
    const { clientId, origin } = at.department;
    for (const [turn, name] of LEAVING.entries())
      for (const value of shareOf(ODD, turn, target)) {
        const answer = await signedIn(`/oauth/logout?client_id=${clientId}&${name}=${value}`);
        expectClear(`${name}=${value.slice(0, 40)}`, answer, { language: 'en', planted: '<script>a' });
        expect(answer.headers.location, name).toBeUndefined();
      }
    for (const foreign of [
      'https://evil.example/',
      `${origin}/callback`,
      'javascript:alert(1)',
      '//evil.example',
    ]) {
      const to = encodeURIComponent(foreign);
      const answer = await signedIn(`/oauth/logout?client_id=${clientId}&post_logout_redirect_uri=${to}`);
      expect(answer.status, foreign).toBe(400);
    }
    const marks = [
      '',
      'logout=yes',
      'xsrf=x&logout=yes',
      'xsrf=__proto__&logout=yes',
      'xsrf=a&xsrf=b&logout=yes',
    ];
    for (const body of marks) {
      const answer = await ask(
        yihao.origin,
        '/oauth/logout/confirm',
        form(body, { ...EN, Cookie: at.Cookie }),
      );
      expectClear(body, answer, { language: 'en' });
    }
    const still = await at.authorize({ prompt: 'none' }, { Cookie: at.Cookie });
    expect(still.headers.location).toContain('code=');
  });

  test('hints of who leaves that are none', async () => {
    const payload = { iss: yihao.origin, sub: 'x', aud: at.department.clientId };
    const tokens = spoilt(() => ({ header: { alg: 'ES256' }, payload: { ...payload, ...soon() } }));
    for (const [what, token] of tokens.filter(([, one]) => one !== '' && one.length < 12_000)) {
      const answer = await signedIn(`/oauth/logout?id_token_hint=${encodeURIComponent(token)}`);
      expectClear(what, answer, { language: 'en' });
      expect(answer.status, what).toBe(400);
    }
  });
});
