import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { judgeDefinition } from '../../src/clients/onboarding.ts';

const site = { client_id: 'shebao', redirect_uris: ['https://shebao.example.gov.cn/callback'] };
const faultsOf = (definition: unknown, standing?: 'live') => {
  const judged = judgeDefinition(definition, standing);
  return judged.ok ? [] : judged.failure.faults.map((fault) => fault.setting);
};
const publicKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });

describe('a definition in OpenID names', () => {
  test('with a redirect address alone is enough to try the server out', () => {
    const judged = judgeDefinition(site);
    expect(judged.ok && judged.value).toMatchObject({
      state: 'trial',
      sector: 'shebao.example.gov.cn',
      legalBasis: 'consent',
      name: { 'zh-CN': 'shebao', bo: 'shebao', en: 'shebao' },
      scopes: ['openid', 'profile', 'phone', 'offline_access'],
      metadata: {
        response_types: ['code'],
        grant_types: ['authorization_code'],
        token_endpoint_auth_method: 'client_secret_basic',
        id_token_signed_response_alg: 'ES256',
      },
    });
  });

  test('has every fault told at once, each with its field', () => {
    const faults = faultsOf({
      client_id: 'a',
      client_name: '',
      redirect_uris: [
        'http://shebao.example.gov.cn/callback',
        'https://*.example.gov.cn/',
        'https://a.example/#x',
      ],
      response_types: ['token'],
      grant_types: ['implicit', 'authorization_code'],
      scope: 'profile everything id_number',
      token_endpoint_auth_method: 'tls_client_auth',
      id_token_signed_response_alg: 'none',
      least_acr: 'gold',
      legal_basis: 'because',
      backchannel_logout_uri: 'ftp://a.example',
      default_max_age: -1,
      jwks_url: 'https://a.example/jwks',
    });
    expect(new Set(faults)).toEqual(
      new Set([
        ...['client_id', 'client_name', 'redirect_uris', 'response_types', 'grant_types', 'scope'],
        ...['token_endpoint_auth_method', 'id_token_signed_response_alg', 'least_acr', 'legal_basis'],
        ...['backchannel_logout_uri', 'default_max_age', 'jwks_url', 'sector'],
      ]),
    );
    expect(faults.filter((field) => field === 'redirect_uris')).toHaveLength(3);
    expect(faults.filter((field) => field === 'scope')).toHaveLength(3);
  });

  test.each([
    ['plain http', 'http://a.example/cb'],
    ['a wildcard host', 'https://*.a.example/cb'],
    ['a wildcard path', 'https://a.example/*'],
    ['a fragment', 'https://a.example/cb#'],
    ['a password', 'https://user:pass@a.example/cb'],
    ['dots to be resolved', 'https://a.example/x/../cb'],
    ['a backslash', 'https://a.example\\@evil.example/'],
    ['an own scheme', 'app:/cb'],
    ['javascript', 'javascript:alert(1)'],
    ['no scheme', '//a.example/cb'],
    ['a name in other letters', 'https://例子.example/cb'],
    ['white space', 'https://a.example/c b'],
  ])('refuses a redirect address with %s', (_what, uri) => {
    expect(faultsOf({ ...site, redirect_uris: [uri] })).toContain('redirect_uris');
  });

  test('may use http on loopback while it is tried out, not when it is live', () => {
    const local = {
      client_id: 'local',
      redirect_uris: ['http://localhost:3001/callback', 'http://127.0.0.1:3001/cb'],
      sector: 'local',
    };
    expect(faultsOf(local)).toEqual([]);
    expect(faultsOf({ ...local, state: 'live' })).toContain('redirect_uris');
    expect(faultsOf(local, 'live')).toContain('redirect_uris');
  });

  test('goes live only with owner, scope and all three languages', () => {
    expect(new Set(faultsOf({ ...site, client_name: '社保', state: 'live' }))).toEqual(
      new Set([
        'client_name#zh-CN',
        'client_name#bo',
        'client_name#en',
        'purpose#zh-CN',
        'purpose#bo',
        'purpose#en',
        'owner#zh-CN',
        'owner#bo',
        'owner#en',
        'scope',
      ]),
    );
  });

  test('gets the ID number only with the entitlement', () => {
    expect(faultsOf({ ...site, scope: 'openid id_number' })).toEqual(['scope']);
    expect(faultsOf({ ...site, scope: 'openid id_number', entitlements: ['id_number'] })).toEqual([]);
    expect(faultsOf({ ...site, entitlements: ['everything'] })).toEqual(['entitlements']);
    const entitlements = ['legacy_accounts'];
    const events = (uri: string) => ({ ...site, legacy_events_uri: uri });
    expect(faultsOf(events('https://shebao.example.gov.cn/events'))).toEqual(['legacy_events_uri']);
    expect(faultsOf({ ...events('https://shebao.example.gov.cn/events'), entitlements })).toEqual([]);
    expect(faultsOf({ ...events('http://shebao.example.gov.cn/events'), entitlements })).toEqual([
      'legacy_events_uri',
    ]);
  });

  test('brings no sample for a secret, but where everything is one', () => {
    const sample = { ...site, client_secret: 'trial-only-secret-of-the-social-insurance-sample' };
    expect(faultsOf(sample)).toEqual(['client_secret']);
    expect(judgeDefinition(sample, undefined, true).ok).toBe(true);
  });

  test('with several hosts must name its sector', () => {
    const two = { client_id: 'two', redirect_uris: ['https://a.example/cb', 'https://b.example/cb'] };
    expect(faultsOf(two)).toEqual(['sector']);
    expect(faultsOf({ ...two, sector: 'housing' })).toEqual([]);
  });

  test('with a private key in its jwks is refused, and the key is not repeated', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = privateKey.export({ format: 'jwk' });
    const judged = judgeDefinition({
      ...site,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [jwk] },
    });
    expect(judged.ok).toBe(false);
    expect(JSON.stringify(judged)).not.toContain(jwk.d);
    expect(faultsOf({ ...site, jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } })).toContain('jwks.keys.0');
  });

  test('needs keys where it signs or decrypts, and one way to get them', () => {
    const signs = { ...site, token_endpoint_auth_method: 'private_key_jwt' };
    expect(faultsOf(signs)).toEqual(['jwks']);
    expect(faultsOf({ ...signs, jwks: { keys: [publicKey] } })).toEqual([]);
    expect(faultsOf({ ...signs, jwks: { keys: [publicKey] }, jwks_uri: 'https://a.example/jwks' })).toEqual([
      'jwks',
    ]);
    expect(
      faultsOf({ ...site, userinfo_encrypted_response_alg: 'RSA-OAEP-256', jwks: { keys: [publicKey] } }),
    ).toEqual(['jwks']);
  });

  test('may bring a secret of its own only if it is long and random, and never for a method without one', () => {
    expect(faultsOf({ ...site, client_secret: 'secret' })).toEqual(['client_secret']);
    expect(faultsOf({ ...site, client_secret: 'a'.repeat(40) })).toEqual(['client_secret']);
    expect(faultsOf({ ...site, client_secret: '0Jt8mZxWq3vYbNcRk5LdFhGsPa7TeUi2' })).toEqual([]);
    expect(
      faultsOf({
        ...site,
        token_endpoint_auth_method: 'none',
        client_secret: '0Jt8mZxWq3vYbNcRk5LdFhGsPa7TeUi2',
      }),
    ).toEqual(['client_secret']);
  });

  test('of a service without people has no redirect addresses', () => {
    const service = { client_id: 'batch', grant_types: ['client_credentials'] };
    expect(faultsOf(service)).toEqual([]);
    expect(faultsOf({ ...service, redirect_uris: site.redirect_uris })).toEqual(['redirect_uris']);
    expect(faultsOf({ ...service, token_endpoint_auth_method: 'none' })).toEqual([
      'token_endpoint_auth_method',
    ]);
  });

  test('of an interface of its own has its faults named one by one', () => {
    const resource = {
      identifier: 'https://api.shebao.example.gov.cn/',
      scope: 'contributions.read',
      access_token_format: 'jwt',
    };
    expect(faultsOf({ ...site, resource })).toEqual([]);
    expect(
      faultsOf({
        ...site,
        resource: { identifier: 'api', scope: 'profile', access_token_ttl: 86_400, extra: 1 },
      }),
    ).toEqual([...['resource.identifier', 'resource.scope', 'resource.access_token_ttl', 'resource.extra']]);
  });

  test.each([undefined, null, 7, 'text', [], [site]])(
    'that is not an object is told so (%j)',
    (definition) => {
      expect(faultsOf(definition)).toEqual(['(whole)']);
    },
  );
});
