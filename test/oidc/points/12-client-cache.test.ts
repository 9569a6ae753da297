/** Design §5.12: more clients than the library keeps, and a change of one reaches every node within five seconds. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { register } from '../department.ts';
import { by, type ProviderNode } from '../server.ts';
import { anyWorld, until, type World } from '../world.ts';

describe('clients', () => {
  let world: World;
  let node: ProviderNode;
  beforeAll(async () => {
    world = await anyWorld.open();
    ({ node } = world);
  });
  afterAll(() => world.close());

  test('are built once per version, also beyond a hundred', async () => {
    const ids = Array.from({ length: 150 }, (_, n) => `app-${n}`);
    for (const id of ids) await register0(node, id);
    const find = (id: string) => node.oidc.provider.Client.find(id);
    const first = await Promise.all(ids.map(find));
    expect(first.every((client) => client !== undefined)).toBe(true);
    const second = await Promise.all(ids.map(find));
    expect(second.every((client, n) => client === first[n])).toBe(true);
    await node.clients.change('app-7', definition('app-7', { scope: 'openid' }), by);
    const changed = await find('app-7');
    expect(changed).not.toBe(first[7]);
    expect(changed?.scope).toBe('openid');
  });

  test('suspended on one node are refused by the other within five seconds: no page, no token', async () => {
    const other = await world.another();
    const department = await register(node, 'insurance', { legal_basis: 'statutory-duty' });
    const person = await node.person(1);
    const window = node.browser({ login: { accountId: person.id }, consent: 'agree' });
    const tokens = await department.signIn(window);
    const refresh = async (at: ProviderNode) =>
      (await department.token({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token! }, at)).body
        .error;
    window.node = other.address;
    expect((await department.arrive(window)).back.searchParams.get('code')).toBeTruthy();
    await node.clients.suspend('insurance', by);
    const since = Date.now();
    await until(async () => (await window.open((await department.begin()).url.href)).status === 400, 6);
    expect(Date.now() - since).toBeLessThan(5_000);
    expect(await refresh(other)).toBe('invalid_client');
    expect(await refresh(node)).toBe('invalid_client');
    expect(
      (
        await fetch(`${other.address}/oauth/userinfo`, {
          headers: { authorization: `Bearer ${tokens.access_token}` },
        })
      ).status,
    ).toBe(401);
    await node.clients.resume('insurance', by);
    await until(async () => (await department.arrive(window)).back.searchParams.has('code'), 6);
  });

  const definition = (id: string, more: object = {}) => ({
    client_id: id,
    redirect_uris: [`https://${id}.example.gov.cn/cb`],
    ...more,
  });
  const register0 = async (at: ProviderNode, id: string) => {
    const created = await at.clients.create(definition(id), by);
    if (!created.ok) throw new Error(JSON.stringify(created.failure));
  };
});
