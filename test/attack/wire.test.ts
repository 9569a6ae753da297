/** Requests that no browser writes: other methods, versions and targets, hosts of others, several at once. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningYihao } from '../support/server.ts';
import { noDoors, pageDoors, providerDoors } from './doors.ts';
import { expectClear } from './judge.ts';
import { type Answer, ask, exchange, form, request, type Sent } from './raw.ts';
import { targets } from './targets.ts';

let yihao: RunningYihao;
beforeAll(async () => {
  yihao = await targets[0]!.start();
});
afterAll(() => yihao.close());

const BO = { 'Accept-Language': 'bo' };
const paths = [...new Set([...pageDoors(), ...providerDoors, ...noDoors].map(({ path }) => path))];

describe('methods', () => {
  const METHODS = ['HEAD', 'OPTIONS', 'TRACE', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'QUERY'];

  test.each(METHODS)('%s is answered at every door, below 500', async (method) => {
    for (const path of paths) {
      const answer = await ask(yihao.origin, path, { method, headers: BO });
      if (method === 'HEAD') expect([path, answer.body]).toEqual([path, '']);
      if (method !== 'HEAD' || answer.status < 400)
        expectClear(`${method} ${path}`, answer, { language: 'bo' });
      expect(answer.status, path).toBeLessThan(500);
      // TRACE would hand cookies that scripts cannot read back to them.
      if (method === 'TRACE') expect(answer.headers['content-type'], path).not.toContain('message/http');
    }
  });

  test('a page’s door says which methods it takes', async () => {
    const answer = await ask(yihao.origin, '/account/sessions/end', { method: 'DELETE' });
    expect([answer.status, answer.headers.allow]).toEqual([405, 'POST']);
  });

  test('a method cannot be smuggled in by a header or a field', async () => {
    const headers = { 'X-HTTP-Method-Override': 'POST', 'X-Method-Override': 'POST' };
    expect((await ask(yihao.origin, '/account/sessions/end', { headers })).status).toBe(405);
    expect((await ask(yihao.origin, '/privacy', form('_method=GET', headers))).status).toBe(405);
  });
});

describe('versions and targets', () => {
  test('HTTP/1.0, without a host, is answered', async () => {
    const answer = await ask(yihao.origin, '/privacy', { version: 'HTTP/1.0', headers: { Host: undefined } });
    expect(answer.status).toBe(200);
  });

  test.each([
    ['an address of another site', 'http://evil.example/privacy', 200],
    ['no path', 'http://evil.example', 200],
    ['the provider, by its whole address', 'http://localhost/oauth/authorize', 400],
    ['a star', '*', 404],
    ['two slashes', '//evil.example/privacy', 404],
    ['a backslash', '/\\evil.example', 404],
    ['dots', '/account/../../privacy', 404],
    ['broken escapes', '/%', 404],
    ['escapes that are no text', '/interaction/%ff%fe/sms', 410],
    ['an escaped NUL', '/interaction/%00', 410],
    ['escaped slashes', '/interaction/..%2f..%2f%2fevil.example', 410],
    ['a very long path', `/${'x'.repeat(10_000)}`, 404],
    ['very many segments', `/${'x/'.repeat(5_000)}`, 404],
  ])('%s', async (what, target, status) => {
    const answer = await ask(yihao.origin, target, { headers: BO });
    expect(answer.status, what).toBe(status);
    expectClear(what, answer, { language: 'bo' });
    for (const [, to] of answer.body.matchAll(/(?:href|action|src)="([^"]*)"/g))
      expect(to, what).toMatch(/^(\/(?!\/)|#|tel:)/);
  });

  const plain = (sent: Sent) => exchange(yihao.origin, [request('/privacy', sent), request('/privacy')]);
  test.each([
    ['two lengths', 400, { method: 'POST', headers: { 'Content-Length': ['1', '2'] } }],
    [
      'length and chunks',
      400,
      { method: 'POST', headers: { 'Content-Length': '1', 'Transfer-Encoding': 'chunked' } },
    ],
    ['an unknown coding', 400, { method: 'POST', headers: { 'Transfer-Encoding': 'xchunked' } }],
    ['a NUL in a header', 400, { headers: { 'X-A': 'a\0b' } }],
    ['a method nobody knows', 400, { method: 'STEAL' }],
    ['a header of 20 KB', 431, { headers: { 'X-A': 'a'.repeat(20_000) } }],
    ['3,000 headers', 431, { headers: { 'X-A': Array.from({ length: 3_000 }, () => 'a') } }],
    ['a query of 100 KB', 431, { headers: { 'X-A': 'a'.repeat(100_000) } }],
    ['a tunnel', 405, { method: 'CONNECT' }],
  ] as [string, number, Sent][])(
    '%s: refused in all three languages, with a reference, and the line is closed',
    async (_, status, sent) => {
      const { answers, end } = await plain(sent);
      expect([answers.map((answer) => answer.status), end]).toEqual([[status], 'closed']);
      const [{ body, headers }] = answers as [Answer];
      expect(body).toMatch(/[\u4e00-\u9fff]{4}[\s\S]*[\u0f40-\u0fbc]{4}[\s\S]*[A-Z][a-z]+ [a-z]+/);
      expect(body).toContain(headers['x-request-id']);
      expect(headers).toMatchObject({
        'content-type': 'text/plain; charset=utf-8',
        'cache-control': 'no-store',
      });
    },
  );

  test('HTTP/1.1 without a host is refused', async () => {
    const { answers, end } = await plain({ headers: { Host: undefined } });
    expect([answers.map(({ status }) => status), end]).toEqual([[400], 'closed']);
  });

  test('an expectation that nobody knows is no reason not to answer', async () => {
    expect((await ask(yihao.origin, '/privacy', { headers: { Expect: 'a-miracle' } })).status).toBe(200);
    const awaited = form('a=%zz', { Expect: '100-continue' });
    expect((await ask(yihao.origin, '/interaction/nobody/login', awaited)).status).toBe(400);
  });

  test('no bytes at all of a protocol, and another protocol’s', async () => {
    for (const bytes of [
      '\r\n\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\x00',
      'GET\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    ]) {
      const { answers } = await exchange(yihao.origin, Buffer.from(bytes, 'latin1'), { patienceMs: 300 });
      for (const { status } of answers) expect([400, 404, 505]).toContain(status);
    }
    expect((await ask(yihao.origin, '/privacy')).status).toBe(200);
  });

  test('several requests in one breath are answered each, in their order', async () => {
    const keep = { headers: { Connection: 'keep-alive' } };
    const { answers } = await exchange(yihao.origin, [
      request('/privacy', keep),
      request('/interaction/nobody/login', form('a=%zz', { Connection: 'keep-alive' })),
      request('/no-such-page', keep),
      request('/oauth/jwks', keep),
      request('/oauth/userinfo'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 404, 200, 401]);
    expect(new Set(answers.map(({ headers }) => headers['x-request-id'])).size).toBe(5);
  });
});

describe('who we are does not depend on what a request calls us', () => {
  const SPOOFS = [
    { Host: 'evil.example' },
    { Host: '"><script>alert(1)</script>' },
    { Host: 'evil.example:99999' },
    { Host: '[::1' },
    { Host: '' },
    {
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Port': '1',
      'X-Forwarded-For': '203.0.113.7',
      Forwarded: 'for=203.0.113.7;host=evil.example;proto=https',
      'X-Original-URL': '/account',
      'X-Rewrite-URL': '/account',
    },
  ];

  test.each(SPOOFS)('%j', async (headers) => {
    for (const { method, path } of [...pageDoors(), ...providerDoors].filter(
      ({ method }) => method === 'GET',
    )) {
      const answer = await ask(yihao.origin, path, { headers });
      expectClear(`${method} ${path}`, answer, { planted: 'evil.example' });
      expect(`${answer.headers.location} ${answer.cookies}`, path).not.toMatch(/evil|https:|domain=|secure/i);
    }
    const discovery = await ask(yihao.origin, '/.well-known/openid-configuration', { headers });
    expect(JSON.parse(discovery.body)).toMatchObject({ issuer: yihao.origin });
  });
});

describe('much of everything', () => {
  test('a thousand cookies, and the right one among them', async () => {
    const cookies = Array.from({ length: 999 }, (_, at) => `c${at}=${at}`);
    const answer = await ask(yihao.origin, '/privacy', {
      headers: { Cookie: [...cookies, 'lang=bo'].join('; ') },
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('<html lang="bo"');
  });

  // Each of these is answered in a few milliseconds; what grows with the square of its length takes a second.
  test.each([
    ['a query', '/?', {}, 200],
    ['one parameter thousands of times', `/?${'a=1&'.repeat(3_500)}`, {}, 400],
    ['a switch thousands of times', `/no-such-page?${'lang=bo&'.repeat(1_900)}`, {}, 400],
    ['the same, at the provider', `/oauth/authorize?${'scope=x&'.repeat(1_700)}`, {}, 400],
    ['the same, where no page is', `/oauth/userinfo?${'a=1&'.repeat(3_500)}`, { Accept: '*/*' }, 400],
    [
      'thousands of parameters',
      `/oauth/logout?${Array.from({ length: 2_000 }, (_, at) => `k${at}`).join('&')}`,
      {},
      400,
    ],
    ['separators', `/?${'&'.repeat(14_000)}`, {}, 400],
    ['percent signs', `/?${'%'.repeat(14_000)}`, {}, 200],
    ['languages', '/no-such-page', { 'Accept-Language': 'a;q=0.1,'.repeat(1_700) }, 404],
    ['kinds of answers', '/no-such-page', { Accept: 'a/b;q=0.1,'.repeat(1_400) }, 404],
    ['separators in a cookie', '/', { Cookie: '; '.repeat(7_000) }, 200],
    ['spaces in a cookie', '/', { Cookie: `a=${' '.repeat(14_000)}` }, 200],
    ['entity tags', '/', { 'If-None-Match': '"a",'.repeat(3_500) }, 200],
    ['a referrer', '/no-such-page', { Referer: `http://localhost/?${'a=&'.repeat(4_500)}` }, 404],
  ] as [string, string, Record<string, string>, number][])('%s', async (what, path, headers, status) => {
    // Processor time, not the clock's: other tests run beside this one.
    const begun = process.cpuUsage();
    const answer = await ask(yihao.origin, path, { headers });
    const { user, system } = process.cpuUsage(begun);
    expect(answer.status).toBe(status);
    expect((user + system) / 1_000, `${what}, in ms`).toBeLessThan(250);
    const language = path.includes('lang=bo') ? 'bo' : 'zh-CN';
    if (headers.Accept === undefined) expectClear(what, answer, { language });
  });
});
