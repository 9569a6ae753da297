/** The fast store, when configured: single node, Sentinel or Cluster behind one type. */
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { z } from 'zod';
import { hostsAndPorts } from './config/kinds.ts';

export type FastStore = Redis | Cluster;

export const redisSettings = z
  .object({
    url: z
      .string()
      .regex(/^rediss?:\/\/./, 'must be a redis:// or rediss:// URL')
      .optional(),
    /** Nodes of a cluster; the url's host is not asked then, its user, password and TLS hold for all nodes. */
    cluster: hostsAndPorts().optional(),
    /** Sentinels that know which node is the master; the url as for `cluster`. */
    sentinels: hostsAndPorts().optional(),
    /** What the sentinels call the master. */
    sentinelName: z.string().min(1).max(64).default('mymaster'),
    keyPrefix: z.string().max(64).default('yihao:'),
  })
  .strict();

type Complete = z.output<typeof redisSettings>;
export type RedisSettings = Partial<Complete> & Pick<Complete, 'keyPrefix'>;

/** How long a start waits for Redis, and a connection for an answer. */
const OPEN_MS = 5_000;
const SILENCE_MS = 3_000;

/**
 * Connects, or returns undefined when no Redis is configured. Every node that holds data must answer.
 * @throws Error that says where nothing answered and why, at the latest after 5 s; never with a password.
 */
export async function openRedis(settings: RedisSettings): Promise<FastStore | undefined> {
  const { cluster = [], sentinels = [], url } = settings;
  if (!url && cluster.length + sentinels.length === 0) return undefined;
  const redis = connect(settings);
  let reason = 'no answer';
  // Errors surface at each command; without a listener a lost connection would end the process.
  redis.on('error', (error: Error & { lastNodeError?: Error }) => {
    reason = reasonOf(error.lastNodeError ?? error);
  });
  redis.on('node error', (error: Error, address: string) => {
    reason = `${address}: ${reasonOf(error)}`;
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(reason)), OPEN_MS);
  });
  try {
    await Promise.race([everyMaster(redis, (node) => node.ping()), late]);
    return redis;
  } catch (error) {
    redis.disconnect();
    throw new Error(`${placeOf(settings)} (${reasonOf(error as Error, reason)})${hint(settings)}`);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks each node that holds data: the only one, or all masters of a cluster. */
export async function everyMaster<Answer>(
  redis: FastStore,
  ask: (node: Redis) => Promise<Answer>,
): Promise<Answer[]> {
  if (!(redis instanceof Cluster)) return [await ask(redis)];
  // Which masters there are is known once any node has answered.
  await redis.ping();
  return Promise.all(redis.nodes('master').map(ask));
}

function connect(settings: RedisSettings): FastStore {
  const { keyPrefix, cluster = [], sentinels = [], sentinelName: name = 'mymaster' } = settings;
  const shared = { keyPrefix, enableAutoPipelining: true };
  const timed = { connectTimeout: OPEN_MS, socketTimeout: SILENCE_MS };
  const speaking = { ...timed, ...accessOf(settings.url) };
  if (cluster.length > 0) {
    const options = { ...shared, redisOptions: speaking, slotsRefreshTimeout: SILENCE_MS };
    return new Cluster(cluster.map(address), options);
  }
  const single = { ...shared, ...speaking, maxRetriesPerRequest: 2 };
  const secure = single.tls ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {};
  const redis =
    sentinels.length === 0
      ? new Redis(settings.url!, single)
      : new Redis({ ...single, ...secure, sentinels: sentinels.map(address), name });
  redis.on('close', () => failUnderWay(redis));
  return redis;
}

/**
 * What was under way when a connection broke must hear of it: the client would hold it until there is a new
 * connection, however long that takes, and then send it again, although it may have been done.
 */
function failUnderWay(redis: Redis): void {
  const { prevCommandQueue: held } = redis as unknown as {
    prevCommandQueue?: { shift(): { command: { reject(error: Error): void } } | undefined } | null;
  };
  for (let next = held?.shift(); next; next = held?.shift())
    next.command.reject(new Error('the connection to Redis broke'));
}

/** User, password and TLS that a URL names, for nodes that stand elsewhere. */
function accessOf(url: string | undefined): Pick<RedisOptions, 'username' | 'password' | 'tls'> {
  if (!url) return {};
  const { protocol, username, password } = new URL(url);
  return {
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  };
}

function address(node: string): { host: string; port: number } {
  const at = node.lastIndexOf(':');
  return { host: node.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(node.slice(at + 1)) };
}

function placeOf({ url, cluster, sentinels }: RedisSettings): string {
  if (cluster?.length) return `the Redis cluster at ${cluster.join(', ')} cannot be used`;
  if (sentinels?.length) return `the Redis behind the sentinels at ${sentinels.join(', ')} cannot be used`;
  return `Redis at ${URL.parse(url ?? '')?.host} cannot be used`;
}

function hint({ cluster, sentinels }: RedisSettings): string {
  if (cluster?.length)
    return ': every address that its nodes announce (cluster-announce-ip) must be reachable from here';
  if (sentinels?.length) return ': the master that they name, and its address, must be reachable from here';
  return '';
}

/** The client's own words for giving up say nothing of why; what it was told before does. */
function reasonOf(error: Error, before?: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (before && /max retries|Connection is closed|slots cache|None of startup nodes/.test(message))
    return before;
  if (message.startsWith('Socket timeout')) return 'no answer';
  return code ?? message.replace(/^.*Last error: /, '');
}
