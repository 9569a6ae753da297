/** Design §5.6: only listed hosts and networks are called, no redirect is followed, size and time are bounded. */
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as jose from 'jose';
import * as client from 'openid-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeOutgoing } from '../../../src/oidc/outgoing.ts';
import { oidcProductionFaults, oidcSettings } from '../../../src/oidc/settings.ts';
import { join } from '../department.ts';
import { by } from '../server.ts';
import { anyWorld } from '../world.ts';

const settingsWith = (more: object) =>
  oidcSettings.parse({ outgoing: { timeoutMs: 500, maxBytes: 2_048, ...more } }).outgoing;
const answers: Record<string, RequestListener> = {
  '/ok': (_request, response) => response.end('fine'),
  '/redirect': (_request, response) => response.writeHead(302, { location: '/ok' }).end(),
  '/long': (_request, response) => response.end('x'.repeat(10_000)),
  '/endless': (_request, response) => {
    const timer = setInterval(() => response.write('x'), 20);
    response.on('close', () => clearInterval(timer));
  },
  '/silent': () => {},
};

describe('a call to a department', () => {
  let server: Server;
  let port: number;
  beforeAll(async () => {
    server = createServer((request, response) => answers[request.url!]!(request, response));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const call = async (host: string, path: string, more: object = {}) => {
    const response = await makeOutgoing(settingsWith(more))(`http://${host}:${port}${path}`);
    return { status: response.status, body: await response.text() };
  };

  test('reaches a listed host in a listed network', async () => {
    expect(await call('localhost', '/ok')).toEqual({ status: 200, body: 'fine' });
    expect(await call('127.0.0.1', '/ok')).toEqual({ status: 200, body: 'fine' });
  });

  test.each([
    ['a host that is not listed', 'localhost', { hosts: ['*.example.gov.cn'] }],
    ['a listed name that resolves to an address that is not', 'localhost', { networks: ['10.1.0.0/16'] }],
    ['an address that is not in a listed network', '127.0.0.1', { networks: ['10.1.0.0/16'] }],
    ['an address in disguise', '2130706433', {}],
    ['an address in IPv6 dress', '[::ffff:127.0.0.1]', { networks: ['10.0.0.0/8'] }],
    ['plain http where it is off', 'localhost', { plainHttp: false }],
  ])('is not made to %s', async (_what, host, more) => {
    if (host === '2130706433') expect(new URL(`http://${host}/`).hostname).toBe('127.0.0.1');
    const networks = 'networks' in more || host !== '2130706433' ? more : { networks: ['10.0.0.0/8'] };
    await expect(call(host, '/ok', networks)).rejects.toThrow(
      /may not be called|not on the list|listed network|only https/,
    );
  });

  test('goes to the address that was judged, though the name changes its address in between', async () => {
    let asked = 0;
    const resolver = ((
      _host: string,
      _options: object,
      callback: (error: null, addresses: object[]) => void,
    ) => {
      asked += 1;
      callback(null, [{ address: asked === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 }]);
    }) as unknown as NonNullable<Parameters<typeof makeOutgoing>[1]>;
    const outgoing = makeOutgoing(settingsWith({ hosts: ['rebinding.example'] }), resolver);
    expect(await (await outgoing(`http://rebinding.example:${port}/ok`)).text()).toBe('fine');
    expect(asked).toBe(1);
    await expect(outgoing(`http://rebinding.example:${port + 1}/ok`)).rejects.toThrow('may not be called');
  });

  test('skips the forbidden addresses of a name that has several', async () => {
    const resolver = ((
      _host: string,
      _options: object,
      callback: (error: null, addresses: object[]) => void,
    ) =>
      callback(null, [
        { address: '169.254.169.254', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ])) as unknown as NonNullable<Parameters<typeof makeOutgoing>[1]>;
    const outgoing = makeOutgoing(settingsWith({ hosts: ['two.example'] }), resolver);
    expect((await outgoing(`http://two.example:${port}/ok`)).status).toBe(200);
  });

  test('follows no redirect', async () => {
    expect((await call('localhost', '/redirect')).status).toBe(302);
  });

  test('ends at its bounds of size and time', async () => {
    await expect(call('localhost', '/long')).rejects.toThrow('longer than 2048 bytes');
    await expect(call('localhost', '/silent')).rejects.toThrow('no answer within 500 ms');
    await expect(call('localhost', '/endless')).rejects.toThrow('no answer within 500 ms');
  });
});

test('keys by address (jwks_uri) are fetched within the same rules', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwks = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig' }] });
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    response.end(jwks);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const world = await anyWorld.open();
  try {
    const { node } = world;
    const person = await node.person(1);
    for (const [id, host] of [
      ['inside', 'localhost'],
      ['outside', '127.0.0.2.nip.example'],
    ] as const) {
      const redirectUri = `https://${id}.example.gov.cn/cb`;
      const made = await node.clients.create(
        {
          ...{ client_id: id, redirect_uris: [redirectUri], legal_basis: 'statutory-duty' },
          ...{
            token_endpoint_auth_method: 'private_key_jwt',
            jwks_uri: host === 'localhost' ? `http://${host}:${port}/` : `https://${host}:${port}/`,
          },
        },
        by,
      );
      expect(made.ok).toBe(true);
      const key = await jose.importJWK(privateKey.export({ format: 'jwk' }), 'ES256');
      const site = await join(
        node,
        id,
        '',
        redirectUri,
        client.PrivateKeyJwt({ key: key as client.CryptoKey, kid: 'one' }),
      );
      const signIn = site.signIn(node.browser({ login: { accountId: person.id }, consent: 'agree' }));
      if (id === 'inside') expect((await signIn).access_token).toBeTruthy();
      else await expect(signIn).rejects.toThrow();
    }
    expect(asked).toBe(1);
  } finally {
    await world.close();
    server.close();
  }
});

test('production must name its departments and may not call this machine', () => {
  expect(oidcProductionFaults(oidcSettings.parse({})).map((fault) => fault.setting)).toEqual([
    ...['oidc.outgoing.plainHttp', 'oidc.outgoing.networks', 'oidc.outgoing.hosts'],
  ]);
  const named = oidcSettings.parse({
    outgoing: { plainHttp: false, networks: ['10.20.0.0/16'], hosts: ['*.example.gov.cn'] },
  });
  expect(oidcProductionFaults(named)).toEqual([]);
  for (const network of ['127.0.0.1/32', '64.0.0.0/2', '0.0.0.0/0', '::/0', '::1/128', '::ffff:7f00:0/104']) {
    const settings = oidcSettings.parse({ outgoing: { ...named.outgoing, networks: [network] } });
    expect(
      oidcProductionFaults(settings).map((fault) => fault.setting),
      network,
    ).toEqual(['oidc.outgoing.networks']);
  }
});
