/**
 * Counters in PostgreSQL. One statement locks the counters in the order of their keys, judges them, and
 * charges all or none.
 *
 * It commits without waiting for the disk: losing power may forget the last fraction of a second of counting,
 * which is no more than a guesser could do in that time, while every waiting attempt is spared a flush.
 */
import type { Clock } from './clock.ts';
import type { LimitUse, OpenLimits, Taken } from './limits.ts';
import { type Database, sql } from './postgres.ts';

type Use = Required<LimitUse>;

/**
 * $1 keys, $2 points, $3 seconds, $4 costs, $5 now. Answers the exhausted limit that lasts longest, or nothing.
 *
 * Counters that are not there cannot be locked. When another statement creates one at the same moment, the
 * insert runs into it and charges it only within its points; if that leaves a use uncharged, the division
 * by zero takes the whole statement back, and the caller asks again: now the counter is there to be locked.
 */
const TAKE = sql(
  'limits-take',
  `WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
   wanted AS (
     SELECT * FROM unnest($1::text[], $2::int[], $3::int[], $4::int[]) AS w (key, points, seconds, cost)
   ),
   locked AS MATERIALIZED (
     SELECT c.key, c.used, c.expires_at FROM limit_counter c WHERE c.key = ANY ($1::text[]) ORDER BY c.key FOR UPDATE
   ),
   judged AS MATERIALIZED (
     SELECT w.key, w.cost, w.points,
            CASE WHEN l.expires_at > $5 THEN l.used ELSE 0 END AS used,
            CASE WHEN l.expires_at > $5 THEN l.expires_at ELSE $5::timestamptz + w.seconds * interval '1 second' END AS expires_at
     FROM quick, wanted w LEFT JOIN locked l ON l.key = w.key COLLATE "C"
   ),
   taken AS (
     INSERT INTO limit_counter AS c (key, used, points, expires_at)
     SELECT key, cost, points, expires_at FROM judged
     WHERE NOT EXISTS (SELECT FROM judged WHERE used + cost > points)
     ORDER BY key COLLATE "C"
     ON CONFLICT (key) DO UPDATE
     SET used = CASE WHEN c.expires_at > $5 THEN c.used ELSE 0 END + EXCLUDED.used,
         points = EXCLUDED.points,
         expires_at = CASE WHEN c.expires_at > $5 THEN c.expires_at ELSE EXCLUDED.expires_at END
     WHERE c.expires_at <= $5 OR c.used + EXCLUDED.used <= EXCLUDED.points
     RETURNING 1
   ),
   refused AS (
     SELECT key, expires_at FROM judged WHERE used + cost > points ORDER BY expires_at DESC LIMIT 1
   )
   SELECT r.key, r.expires_at FROM (SELECT count(*) AS n FROM taken) AS t LEFT JOIN refused r ON true
   WHERE CASE WHEN r.key IS NULL THEN 1 / (t.n / cardinality($1::text[])) = 0 ELSE true END`,
);

const GIVE_BACK = sql(
  'limits-give-back',
  `WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
   locked AS MATERIALIZED (
     SELECT l.key FROM quick, limit_counter l
     WHERE l.key = ANY ($1::text[]) AND l.expires_at > $3 ORDER BY l.key FOR UPDATE OF l
   )
   UPDATE limit_counter c SET used = greatest(0, c.used - g.cost)
   FROM locked l JOIN unnest($1::text[], $2::int[]) AS g (key, cost) ON l.key = g.key COLLATE "C"
   WHERE c.key = l.key`,
);

const CLEAR = sql(
  'limits-clear',
  `DELETE FROM limit_counter WHERE key IN (
     SELECT key FROM limit_counter WHERE key = ANY ($1::text[]) ORDER BY key FOR UPDATE
   )`,
);

const SWEEP = sql(
  'limits-sweep',
  `WITH gone AS (
     DELETE FROM limit_counter WHERE key IN (
       SELECT key FROM limit_counter WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
     ) RETURNING 1
   )
   SELECT count(*)::int AS n FROM gone`,
);

/** Counters removed in one statement: few milliseconds of locks. */
const SWEEP_BATCH = 500;
/** Another asks for the same new counters at the same moment; beyond a few times something else is wrong. */
const TRIES = 10;
const DIVISION_BY_ZERO = '22012';
const DEADLOCK = '40P01';

/** Uses come merged, one per key; see openLimits. */
export function postgresLimits(database: Database, clock: Clock): OpenLimits {
  async function take(uses: Use[], triesLeft = TRIES): Promise<Taken> {
    const now = clock.now();
    const values = [
      uses.map((use) => use.key),
      uses.map((use) => use.points),
      uses.map((use) => use.windowSeconds),
      uses.map((use) => use.cost),
      now,
    ];
    try {
      const [refused] = await database.query<{ key: string; expires_at: Date }>(TAKE, values);
      if (!refused) return { ok: true };
      const left = refused.expires_at.getTime() - now.getTime();
      return { ok: false, key: refused.key, retryAfter: Math.max(1, Math.ceil(left / 1_000)) };
    } catch (error) {
      const { code } = error as { code?: string };
      if (triesLeft > 0 && (code === DIVISION_BY_ZERO || code === DEADLOCK)) return take(uses, triesLeft - 1);
      throw error;
    }
  }

  return {
    take: (uses) => take(uses as Use[]),
    async giveBack(uses) {
      await database.query(GIVE_BACK, [uses.map((use) => use.key), uses.map((use) => use.cost), clock.now()]);
    },
    async clear(keys) {
      await database.query(CLEAR, [keys]);
    },
    async sweep() {
      let swept = 0;
      for (;;) {
        const [row] = await database.query<{ n: number }>(SWEEP, [clock.now(), SWEEP_BATCH]);
        swept += row!.n;
        if (row!.n < SWEEP_BATCH) return swept;
      }
    },
    close: async () => {},
  };
}
