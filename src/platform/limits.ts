/**
 * Limits: so many points per key in a window of time. A window begins with the first use of its key and
 * ends `windowSeconds` later, whatever happens in between. Several limits are asked in one round trip and
 * all or none of them are charged; the count is exact however many ask at once, on however many nodes.
 */
import { z } from 'zod';
import type { Clock } from './clock.ts';
import { whole } from './config/kinds.ts';
import { postgresLimits } from './limits-postgres.ts';
import { redisLimits } from './limits-redis.ts';
import type { Database } from './postgres.ts';
import type { FastStore } from './redis.ts';

export interface LimitUse {
  /** What is limited, already free of personal data (a fingerprint, a hash). */
  key: string;
  /** Points in one window. */
  points: number;
  windowSeconds: number;
  /** Points of this use; 1 unless said otherwise. */
  cost?: number;
}

/** `key` is the limit that stays exhausted longest; after `retryAfter` seconds trying again makes sense. */
export type Taken = { ok: true } | { ok: false; key: string; retryAfter: number };

export interface Limits {
  /** Charges all uses, or none when one of them has too few points left. */
  take(uses: LimitUse[]): Promise<Taken>;
  /** Returns points taken, for an attempt that turned out not to count. */
  giveBack(uses: LimitUse[]): Promise<void>;
  /** Forgets these keys: a full window for the next use. */
  clear(keys: string[]): Promise<void>;
}

export interface OpenLimits extends Limits {
  /** Removes what has expired, in small batches; returns how much. Runs by itself every `sweepSeconds`. */
  sweep(): Promise<number>;
  close(): Promise<void>;
}

export const limitSettings = z
  .object({
    /** Seconds between removals of expired counters. */
    sweepSeconds: whole(1, 86_400).default(60),
  })
  .strict();

/** Counters in Redis where there is one, in the database otherwise. */
export function openLimits(
  database: Database,
  redis: FastStore | undefined,
  clock: Clock,
  settings: z.output<typeof limitSettings> = limitSettings.parse({}),
): OpenLimits {
  const store = redis ? redisLimits(redis, clock) : postgresLimits(database, clock);
  // A sweep that fails is made up for by the next one, on this node or another.
  const timer = setInterval(() => void store.sweep().catch(() => {}), settings.sweepSeconds * 1_000);
  timer.unref();
  return {
    take: async (uses) => (uses.length === 0 ? { ok: true } : store.take(merge(uses))),
    giveBack: async (uses) => (uses.length === 0 ? undefined : store.giveBack(merge(uses))),
    clear: async (keys) => (keys.length === 0 ? undefined : store.clear(keys)),
    sweep: store.sweep,
    close: async () => clearInterval(timer),
  };
}

/** One use per key. */
function merge(uses: readonly LimitUse[]): Required<LimitUse>[] {
  const byKey = new Map<string, Required<LimitUse>>();
  for (const use of uses) {
    const cost = use.cost ?? 1;
    if (!(Number.isSafeInteger(cost) && cost >= 0 && use.points >= 0 && use.windowSeconds > 0)) {
      throw new RangeError('a limit needs a cost and points of at least 0 and a window longer than 0');
    }
    const same = byKey.get(use.key);
    if (same && (same.points !== use.points || same.windowSeconds !== use.windowSeconds)) {
      throw new RangeError('one key cannot have two limits');
    }
    byKey.set(use.key, { ...use, cost: cost + (same?.cost ?? 0) });
  }
  return [...byKey.values()];
}
