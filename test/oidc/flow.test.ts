/** The protocol as a department meets it. Runs on one store: nothing here depends on where records rest. */
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import * as jose from 'jose';
import * as client from 'openid-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Person } from '../../src/accounts/person.ts';
import { type Department, exchange, join, register, userinfo } from './department.ts';
import { ACR, by, type ProviderNode, shown } from './server.ts';
import { anyWorld, type World } from './world.ts';

describe('a department', () => {
  let world: World;
  let node: ProviderNode;
  let insurance: Department;
  let housing: Department;
  let person: Person;
  const login = () => ({ accountId: person.id as string, acr: ACR(3, 1), amr: ['pwd'] });
  const signedIn = async () => {
    const browser = node.browser({ login: login(), consent: 'agree' });
    await insurance.signIn(browser);
    return browser;
  };

  beforeAll(async () => {
    world = await anyWorld.open();
    ({ node } = world);
    insurance = await register(node, 'insurance');
    housing = await register(node, 'housing', { legal_basis: 'statutory-duty' });
    person = await node.person(1, {
      gender: 'female',
      birthdate: '1900-01-02',
      locale: 'bo',
      tibetanName: 'བཀྲ་ཤིས།',
    });
  });
  afterAll(() => world.close());

  test('signs somebody in with openid-client and reads who it is', async () => {
    const tokens = await insurance.signIn(node.browser({ login: login(), consent: 'agree' }), {
      scope: 'openid profile phone',
    });
    const claims = tokens.claims()!;
    expect(claims).toMatchObject({
      iss: node.issuer,
      aud: 'insurance',
      acr: ACR(3, 1),
      amr: ['pwd'],
      auth_time: expect.any(Number),
    });
    expect(Object.keys(claims)).not.toContain('name');
    expect(await client.fetchUserInfo(insurance.config, tokens.access_token, claims.sub)).toEqual({
      sub: claims.sub,
      name: person.name,
      'name#bo': 'བཀྲ་ཤིས།',
      gender: 'female',
      birthdate: '1900-01-02',
      locale: 'bo',
      phone_number: '+8613900000001',
      phone_number_verified: false,
      assurance: { identity_level: 3, authentication_level: 1 },
      channel: 'web',
    });
  });

  test('sees somebody who is signed in elsewhere without any page once it was agreed', async () => {
    const browser = await signedIn();
    await housing.signIn(browser);
    browser.behaviour = {};
    const arrival = await housing.arrive(browser, { prompt: 'none' });
    expect(arrival.back.searchParams.get('code')).toBeTruthy();
    const other = node.browser({ login: login() });
    expect((await housing.arrive(other)).back.searchParams.get('code')).toBeTruthy();
  });

  test('gets iss with every answer (RFC 9207), errors too', async () => {
    const arrival = await insurance.arrive(await signedIn());
    expect(arrival.back.searchParams.get('iss')).toBe(node.issuer);
    const refused = await insurance.arrive(node.browser(), { prompt: 'none' });
    expect(Object.fromEntries(refused.back.searchParams)).toMatchObject({
      error: 'login_required',
      iss: node.issuer,
      state: refused.state,
    });
  });

  test('without PKCE S256 gets no code', async () => {
    const browser = await signedIn();
    const without = await insurance.arrive(browser, { code_challenge: '', code_challenge_method: '' });
    expect(without.back.searchParams.get('error')).toBe('invalid_request');
    const plain = await insurance.arrive(browser, { code_challenge_method: 'plain' });
    expect(plain.back.searchParams.get('error')).toBe('invalid_request');
    const arrival = await insurance.arrive(browser);
    expect(
      (await insurance.token(exchange(insurance, arrival, { code_verifier: 'x'.repeat(43) }))).body.error,
    ).toBe('invalid_grant');
  });

  test('cannot use another one’s code', async () => {
    const arrival = await insurance.arrive(await signedIn());
    expect((await housing.token(exchange(insurance, arrival))).body.error).toBe('invalid_grant');
  });

  test('asks again with prompt=login and gets a new auth_time', async () => {
    const browser = await signedIn();
    browser.behaviour = {};
    const page = await browser.open((await insurance.begin({ prompt: 'login' })).url.href);
    expect(shown(page).prompt).toMatchObject({ name: 'login', reasons: ['login_prompt'] });
  });

  test('asks for consent again with prompt=consent', async () => {
    const browser = await signedIn();
    browser.behaviour = {};
    const page = await browser.open((await insurance.begin({ prompt: 'consent' })).url.href);
    expect(shown(page).prompt).toMatchObject({ name: 'consent', reasons: ['consent_prompt'] });
  });

  test('with max_age accepts no older sign-in', async () => {
    const browser = node.browser({
      login: { ...login(), ts: Math.floor(Date.now() / 1000) - 600 },
      consent: 'agree',
    });
    await insurance.signIn(browser);
    browser.behaviour = {};
    expect((await insurance.arrive(browser, { max_age: '3600' })).back.searchParams.get('code')).toBeTruthy();
    expect(
      shown(await browser.open((await insurance.begin({ max_age: '300' })).url.href)).prompt.reasons,
    ).toEqual(['max_age']);
    expect(
      (await insurance.arrive(browser, { max_age: '300', prompt: 'none' })).back.searchParams.get('error'),
    ).toBe('login_required');
  });

  test('with id_token_hint insists on the same person', async () => {
    const browser = await signedIn();
    const hint = (await insurance.signIn(browser)).id_token!;
    expect(
      (await insurance.arrive(browser, { id_token_hint: hint, prompt: 'none' })).back.searchParams.get(
        'code',
      ),
    ).toBeTruthy();
    const somebody = await node.person(2);
    const other = node.browser({ login: { ...login(), accountId: somebody.id }, consent: 'agree' });
    await insurance.signIn(other);
    expect(
      (await insurance.arrive(other, { id_token_hint: hint, prompt: 'none' })).back.searchParams.get('error'),
    ).toBe('login_required');
  });

  test('hands login_hint and ui_locales on to the pages', async () => {
    const page = await node
      .browser()
      .open((await insurance.begin({ login_hint: 'tashi', ui_locales: 'bo zh-CN' })).url.href);
    expect(shown(page).params).toMatchObject({ login_hint: 'tashi', ui_locales: 'bo zh-CN' });
  });

  test('asks for single claims by the claims parameter, within what it may have', async () => {
    const claims = JSON.stringify({
      userinfo: { phone_number: null, birthdate: null, id_number: { essential: true } },
      id_token: { name: null, id_number: null },
    });
    const tokens = await insurance.signIn(node.browser({ login: login(), consent: 'agree' }), {
      scope: 'openid',
      claims,
    });
    expect(tokens.claims()).toMatchObject({ name: person.name });
    expect(tokens.claims()).not.toHaveProperty('id_number');
    expect(JSON.parse((await userinfo(node, tokens.access_token)).body)).toEqual({
      sub: tokens.claims()!.sub,
      phone_number: '+8613900000001',
      birthdate: '1900-01-02',
    });
  });

  test('does not get a scope it was not given', async () => {
    const arrival = await insurance.arrive(await signedIn(), { scope: 'openid id_number' });
    expect(arrival.back.searchParams.get('error')).toBe('invalid_scope');
  });

  test('refreshes, each token once, without being asked anything', async () => {
    const first = await insurance.signIn(await signedIn());
    const second = await client.refreshTokenGrant(insurance.config, first.refresh_token!);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(second.claims()).toMatchObject({ sub: first.claims()!.sub, acr: ACR(3, 1) });
    expect((await userinfo(node, second.access_token)).status).toBe(200);
  });

  test('revokes a token', async () => {
    const tokens = await insurance.signIn(await signedIn());
    await client.tokenRevocation(insurance.config, tokens.access_token);
    expect((await userinfo(node, tokens.access_token)).status).toBe(401);
    expect((await housing.post('/oauth/revoke', { token: tokens.refresh_token! })).status).toBe(200);
  });

  test('pushes its request first (RFC 9126), and each is used once', async () => {
    const browser = await signedIn();
    const verifier = client.randomPKCECodeVerifier();
    const state = client.randomState();
    const url = await client.buildAuthorizationUrlWithPAR(insurance.config, {
      redirect_uri: insurance.redirectUri,
      scope: 'openid profile',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
    });
    expect([...url.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri']);
    const back = new URL((await browser.open(url.href)).url);
    const tokens = await client.authorizationCodeGrant(insurance.config, back, {
      pkceCodeVerifier: verifier,
      expectedState: state,
    });
    expect(tokens.access_token).toBeTruthy();
    const again = await browser.open(url.href);
    expect(again.status).toBe(400);
    expect(again.body).toContain('invalid_request_uri');
  });

  test('that must push its requests cannot send them through the browser', async () => {
    const pushing = await register(node, 'pushing', { require_pushed_authorization_requests: true });
    expect((await pushing.arrive(node.browser())).back.searchParams.get('error')).toBe('invalid_request');
  });

  test('binds its tokens to a key (DPoP, RFC 9449)', async () => {
    const bound = await register(node, 'bound', { dpop_bound_access_tokens: true });
    const arrival = await bound.arrive(node.browser({ login: login(), consent: 'agree' }));
    const DPoP = client.getDPoPHandle(bound.config, await client.randomDPoPKeyPair('ES256'));
    const checks = {
      pkceCodeVerifier: arrival.verifier,
      expectedState: arrival.state,
      expectedNonce: arrival.nonce,
    };
    const tokens = await client.authorizationCodeGrant(bound.config, arrival.back, checks, undefined, {
      DPoP,
    });
    expect(tokens.token_type).toBe('dpop');
    expect(
      await client.fetchUserInfo(bound.config, tokens.access_token, tokens.claims()!.sub, { DPoP }),
    ).toHaveProperty('name');
    expect((await userinfo(node, tokens.access_token)).status).toBe(401);
    const thief = client.getDPoPHandle(bound.config, await client.randomDPoPKeyPair('ES256'));
    await expect(
      client.fetchUserInfo(bound.config, tokens.access_token, tokens.claims()!.sub, { DPoP: thief }),
    ).rejects.toThrow();
    const plain = await bound.arrive(node.browser({ login: login(), consent: 'agree' }));
    expect((await bound.token(exchange(bound, plain))).body.error).toBe('invalid_grant');
  });

  test.each(['ES256', 'RS256', 'PS256', 'EdDSA'])(
    'proves itself with a %s key (private_key_jwt), each assertion once',
    async (alg) => {
      const id = `keyed-${alg.toLowerCase()}`;
      const { privateKey, publicKey } = await jose.generateKeyPair(alg, { extractable: true });
      const jwk = { ...(await jose.exportJWK(publicKey)), kid: 'one', use: 'sig' };
      const redirectUri = `https://keyed.example.gov.cn/${id}`;
      const created = await node.clients.create(
        {
          client_id: id,
          redirect_uris: [redirectUri],
          token_endpoint_auth_method: 'private_key_jwt',
          jwks: { keys: [jwk] },
          id_token_signed_response_alg: alg,
        },
        by,
      );
      expect(created.ok && created.value.secret).toBeUndefined();
      const keyed = await join(
        node,
        id,
        '',
        redirectUri,
        client.PrivateKeyJwt({ key: privateKey, kid: 'one' }),
      );
      const browser = node.browser({ login: login(), consent: 'agree' });
      const tokens = await keyed.signIn(browser);
      expect(jose.decodeProtectedHeader(tokens.id_token!).alg).toBe(alg);

      const arrival = await keyed.arrive(browser);
      const assertion = await new jose.SignJWT({})
        .setProtectedHeader({ alg, kid: 'one' })
        .setIssuer(id)
        .setSubject(id)
        .setAudience(node.issuer)
        .setJti(randomUUID())
        .setIssuedAt()
        .setExpirationTime('1 minute')
        .sign(privateKey);
      const present = () =>
        fetch(new URL('/oauth/token', node.address), {
          method: 'POST',
          body: new URLSearchParams({
            ...exchange(keyed, arrival),
            client_assertion: assertion,
            client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          }),
        });
      expect((await present()).status).toBe(200);
      expect(await (await present()).json()).toMatchObject({ error: 'invalid_client' });
    },
  );

  test('proves itself with a secret in the form, if it registered so, and not otherwise', async () => {
    const posting = await register(node, 'posting', { token_endpoint_auth_method: 'client_secret_post' });
    const config = await join(
      node,
      'posting',
      posting.secret,
      posting.redirectUri,
      client.ClientSecretPost(posting.secret),
    );
    expect(
      (await config.signIn(node.browser({ login: login(), consent: 'agree' }))).access_token,
    ).toBeTruthy();
    const unknown = await fetch(new URL('/oauth/token', node.address), {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: 'posting' }),
    });
    expect(unknown.status).toBe(401);
  });

  test('without people gets tokens for itself', async () => {
    const batch = await register(node, 'batch', {
      grant_types: ['client_credentials'],
      redirect_uris: undefined,
      post_logout_redirect_uris: undefined,
      scope: undefined,
    });
    const tokens = await client.clientCredentialsGrant(batch.config);
    expect(tokens.access_token).toMatch(/^ct_/);
    expect((await userinfo(node, tokens.access_token)).status).toBe(401);
    expect((await insurance.token({ grant_type: 'client_credentials' })).body.error).toBe('invalid_request');
  });

  test('gets userinfo signed where it asks, and encrypted to its key', async () => {
    const signing = await register(node, 'signing', { userinfo_signed_response_alg: 'PS256' });
    const tokens = await signing.signIn(node.browser({ login: login(), consent: 'agree' }));
    const signed = await userinfo(node, tokens.access_token);
    expect(signed.type).toMatch(/^application\/jwt/);
    expect(jose.decodeProtectedHeader(signed.body).alg).toBe('PS256');
    expect(
      await client.fetchUserInfo(signing.config, tokens.access_token, tokens.claims()!.sub),
    ).toMatchObject({ name: person.name });

    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'enc', use: 'enc', alg: 'RSA-OAEP-256' };
    const secret = await register(node, 'secretive', {
      scope: 'openid profile id_number',
      entitlements: ['id_number'],
      userinfo_encrypted_response_alg: 'RSA-OAEP-256',
      userinfo_encrypted_response_enc: 'A256GCM',
      jwks: { keys: [jwk] },
    });
    const got = await secret.signIn(node.browser({ login: login(), consent: 'agree' }), {
      scope: 'openid id_number',
    });
    const { body } = await userinfo(node, got.access_token);
    expect(body.split('.')).toHaveLength(5);
    const { plaintext } = await jose.compactDecrypt(body, privateKey);
    const inner = jose.decodeJwt(new TextDecoder().decode(plaintext));
    expect(inner).toMatchObject({
      id_number: person.document.number,
      id_number_type: 'citizen-number',
      aud: 'secretive',
    });
  });

  test('finds what it needs in the discovery document', async () => {
    const server = insurance.config.serverMetadata();
    expect(server).toMatchObject({
      issuer: node.issuer,
      authorization_endpoint: `${node.issuer}/oauth/authorize`,
      token_endpoint: `${node.issuer}/oauth/token`,
      userinfo_endpoint: `${node.issuer}/oauth/userinfo`,
      jwks_uri: `${node.issuer}/oauth/jwks`,
      introspection_endpoint: `${node.issuer}/oauth/introspect`,
      revocation_endpoint: `${node.issuer}/oauth/revoke`,
      pushed_authorization_request_endpoint: `${node.issuer}/oauth/par`,
      end_session_endpoint: `${node.issuer}/oauth/logout`,
      response_types_supported: ['code', 'none'],
      subject_types_supported: ['pairwise'],
      code_challenge_methods_supported: ['S256'],
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
      claims_parameter_supported: true,
      request_uri_parameter_supported: false,
      authorization_response_iss_parameter_supported: true,
      ui_locales_supported: ['zh-CN', 'bo', 'en'],
    });
    expect(new Set(server.id_token_signing_alg_values_supported)).toEqual(
      new Set(['ES256', 'RS256', 'PS256', 'EdDSA']),
    );
    expect(server.acr_values_supported).toContain(ACR(3, 2));
    expect(server.claims_supported).toEqual(
      expect.arrayContaining([
        'name',
        'gender',
        'birthdate',
        'phone_number',
        'locale',
        'assurance',
        'channel',
        'id_number',
      ]),
    );
    const { keys } = (await (await fetch(`${node.address}/oauth/jwks`)).json()) as {
      keys: Record<string, unknown>[];
    };
    expect(new Set(keys.map((key) => key.kty))).toEqual(new Set(['EC', 'RSA', 'OKP']));
    expect(keys.some((key) => 'd' in key || 'p' in key)).toBe(false);
  });

  test('is kept out where it is not known: a page, never a redirect', async () => {
    const unknown = await node
      .browser()
      .open(
        `${node.issuer}/oauth/authorize?client_id=nobody&redirect_uri=https://evil.example/&response_type=code`,
      );
    expect(unknown.status).toBe(400);
    expect(unknown.body).toContain('application-unknown');
    const begun = await insurance.begin({ redirect_uri: 'https://evil.example/' });
    const foreign = await node.browser().open(begun.url.href);
    expect(foreign.status).toBe(400);
    expect(foreign.url.startsWith(node.issuer)).toBe(true);
    expect(foreign.body).toContain('application-address');
  });
});
