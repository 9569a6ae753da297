/** One installation for a test: a database, maybe Redis, and nodes over them, also in other processes. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { openRedis, type RedisSettings } from '../../src/platform/redis.ts';
import { type Store, stores, testRedis } from '../support/stores.ts';
import { type NodeOptions, type ProviderNode, startNode } from './server.ts';

export interface World {
  node: ProviderNode;
  /** Another node in this process, with caches of its own. */
  another(options?: Partial<NodeOptions>): Promise<ProviderNode>;
  /** Another node in another process; what it answers at. */
  process(): Promise<RemoteNode>;
  close(): Promise<void>;
}

export interface RemoteNode {
  address: string;
  /** kill -9 */
  kill(): Promise<void>;
}

export interface WorldKind {
  name: string;
  open(options?: Partial<NodeOptions>): Promise<World>;
}

const kind = (name: string, store: Store, redisUrl: string | undefined): WorldKind => ({
  name,
  async open(options = {}) {
    const fresh = await store.fresh();
    const redisSettings: RedisSettings = {
      url: redisUrl,
      keyPrefix: `test-${randomBytes(6).toString('hex')}:`,
    };
    const redis = await openRedis(redisSettings);
    const node = await startNode({ database: fresh.database, redis, ...options });
    const others: { close(): Promise<void> }[] = [];
    const children = new Set<ChildProcess>();
    return {
      node,
      async another(more = {}) {
        const other = await startNode({
          database: fresh.database,
          redis,
          issuer: node.issuer,
          worker: false,
          ...options,
          ...more,
        });
        others.push(other);
        return other;
      },
      async process() {
        const child = fork(join(import.meta.dirname, 'remote-node.ts'), {
          env: {
            ...process.env,
            NODE: JSON.stringify({
              url: fresh.url,
              folder: fresh.folder,
              redis: redisSettings,
              issuer: node.issuer,
              settings: options.settings,
            }),
          },
        });
        children.add(child);
        child.once('exit', () => children.delete(child));
        const address = await new Promise<string>((done, fail) => {
          child.once('message', (message) => done(String(message)));
          child.once('exit', (code) => fail(new Error(`the second process ended with ${code}`)));
        });
        return {
          address,
          async kill() {
            const gone = new Promise((done) => child.once('exit', done));
            child.kill('SIGKILL');
            await gone;
          },
        };
      },
      async close() {
        for (const child of children) child.kill('SIGKILL');
        for (const other of others) await other.close();
        await node.close();
        redis?.disconnect();
        await fresh.drop();
      },
    };
  },
});

/** The embedded database; PostgreSQL alone; PostgreSQL with Redis, where they answer (always in CI). */
export const worlds: WorldKind[] = stores.flatMap((store) => [
  kind(store.name, store, undefined),
  ...(store.name === 'postgres' && testRedis ? [kind('postgres + redis', store, testRedis)] : []),
]);

/** For what does not depend on the store. */
export const anyWorld = worlds.find(({ name }) => name === 'postgres') ?? worlds[0]!;

export async function until(holds: () => Promise<boolean> | boolean, seconds = 20): Promise<void> {
  const end = Date.now() + seconds * 1_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`did not come about within ${seconds} s`);
    await new Promise((done) => setTimeout(done, 50));
  }
}
