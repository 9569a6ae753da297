/** What people are asked, what is remembered, and how it is taken back. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Person } from '../../src/accounts/person.ts';
import { type Department, exchange, register, userinfo } from './department.ts';
import { startReceiver } from './receiver.ts';
import { ACR, by, eventsOf, type ProviderNode, shown } from './server.ts';
import { until, type World, worlds } from './world.ts';

describe.each(worlds)('consent on $name', (kind) => {
  let world: World;
  let node: ProviderNode;
  let asking: Department;
  let telling: Department;
  let person: Person;
  let n = 0;

  beforeAll(async () => {
    world = await kind.open();
    ({ node } = world);
    asking = await register(node, 'asking', { legal_basis: 'consent' });
    telling = await register(node, 'telling', { legal_basis: 'statutory-duty' });
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    n += 1;
    person = await node.person(n);
  });

  const browser = (consent?: 'agree' | 'refuse' | 'own-grant') =>
    node.browser({
      login: { accountId: person.id, acr: ACR(3, 1), amr: ['pwd'] },
      ...(consent ? { consent } : {}),
    });
  const open = async (window: ReturnType<typeof browser>, department: Department, parameters = {}) =>
    window.open((await department.begin(parameters)).url.href);

  test('is asked once per application and scope set, also from another browser', async () => {
    const window = browser();
    const page = shown(await open(window, asking, { scope: 'openid profile' }));
    expect(page.prompt).toMatchObject({ name: 'consent', reasons: ['consent_missing'] });
    expect(page.consent).toMatchObject({
      basis: 'consent',
      offline: false,
      claims: expect.arrayContaining(['name', 'birthdate']),
    });
    window.behaviour.consent = 'agree';
    await asking.signIn(window, { scope: 'openid profile' });
    const elsewhere = browser();
    expect(
      (await asking.arrive(elsewhere, { scope: 'openid profile' })).back.searchParams.get('code'),
    ).toBeTruthy();
    expect((await asking.arrive(elsewhere, { scope: 'openid' })).back.searchParams.get('code')).toBeTruthy();
    const more = shown(await open(elsewhere, asking, { scope: 'openid profile phone' }));
    expect(more.prompt.reasons).toEqual(['consent_missing']);
    expect(more.consent!.newClaims).toEqual(['phone_number', 'phone_number_verified']);
    expect(more.consent!.claims).toEqual(expect.arrayContaining(['name', 'phone_number']));
  });

  test('on a statutory duty is a notice, shown once', async () => {
    const window = browser();
    const page = shown(await open(window, telling));
    expect(page.prompt).toMatchObject({ name: 'consent', reasons: ['notice'] });
    expect(page.consent).toMatchObject({ basis: 'statutory-duty' });
    window.behaviour.consent = 'agree';
    await telling.signIn(window);
    expect((await telling.arrive(browser())).back.searchParams.get('code')).toBeTruthy();
  });

  test('given by a page that makes the grant itself is remembered all the same', async () => {
    await asking.signIn(browser('own-grant'), { scope: 'openid profile' });
    expect(
      (await asking.arrive(browser(), { scope: 'openid profile' })).back.searchParams.get('code'),
    ).toBeTruthy();
    expect(await node.oidc.listGrants(person.id)).toMatchObject([{ scopes: ['openid', 'profile'] }]);
  });

  test('refused leads back with access_denied, and is in the audit', async () => {
    const arrival = await asking.arrive(browser('refuse'));
    expect(arrival.back.searchParams.get('error')).toBe('access_denied');
    expect(await node.oidc.listGrants(person.id)).toEqual([]);
    expect((await eventsOf(node.database, { personId: person.id })).map(({ type }) => type)).toContain(
      'consent.refused',
    );
  });

  test('survives signing out, losing the session, and a family of tokens that had to end', async () => {
    const window = browser('agree');
    const arrival = await asking.arrive(window);
    await asking.token(exchange(asking, arrival));
    await asking.token(exchange(asking, arrival));
    window.behaviour = {};
    expect((await asking.arrive(window)).back.searchParams.get('code')).toBeTruthy();
    await window.submit(await window.open(`${node.issuer}/oauth/logout`), { logout: 'yes' });
    expect((await asking.arrive(browser())).back.searchParams.get('code')).toBeTruthy();
  });

  test('is listed with what was agreed and when', async () => {
    await asking.signIn(browser('agree'), { scope: 'openid phone' });
    await telling.signIn(browser('agree'), { scope: 'openid offline_access', prompt: 'consent' });
    const listed = await node.oidc.listGrants(person.id);
    expect(listed.map(({ client }) => client.id).sort()).toEqual(['asking', 'telling']);
    expect(listed.find(({ client }) => client.id === 'asking')).toMatchObject({
      basis: 'consent',
      scopes: ['openid', 'phone'],
      claims: ['phone_number', 'phone_number_verified'],
      offline: false,
      givenAt: expect.any(Date),
    });
    expect(listed.find(({ client }) => client.id === 'telling')).toMatchObject({ offline: true });
  });

  test('taken back ends the tokens everywhere, tells the application, and is asked again', async () => {
    const hears = await startReceiver();
    const heard = await register(node, `heard-${n}`, { backchannel_logout_uri: hears.url });
    const other = await world.another();
    const window = browser('agree');
    const tokens = await heard.signIn(window, { scope: 'openid profile offline_access', prompt: 'consent' });
    expect((await userinfo(other, tokens.access_token)).status).toBe(200);
    expect(await node.oidc.revokeGrant(person.id, heard.id, { actor: 'self' })).toBe(true);
    await until(() => hears.tokens.length > 0);
    await until(async () => (await userinfo(other, tokens.access_token)).status === 401, 5);
    expect(
      (await heard.token({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token! })).body.error,
    ).toBe('invalid_grant');
    window.behaviour = {};
    expect(shown(await open(window, heard)).prompt).toMatchObject({
      name: 'consent',
      reasons: ['consent_missing'],
    });
    expect(await node.oidc.listGrants(person.id)).toEqual([]);
    expect((await eventsOf(node.database, { personId: person.id })).map(({ type }) => type)).toEqual(
      expect.arrayContaining(['consent.granted', 'consent.revoked']),
    );
    expect(await node.oidc.revokeGrant(person.id, heard.id, { actor: 'self' })).toBe(false);
    expect(await node.oidc.revokeGrant(person.id, '\u0000', { actor: 'self' })).toBe(false);
    await hears.close();
  });

  test('for what an application may no longer have does not count', async () => {
    const shrinking = await register(node, `shrinking-${n}`);
    await shrinking.signIn(browser('agree'), { scope: 'openid profile phone' });
    const definition = {
      redirect_uris: [shrinking.redirectUri],
      scope: 'openid profile',
      grant_types: ['authorization_code'],
      sector: 'shrinking',
    };
    expect((await node.clients.change(shrinking.id, definition, by)).ok).toBe(true);
    const tokens = await shrinking.signIn(browser(), { scope: 'openid profile' });
    expect(JSON.parse((await userinfo(node, tokens.access_token)).body)).not.toHaveProperty('phone_number');
    expect(
      (await shrinking.arrive(browser(), { scope: 'openid phone' })).back.searchParams.get('error'),
    ).toBe('invalid_scope');
  });
});
