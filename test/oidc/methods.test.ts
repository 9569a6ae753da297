/** Posted requests are taken as the standards ask, and a wrong method is told which would be right. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Department, register } from './department.ts';
import { ACR, type ProviderNode } from './server.ts';
import { anyWorld, type World } from './world.ts';

describe('methods', () => {
  let world: World;
  let node: ProviderNode;
  let department: Department;
  beforeAll(async () => {
    world = await anyWorld.open();
    ({ node } = world);
    department = await register(node, 'posting');
  });
  afterAll(() => world.close());

  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(node.address + path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html', ...headers },
      body,
      redirect: 'manual',
    });

  test('a posted authorization request signs in like one by address', async () => {
    const person = await node.person(1);
    const begun = await department.begin({ scope: 'openid' });
    const posted = await post(begun.url.pathname, begun.url.search.slice(1));
    expect(posted.status).toBe(303);
    const onward = new URL(posted.headers.get('location')!, node.issuer);
    expect(Object.fromEntries(onward.searchParams)).toEqual(Object.fromEntries(begun.url.searchParams));
    const browser = node.browser({
      login: { accountId: person.id, acr: ACR(3, 1), amr: ['pwd'] },
      consent: 'agree',
    });
    const page = await browser.open(onward.href);
    expect(new URL(page.url).searchParams.get('code')).toMatch(/.{20}/);
  });

  test('a posted sign-out request goes the same way, with what the address said', async () => {
    const answer = await post('/oauth/logout?ui_locales=bo&state=old', 'state=new%20one&client_id=posting');
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(
      '/oauth/logout?state=new+one&client_id=posting&ui_locales=bo',
    );
  });

  test('of two sign-out questions open at once, the older is asked again and signs out', async () => {
    const person = await node.person(2);
    const window = node.browser({
      login: { accountId: person.id, acr: ACR(3, 1), amr: ['pwd'] },
      consent: 'agree',
    });
    await department.signIn(window);
    const older = await window.open(`${node.issuer}/oauth/logout`);
    await window.open(`${node.issuer}/oauth/logout`);
    const again = await window.submit(older, { logout: 'yes' });
    expect([again.status, new URL(again.url).pathname]).toEqual([200, '/oauth/logout']);
    expect((await window.open(`${node.issuer}/me`)).body).toContain(person.id);
    await window.submit(again, { logout: 'yes' });
    expect((await window.open(`${node.issuer}/me`)).body).toBe('null');
    // Answered once more, by the Back button: nobody is left with an error.
    expect((await window.submit(again, { logout: 'yes' })).status).toBe(200);
  });

  test.each([
    ['too much for an address', `client_id=posting&state=${'s'.repeat(8_000)}`, {}, 413],
    ['far too much', 'x='.padEnd(10_000_000, 'x'), {}, 413],
    ['no form', '{"client_id":"posting"}', { 'content-type': 'application/json' }, 415],
    ['broken escapes', 'state=%zz', {}, 400],
  ])('a posted request with %s is refused with a page', async (_what, body, headers, status) => {
    const answer = await post('/oauth/authorize', body, headers);
    expect([answer.status, answer.headers.get('content-type')?.split(';')[0]]).toEqual([status, 'text/html']);
  });

  test('a parameter given twice stays twice, and is refused as ever', async () => {
    const answer = await post('/oauth/authorize', 'client_id=posting&client_id=other');
    expect(answer.headers.get('location')).toBe('/oauth/authorize?client_id=posting&client_id=other');
  });

  test.each([
    ['GET', '/oauth/token', 'POST, OPTIONS'],
    ['GET', '/oauth/introspect', 'POST, OPTIONS'],
    ['PUT', '/oauth/authorize', 'GET, HEAD, POST'],
    ['DELETE', '/oauth/userinfo', 'GET, HEAD, POST, OPTIONS'],
    ['POST', '/oauth/jwks', 'GET, HEAD, OPTIONS'],
  ])('%s %s is answered with 405 and what would be right', async (method, path, allowed) => {
    const answer = await fetch(node.address + path, { method, headers: { accept: 'application/json' } });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, allowed]);
    expect(await answer.json()).toMatchObject({ error: 'invalid_request' });
  });
});
