/** What onboarding lets through, the library can work with: no registered application ends in an error page. */
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toDraft } from '../../src/clients/draft.ts';
import { judgeDefinition } from '../../src/clients/onboarding.ts';
import { toLibrary } from '../../src/oidc/library-clients.ts';
import { anyWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await anyWorld.open();
});
afterAll(() => world.close());

const ec = {
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
  kid: 'ec',
};
const rsa = {
  ...generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' }),
  kid: 'rsa',
};
const url = fc.constantFrom(
  'https://a.example.gov.cn/cb',
  'https://b.example.gov.cn:8443/x?y=1',
  'http://localhost:3001/cb',
  'http://[::1]/',
);
const acr = fc.constantFrom('urn:yihao:acr:1:ial3:aal1', 'urn:yihao:acr:1:ial4:aal2');
const maybe = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });

const definitions = fc.record({
  client_id: fc.stringMatching(/^[a-z0-9][a-z0-9.~_-]{2,20}$/),
  client_name: maybe(fc.constantFrom('社保', 'བོད།', 'Housing fund')),
  redirect_uris: maybe(fc.uniqueArray(url, { maxLength: 3 })),
  post_logout_redirect_uris: maybe(fc.uniqueArray(url, { maxLength: 2 })),
  grant_types: maybe(
    fc.uniqueArray(fc.constantFrom('authorization_code', 'refresh_token', 'client_credentials'), {
      minLength: 1,
    }),
  ),
  sector: fc.constantFrom('social', 'a.example.gov.cn:8443'),
  scope: maybe(fc.constantFrom('openid', 'openid profile phone', 'openid profile id_number offline_access')),
  entitlements: fc.constant(['id_number']),
  token_endpoint_auth_method: maybe(
    fc.constantFrom('client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'),
  ),
  id_token_signed_response_alg: maybe(fc.constantFrom('ES256', 'RS256', 'PS256', 'EdDSA')),
  userinfo_signed_response_alg: maybe(fc.constantFrom('ES256', 'RS256', 'PS256', 'EdDSA')),
  userinfo_encrypted_response_alg: maybe(
    fc.constantFrom('ECDH-ES', 'ECDH-ES+A256KW', 'RSA-OAEP', 'RSA-OAEP-256'),
  ),
  userinfo_encrypted_response_enc: maybe(fc.constantFrom('A128GCM', 'A256CBC-HS512')),
  id_token_encrypted_response_alg: maybe(fc.constantFrom('ECDH-ES', 'RSA-OAEP-256')),
  jwks: maybe(fc.constant({ keys: [ec, rsa] })),
  jwks_uri: maybe(url),
  backchannel_logout_uri: maybe(url),
  backchannel_logout_session_required: maybe(fc.boolean()),
  require_pushed_authorization_requests: maybe(fc.boolean()),
  dpop_bound_access_tokens: maybe(fc.boolean()),
  default_max_age: maybe(fc.nat(100_000)),
  default_acr_values: maybe(fc.array(acr, { maxLength: 2 })),
  require_auth_time: maybe(fc.boolean()),
  initiate_login_uri: maybe(url),
  logo_uri: maybe(url),
});

test('every definition that is accepted makes a client', () => {
  const Library = world.node.oidc.provider.Client as unknown as new (
    metadata: object,
  ) => { clientId: string; idTokenSignedResponseAlg: string };
  let accepted = 0;
  fc.assert(
    fc.property(definitions, (definition) => {
      const given = Object.fromEntries(Object.entries(definition).filter(([, value]) => value !== undefined));
      const judged = judgeDefinition(given);
      if (!judged.ok) return;
      accepted += 1;
      const record = { ...toDraft(judged.value), version: 1, createdAt: new Date(), changedAt: new Date() };
      const client = new Library(toLibrary(record));
      expect(client.clientId).toBe(definition.client_id);
      expect(client.idTokenSignedResponseAlg).toBe(definition.id_token_signed_response_alg ?? 'ES256');
    }),
    { numRuns: 2_000 },
  );
  expect(accepted).toBeGreaterThan(100);
});
