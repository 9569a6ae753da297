/** Design §5.11: tokens for user data are opaque and stored; JWTs exist per interface only, are short, and are not. */
import * as jose from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Person } from '../../../src/accounts/person.ts';
import { type Department, exchange, register, userinfo } from '../department.ts';
import { ACR, type ProviderNode, shown } from '../server.ts';
import { anyWorld, type World } from '../world.ts';

const API = 'https://api.example.gov.cn/contributions';

describe('access tokens', () => {
  let world: World;
  let node: ProviderNode;
  let department: Department;
  let person: Person;
  const service = {
    grant_types: ['client_credentials'],
    redirect_uris: undefined,
    post_logout_redirect_uris: undefined,
    scope: undefined,
  };

  beforeAll(async () => {
    world = await anyWorld.open();
    ({ node } = world);
    await register(node, 'api', {
      ...service,
      resource: {
        identifier: API,
        scope: 'contributions.read contributions.write',
        access_token_format: 'jwt',
        access_token_ttl: 120,
      },
    });
    department = await register(node, 'insurance', { resources: [API] });
    person = await node.person(1);
  });
  afterAll(() => world.close());
  const browser = () =>
    node.browser({ login: { accountId: person.id, acr: ACR(3, 2), amr: ['pwd', 'sms'] }, consent: 'agree' });

  test('for userinfo are opaque, say their kind, and end at once', async () => {
    const tokens = await department.signIn(browser());
    expect(tokens.access_token).toMatch(/^at_[A-Za-z0-9_-]{43}$/);
    expect(tokens.refresh_token).toMatch(/^rt_[A-Za-z0-9_-]{43}$/);
    expect((await userinfo(node, tokens.access_token)).status).toBe(200);
    expect((await userinfo(node, tokens.refresh_token!)).status).toBe(401);
  });

  test('for an interface are signed, short, by the sector’s sub, with the level of the sign-in, and not stored', async () => {
    const arrival = await department.arrive(browser(), {
      scope: 'openid profile contributions.read',
      resource: API,
    });
    const { body } = await department.token(exchange(department, arrival, { resource: API }));
    const jwks = jose.createRemoteJWKSet(new URL(`${node.address}/oauth/jwks`));
    const { payload, protectedHeader } = await jose.jwtVerify(String(body.access_token), jwks, {
      issuer: node.issuer,
      audience: API,
      typ: 'at+jwt',
    });
    expect(protectedHeader.alg).toBe('ES256');
    expect(payload).toMatchObject({
      client_id: 'insurance',
      scope: 'contributions.read',
      acr: ACR(3, 2),
      auth_time: expect.any(Number),
    });
    expect(payload.exp! - payload.iat!).toBe(120);
    expect(payload.sub).toBe(await node.oidc.subjects.of(person.id, 'insurance'));
    expect(payload.sub).not.toBe(person.id);
    expect((await userinfo(node, String(body.access_token))).status).toBe(401);
    expect((await department.post('/oauth/introspect', { token: String(body.access_token) })).status).toBe(
      400,
    );
    const stored = await node.database.query(`SELECT 1 FROM oidc_record WHERE model = 'AccessToken'`);
    expect(stored).toHaveLength(1);
  });

  test('for an interface need to be agreed to, and to be allowed for the application', async () => {
    const somebody = await node.person(2);
    const window = node.browser({ login: { accountId: somebody.id } });
    const page = await window.open(
      (await department.begin({ scope: 'openid contributions.write', resource: API })).url.href,
    );
    expect(shown(page).prompt.details.wanted).toMatchObject({
      resources: { [API]: ['contributions.write'] },
    });
    const other = await register(node, 'housing');
    const refused = await other.arrive(browser(), { scope: 'openid contributions.read', resource: API });
    expect(refused.back.searchParams.get('error')).toBe('invalid_target');
    const unknown = await department.arrive(browser(), { resource: 'https://elsewhere.example/' });
    expect(unknown.back.searchParams.get('error')).toBe('invalid_target');
  });

  test('between services are made for the interface and hold no person', async () => {
    const batch = await register(node, 'batch', { ...service, resources: [API] });
    const { body } = await batch.token({
      grant_type: 'client_credentials',
      resource: API,
      scope: 'contributions.read other',
    });
    expect(jose.decodeJwt(String(body.access_token))).toMatchObject({
      aud: API,
      scope: 'contributions.read',
      sub: 'batch',
      client_id: 'batch',
    });
    expect(
      (await batch.token({ grant_type: 'client_credentials', resource: 'https://elsewhere.example/' })).body
        .error,
    ).toBe('invalid_target');
  });
});
