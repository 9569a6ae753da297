/** Design §5.3: about a token only its owner and the interface it was made for are told, and only while the person is active. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Person } from '../../../src/accounts/person.ts';
import { type Department, exchange, register } from '../department.ts';
import { ACR, by, type ProviderNode } from '../server.ts';
import { anyWorld, type World } from '../world.ts';

const API = 'https://api.example.gov.cn/contributions';

describe('introspection', () => {
  let world: World;
  let node: ProviderNode;
  let insurance: Department;
  let housing: Department;
  let api: Department;
  let person: Person;
  const browser = (who = person) =>
    node.browser({ login: { accountId: who.id, acr: ACR(3, 2), amr: ['pwd', 'sms'] }, consent: 'agree' });
  const ask = async (who: Department, token: string, hint?: string) =>
    (await who.post('/oauth/introspect', { token, ...(hint ? { token_type_hint: hint } : {}) })).body;

  beforeAll(async () => {
    world = await anyWorld.open();
    ({ node } = world);
    insurance = await register(node, 'insurance', { resources: [API] });
    housing = await register(node, 'housing');
    api = await register(node, 'contributions-api', {
      grant_types: ['client_credentials'],
      redirect_uris: undefined,
      post_logout_redirect_uris: undefined,
      scope: undefined,
      resource: { identifier: API, scope: 'contributions.read contributions.write' },
    });
    person = await node.person(1);
  });
  afterAll(() => world.close());

  test('tells the owner, with the level of the sign-in (RFC 9470), whatever the hint', async () => {
    const tokens = await insurance.signIn(browser());
    for (const hint of [undefined, 'access_token', 'refresh_token', 'nonsense']) {
      expect(await ask(insurance, tokens.access_token, hint)).toMatchObject({
        active: true,
        client_id: 'insurance',
        sub: tokens.claims()!.sub,
        acr: ACR(3, 2),
        auth_time: expect.any(Number),
        iss: node.issuer,
      });
    }
    expect(await ask(insurance, tokens.refresh_token!)).toMatchObject({ active: true });
  });

  test('tells another application nothing, not even that the token exists', async () => {
    const tokens = await insurance.signIn(browser());
    expect(await ask(housing, tokens.access_token)).toEqual({ active: false });
    expect(await ask(housing, tokens.refresh_token!)).toEqual({ active: false });
    expect(await ask(api, tokens.access_token)).toEqual({ active: false });
    expect(await ask(housing, 'at_made-up')).toEqual({ active: false });
  });

  test('tells the interface a token was made for, and writes it into the disclosure log', async () => {
    const arrival = await insurance.arrive(browser(), { scope: 'openid contributions.read', resource: API });
    const { body } = await insurance.token(exchange(insurance, arrival, { resource: API }));
    expect(await ask(api, String(body.access_token))).toMatchObject({
      active: true,
      aud: API,
      scope: 'contributions.read',
      client_id: 'insurance',
    });
    expect(await ask(housing, String(body.access_token))).toEqual({ active: false });
    const [latest] = await node.rooms.audit.disclosures.ofPerson(person.id, { limit: 1 });
    expect(latest).toMatchObject({ clientId: 'contributions-api', via: 'introspection' });
  });

  test('is refused without authentication', async () => {
    const response = await fetch(new URL('/oauth/introspect', node.address), {
      method: 'POST',
      body: new URLSearchParams({ token: 'at_x' }),
    });
    expect(response.status).toBe(400);
    const asNobody = await fetch(new URL('/oauth/introspect', node.address), {
      method: 'POST',
      body: new URLSearchParams({ token: 'at_x', client_id: 'insurance' }),
    });
    expect(asNobody.status).toBe(401);
  });

  test('says inactive for the tokens of a frozen person, and of a suspended application', async () => {
    const frozen = await node.person(2);
    const tokens = await insurance.signIn(browser(frozen));
    await node.rooms.accounts.changeState(frozen.id, 'frozen', { actor: 'operator:test', reason: 'test' });
    expect(await ask(insurance, tokens.access_token)).toEqual({ active: false });
    const arrival = await insurance.arrive(browser(), { scope: 'openid contributions.read', resource: API });
    const { body } = await insurance.token(exchange(insurance, arrival, { resource: API }));
    await node.clients.suspend('insurance', by);
    expect(await ask(api, String(body.access_token))).toEqual({ active: false });
    await node.clients.resume('insurance', by);
  });
});
