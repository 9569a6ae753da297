/** The doctor's look at Redis: does it answer, keep what it is given over a restart, and evict nothing? */
import { everyMaster, openRedis } from '../platform/redis.ts';
import type { Settings } from '../settings.ts';
import type { Finding } from './doctor.ts';
import { reasonOf } from './run.ts';

const OLDEST_REDIS = 7;

export async function examineRedis({ mode, redis }: Settings): Promise<Finding[]> {
  let opened: Awaited<ReturnType<typeof openRedis>>;
  try {
    opened = await openRedis(redis);
    if (!opened) {
      const found = 'not configured; PostgreSQL keeps what is short-lived';
      return [{ check: 'redis', state: 'ok', found }];
    }
    const nodes = (await everyMaster(opened, (node) => node.info())).map(readInfo);
    const wrong = mode === 'production' ? 'failed' : 'warning';
    return [
      standing(nodes, Boolean(redis.cluster?.length)),
      persistence(nodes, wrong),
      eviction(nodes, wrong),
    ];
  } catch (error) {
    const advice = 'check REDIS_URL, that Redis runs, and that its user may connect';
    return [{ check: 'redis', state: 'failed', found: reasonOf(error), advice }];
  } finally {
    opened?.disconnect();
  }
}

type Info = Record<string, string>;

/** `name:value` lines, as INFO answers them. */
const readInfo = (text: string): Info =>
  Object.fromEntries([...text.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name, value]) => [name, value]));

function standing(nodes: Info[], cluster: boolean): Finding {
  const check = 'redis';
  const versions = [...new Set(nodes.map((node) => node.redis_version ?? 'unknown'))].join(', ');
  const found = `version ${versions}${cluster ? `, cluster of ${nodes.length}` : ''}`;
  const failed = (advice: string): Finding => ({ check, state: 'failed', found, advice });
  if (nodes.some((node) => node.role === 'slave'))
    return failed(
      'REDIS_URL names a replica, which cannot be written to: name the master, or redis.sentinels',
    );
  if (!cluster && nodes[0]?.cluster_enabled === '1')
    return failed('REDIS_URL names one node of a cluster: set redis.cluster as well');
  if (nodes.some((node) => Number.parseInt(node.redis_version ?? '', 10) < OLDEST_REDIS))
    return { check, state: 'warning', found, advice: 'use Redis 7 or newer' };
  return { check, state: 'ok', found };
}

function persistence(nodes: Info[], wrong: Finding['state']): Finding {
  const check = 'redis persistence';
  if (nodes.every((node) => node.aof_enabled === '1')) return { check, state: 'ok', found: 'appendonly yes' };
  return {
    check,
    state: wrong,
    found: 'appendonly no',
    advice:
      'set `appendonly yes`: after a restart without it everybody is signed out, waits after wrong passwords begin ' +
      'afresh, and a used assertion could be used again',
  };
}

function eviction(nodes: Info[], wrong: Finding['state']): Finding {
  const check = 'redis eviction';
  const policies = [...new Set(nodes.map((node) => node.maxmemory_policy ?? 'unknown'))].join(', ');
  const found = `maxmemory-policy ${policies}`;
  if (policies === 'noeviction') return { check, state: 'ok', found };
  const advice = 'set `maxmemory-policy noeviction`: what is evicted could be used a second time';
  return { check, state: wrong, found, advice };
}
