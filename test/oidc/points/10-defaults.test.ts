/** Design §5.10: what a plain set-up leaves open is shut, and lives are set on purpose. */
import * as client from 'openid-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Person } from '../../../src/accounts/person.ts';
import { securityHeaders } from '../../../src/platform/http/security-headers.ts';
import { type Department, exchange, register, userinfo } from '../department.ts';
import { ACR, type ProviderNode } from '../server.ts';
import { anyWorld, type World } from '../world.ts';

describe('defaults', () => {
  let world: World;
  let node: ProviderNode;
  let department: Department;
  let person: Person;
  const ahead = 0;

  beforeAll(async () => {
    world = await anyWorld.open({
      clock: { now: () => new Date(Date.now() + ahead) },
      more: { middlewares: [securityHeaders({ https: false }) as never] },
    });
    ({ node } = world);
    department = await register(node, 'insurance', { legal_basis: 'statutory-duty' });
    person = await node.person(1);
  });
  afterAll(() => world.close());

  const browser = () =>
    node.browser({ login: { accountId: person.id, acr: ACR(3, 1), amr: ['pwd'] }, consent: 'agree' });

  test('the library’s development pages are off', async () => {
    const page = await node.browser().open((await department.begin()).url.href);
    expect(page.body).not.toContain('devInteractions');
    expect((await fetch(`${node.address}/interaction/x/abort`)).status).toBe(500);
    expect((await fetch(`${node.address}/oauth/nothing`, { headers: { accept: 'text/html' } })).status).toBe(
      404,
    );
  });

  test('a redirect address must be named even where only one is registered, at both ends', async () => {
    const page = await browser().open((await department.begin({ redirect_uri: '' })).url.href);
    expect(page.status).toBe(400);
    const arrival = await department.arrive(browser());
    const { redirect_uri: _, ...without } = exchange(department, arrival);
    expect((await department.token(without)).body.error).toBe('invalid_request');
  });

  test('every refresh rotates, and a session-bound token ends with its session', async () => {
    const window = browser();
    const tokens = await department.signIn(window);
    const { body } = await department.token({
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token!,
    });
    expect(body.refresh_token).not.toBe(tokens.refresh_token);
    await window.submit(await window.open(`${node.issuer}/oauth/logout`), { logout: 'yes' });
    expect(
      (await department.token({ grant_type: 'refresh_token', refresh_token: String(body.refresh_token) }))
        .body.error,
    ).toBe('invalid_grant');
    expect((await userinfo(node, String(body.access_token))).status).toBe(401);
  });

  test('without registering for refresh there is no refresh token', async () => {
    const plain = await register(node, 'plain', {
      grant_types: ['authorization_code'],
      legal_basis: 'statutory-duty',
    });
    expect((await plain.signIn(browser())).refresh_token).toBeUndefined();
  });

  test('lives: a code a minute, an access token a quarter of an hour, a session half an hour unused and eight hours in all', async () => {
    const { lifetimes } = node.settings;
    expect(lifetimes).toMatchObject({
      code: 60,
      accessToken: 900,
      sessionIdle: 1_800,
      session: 28_800,
      idToken: 3_600,
    });
    const tokens = await department.signIn(browser());
    expect(tokens.expires_in).toBe(900);
    const { exp, iat } = tokens.claims()!;
    expect(exp - iat).toBe(3_600);
    const grants = await node.store.grantsOf(person.id, 'insurance');
    expect(Math.max(...grants.map((grant) => grant.exp! - grant.iat!))).toBeLessThanOrEqual(28_800);
    const offline = await department.signIn(browser(), { scope: 'openid offline_access', prompt: 'consent' });
    expect(offline.refresh_token).toBeTruthy();
    const longest = Math.max(
      ...(await node.store.grantsOf(person.id, 'insurance')).map((grant) => grant.exp! - grant.iat!),
    );
    expect(longest).toBe(180 * 86_400);
  });

  test('pages of the provider are in no cache and no frame, and may post only to us and to the application', async () => {
    const window = browser();
    await department.signIn(window);
    const target = department.config.serverMetadata() && `https://site.example.gov.cn/insurance/`;
    const url = client.buildEndSessionUrl(department.config, {
      client_id: 'insurance',
      post_logout_redirect_uri: target,
    });
    const page = await window.open(url.href);
    expect(page.status).toBe(200);
    expect(page.headers.get('cache-control')).toBe('no-store');
    const policy = page.headers.get('content-security-policy')!;
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("form-action 'self' https://site.example.gov.cn");
    expect(policy).not.toContain('unsafe-inline');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    const left = await window.submit(page, { logout: 'yes' });
    expect(left.url).toBe(target);
  });

  test('a form that posts itself on is ours, without inline scripts, and works by hand', async () => {
    const window = browser();
    await department.signIn(window);
    const page = await window.open(
      (await department.begin({ response_mode: 'form_post', state: `"><script>` })).url.href,
    );
    expect(page.body).not.toContain('<script');
    expect(page.body).toContain('Continue');
    expect(page.body).toMatch(/name="state" value="&#34;&#62;&#60;script&#62;"/);
    expect(page.headers.get('content-security-policy')).toContain(
      "form-action 'self' https://site.example.gov.cn",
    );
    const nobody = await node.browser().open(`${node.issuer}/oauth/logout`);
    expect(nobody.body).toContain('Continue');
  });

  test('answers for scripts are in no cache; other sites’ scripts get discovery and keys only', async () => {
    const response = await fetch(`${node.address}/oauth/token`, {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
    });
    expect(response.headers.get('cache-control')).toBe('no-store');
    const arrival = await department.arrive(browser());
    const stolen = await fetch(`${node.address}/oauth/token`, {
      method: 'POST',
      headers: {
        origin: 'https://evil.example',
        authorization: `Basic ${Buffer.from(`insurance:${department.secret}`).toString('base64')}`,
      },
      body: new URLSearchParams(exchange(department, arrival)),
    });
    expect(stolen.status).toBe(400);
    expect(stolen.headers.get('access-control-allow-origin')).toBeNull();
    const discovery = await fetch(`${node.address}/.well-known/openid-configuration`, {
      headers: { origin: 'https://any.example' },
    });
    expect(discovery.headers.get('access-control-allow-origin')).toBe('*');
  });

  test('a body of ten megabytes, a wrong type and broken text get a clear answer', async () => {
    const post = async (init: RequestInit) => {
      const response = await fetch(`${node.address}/oauth/token`, { method: 'POST', ...init });
      return { status: response.status, error: ((await response.json()) as { error: string }).error };
    };
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(
      await post({ headers: form, body: `grant_type=${'x'.repeat(10_000_000)}` }).catch(() => ({
        status: 400,
        error: 'invalid_request',
      })),
    ).toEqual({
      status: 400,
      error: 'invalid_request',
    });
    expect(
      (await post({ headers: { 'content-type': 'application/json' }, body: '{"grant_type":"x"}' })).status,
    ).toBe(400);
    expect((await post({ headers: form, body: 'grant_type=%zz&client_id=%00' })).status).toBe(401);
    const odd = `${node.address}/oauth/authorize?client_id=insurance&resource=https://a/%00&response_type=code`;
    expect((await fetch(odd)).status).toBe(400);
    const many = `${node.address}/oauth/authorize?${Array.from({ length: 500 }, (_, n) => `p${n}=1`).join('&')}&client_id=insurance&client_id=housing`;
    expect((await fetch(many)).status).toBe(400);
  });
});
