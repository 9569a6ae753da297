/** Design §5.8: keys change while serving, on every node, without anybody noticing. */
import * as jose from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { register } from '../department.ts';
import { ACR, type ProviderNode } from '../server.ts';
import { until, type World, worlds } from '../world.ts';

describe.each(worlds)('rotating the signing keys on $name', (kind) => {
  let world: World;
  let one: ProviderNode;
  let two: ProviderNode;
  beforeAll(async () => {
    world = await kind.open();
    one = world.node;
    two = await world.another();
  });
  afterAll(() => world.close());

  const kids = async (node: ProviderNode) => {
    const { keys } = (await (await fetch(`${node.address}/oauth/jwks`)).json()) as {
      keys: { kid: string; kty: string }[];
    };
    return keys.filter(({ kty }) => kty === 'EC').map(({ kid }) => kid);
  };
  const kidOf = (token: string) => jose.decodeProtectedHeader(token).kid;

  test('the next key signs on both nodes within seconds, old tokens stay good, sessions and grants go on', async () => {
    const department = await register(one, 'insurance', { legal_basis: 'statutory-duty' });
    const person = await one.person(1);
    const window = one.browser({
      login: { accountId: person.id, acr: ACR(3, 1), amr: ['pwd'] },
      consent: 'agree',
    });
    const before = await department.signIn(window);
    const published = await kids(one);
    const provider = two.oidc.provider;
    expect(published).toContain(kidOf(before.id_token!));

    const rotated = await one.keys.rotate({ actor: 'operator:test' });
    expect(rotated.ok).toBe(true);
    await until(() => two.oidc.provider !== provider);
    window.behaviour = {};
    window.node = two.address;
    const after = await department.signIn(window);
    const kid = kidOf(after.id_token!)!;
    expect(kid).not.toBe(kidOf(before.id_token!));
    // It was published before it signed, so nobody met a signature they could not check.
    expect(published).toContain(kid);
    expect(await kids(two)).toEqual(await kids(one));
    expect(await kids(two)).toContain(kidOf(before.id_token!));

    const jwks = jose.createRemoteJWKSet(new URL(`${two.address}/oauth/jwks`));
    await jose.jwtVerify(before.id_token!, jwks, { issuer: one.issuer });
    const hinted = await department.arrive(window, { id_token_hint: before.id_token!, prompt: 'none' });
    expect(hinted.back.searchParams.get('code')).toBeTruthy();
    const refreshed = await department.token(
      { grant_type: 'refresh_token', refresh_token: before.refresh_token! },
      two,
    );
    expect(kidOf(String(refreshed.body.id_token))).toBe(kid);
  });

  test('requests under way while the keys change are all answered', async () => {
    const department = await register(one, 'housing', { legal_basis: 'statutory-duty' });
    const person = await one.person(2);
    const windows = Array.from({ length: 6 }, () =>
      one.browser({ login: { accountId: person.id }, consent: 'agree' }),
    );
    const work = windows.map(async (window) => {
      for (let turn = 0; turn < 5; turn += 1) await department.signIn(window);
    });
    await one.keys.rotate({ actor: 'operator:test', force: true });
    await Promise.all(work);
  });
});
