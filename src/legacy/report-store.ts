/** Counts for the report on an old system. Each is one pass over its rows at most, for an operator who waits for it. */
import { type Queryable, sql, type Transaction } from '../platform/postgres.ts';
import type { Reason, RegisterWord, Tier } from './matching.ts';

const COUNT_TRIES = sql(
  'old-password-count-tries',
  `INSERT INTO old_password_count (source, week, lane, tried, opened)
   SELECT source, $2, $3, 1, $4 FROM unnest($1::text[]) AS s(source) ORDER BY source
   ON CONFLICT (source, week, lane) DO UPDATE
   SET tried = old_password_count.tried + 1, opened = old_password_count.opened + EXCLUDED.opened`,
);
const TRIES = sql(
  'old-password-tries',
  `SELECT to_char(week, 'YYYY-MM-DD') AS week, sum(tried)::int AS tried, sum(opened)::int AS opened
   FROM old_password_count WHERE source = $1 GROUP BY week ORDER BY week`,
);
/** Weeks begin on Monday in Beijing, which knows no summer time. */
const USED = sql(
  'old-password-used-by-week',
  `SELECT to_char(date_trunc('week', changed_at AT TIME ZONE 'UTC' + interval '8 hours'), 'YYYY-MM-DD') AS week,
     count(*)::int AS rows
   FROM old_password WHERE source = $1 AND state = 'used' GROUP BY 1 ORDER BY 1`,
);
const TIERS = sql(
  'old-account-tiers',
  `SELECT tier, outcome, set_aside, linked_by IS NOT NULL AS linked, count(*)::int AS rows FROM old_account
   WHERE source = $1 GROUP BY tier, outcome, set_aside, linked_by IS NOT NULL`,
);
const JOURNAL = sql(
  'legacy-journal-counts',
  `SELECT count(*) FILTER (WHERE undone_at IS NULL AND opened)::int AS opened,
     count(*) FILTER (WHERE undone_at IS NOT NULL)::int AS undone
   FROM legacy_journal WHERE source = $1`,
);
const REJECTS = sql(
  'legacy-reject-reasons',
  `SELECT reason, count(*)::int AS rows FROM legacy_reject WHERE source = $1 AND dump = $2
   GROUP BY reason ORDER BY rows DESC, reason`,
);
const SAMPLE = sql(
  'old-account-sample',
  `SELECT o.local_id, o.at, o.content, o.outcome, o.tier, o.reasons, o.set_aside, o.register_said,
     coalesce(o.person_id, o.organisation_id) AS person_id, j.at AS linked_at
   FROM (SELECT source, local_id FROM old_account WHERE source = $1 ORDER BY md5($2 || local_id), local_id LIMIT $3) s
     JOIN old_account o USING (source, local_id) LEFT JOIN legacy_journal j ON j.id = o.linked_by
   ORDER BY o.local_id`,
);

/** One sign-in in which old passwords of these systems were tried. @param week the Monday it was in */
export async function countTries(
  on: Queryable | Transaction,
  sources: readonly string[],
  { week, lane, opened }: { week: string; lane: number; opened: boolean },
): Promise<void> {
  await on.query(COUNT_TRIES, [sources, week, lane, opened ? 1 : 0]);
}

export const triesByWeek = (
  on: Queryable,
  source: string,
): Promise<{ week: string; tried: number; opened: number }[]> => on.query(TRIES, [source]);

/** Old accounts whose owners came with an old password, by the week they did. */
export const usedByWeek = (on: Queryable, source: string): Promise<{ week: string; rows: number }[]> =>
  on.query(USED, [source]);

export interface TierRow {
  tier: Tier | null;
  outcome: string | null;
  set_aside: 'rejected' | 'waits' | null;
  linked: boolean;
  rows: number;
}

export const countTiers = (on: Queryable, source: string): Promise<TierRow[]> => on.query(TIERS, [source]);

export const countJournal = async (
  on: Queryable,
  source: string,
): Promise<{ opened: number; undone: number }> =>
  (await on.query<{ opened: number; undone: number }>(JOURNAL, [source]))[0]!;

export const countRejects = (
  on: Queryable,
  source: string,
  dump: number,
): Promise<{ reason: string; rows: number }[]> => on.query(REJECTS, [source, dump]);

export interface SampleRow {
  local_id: string;
  at: string;
  content: Buffer;
  outcome: string | null;
  tier: Tier | null;
  reasons: Reason[] | null;
  set_aside: 'rejected' | 'waits' | null;
  register_said: RegisterWord | null;
  /** The person's, or the organisation's. */
  person_id: string | null;
  linked_at: Date | null;
}

/** The same rows for the same seed, as long as the accounts are the same. */
export const sampleAccounts = (
  on: Queryable,
  source: string,
  seed: string,
  most: number,
): Promise<SampleRow[]> => on.query(SAMPLE, [source, seed, most]);
