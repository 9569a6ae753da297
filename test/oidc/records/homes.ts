/** Where protocol records can rest: the stores that one contract suite runs over. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { type OidcStore, openOidcStore } from '../../../src/oidc/oidc-store.ts';
import type { RequestContext } from '../../../src/oidc/request-memory.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import { type Database, openDatabase } from '../../../src/platform/postgres.ts';
import { type FastStore, openRedis, type RedisSettings } from '../../../src/platform/redis.ts';
import { parseKeyring } from '../../../src/platform/seal/keyring.ts';
import { sampleKeyring } from '../../../src/platform/seal/sample-keys.ts';
import { type Store, stores, testRedis } from '../../support/stores.ts';

/** What a second process needs to open the same home. */
export interface HomeAddress {
  url: string | undefined;
  folder: string;
  redis: RedisSettings;
}

export interface Home {
  database: Database;
  redis: FastStore | undefined;
  address: HomeAddress;
  clock: Clock & { pass(seconds: number): void };
  /** A store over this home, as another node would open it; `keys` in its keyring. */
  open(keys?: number): OidcStore;
  drop(): Promise<void>;
}

export interface HomeKind {
  name: string;
  fresh(): Promise<Home>;
}

const requests = new AsyncLocalStorage<RequestContext>();

/** Runs something as the library would within one request. */
export const inRequest = <Result>(
  route: string,
  work: (request: RequestContext) => Promise<Result>,
): Promise<Result> => {
  const request = { oidc: { route } };
  return requests.run(request, () => work(request));
};

/** Opens a store over a home; in the process of the test and in a racer's. */
export async function openHome(address: HomeAddress, clock: Clock) {
  const database = await openDatabase({ url: address.url, folder: address.folder, poolSize: 8 });
  const redis = await openRedis(address.redis);
  const store = openStore(database, redis, clock, 1);
  return {
    store,
    async close() {
      redis?.disconnect();
      await database.close();
    },
  };
}

const openStore = (database: Database, redis: FastStore | undefined, clock: Clock, keys: number): OidcStore =>
  openOidcStore({
    database,
    redis,
    keyring: parseKeyring(sampleKeyring(keys)),
    clock,
    context: () => requests.getStore(),
  });

const home = (store: Store, redisUrl: string | undefined, name: string): HomeKind => ({
  name,
  async fresh() {
    const { database, url, folder, drop } = await store.fresh();
    const keyPrefix = `test-${randomBytes(6).toString('hex')}:`;
    const redisSettings: RedisSettings = { url: redisUrl, keyPrefix };
    const redis = await openRedis(redisSettings);
    let passed = 0;
    const clock = {
      now: () => new Date(Date.now() + passed * 1000),
      pass: (seconds: number) => {
        passed += seconds;
      },
    };
    return {
      database,
      redis,
      clock,
      address: { url, folder, redis: redisSettings },
      open: (keys = 1) => openStore(database, redis, clock, keys),
      async drop() {
        if (redis) await forgetKeys(redis, keyPrefix);
        redis?.disconnect();
        await drop();
      },
    };
  },
});

async function forgetKeys(redis: FastStore, keyPrefix: string): Promise<void> {
  for (const key of await redis.keys(`${keyPrefix}*`)) await redis.unlink(key.slice(keyPrefix.length));
}

const real = stores.find(({ name }) => name === 'postgres');

export const homes: HomeKind[] = [
  ...stores.map((store) => home(store, undefined, store.name)),
  ...(real && testRedis ? [home(real, testRedis, 'postgres with redis')] : []),
];
