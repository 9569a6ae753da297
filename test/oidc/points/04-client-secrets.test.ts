/** Design §5.4: secrets hashed at rest, compared in constant time, two valid while one is replaced. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { register } from '../department.ts';
import { by, type ProviderNode } from '../server.ts';
import { anyWorld, type World } from '../world.ts';

describe('a client secret at the token endpoint', () => {
  let world: World;
  let node: ProviderNode;
  const service = {
    grant_types: ['client_credentials'],
    redirect_uris: undefined,
    post_logout_redirect_uris: undefined,
    scope: undefined,
  };
  const ask = async (id: string, secret: string) => {
    const response = await fetch(new URL('/oauth/token', node.address), {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    return response.status;
  };

  beforeAll(async () => {
    world = await anyWorld.open();
    ({ node } = world);
  });
  afterAll(() => world.close());

  test('works, and nothing else does: not its hash, not an empty one, not another one’s', async () => {
    const one = await register(node, 'one', service);
    const two = await register(node, 'two', service);
    const [{ hash }] = (await node.database.query<{ hash: Buffer }>(
      `SELECT hash FROM client_secret WHERE client_id = 'one'`,
    )) as [{ hash: Buffer }];
    expect(await ask('one', one.secret)).toBe(200);
    for (const wrong of [
      '',
      'x',
      two.secret,
      hash.toString('hex'),
      hash.toString('base64'),
      `${one.secret} `,
      'undefined',
    ]) {
      expect([400, 401]).toContain(await ask('one', wrong));
    }
  });

  test('being replaced works beside the new one, on every node', async () => {
    const site = await register(node, 'three', service);
    const rotated = await node.clients.rotateSecret('three', by, { graceDays: 1 });
    expect(rotated.ok && (await ask('three', rotated.value.secret))).toBe(200);
    expect(await ask('three', site.secret)).toBe(200);
    const again = await node.clients.rotateSecret('three', by, { graceDays: 0 });
    expect(again.ok && (await ask('three', again.value.secret))).toBe(200);
    expect(await ask('three', site.secret)).toBe(401);
    expect(rotated.ok && (await ask('three', rotated.value.secret))).toBe(401);
  });

  test('is never the key of anything: no symmetric algorithm is offered or accepted', async () => {
    const server = (await (await fetch(`${node.address}/.well-known/openid-configuration`)).json()) as Record<
      string,
      string[]
    >;
    for (const [name, values] of Object.entries(server)) {
      if (/_(alg|enc)_values_supported$/.test(name) && /signing_alg|encryption_alg/.test(name)) {
        expect(
          values.filter((value) => /^(HS|A\d|dir)/.test(value)),
          name,
        ).toEqual([]);
      }
    }
    expect(server.token_endpoint_auth_methods_supported).not.toContain('client_secret_jwt');
    const client = await node.oidc.provider.Client.find('one');
    expect(client?.clientSecret).toBeUndefined();
    expect([...(client as unknown as { symmetricKeyStore: Iterable<unknown> }).symmetricKeyStore]).toEqual(
      [],
    );
  });

  test('of a suspended application stops working', async () => {
    const site = await register(node, 'four', service);
    await node.clients.suspend('four', by);
    expect(await ask('four', site.secret)).toBe(401);
  });
});
