/**
 * Redis Cluster refuses a command whose keys belong to different slots, even where one node holds all slots.
 * So a cluster of one node tells whether the records would work on many.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeRedisRecords } from '../../../src/oidc/redis-adapter.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { type FastStore, openRedis } from '../../../src/platform/redis.ts';
import { freePort } from '../../support/server.ts';

const present = spawnSync('redis-server', ['--version']).status === 0;
if (!present && process.env.CI)
  throw new Error('CI must test against Redis Cluster, but redis-server is not installed');

if (!present) console.warn('NOT TESTED HERE: records on Redis Cluster; redis-server is not installed');

describe.skipIf(!present)('records on Redis Cluster', () => {
  let folder: string;
  let server: ChildProcess;
  let redis: FastStore;

  beforeAll(async () => {
    const [port, busPort] = [await freePort(), await freePort()];
    folder = mkdtempSync(join(tmpdir(), 'yihao-cluster-'));
    const settings = {
      port,
      'cluster-port': busPort,
      'cluster-enabled': 'yes',
      'cluster-announce-ip': '127.0.0.1',
      dir: folder,
      save: '',
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
    server = spawn('redis-server', args, { stdio: 'ignore' });
    const plain = new Redis(port, '127.0.0.1');
    plain.on('error', () => {});
    await plain.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    while (!String(await plain.call('CLUSTER', 'INFO')).includes('cluster_state:ok')) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    plain.disconnect();
    redis = (await openRedis({ cluster: [`127.0.0.1:${port}`], keyPrefix: 'test:' }))!;
  });
  afterAll(async () => {
    redis?.disconnect();
    server?.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  test('every operation keeps to one slot at a time', async () => {
    const store = makeRedisRecords(redis, systemClock);
    const now = Math.floor(Date.now() / 1000);
    const [grantKey, alias] = [randomBytes(32), randomBytes(32)];
    const record = (more: object = {}) => ({
      key: randomBytes(32),
      model: 'AccessToken',
      sealed: randomBytes(50),
      expiresAt: now + 100,
      waitsForDisk: false,
      ...more,
    });
    const tokens = [record({ grantKey }), record({ grantKey }), record({ grantKey })];
    await Promise.all(tokens.map((each) => store.put(each)));
    expect(await store.find(tokens[0]!.key)).toMatchObject({ sealed: tokens[0]!.sealed });
    expect(await store.consume(tokens[0]!.key, now)).toBe(true);
    expect(await store.consume(tokens[0]!.key, now)).toBe(false);
    await store.destroyByGrant(grantKey);
    expect(await Promise.all(tokens.map(({ key }) => store.find(key)))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);

    const session = record({ model: 'Session', alias, accountId: 'person' });
    await store.put(session);
    expect(await store.findByAlias(alias)).toMatchObject({ key: session.key });
    expect(await store.replace({ ...session, sealed: Buffer.from('new') }, session.sealed)).toBe(true);
    expect(await store.replace({ ...session, sealed: Buffer.from('newer') }, session.sealed)).toBe(false);
    expect(await store.sessionsOf('person', now)).toMatchObject([{ sealed: Buffer.from('new') }]);
    await store.destroy(session.key);
    expect(await store.findByAlias(alias)).toBeUndefined();

    const proof = record({ model: 'ReplayDetection' });
    const first = await Promise.all([store.reserve(proof, now), store.reserve(proof, now)]);
    expect(first.filter(Boolean)).toHaveLength(1);
  });
});
