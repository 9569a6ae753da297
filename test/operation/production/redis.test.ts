/** Redis as installations have it: alone, behind Sentinels, as a cluster; and what is said when it cannot be used. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRedis, type RedisSettings } from '../../../src/platform/redis.ts';
import { freePort } from '../../support/server.ts';
import { redisHere, startRedis } from './redis-server.ts';
import { until } from './until.ts';

if (!redisHere) console.warn('NOT TESTED HERE: Sentinel, cluster; redis-server is not installed');

const PASSWORD = 'Xk9Tb3Hd6Jm1';
/** A start waits 5 s; the rest is for a slow machine. */
const PATIENCE_MS = 15_000;

let folder: string;
/** Takes connections and says nothing. */
let silent: Server;
const closers: (() => unknown)[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yihao-redis-'));
  silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  for (const close of closers.reverse()) await close();
  silent.close();
  rmSync(folder, { recursive: true, force: true });
});

const silentPort = () => (silent.address() as { port: number }).port;
const open = (settings: Partial<RedisSettings>) => openRedis({ keyPrefix: 'test:', ...settings });

/** The error's words, and that they came in time and without the password. */
async function refusal(settings: Partial<RedisSettings>): Promise<string> {
  const began = Date.now();
  const error = await open(settings).then(
    () => undefined,
    (thrown: Error) => thrown,
  );
  expect(Date.now() - began).toBeLessThan(PATIENCE_MS);
  expect(error?.message).not.toContain(PASSWORD);
  return error?.message ?? 'opened';
}

/** A cluster of one node that holds all slots, and announces what it is told to. */
async function clusterThatSays(announced: string[][]): Promise<number> {
  const settings = [
    ['cluster-enabled', 'yes'],
    ['cluster-port', String(await freePort())],
    ['save', '""'],
  ];
  const { port, close } = await startRedis(folder, [...settings, ...announced]);
  closers.push(close);
  const plain: Redis = new Redis(port);
  plain.on('error', () => {});
  await plain.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  await until(
    async (): Promise<boolean> => String(await plain.call('CLUSTER', 'INFO')).includes('cluster_state:ok'),
    'the cluster',
  );
  plain.disconnect();
  return port;
}

test.concurrent.each([
  ['refuses', (): string => '127.0.0.1:1', 'ECONNREFUSED'],
  ['is silent', (): string => `127.0.0.1:${silentPort()}`, 'no answer'],
] as const)('a server that %s is named, with the reason', async (_, at, why) => {
  const said = await Promise.all([
    refusal({ url: `redis://gov:${PASSWORD}@${at()}/0` }),
    refusal({ cluster: [at()] }),
    refusal({ sentinels: [at()] }),
  ]);
  expect(said[0]).toBe(`Redis at ${at()} cannot be used (${why})`);
  expect(said[1]).toContain(`the Redis cluster at ${at()} cannot be used (`);
  expect(said[2]).toContain(`the Redis behind the sentinels at ${at()} cannot be used (`);
});

describe.skipIf(!redisHere)('real servers', () => {
  test.concurrent('a wrong password is said as such, never as it is', async () => {
    const { port, close } = await startRedis(folder, [['requirepass', 'other-Xk9Tb3']]);
    closers.push(close);
    expect(await refusal({ url: `redis://:${PASSWORD}@127.0.0.1:${port}` })).toMatch(
      /cannot be used \(WRONGPASS/,
    );
  });

  test.concurrent.each([
    ['that refuses', () => '1', 'ECONNREFUSED'],
    ['where nobody answers', () => String(silentPort()), 'no answer'],
  ])(
    'a cluster that announces an address %s is refused in time, with the address',
    async (_, announced, why) => {
      const here = ['cluster-announce-ip', '127.0.0.1'];
      const port = await clusterThatSays([here, ['cluster-announce-port', announced()]]);
      const named =
        `the Redis cluster at 127.0.0.1:${port} cannot be used (127.0.0.1:${announced()}: ${why}): ` +
        'every address that its nodes announce (cluster-announce-ip) must be reachable from here';
      // On a machine that is busy the last thing heard may be another node's lateness: then again.
      await until(async () => (await refusal({ cluster: [`127.0.0.1:${port}`] })) === named, named);
    },
  );

  test.concurrent('a cluster that announces nothing is refused in time', async () => {
    const port = await clusterThatSays([]);
    expect(await refusal({ cluster: [`127.0.0.1:${port}`] })).toContain(
      '(cluster-announce-ip) must be reachable',
    );
  });

  test.concurrent('a single server is no cluster', async () => {
    const { port, close } = await startRedis(folder, []);
    closers.push(close);
    const said = () => refusal({ cluster: [`127.0.0.1:${port}`] });
    await until(async () => (await said()).includes('cluster support disabled'), 'the reason');
  });

  test.concurrent('cluster and Sentinel are reached with the user and password of the address', async () => {
    const guarded = [
      ['requirepass', PASSWORD],
      ['masterauth', PASSWORD],
      ['cluster-announce-ip', '127.0.0.1'],
    ];
    const url = `redis://:${PASSWORD}@named-elsewhere.invalid:1`;
    const { port, close } = await startRedis(folder, guarded);
    closers.push(close);
    const sentinel = await startRedis(
      folder,
      [
        ['sentinel', 'monitor', 'yihao', '127.0.0.1', String(port), '1'],
        ['sentinel', 'auth-pass', 'yihao', PASSWORD],
      ],
      ['--sentinel'],
    );
    closers.push(sentinel.close);
    const sentinels = [`127.0.0.1:${sentinel.port}`];
    const behind = await open({ sentinels, sentinelName: 'yihao', url });
    expect(await behind!.set('a', 'b')).toBe('OK');
    behind!.disconnect();
    expect(await refusal({ sentinels, sentinelName: 'nobody', url })).toContain('the master that they name');
  });

  test.concurrent('a server that falls silent fails its commands instead of holding them for ever', async () => {
    const { port, freeze, close } = await startRedis(folder, []);
    closers.push(close);
    const redis = (await open({ url: `redis://127.0.0.1:${port}` }))!;
    freeze();
    await expect(redis.get('a')).rejects.toThrow('the connection to Redis broke');
    // While it is not back, new commands fail as well, after some tries.
    await expect(redis.get('a')).rejects.toThrow('max retries');
    redis.disconnect();
  });
});
