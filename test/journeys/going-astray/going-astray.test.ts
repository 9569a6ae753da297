/** Old pages, many tabs, lost cookies, bad input: always a clear answer in the person’s language, never a 500. */
import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HtmlClient } from '../../support/html-client.ts';
import { startYihao } from '../../support/server.ts';
import { enrol, PASSWORD, signIn } from '../citizen.ts';
import { answerOf, type Department, registerDepartment, visit } from '../department.ts';
import { begins, failure, say } from '../words.ts';

let yihao: Awaited<ReturnType<typeof startYihao>>;
let department: Department;
let client: HtmlClient;
beforeAll(async () => {
  yihao = await startYihao();
  department = await registerDepartment(yihao.yihao.clients);
});
afterAll(() => yihao.close());
beforeEach(() => {
  client = new HtmlClient(yihao.origin);
});

describe('pages that are no longer what they were', () => {
  test('a finished sign-in, opened again by the Back button, says so and leads to the service', async () => {
    const person = await enrol(yihao.yihao);
    const { page } = await visit(client, department);
    const road = page.url.pathname;
    const consent = await signIn(client, page, person.number);
    await client.submit(consent, {}, { button: 'decision=allow', until: department.origin });
    for (const stale of [
      await client.get(road),
      await client.get(`${road}/register`),
      await client.get(`${road}/sms`),
    ]) {
      expect([stale.status, stale.heading]).toEqual([410, say('interactions.expired.title')]);
      expect(stale.link(begins('interactions.expired.service'))).toBe(department.origin);
    }
    const posted = await client.submit(page, { identifier: person.number, password: PASSWORD });
    expect([posted.status, posted.heading]).toEqual([410, say('interactions.expired.title')]);
  });

  test('an address that never was, or was another browser’s, says the same', async () => {
    const { page } = await visit(new HtmlClient(yihao.origin), department);
    for (const path of [
      page.url.pathname,
      '/interaction/never-was',
      `${page.url.pathname}/sms`,
      '/interaction/%00',
      '/interaction/..%2f',
    ]) {
      const answer = await client.get(path);
      expect([path, answer.status < 500 && answer.status >= 400, answer.text.length > 20]).toEqual([
        path,
        true,
        true,
      ]);
    }
  });

  test('two tabs: each goes its own way, and signing in in one does not break the other', async () => {
    const person = await enrol(yihao.yihao);
    const one = await visit(client, department);
    const two = await visit(client, department);
    const consentOne = await signIn(client, one.page, person.number);
    expect(
      answerOf(
        await client.submit(consentOne, {}, { button: 'decision=allow', until: department.origin }),
        department,
      ).code,
    ).toBeTruthy();
    const there = await signIn(client, two.page, person.number, PASSWORD, {}, department.origin);
    expect(answerOf(there, department)).toMatchObject({ state: two.state, error: null });
  });

  test('cancelling tells the department, and nobody is signed in', async () => {
    const { page } = await visit(client, department);
    const answer = answerOf(
      await client.submit(page, {}, { action: '/abort', until: department.origin }),
      department,
    );
    expect(answer.error).toBe('access_denied');
    expect((await client.get('/account')).fields).toContain('password');
  });

  test('cancelling at the own pages ends in a page, not in a circle', async () => {
    const page = await client.submit(await client.get('/account'), {}, { action: '/abort' });
    expect([page.url.pathname, page.heading]).toEqual(['/account', say('profile.signing_in.failed.title')]);
  });

  test('a browser without cookies is told what to do', async () => {
    const { page } = await visit(client, department);
    client.forget('form');
    const answer = await client.submit(page, { identifier: 'x', password: 'y' });
    expect([answer.status, answer.text]).toEqual([
      403,
      expect.stringContaining(say('failures.form-expired.next')),
    ]);
  });

  test('a form sent from another website is refused', async () => {
    const { page } = await visit(client, department);
    const evil = new HtmlClient(yihao.origin, { 'Sec-Fetch-Site': 'cross-site' });
    expect(
      (await evil.post(`${page.url.pathname}/login`, 'identifier=x&password=y')).status,
    ).toBeGreaterThanOrEqual(400);
    const forged = await client.post(`${page.url.pathname}/login`, 'identifier=x&password=y');
    expect(forged.status).toBe(403);
  });
});

describe('bad input', () => {
  const LONG = '9'.repeat(20_000);
  const bodies: [string, string][] = [
    ['nothing', ''],
    ['no value', 'identifier'],
    ['many of one', 'identifier=a&identifier=b&password=c&password=d'],
    ['brackets as some frameworks read them', 'identifier[]=a&identifier[b]=c&password[$ne]=1'],
    [
      'prototype names',
      '__proto__=1&constructor=2&toString=3&identifier=__proto__&document_type=constructor',
    ],
    ['very long', `identifier=${LONG}&password=p`],
    ['other alphabets', 'identifier=%F0%9F%90%82&password=%F0%9F%90%82'],
    [
      'SQL and script',
      "identifier='%20OR%201=1--&password=<script>alert(1)</script>&name=<b>&document_number=<i>",
    ],
    [
      'unknown kinds',
      'document_type=zebra&document_number=1&name=2&phone=3&code=4&account=-1&decision=maybe&new_password=1',
    ],
    ['numbers that are none', 'account=1e9&last_four=%00x'],
    ['NUL', 'identifier=a%00b&password=c'],
    ['broken escapes', 'identifier=%zz&password=%'],
    ['broken UTF-8', 'identifier=%ff%fe&password=%c0%80'],
    ['three hundred fields', Array.from({ length: 300 }, (_, n) => `f${n}=1`).join('&')],
  ];

  test.each(bodies)('%s at every door: an answer below 500 in the person’s language', async (_, body) => {
    client = new HtmlClient(yihao.origin, { 'Accept-Language': 'bo-CN,zh;q=0.5' });
    const { page } = await visit(client, department, { ui_locales: 'bo' });
    const road = page.url.pathname;
    const csrf = page.value('_csrf')!;
    const doors = [
      'login',
      'sms',
      'sms/code',
      'account',
      'change-password',
      'step-up/password',
      'step-up/sms',
      'step-up/code',
    ];
    const registering = ['identity', 'phone', 'code', 'password', 'submit'].map((step) => `register/${step}`);
    for (const door of [...doors, ...registering, 'continue', 'consent']) {
      const answer = await client.post(`${road}/${door}`, `${body}&_csrf=${encodeURIComponent(csrf)}`);
      expect([door, answer.status < 500, answer.language]).toEqual([door, true, 'bo']);
      expect(answer.html).not.toContain('<script>alert');
    }
  });

  test('ten megabytes are refused with a page, at once', async () => {
    const { page } = await visit(client, department);
    const answer = await client.post(
      `${page.url.pathname}/login`,
      `identifier=${'a'.repeat(10 * 1024 * 1024)}`,
    );
    expect([answer.status, answer.text]).toEqual([413, expect.stringContaining('32')]);
  });

  test('other media types are refused with a page, or with problem details for a program', async () => {
    const { page } = await visit(client, department);
    const send = (accept: string) =>
      new Promise<{ status: number; type: string; body: string }>((resolve, reject) => {
        const sent = request(
          `${yihao.origin}${page.url.pathname}/login`,
          { method: 'POST', headers: { 'Content-Type': 'application/json', Accept: accept } },
          (response) => {
            let body = '';
            response.on('data', (chunk) => {
              body += chunk;
            });
            response.on('end', () =>
              resolve({ status: response.statusCode!, type: response.headers['content-type'] ?? '', body }),
            );
          },
        );
        sent.on('error', reject);
        sent.end('{"identifier":["a"]}');
      });
    expect(await send('text/html')).toMatchObject({
      status: 415,
      type: expect.stringContaining('text/html'),
    });
    const problem = await send('application/json');
    expect(problem).toMatchObject({ status: 415, type: expect.stringContaining('application/problem+json') });
    expect(JSON.parse(problem.body)).toMatchObject({ type: 'urn:yihao:problem:form-type', status: 415 });
  });

  test('queries of every kind leave the pages standing', async () => {
    const person = await enrol(yihao.yihao);
    await signIn(client, await client.get('/account'), person.number);
    for (const path of [
      '/account?state=__proto__',
      '/account?state=disclosures&state=x',
      '/account?error=access_denied&error_description=<script>',
      '/account/disclosures?before=1.9.1&before=2',
      '/account/agreements?revoked=1&revoked=2',
      '/register/wait?x=1',
      '/privacy?lang=xx&lang=bo',
      '/?lang[]=en',
    ]) {
      const answer = await client.get(path);
      expect([path, answer.status]).toEqual([path, 200]);
      expect(answer.html).not.toContain('<script>');
    }
    const revoke = await client.submit(
      await client.get('/account'),
      { client: 'yihao-account' },
      { action: 'sessions/end', anyway: true },
    );
    expect(revoke.status).toBe(200);
  });

  test('a wrong method is told as such', async () => {
    const answer = await fetch(`${yihao.origin}/account`, {
      method: 'DELETE',
      headers: { Accept: 'text/html' },
    });
    expect(answer.status).toBe(405);
  });
});

describe('errors of the protocol that stay here', () => {
  test.each([
    ['an unknown application', { client_id: 'nobody' }, failure('application-unknown')],
    ['a foreign address', { redirect_uri: 'https://evil.example/' }, failure('application-address')],
  ])('%s: a page in words, with the protocol’s words for developers below', async (_, more, said) => {
    const { page } = await visit(client, department, more);
    expect(page.status).toBe(400);
    expect(page.text).toContain(said);
    expect(page.root.querySelector('details code')?.text).toMatch(/^invalid_/);
    expect(page.text).toContain(say('frame.reference'));
  });

  test('an address of the provider that is none', async () => {
    const page = await client.get('/oauth/nothing');
    expect([page.status, page.heading.length > 5]).toEqual([404, true]);
  });
});
