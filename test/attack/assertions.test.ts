/** Applications that lie about who they are, with a key: at every door that asks, and with keys at hostile addresses. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningYihao } from '../support/server.ts';
import {
  type Application,
  expectRefused,
  openApplication,
  PROVING,
  signed,
  WITH_KEY,
} from './application.ts';
import { expectClear } from './judge.ts';
import { jws, publicJwk, spoilt } from './jwt.ts';
import { targets } from './targets.ts';

describe.each(targets)('assertions ($name)', (target) => {
  let yihao: RunningYihao;
  let application: Application;
  beforeAll(async () => {
    yihao = await target.start();
    application = await openApplication(yihao, WITH_KEY);
  });
  afterAll(() => yihao.close());

  test('a good one passes once, so what follows is refused for its fault', async () => {
    const assertion = signed(application);
    expect((await application.present(assertion)).status).toBe(200);
    expectRefused('a second time', await application.present(assertion));
  });

  /** What alone makes no assertion false: the library reads these as "from the beginning of time". */
  const HARMLESS = /^(nbf|iat) (very small|a number)$/;

  test.each(PROVING)('spoilt ones at %s', async (path) => {
    const { header, payload } = application.assertion();
    const own = { kid: 'nobody’s', jwk: publicJwk, jku: 'http://127.0.0.1:1/', x5u: 'http://127.0.0.1:1/' };
    const all: [string, string][] = [
      ...spoilt(application.assertion).filter(([what]) => !HARMLESS.test(what)),
      ['another’s kid', jws({ ...header, kid: 'two' }, payload)],
      ['a kid of a prototype', jws({ ...header, kid: '__proto__' }, payload)],
      ['a key of its own', jws({ ...header, ...own }, payload)],
      ['for another server', signed(application, { aud: 'https://evil.example' })],
      ['of another application', signed(application, { iss: 'nobody', sub: 'nobody' })],
    ];
    for (const [what, assertion] of all) {
      expectRefused(`${path}, ${what}`, await application.present(assertion, path));
      const named = { client_id: application.department.clientId };
      expectRefused(`${path}, ${what}, named`, await application.present(assertion, path, named));
    }
  });

  test('one holds an hour at most, and its end may have a fraction', async () => {
    const now = Math.floor(Date.now() / 1_000);
    expect((await application.present(signed(application, { exp: now + 60.5 }))).status).toBe(200);
    for (const exp of [now + 7_200, 9e9, 253_402_300_800, 9e15, 1e308])
      expectRefused(`exp ${exp}`, await application.present(signed(application, { exp })));
  });
});

/** What stands at the address: an answer, or how it is not given. */
const AT_THE_ADDRESS: [string, string][] = [
  ...['silence', 'cut', 'redirect', 'error'].map((how): [string, string] => [how, how]),
  ['nothing', ''],
  ['a page', '<html>'],
  ...[
    'null',
    '[]',
    '{',
    '{"keys":null}',
    '{"keys":{}}',
    '{"keys":[null]}',
    '{"keys":[5]}',
    '{"keys":[{}]}',
  ].map((json): [string, string] => [json, json]),
  ['half a key', '{"keys":[{"kty":"EC"}]}'],
  ['a symmetric key', '{"keys":[{"kty":"oct","k":"AAAA"}]}'],
  ['2,000 keys', `{"keys":[${'{"kty":"RSA","n":"AQAB","e":"AQAB"},'.repeat(2_000)}{}]}`],
  ['JSON 60,000 deep', `{"keys":${'['.repeat(60_000)}`],
  ['far too much', `{"keys":[]}${' '.repeat(300_000)}`],
];

describe('keys that an application offers at an address of its own', () => {
  let yihao: RunningYihao;
  let server: Server;
  let say = '';
  beforeAll(async () => {
    yihao = await targets[0]!.start({ YIHAO_OIDC__OUTGOING__TIMEOUT_MS: '300' });
    server = createServer((_request, response) => {
      if (say === 'silence') return;
      if (say === 'cut') response.destroy();
      else if (say === 'redirect') response.writeHead(302, { location: `${yihao.origin}/oauth/jwks` }).end();
      else if (say === 'error') response.writeHead(500).end('{"keys":[]}');
      else response.writeHead(200, { 'Content-Type': 'application/json' }).end(say);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await yihao.close();
  });

  test.each(AT_THE_ADDRESS)('%s', async (what, answer) => {
    say = answer;
    const { port } = server.address() as AddressInfo;
    const application = await openApplication(yihao, {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: `http://localhost:${port}/keys`,
    });
    const refused = await application.present(signed(application));
    expectClear(what, refused);
    expect([400, 401]).toContain(refused.status);
    expect((JSON.parse(refused.body) as { error: string }).error).toMatch(/^invalid_client/);
    expect(refused.body).not.toContain(String(port));
    expect(refused.ms).toBeLessThan(5_000);
  });
});
