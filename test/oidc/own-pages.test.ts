/** What this server's own pages use: the provider's session, without consent and without a token. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Person } from '../../src/accounts/person.ts';
import { OWN_CLIENT } from '../../src/oidc/oidc.ts';
import { type Department, register } from './department.ts';
import { ACR, type ProviderNode, shown } from './server.ts';
import { type World, worlds } from './world.ts';

describe.each(worlds)('our own pages on $name', (kind) => {
  let world: World;
  let node: ProviderNode;
  let department: Department;
  let person: Person;

  beforeAll(async () => {
    world = await kind.open({ settings: { lifetimes: { sessionIdle: 300 }, sessionSlackSeconds: 0 } });
    ({ node } = world);
    department = await register(node, 'insurance', { legal_basis: 'statutory-duty' });
    person = await node.person(1);
  });
  afterAll(() => world.close());

  const login = () => ({ accountId: person.id as string, acr: ACR(3, 1), amr: ['pwd'], channel: 'kiosk' });
  const enter = (parameters: Record<string, string> = {}) =>
    `${node.issuer}/oauth/authorize?${new URLSearchParams({
      client_id: OWN_CLIENT,
      response_type: 'none',
      scope: 'openid',
      redirect_uri: `${node.issuer}/account`,
      state: 'overview',
      ...parameters,
    })}`;
  const me = async (window: ReturnType<ProviderNode['browser']>) =>
    JSON.parse((await window.request(`${node.issuer}/me`)).body);

  test('need a sign-in and nothing else: no consent, no code, back with the state', async () => {
    const window = node.browser({ login: login() });
    expect(await me(window)).toBeNull();
    const page = await window.open(enter());
    const back = new URL(page.url);
    expect(back.pathname).toBe('/account');
    expect(Object.fromEntries(back.searchParams)).toEqual({ state: 'overview', iss: node.issuer });
    expect(await me(window)).toMatchObject({
      personId: person.id,
      acr: ACR(3, 1),
      amr: ['pwd'],
      channel: 'kiosk',
    });
  });

  test('offer the registration first to who asks for it', async () => {
    const window = node.browser();
    expect(shown(await window.open(enter({ prompt: 'create' }))).prompt).toMatchObject({
      name: 'create',
      reasons: ['create_prompt'],
    });
    window.behaviour = { login: login() };
    expect(new URL((await window.open(enter({ prompt: 'create' }))).url).pathname).toBe('/account');
  });

  test('cannot be used by others to get tokens, nor with another address', async () => {
    const window = node.browser({ login: login() });
    expect(new URL((await window.open(enter({ response_type: 'code' }))).url).searchParams.get('error')).toBe(
      'invalid_request',
    );
    expect((await window.open(enter({ redirect_uri: 'https://evil.example/' }))).status).toBe(400);
    const token = await fetch(`${node.address}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: OWN_CLIENT }),
    });
    expect(token.status).toBe(400);
  });

  test('show the sessions of a person with the departments they reached', async () => {
    const one = node.browser({ login: login(), consent: 'agree' });
    await department.signIn(one);
    const { sessionUid } = await me(one);
    const listed = await node.oidc.sessionsOf(person.id);
    expect(listed.find(({ uid }) => uid === sessionUid)).toMatchObject({ channel: 'kiosk', amr: ['pwd'] });
    expect(listed.find(({ uid }) => uid === sessionUid)!.clients.map(({ id }) => id)).toEqual(['insurance']);
    expect(await node.oidc.endSessions(person.id, 'logout', { onlySession: sessionUid })).toBe(1);
    expect(await me(one)).toBeNull();
  });

  test('reading them keeps the session alive, but never brings an ended one back', async () => {
    const window = node.browser({ login: login(), consent: 'agree' });
    await department.signIn(window);
    const { sessionUid } = await me(window);
    const endOf = async () =>
      (await node.oidc.sessionsOf(person.id)).find(({ uid }) => uid === sessionUid)?.expiresAt.getTime();
    const before = (await endOf())!;
    await new Promise((done) => setTimeout(done, 2_100));
    await me(window);
    expect((await endOf())!).toBeGreaterThan(before);
    const reading = Array.from({ length: 20 }, () => me(window.clone()));
    await node.oidc.endSessions(person.id, 'operator', { onlySession: sessionUid });
    await Promise.all(reading);
    expect(await endOf()).toBeUndefined();
  });

  test('the person behind a session may change only by leaving first', async () => {
    const other = await node.person(2);
    const window = node.browser({ login: login(), consent: 'agree' });
    await department.signIn(window);
    window.behaviour = { login: { accountId: other.id, acr: ACR(3, 1), amr: ['pwd'] }, consent: 'agree' };
    const page = await window.open((await department.begin({ prompt: 'login' })).url.href);
    const form = await window.submit(page);
    expect(new URL(form.url).searchParams.get('code')).toBeTruthy();
    expect(await me(window)).toMatchObject({ personId: other.id });
  });
});
