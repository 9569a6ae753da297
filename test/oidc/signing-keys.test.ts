import { compactVerify, createLocalJWKSet } from 'jose';
import { Provider } from 'oidc-provider';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Audit, openAudit } from '../../src/audit/trail.ts';
import { openSigningKeys, type SigningKeys } from '../../src/oidc/keys.ts';
import { type SigningKeySettings, signingKeySettings } from '../../src/oidc/keys-settings.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { type Database, openDatabase } from '../../src/platform/postgres.ts';
import { parseKeyring } from '../../src/platform/seal/keyring.ts';
import { sampleKeyring } from '../../src/platform/seal/sample-keys.ts';
import { makeSealer } from '../../src/platform/seal/sealer.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';

const HOUR = 3600;

describe.each(stores)('signing keys on $name', (store) => {
  let home: FreshDatabase;
  let audit: Audit;
  let passed: number;
  const clock: Clock = { now: () => new Date(Date.now() + passed * 1000) };
  const opened: SigningKeys[] = [];
  const pools: Database[] = [];

  beforeEach(async () => {
    passed = 0;
    home = await store.fresh();
    const keyring = parseKeyring(sampleKeyring());
    audit = openAudit({ database: home.database, keyring, suite: 'aes', clock, node: 'test' });
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((keys) => keys.close()));
    await audit.close();
    await Promise.all(pools.splice(0).map((pool) => pool.close()));
    await home.drop();
  });

  /** Opens the keys as one more node would, with its own connections. */
  async function openNode(settings: Partial<SigningKeySettings> = {}, keyCount = 1): Promise<SigningKeys> {
    const database = await openDatabase({ url: home.url, folder: home.folder, poolSize: 2 });
    pools.push(database);
    const keys = await openSigningKeys({
      database,
      sealer: makeSealer(parseKeyring(sampleKeyring(keyCount)), 'aes'),
      clock,
      trail: audit.trail,
      settings: signingKeySettings.parse(settings),
    });
    opened.push(keys);
    return keys;
  }

  const states = async (keys: SigningKeys) =>
    (await keys.list()).map(({ family, state }) => `${state} ${family}`);

  test('nodes that start together on an empty database make one set, with one key to sign and one to follow of each kind', async () => {
    const nodes = await Promise.all([openNode(), openNode(), openNode(), openNode()]);
    for (const node of nodes) {
      expect(await states(node)).toEqual([
        ...['current EC', 'current OKP', 'current RSA', 'next EC', 'next OKP', 'next RSA'],
      ]);
      expect(node.jwks()).toEqual(nodes[0]!.jwks());
      expect(node.version).toBe(nodes[0]!.version);
    }
  });

  test('a key does not sign before it was published long enough; force does not wait', async () => {
    const keys = await openNode({ publishedSeconds: HOUR });
    const early = await keys.rotate({ actor: 'operator:1' });
    expect(early).toMatchObject({ ok: false, failure: { code: 'key-published-too-recently', status: 409 } });
    expect(!early.ok && early.failure.retryAfter).toBeGreaterThan(HOUR - 60);
    const before = keys.jwks().keys.map(({ kid }) => kid);
    passed = HOUR + 1;
    const rotated = await keys.rotate({ actor: 'operator:1' });
    expect(rotated.ok && rotated.value.current.map(({ kid }) => kid)).toEqual(
      ['EC', 'OKP', 'RSA'].map((_, at) => before[3 + at]),
    );
    expect(await keys.rotate({ actor: 'operator:1' })).toMatchObject({ ok: false });
    const forced = await keys.rotate({ actor: 'operator:1', force: true, families: ['EC'] });
    expect(forced.ok && forced.value.current).toHaveLength(1);
    expect(await keys.rotate({ actor: 'operator:1', families: ['DSA'] })).toMatchObject({
      failure: { code: 'key-family-unknown' },
    });
  });

  test('another node follows within three seconds, and knew the key before it signed', async () => {
    const [here, there] = [await openNode({ publishedSeconds: 0 }), await openNode()];
    let told = 0;
    const stop = there.onChange(() => {
      told += 1;
    });
    const known = new Set(there.jwks().keys.map(({ kid }) => kid));
    const rotated = await here.rotate({ actor: 'operator:1' });
    const began = Date.now();
    expect(rotated.ok && rotated.value.current.every(({ kid }) => known.has(kid))).toBe(true);
    while (there.version !== here.version) {
      expect(Date.now() - began).toBeLessThan(3_000);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(there.jwks()).toEqual(here.jwks());
    expect(told).toBe(1);
    stop();
    await here.rotate({ actor: 'operator:1' });
    await there.refresh();
    expect(told).toBe(1);
  });

  test('two operators rotate at once: the second is told to wait', async () => {
    const [here, there] = [
      await openNode({ publishedSeconds: HOUR }),
      await openNode({ publishedSeconds: HOUR }),
    ];
    passed = 2 * HOUR;
    const both = await Promise.all([
      here.rotate({ actor: 'operator:1' }),
      there.rotate({ actor: 'operator:2' }),
    ]);
    expect(both.filter(({ ok }) => ok)).toHaveLength(1);
    expect((await here.list()).filter(({ state }) => state === 'retired')).toHaveLength(3);
  });

  test('a retired key stays published until its time is over, then is gone, and the trail tells of it', async () => {
    const keys = await openNode({ publishedSeconds: 0, retiredSeconds: 600 });
    const first = keys.jwks().keys[0]!.kid;
    await keys.rotate({ actor: 'operator:1' });
    passed = 590;
    await keys.refresh();
    expect(keys.jwks().keys.map(({ kid }) => kid)).toContain(first);
    passed = 601;
    await keys.refresh();
    expect(keys.jwks().keys.map(({ kid }) => kid)).not.toContain(first);
    const events = await home.database.query<{ type: string }>(
      `SELECT type FROM audit_event WHERE type LIKE 'keys.%' ORDER BY at`,
    );
    expect(events.map(({ type }) => type)).toEqual(['keys.rotated', 'keys.rotated', 'keys.retired']);
  });

  test('private keys rest sealed, and are sealed anew after the keyring was rotated', async () => {
    const keys = await openNode();
    const rows = await home.database.query<{ row: string }>('SELECT k::text AS row FROM oidc_signing_key k');
    const copy = rows.map(({ row }) => row).join('\n');
    for (const key of keys.jwks().keys) {
      expect(copy).toContain(key.kid);
      expect(copy).not.toContain(Buffer.from(key.d!).toString('hex'));
    }
    const later = await openNode({}, 2);
    expect(later.jwks()).toEqual(keys.jwks());
    expect(await later.reseal()).toBe(6);
    expect(await later.reseal()).toBe(0);
    await expect(openNode({}, 1)).rejects.toThrow('its key is not in the keyring');
  });

  test('the library signs with the current key of each algorithm and publishes all public halves', async () => {
    const keys = await openNode({ publishedSeconds: 0 });
    await keys.rotate({ actor: 'operator:1' });
    const list = await keys.list();
    const current = new Set(list.filter(({ state }) => state === 'current').map(({ kid }) => kid));
    for (const set of [keys.jwks(), keys.signers()]) {
      const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;
      const provider = new Provider('http://localhost', {
        jwks: set as { keys: never[] },
        features: { externalSigningSupport: { enabled: true, ack: 'experimental-01' } },
        enabledJWA: { idTokenSigningAlgValues: [...algorithms] },
        clients: algorithms.map((alg) => ({
          client_id: alg,
          client_secret: 'secret',
          redirect_uris: ['https://housing.example/cb'],
          id_token_signed_response_alg: alg,
        })),
      });
      const server = provider.listen(0);
      const { port } = server.address() as { port: number };
      const published = (await (await fetch(`http://localhost:${port}/jwks`)).json()) as {
        keys: { kid: string }[];
      };
      server.close();
      expect(published.keys).toHaveLength(9);
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi']) {
        expect(published.keys.every((key) => !(secret in key))).toBe(true);
      }
      expect(published.keys.map(({ kid }) => kid).toSorted()).toEqual(list.map(({ kid }) => kid).toSorted());
      for (const alg of algorithms) {
        const client = (await provider.Client.find(alg))!;
        const token = new provider.IdToken({ sub: 'someone' }, { client } as never);
        Object.assign(token, { scope: 'openid' });
        const jwt = await token.issue({ use: 'idtoken' });
        const { protectedHeader } = await compactVerify(jwt, createLocalJWKSet(published as never));
        expect(protectedHeader.alg).toBe(alg);
        expect(current.has(protectedHeader.kid!), alg).toBe(true);
      }
    }
  });
});
