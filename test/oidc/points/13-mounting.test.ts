/** Design §5.13: addresses and cookies go by the issuer, whatever a client or a proxy writes into its headers. */
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProviderNode } from '../server.ts';
import { anyWorld, type World } from '../world.ts';

describe('behind a proxy that ends TLS', () => {
  const issuer = 'https://id.example.gov.cn';
  let world: World;
  let node: ProviderNode;
  beforeAll(async () => {
    world = await anyWorld.open({ issuer });
    ({ node } = world);
    await register0();
  });
  afterAll(() => world.close());

  const register0 = () =>
    node.clients.create(
      { client_id: 'insurance', redirect_uris: ['https://a.example.gov.cn/cb'] },
      { actor: 'operator:test' },
    );
  const authorize =
    '/oauth/authorize?client_id=insurance&response_type=code&scope=openid&redirect_uri=https%3A%2F%2Fa.example.gov.cn%2Fcb&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256';

  const forged = {
    host: 'evil.example',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'http',
    'x-forwarded-for': '6.6.6.6',
  };

  test('discovery names the issuer’s addresses only', async () => {
    const { body } = await raw(node.address, '/.well-known/openid-configuration', forged);
    expect(body).not.toContain('evil.example');
    expect(body).not.toContain('"http://');
    expect(JSON.parse(body)).toMatchObject({ issuer, token_endpoint: `${issuer}/oauth/token` });
  });

  test('cookies are Secure and bound to the host though the last hop is plain http', async () => {
    const { status, headers } = await raw(node.address, authorize, forged);
    expect(status).toBe(303);
    const cookies = headers['set-cookie'] as string[];
    expect(cookies.length).toBeGreaterThan(0);
    for (const cookie of cookies) {
      expect(cookie.toLowerCase()).toContain('secure');
      expect(cookie.toLowerCase()).toContain('httponly');
      expect(cookie.toLowerCase()).toContain('samesite=lax');
    }
    expect(node.oidc.provider.cookieName('session')).toBe('__Host-yihao_session');
  });

  test('a cookie without our signature, or with another one’s, is nobody', async () => {
    const { headers } = await raw(node.address, authorize, forged);
    const pairs = (headers['set-cookie'] as string[]).map((line) => line.split(';')[0]!);
    const uid = String(headers.location).split('/').at(-1)!;
    const page = (cookie: string) => raw(node.address, `/interaction/${uid}`, { cookie });
    expect((await page(pairs.join('; '))).status).toBe(200);
    const bent = pairs.map((pair) => (pair.includes('.sig=') ? `${pair.slice(0, -2)}xx` : pair));
    expect((await page(bent.join('; '))).status).toBe(500);
    expect((await page(pairs.filter((pair) => !pair.includes('.sig=')).join('; '))).status).toBe(500);
  });
});

test('discovery and keys are finished bytes with an ETag', async () => {
  const world = await anyWorld.open();
  try {
    const { node } = world;
    for (const path of ['/.well-known/openid-configuration', '/oauth/jwks']) {
      const first = await fetch(node.address + path);
      const etag = first.headers.get('etag')!;
      expect(first.headers.get('cache-control')).toBe('public, max-age=300');
      expect((await fetch(node.address + path, { headers: { 'if-none-match': etag } })).status).toBe(304);
      const head = await fetch(node.address + path, { method: 'HEAD' });
      expect(head.headers.get('content-length')).toBe(String(Buffer.byteLength(await first.text())));
    }
    expect((await fetch(`${node.address}/oauth/jwks`, { method: 'POST' })).status).toBe(405);
  } finally {
    await world.close();
  }
});

/** fetch would not let us write these headers. */
function raw(
  address: string,
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }> {
  return new Promise((done, fail) => {
    const request = httpRequest(new URL(path, address), { headers }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => done({ status: response.statusCode!, headers: response.headers, body }));
    });
    request.on('error', fail);
    request.end();
  });
}
