/**
 * The OpenID library itself over our records: that it calls in the order the records rely on, what each request
 * costs, and what becomes of codes, refresh tokens and assertions that are presented twice.
 */
import { generateKeyPairSync, hash, randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import { SignJWT } from 'jose';
import { Provider } from 'oidc-provider';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type OidcStore, openOidcStore } from '../../../src/oidc/oidc-store.ts';
import { refuseInGrace } from '../../../src/oidc/refresh-grace.ts';
import { asOneRequest } from '../../../src/oidc/request-memory.ts';
import type { Database } from '../../../src/platform/postgres.ts';
import { parseKeyring } from '../../../src/platform/seal/keyring.ts';
import { sampleKeyring } from '../../../src/platform/seal/sample-keys.ts';
import { type Home, homes } from './homes.ts';

const REDIRECT = 'https://housing.example/callback';
const GRACE = 10;
const assertionKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signing = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });

interface Node {
  provider: Provider;
  store: OidcStore;
  server: Server;
  url: string;
}

/** A session as the library builds it; its types leave the constructor out. */
interface SavedSession {
  uid: string;
  save(ttl: number): Promise<string>;
  destroy(): Promise<void>;
}

type Answer = { status: number; body: Record<string, string> };

describe.each(homes)('the library over $name', (kind) => {
  let home: Home;
  let nodes: Node[];
  let statements: string[] = [];

  beforeAll(async () => {
    // The library tells at length what a quick start should change.
    vi.spyOn(console, 'info').mockReturnValue();
    vi.spyOn(console, 'warn').mockReturnValue();
    home = await kind.fresh();
    nodes = [startNode(), startNode()];
  });
  beforeEach(() => {
    statements = [];
  });
  afterAll(async () => {
    for (const { server } of nodes) server.close();
    await home.drop();
  });

  function startNode(): Node {
    const database: Database = {
      ...home.database,
      query: (statement, values) => {
        statements.push(typeof statement === 'string' ? statement : statement.name);
        return home.database.query(statement, values);
      },
    };
    const keyring = parseKeyring(sampleKeyring());
    const store = openOidcStore({ database, redis: home.redis, keyring, clock: home.clock });
    const grantTypes = ['authorization_code', 'refresh_token'];
    const web = {
      redirect_uris: [REDIRECT],
      grant_types: grantTypes,
      id_token_signed_response_alg: 'ES256' as const,
    };
    const publicKey = {
      ...assertionKey.publicKey.export({ format: 'jwk' }),
      kid: 'a',
      use: 'sig',
      alg: 'ES256',
    };
    const provider = new Provider('http://localhost', {
      adapter: store.adapter,
      jwks: { keys: [{ ...signing, use: 'sig', kid: 's' } as never] },
      features: {
        devInteractions: { enabled: false },
        introspection: { enabled: true },
        dPoP: { enabled: true },
      },
      rotateRefreshToken: true,
      clients: [
        { client_id: 'housing', client_secret: 'secret', ...web },
        { client_id: 'app', token_endpoint_auth_method: 'none', ...web },
        {
          client_id: 'social',
          token_endpoint_auth_method: 'private_key_jwt',
          jwks: { keys: [publicKey] },
          ...web,
        },
      ],
      findAccount: (ctx, accountId, token) => {
        const now = Math.floor(home.clock.now().getTime() / 1000);
        refuseInGrace(token as never, ctx.oidc.client, now, GRACE);
        return { accountId, claims: () => ({ sub: accountId }) };
      },
    });
    store.guardReplay(provider);
    const server = provider.listen(0);
    return {
      provider,
      store,
      server,
      url: `http://localhost:${(server.address() as { port: number }).port}`,
    };
  }

  async function newCode(clientId: string, sessionUid?: string) {
    const { provider } = nodes[0]!;
    const client = (await provider.Client.find(clientId))!;
    const grant = new provider.Grant({ accountId: 'person', clientId });
    grant.addOIDCScope('openid offline_access');
    const verifier = randomBytes(32).toString('base64url');
    const code = new provider.AuthorizationCode({
      accountId: 'person',
      client,
      grantId: await grant.save(),
      redirectUri: REDIRECT,
      scope: 'openid offline_access',
      codeChallenge: hash('sha256', verifier, 'base64url'),
      codeChallengeMethod: 'S256',
      ...(sessionUid ? { sessionUid, expiresWithSession: true } : {}),
    } as never);
    return { code: await code.save(), verifier, grantId: grant.jti };
  }

  async function ask(
    node: Node,
    path: string,
    clientId: string,
    form: Record<string, string>,
  ): Promise<Answer> {
    const headers: Record<string, string> = {};
    if (clientId === 'housing') headers.authorization = `Basic ${btoa('housing:secret')}`;
    else form = { client_id: clientId, ...form };
    const response = await fetch(node.url + path, {
      method: 'POST',
      headers,
      body: new URLSearchParams(form),
    });
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  }

  const exchange = (node: Node, clientId: string, { code, verifier }: { code: string; verifier: string }) =>
    ask(node, '/token', clientId, {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: REDIRECT,
    });
  const refresh = (node: Node, clientId: string, token: string) =>
    ask(node, '/token', clientId, { grant_type: 'refresh_token', refresh_token: token });
  const userinfo = async (node: Node, token: string) =>
    (await fetch(`${node.url}/me`, { headers: { authorization: `Bearer ${token}` } })).status;

  const everywhere = <Result>(times: number, work: (node: Node) => Promise<Result>) =>
    Promise.all(Array.from({ length: times }, (_, n) => work(nodes[n % 2]!)));

  test('a code presented ten times at once over two nodes gives tokens once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const code = await newCode('housing');
      const answers = await everywhere(10, (node) => exchange(node, 'housing', code));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      const refused = answers.filter(({ status }) => status !== 200);
      expect(refused.every(({ status, body }) => status === 400 && body.error === 'invalid_grant')).toBe(
        true,
      );
    }
  });

  test('a refresh token presented ten times at once over two nodes is answered once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const first = await exchange(nodes[0]!, 'housing', await newCode('housing'));
      const answers = await everywhere(10, (node) => refresh(node, 'housing', first.body.refresh_token!));
      const good = answers.filter(({ status }) => status === 200);
      expect(good).toHaveLength(1);
      expect(answers.filter(({ body }) => body.error === 'invalid_grant')).toHaveLength(9);
      // Asked many times at once by the client itself: the one answer it has is good.
      const next = await refresh(nodes[1]!, 'housing', good[0]!.body.refresh_token!);
      expect(next.status).toBe(200);
    }
  });

  test('a code used again ends everything it led to', async () => {
    const code = await newCode('housing');
    const { body } = await exchange(nodes[0]!, 'housing', code);
    expect(await userinfo(nodes[1]!, body.access_token!)).toBe(200);
    expect((await exchange(nodes[1]!, 'housing', code)).body.error).toBe('invalid_grant');
    expect(await userinfo(nodes[1]!, body.access_token!)).toBe(401);
    expect((await refresh(nodes[0]!, 'housing', body.refresh_token!)).status).toBe(400);
  });

  test('a refresh token used again after the grace ends the family', async () => {
    const first = await exchange(nodes[0]!, 'housing', await newCode('housing'));
    const second = await refresh(nodes[0]!, 'housing', first.body.refresh_token!);
    expect((await refresh(nodes[1]!, 'housing', first.body.refresh_token!)).body.error).toBe('invalid_grant');
    expect(await userinfo(nodes[1]!, second.body.access_token!)).toBe(200);
    home.clock.pass(GRACE + 1);
    expect((await refresh(nodes[1]!, 'housing', first.body.refresh_token!)).body.error).toBe('invalid_grant');
    expect(await userinfo(nodes[1]!, second.body.access_token!)).toBe(401);
    expect((await refresh(nodes[0]!, 'housing', second.body.refresh_token!)).body.error).toBe(
      'invalid_grant',
    );
  });

  test('a client that proves nothing has no grace: a second use ends the family at once', async () => {
    const first = await exchange(nodes[0]!, 'app', await newCode('app'));
    const second = await refresh(nodes[0]!, 'app', first.body.refresh_token!);
    expect(second.status).toBe(200);
    expect((await refresh(nodes[1]!, 'app', first.body.refresh_token!)).body.error).toBe('invalid_grant');
    expect((await refresh(nodes[0]!, 'app', second.body.refresh_token!)).body.error).toBe('invalid_grant');
  });

  test('a signed assertion presented ten times at once over two nodes is accepted once, the others by their name', async () => {
    const assertion = await new SignJWT({ jti: randomBytes(12).toString('hex') })
      .setProtectedHeader({ alg: 'ES256', kid: 'a' })
      .setIssuer('social')
      .setSubject('social')
      .setAudience('http://localhost')
      .setExpirationTime('1 min')
      .sign(assertionKey.privateKey);
    const form = {
      client_assertion: assertion,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      token: 'unknown',
    };
    const answers = await everywhere(10, (node) => ask(node, '/token/introspection', 'social', { ...form }));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ body }) => body.error === 'invalid_client')).toHaveLength(9);
  });

  test('what a request costs in statements', async () => {
    const { provider } = nodes[0]!;
    const fast = home.redis !== undefined;
    const Session = provider.Session as unknown as new (payload: object) => SavedSession;
    const session = new Session({ accountId: 'person' });
    const code = await newCode('housing', session.uid);
    Object.assign(session, { authorizations: { housing: { grantId: code.grantId } } });
    await session.save(1000);

    statements = [];
    const { body } = await exchange(nodes[1]!, 'housing', code);
    expect(
      statements,
      'code: itself with grant and session, consumed with the access token, refresh token',
    ).toEqual([
      ...(fast
        ? ['oidc_grant_find']
        : ['oidc_record_find_with_grant_and_session', 'oidc_record_consume_and_put']),
      'oidc_record_put',
    ]);
    statements = [];
    expect(await userinfo(nodes[1]!, body.access_token!)).toBe(200);
    expect(statements, 'userinfo: the token with grant and session').toEqual(
      fast ? [] : ['oidc_record_find_with_grant_and_session'],
    );
    statements = [];
    expect((await refresh(nodes[1]!, 'housing', body.refresh_token!)).status).toBe(200);
    expect(
      statements,
      'refresh: the token with its grant, both refresh tokens at once, access token',
    ).toEqual([
      fast ? 'oidc_record_find_with_grant' : 'oidc_record_find_with_grant_and_session',
      'oidc_record_consume_and_put',
      ...(fast ? [] : ['oidc_record_put_quickly']),
    ]);
    await session.destroy();
    expect(await userinfo(nodes[0]!, body.access_token!), 'a token dies with its session').toBe(401);
  });

  test('a page of ours that keeps a session alive does not bring back one that was ended meanwhile', async () => {
    const { provider, store } = nodes[0]!;
    const Session = provider.Session as unknown as (new (
      payload: object,
    ) => SavedSession) & {
      find(id: string): Promise<SavedSession>;
    };
    const id = await new Session({ accountId: 'person' }).save(1000);
    await asOneRequest(async () => {
      const session = await Session.find(id);
      await nodes[1]!.store.adapter('Session').destroy(id);
      await session.save(5000);
    });
    expect(await store.adapter('Session').find(id)).toBeUndefined();
  });
});
