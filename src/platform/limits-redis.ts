/**
 * Counters in Redis: a script judges and charges, alone while it runs. The keys share one hash tag, because
 * a script may touch one slot of a cluster only; counters are small, and one node carries a hundred thousand
 * of these scripts a second.
 *
 * Redis must keep its data over a restart (append-only file), or every window begins afresh with it.
 */
import { createHash } from 'node:crypto';
import type { Clock } from './clock.ts';
import type { LimitUse, OpenLimits } from './limits.ts';
import type { FastStore } from './redis.ts';

type Use = Required<LimitUse>;

/**
 * ARGV: now in milliseconds, then points, window in milliseconds and cost of each key. A counter is a hash of
 * points used and the end of its window, which is judged by our clock; Redis only drops it some time after.
 */
const TAKE = script(`
  local now = tonumber(ARGV[1])
  local refused, longest = 0, 0
  local uses = {}
  for i = 1, #KEYS do
    local points, window, cost = tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
    local counter = redis.call('HMGET', KEYS[i], 'used', 'ends')
    local used, ends = tonumber(counter[1] or 0), tonumber(counter[2] or 0)
    local fresh = ends <= now
    if fresh then used, ends = 0, now + window end
    if used + cost > points and ends > longest then refused, longest = i, ends end
    uses[i] = { fresh, used + cost, ends, window }
  end
  if refused > 0 then return { refused, longest - now } end
  for i = 1, #KEYS do
    local fresh, used, ends, window = unpack(uses[i])
    if fresh then
      redis.call('HSET', KEYS[i], 'used', used, 'ends', string.format('%.0f', ends))
      redis.call('PEXPIRE', KEYS[i], window + 1000)
    else
      redis.call('HSET', KEYS[i], 'used', used)
    end
  end
  return { 0, 0 }
`);

/** ARGV: now in milliseconds, then the cost of each key. */
const GIVE_BACK = script(`
  for i = 1, #KEYS do
    local counter = redis.call('HMGET', KEYS[i], 'used', 'ends')
    if counter[2] and tonumber(counter[2]) > tonumber(ARGV[1]) then
      redis.call('HSET', KEYS[i], 'used', math.max(0, tonumber(counter[1]) - tonumber(ARGV[i + 1])))
    end
  end
  return 0
`);

/** Uses come merged, one per key; see openLimits. */
export function redisLimits(redis: FastStore, clock: Clock): OpenLimits {
  const place = (key: string) => `{limit}:${key}`;

  /** By its digest; Redis is sent the text only when it does not know it (after a restart, a failover). */
  async function run(
    { text, digest }: Script,
    keys: string[],
    values: (string | number)[],
  ): Promise<unknown> {
    try {
      return await redis.evalsha(digest, keys.length, ...keys, ...values);
    } catch (error) {
      if (!String((error as Error).message).startsWith('NOSCRIPT')) throw error;
      return redis.eval(text, keys.length, ...keys, ...values);
    }
  }

  return {
    async take(uses) {
      const numbers = (uses as Use[]).flatMap((use) => [use.points, use.windowSeconds * 1_000, use.cost]);
      const keys = uses.map((use) => place(use.key));
      const [refused, left] = (await run(TAKE, keys, [clock.now().getTime(), ...numbers])) as [
        number,
        number,
      ];
      const use = uses[refused - 1];
      return use
        ? { ok: false, key: use.key, retryAfter: Math.max(1, Math.ceil(left / 1_000)) }
        : { ok: true };
    },
    async giveBack(uses) {
      const keys = uses.map((use) => place(use.key));
      await run(GIVE_BACK, keys, [clock.now().getTime(), ...(uses as Use[]).map((use) => use.cost)]);
    },
    async clear(keys) {
      await redis.del(...keys.map(place));
    },
    // Redis expires its keys itself.
    sweep: async () => 0,
    close: async () => {},
  };
}

interface Script {
  text: string;
  digest: string;
}

function script(text: string): Script {
  return { text, digest: createHash('sha1').update(text).digest('hex') };
}
