/** Cookies and headers of every door, as browsers meet them: over https behind a proxy, and over plain http in trial. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { enrol, PASSWORD } from '../journeys/citizen.ts';
import type { RunningYihao } from '../support/server.ts';
import { allDoors } from './doors.ts';
import { expectClear } from './judge.ts';
import { type Answer, ask, form } from './raw.ts';
import { targets } from './targets.ts';

const ISSUER = 'https://id.example.gov.cn';

describe('over https, behind one proxy', () => {
  let yihao: RunningYihao;
  /** Where it really listens; its public address is the proxy's. */
  let origin: string;
  beforeAll(async () => {
    yihao = await targets[0]!.start({ YIHAO_ISSUER: ISSUER, YIHAO_PROXIES: '1' });
    origin = `http://localhost:${yihao.settings.port}`;
  });
  afterAll(() => yihao.close());

  const PROXY = { Host: 'id.example.gov.cn', 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '192.0.2.1' };
  const jar = new Map<string, string>();
  const set: string[] = [];
  const go = async (path: string, body?: Record<string, string>): Promise<Answer> => {
    const headers = { ...PROXY, Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') };
    const sent = body ? form(String(new URLSearchParams(body)), headers) : { headers };
    const answer = await ask(origin, path, sent);
    set.push(...answer.cookies);
    for (const cookie of answer.cookies)
      jar.set(...(cookie.split(';')[0]!.split(/=(.*)/).slice(0, 2) as [string, string]));
    const to = answer.headers.location;
    if (to === undefined) return answer;
    const url = new URL(to, ISSUER);
    expect(url.origin).toBe(ISSUER);
    return go(url.pathname + url.search);
  };

  test('all cookies of a whole sign-in are Secure, HttpOnly, SameSite=Lax and of this host alone', async () => {
    const { number } = await enrol(yihao.yihao);
    const page = await go('/account?lang=en&elder=on');
    const csrf = /name="_csrf" value="([^"]*)"/.exec(page.body)![1]!;
    const action = /action="([^"]*\/login)"/.exec(page.body)![1]!;
    const account = await go(action, { _csrf: csrf, identifier: number, password: PASSWORD });
    expect(account.status).toBe(200);
    await go('/oauth/logout');
    const names = new Set(set.map((cookie) => cookie.split('=')[0]!.replace(/\.sig$/, '')));
    expect([...names].sort()).toEqual(
      [
        '__Host-device',
        '__Host-form',
        '__Host-yihao_session',
        'elder',
        'lang',
        'yihao_interaction',
        'yihao_resume',
      ].sort(),
    );
    for (const cookie of set) {
      expect(cookie).toMatch(/; secure/i);
      expect(cookie).toMatch(/; httponly/i);
      expect(cookie).toMatch(/; samesite=lax/i);
      expect(cookie).not.toMatch(/; domain=/i);
      if (cookie.startsWith('__Host-')) expect(cookie).toMatch(/; path=\/(;|$)/i);
      else if (!/^(lang|elder)/.test(cookie))
        expect(cookie).toMatch(/; path=\/(interaction|oauth\/authorize)\/[\w-]{20,}(;|$)/i);
      // Who leaves a shared computer by closing the browser is signed out.
      if (cookie.startsWith('__Host-yihao_session') || cookie.startsWith('__Host-form'))
        expect(cookie).not.toMatch(/expires=(?!Thu, 01 Jan 1970)|max-age/i);
    }
  });

  test('every door promises https for a year, and nothing of it can be framed, sniffed or kept', async () => {
    for (const { method, path } of allDoors()) {
      const answer = await ask(origin, path, {
        method,
        headers: PROXY,
        ...(method === 'POST' ? { body: '' } : {}),
      });
      expectClear(`${method} ${path}`, answer);
      const what = `${method} ${path} ${answer.status}`;
      if (!path.startsWith('/.well-known/o') && path !== '/oauth/jwks') {
        expect(answer.headers['strict-transport-security'], what).toBe('max-age=31536000; includeSubDomains');
        expect(answer.headers['cache-control'], what).toMatch(/no-store/);
      }
      expect(answer.headers['x-content-type-options'], what).toBe('nosniff');
      for (const name of ['x-powered-by', 'server', 'via', 'x-aspnet-version'])
        expect(answer.headers, what).not.toHaveProperty(name);
    }
  });

  test.each([
    { 'X-Forwarded-Proto': 'http' },
    { 'X-Forwarded-Proto': 'https, javascript' },
    { 'X-Forwarded-Host': 'evil.example' },
    { 'X-Forwarded-For': '' },
    { 'X-Forwarded-For': ','.repeat(500) },
    { 'X-Forwarded-For': '<script>, \x7f, ::ffff:1.2.3.4.5, 999.1.1.1, fe80::1%eth0' },
    { 'X-Forwarded-For': `${'9'.repeat(5_000)}` },
    { 'X-Request-Id': '540493188302072332' },
    { 'X-Request-Id': '"><script>alert(1)</script>' },
    { 'X-Request-Id': 'a'.repeat(5_000) },
  ])('what a proxy would not say: %j', async (headers) => {
    for (const path of [
      '/account',
      '/oauth/authorize?client_id=nobody',
      '/oauth/logout',
      '/no-such-page',
      '/interaction/nobody',
    ]) {
      const answer = await ask(origin, path, { headers: { ...PROXY, ...headers } });
      expectClear(`${path} ${JSON.stringify(headers)}`, answer, { planted: '<script>alert' });
      expect(`${answer.headers.location} ${answer.headers['x-request-id']} ${answer.body}`, path).not.toMatch(
        /evil\.example|540493188302072332/,
      );
      for (const cookie of answer.cookies) expect(cookie, path).toMatch(/; secure/i);
    }
  });
});

describe('attempts are counted by the address that is believed, whatever a client writes in front of it', () => {
  test.each([
    ['no proxy', '0', (n: number) => `203.0.113.${n}`],
    ['one proxy', '1', (n: number) => `203.0.113.${n}, 192.0.2.77`],
  ])('%s', async (_, proxies, forwarded) => {
    const yihao = await targets[0]!.start({ YIHAO_PROXIES: proxies });
    try {
      const { number } = await enrol(yihao.yihao);
      const statuses = [];
      for (let n = 1; n <= 6; n += 1) {
        const headers = { 'X-Forwarded-For': forwarded(n) };
        const page = await open(yihao.origin, headers);
        const body = String(
          new URLSearchParams({ _csrf: page.csrf, identifier: number, password: 'Never-The-Password-42' }),
        );
        statuses.push(
          (await ask(yihao.origin, page.action, form(body, { ...headers, Cookie: page.Cookie }))).status,
        );
      }
      expect(statuses).toEqual([422, 422, 422, 422, 422, 429]);
    } finally {
      await yihao.close();
    }
  });

  /** A fresh browser at the sign-in form. */
  async function open(origin: string, headers: Record<string, string>) {
    const cookies: string[] = [];
    let path = '/account';
    for (;;) {
      const answer = await ask(origin, path, { headers: { ...headers, Cookie: cookies.join('; ') } });
      cookies.push(...answer.cookies.map((cookie) => cookie.split(';')[0]!));
      const { location } = answer.headers;
      if (location !== undefined) path = location;
      else {
        const csrf = /name="_csrf" value="([^"]*)"/.exec(answer.body)![1]!;
        return { csrf, action: /action="([^"]*\/login)"/.exec(answer.body)![1]!, Cookie: cookies.join('; ') };
      }
    }
  }
});

describe('static files', () => {
  let yihao: RunningYihao;
  beforeAll(async () => {
    yihao = await targets[0]!.start();
  });
  afterAll(() => yihao.close());

  test.each([
    ...[
      '/assets/../package.json',
      '/assets/..%2fpackage.json',
      '/assets/%2e%2e/%2e%2e/package.json',
      '/assets/..%5c..%5cpackage.json',
    ],
    ...[
      '/assets/....//package.json',
      '/assets/%252e%252e%252fpackage.json',
      '/assets//etc/passwd',
      '/assets/%00',
      '/assets/site.css',
    ],
    ...[
      '/assets/',
      '/assets',
      '/assets/.',
      '/assets/%c0%ae%c0%ae/package.json',
      '/assets/site.css%00.png',
      '/assets/__proto__',
      '/assets/constructor',
    ],
    ...[
      '/public/site.css',
      '/views/layout.eta',
      '/config/trial.yaml',
      '/data',
      '/.git/config',
      '/.env',
      '/node_modules/koa/package.json',
      '/src/main.ts',
    ],
    ...[
      '/package.json',
      '/server-status',
      '/metrics',
      '/health/live',
      '/debug/pprof',
      '/.well-known/../package.json',
      '/oauth/../package.json',
    ],
  ])('%s is no file', async (path) => {
    const answer = await ask(yihao.origin, path);
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toContain('text/html');
    // The page's own links carry the path that was asked for.
    expectClear(path, { ...answer, body: answer.body.replaceAll(path, '') });
  });

  test('a file is what its name says, in whatever coding, and never a part of it', async () => {
    const page = await ask(yihao.origin, '/privacy');
    const sheet = /href="(\/assets\/site\.[^"]*\.css)"/.exec(page.body)![1]!;
    for (const coding of [
      'gzip',
      'br',
      'identity',
      '*',
      'gzip;q=0, br;q=0',
      'zebra',
      'gzip;q=nan',
      ','.repeat(2_000),
    ]) {
      const answer = await ask(yihao.origin, sheet, {
        headers: { 'Accept-Encoding': coding, Range: 'bytes=0-1,5-2,-1' },
      });
      expect([
        coding,
        answer.status,
        answer.headers['content-type'],
        answer.headers['x-content-type-options'],
      ]).toEqual([coding, 200, 'text/css; charset=utf-8', 'nosniff']);
      expect(answer.cookies).toEqual([]);
    }
    const none = await ask(yihao.origin, sheet, { headers: { 'Accept-Encoding': 'identity;q=0, *;q=0' } });
    expect(none.status).toBeLessThan(500);
    expect((await ask(yihao.origin, sheet, { method: 'POST', body: 'a=1' })).status).toBeGreaterThanOrEqual(
      404,
    );
  });
});
