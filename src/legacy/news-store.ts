/** SQL of the news that applications are to be told, and of how each of them takes it. */
import { type Queryable, sql, type Transaction } from '../platform/postgres.ts';
import type { OldAccountNews } from './news.ts';

export interface NewNews {
  kind: OldAccountNews['kind'];
  personId: string;
  source?: string | undefined;
  localId?: string | undefined;
  sub: string | undefined;
  previousSub?: string | undefined;
}

export interface News extends NewNews {
  id: string;
  at: Date;
}

/** How an application takes its news. */
export interface NewsStatus {
  clientId: string;
  waiting: number;
  /** When the oldest that still waits happened. */
  waitingSince: Date | undefined;
  delivered: number;
  lastDelivered: Date | undefined;
  /** Attempts in vain since the last that was taken. */
  attempts: number;
  lastError: string | undefined;
  /** Given up since then; see `retry`. */
  stoppedAt: Date | undefined;
}

const OWNERS = sql(
  'legacy-news-owners',
  'SELECT source, client FROM legacy_source WHERE source = ANY ($1::text[]) AND client IS NOT NULL',
);
const INSERT = sql(
  'legacy-news-insert',
  `INSERT INTO legacy_news (client_id, kind, source, local_id, person_id, sub, previous_sub, at)
   SELECT $1, kind, source, local_id, person_id, sub, previous_sub, $2
   FROM unnest($3::text[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::text[])
     WITH ORDINALITY AS n(kind, source, local_id, person_id, sub, previous_sub, nth) ORDER BY nth`,
);
const OPEN_LINE = sql(
  'legacy-news-open-line',
  'INSERT INTO legacy_news_line (client_id, next_at) VALUES ($1, $2) ON CONFLICT (client_id) DO NOTHING',
);
const DUE = sql(
  'legacy-news-due',
  `SELECT client_id FROM legacy_news_line l
   WHERE stopped_at IS NULL AND next_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1)
     AND EXISTS (SELECT FROM legacy_news n WHERE n.client_id = l.client_id)
   ORDER BY next_at LIMIT 50`,
);
const CLAIM = sql(
  'legacy-news-claim',
  `UPDATE legacy_news_line SET claim = $2, claimed_until = $4
   WHERE client_id = $1 AND stopped_at IS NULL AND next_at <= $3 AND (claimed_until IS NULL OR claimed_until <= $3)
   RETURNING attempts, batch`,
);
const KEEP = sql(
  'legacy-news-keep',
  'UPDATE legacy_news_line SET claimed_until = $3 WHERE client_id = $1 AND claim = $2 RETURNING batch',
);
const RELEASE = sql(
  'legacy-news-release',
  'UPDATE legacy_news_line SET claim = NULL, claimed_until = NULL WHERE client_id = $1 AND claim = $2',
);
const COLUMNS = 'id, kind, source, local_id, person_id, sub, previous_sub, at';
const NEXT = sql(
  'legacy-news-next',
  `SELECT ${COLUMNS} FROM legacy_news WHERE client_id = $1 ORDER BY id LIMIT $2`,
);
const OF_BATCH = sql(
  'legacy-news-of-batch',
  `SELECT ${COLUMNS} FROM legacy_news WHERE batch = $1 ORDER BY id`,
);
const BEGIN = sql(
  'legacy-news-begin',
  `WITH line AS (UPDATE legacy_news_line SET batch = $3 WHERE client_id = $1 AND claim = $2 RETURNING client_id)
   UPDATE legacy_news SET batch = $3 WHERE id = ANY ($4::bigint[]) AND EXISTS (SELECT FROM line) RETURNING id`,
);
/** By the token alone: with the application beside it, all that waits for it would be walked through. */
const TAKEN = sql(
  'legacy-news-taken',
  `WITH line AS (
     UPDATE legacy_news_line SET batch = NULL, attempts = 0, last_error = NULL, last_delivered = $3,
       delivered = delivered + $4
     WHERE client_id = $1 AND batch = $2 RETURNING client_id)
   DELETE FROM legacy_news WHERE batch = $2 AND EXISTS (SELECT FROM line) RETURNING id`,
);
const NOT_TAKEN = sql(
  'legacy-news-not-taken',
  `UPDATE legacy_news_line SET attempts = attempts + 1, last_error = $3, next_at = $4, stopped_at = $5,
     claim = NULL, claimed_until = NULL
   WHERE client_id = $1 AND claim = $2 RETURNING client_id`,
);
const PUT_OFF = sql(
  'legacy-news-put-off',
  `UPDATE legacy_news_line SET last_error = $3, next_at = $4, claim = NULL, claimed_until = NULL
   WHERE client_id = $1 AND claim = $2`,
);
const FORGET = sql('legacy-news-forget', 'DELETE FROM legacy_news WHERE client_id = $1 RETURNING 1 AS gone');
const CLEAR_LINE = sql(
  'legacy-news-clear-line',
  `UPDATE legacy_news_line SET batch = NULL, attempts = 0, claim = NULL, claimed_until = NULL, last_error = $2
   WHERE client_id = $1`,
);
const STATUS = sql(
  'legacy-news-status',
  `SELECT l.client_id, l.delivered, l.last_delivered, l.attempts, l.last_error, l.stopped_at, n.waiting, n.since
   FROM legacy_news_line l CROSS JOIN LATERAL (
     SELECT count(*) AS waiting, min(at) AS since FROM legacy_news w WHERE w.client_id = l.client_id) n
   WHERE $1::text IS NULL OR l.client_id = $1 ORDER BY l.client_id`,
);
const REVIVE = sql(
  'legacy-news-revive',
  `UPDATE legacy_news_line SET stopped_at = NULL, attempts = 0, next_at = $2 WHERE client_id = $1
   RETURNING (SELECT count(*) FROM legacy_news n WHERE n.client_id = $1) AS waiting`,
);
const SWEEP = sql(
  'legacy-news-sweep',
  `DELETE FROM legacy_news WHERE id IN (
     SELECT n.id FROM legacy_news n JOIN legacy_news_line l ON l.client_id = n.client_id
     WHERE l.stopped_at < $1 AND n.at < $1 LIMIT $2) RETURNING 1 AS gone`,
);

/** Which application each of these old systems belongs to, by its name. */
export const clientsOfSources = async (
  on: Queryable,
  sources: readonly string[],
): Promise<Map<string, string>> =>
  new Map(
    (await on.query<{ source: string; client: string }>(OWNERS, [sources])).map(({ source, client }) => [
      source,
      client,
    ]),
  );

/** Writes down, in this order, what an application is to be told. */
export async function insertNews(
  tx: Transaction,
  clientId: string,
  news: readonly NewNews[],
  at: Date,
): Promise<void> {
  const column = <Value>(read: (one: NewNews) => Value | undefined) => news.map((one) => read(one) ?? null);
  await tx.query(INSERT, [
    clientId,
    at,
    column(({ kind }) => kind),
    column(({ source }) => source),
    column(({ localId }) => localId),
    column(({ personId }) => personId),
    column(({ sub }) => sub),
    column(({ previousSub }) => previousSub),
  ]);
  await tx.query(OPEN_LINE, [clientId, at]);
}

/** Applications with news that may be sent now, and that nobody is sending. */
export const dueLines = async (on: Queryable, now: Date): Promise<string[]> =>
  (await on.query<{ client_id: string }>(DUE, [now])).map(({ client_id }) => client_id);

/** From now until then only this claim delivers to the application; undefined where somebody else does. */
export async function claimLine(
  on: Queryable,
  clientId: string,
  claim: string,
  now: Date,
  until: Date,
): Promise<{ attempts: number; batch: string | undefined } | undefined> {
  const [line] = await on.query<{ attempts: number; batch: string | null }>(CLAIM, [
    ...[clientId, claim],
    ...[now, until],
  ]);
  return line && { attempts: line.attempts, batch: line.batch ?? undefined };
}

/** Holds a claim longer; false when it is lost. */
export const keepClaim = async (
  on: Queryable,
  clientId: string,
  claim: string,
  until: Date,
): Promise<boolean> => (await on.query(KEEP, [clientId, claim, until])).length === 1;

export const releaseLine = async (on: Queryable, clientId: string, claim: string): Promise<void> => {
  await on.query(RELEASE, [clientId, claim]);
};

interface Row {
  id: string;
  kind: News['kind'];
  source: string | null;
  local_id: string | null;
  person_id: string;
  sub: string | null;
  previous_sub: string | null;
  at: Date;
}
const toNews = (row: Row): News => ({
  ...{ id: row.id, kind: row.kind, personId: row.person_id, at: row.at },
  source: row.source ?? undefined,
  localId: row.local_id ?? undefined,
  sub: row.sub ?? undefined,
  previousSub: row.previous_sub ?? undefined,
});

export const nextNews = async (on: Queryable, clientId: string, most: number): Promise<News[]> =>
  (await on.query<Row>(NEXT, [clientId, most])).map(toNews);

export const newsOfBatch = async (on: Queryable, batch: string): Promise<News[]> =>
  (await on.query<Row>(OF_BATCH, [batch])).map(toNews);

/** These go together under this name until they are taken; false when the claim is lost. */
export const beginBatch = async (
  on: Queryable,
  clientId: string,
  claim: string,
  batch: string,
  ids: readonly string[],
): Promise<boolean> => (await on.query(BEGIN, [clientId, claim, batch, ids])).length === ids.length;

/** Taken: they go. @returns how many; none when another node was first to say so */
export const settleTaken = async (
  on: Queryable,
  clientId: string,
  batch: string,
  count: number,
  now: Date,
): Promise<number> => (await on.query(TAKEN, [clientId, batch, now, count])).length;

/** Not taken: tried again then, or no more. False when the claim is lost. */
export const settleNotTaken = async (
  on: Queryable,
  clientId: string,
  claim: string,
  { fault, nextAt, stoppedAt }: { fault: string; nextAt: Date; stoppedAt: Date | undefined },
): Promise<boolean> =>
  (await on.query(NOT_TAKEN, [clientId, claim, fault, nextAt, stoppedAt ?? null])).length === 1;

/** Nothing may be sent to it until then; counted as no attempt. */
export const putOff = async (
  on: Queryable,
  clientId: string,
  claim: string,
  { fault, nextAt }: { fault: string; nextAt: Date },
): Promise<void> => {
  await on.query(PUT_OFF, [clientId, claim, fault, nextAt]);
};

/** An application takes no news any more: nothing waits for it. @returns how many went */
export async function forgetNews(tx: Transaction, clientId: string, why: string): Promise<number> {
  const gone = await tx.query(FORGET, [clientId]);
  await tx.query(CLEAR_LINE, [clientId, why]);
  return gone.length;
}

/** Of one application, or of all that ever had news. */
export async function newsStatus(on: Queryable, clientId?: string): Promise<NewsStatus[]> {
  const rows = await on.query<{
    client_id: string;
    delivered: string;
    last_delivered: Date | null;
    attempts: number;
    last_error: string | null;
    stopped_at: Date | null;
    waiting: string;
    since: Date | null;
  }>(STATUS, [clientId ?? null]);
  return rows.map((row) => ({
    clientId: row.client_id,
    waiting: Number(row.waiting),
    waitingSince: row.since ?? undefined,
    delivered: Number(row.delivered),
    lastDelivered: row.last_delivered ?? undefined,
    attempts: row.attempts,
    lastError: row.last_error ?? undefined,
    stoppedAt: row.stopped_at ?? undefined,
  }));
}

/** Begins to try again at once. @returns how many wait; undefined for an application that never had news */
export async function reviveLine(on: Queryable, clientId: string, now: Date): Promise<number | undefined> {
  const [row] = await on.query<{ waiting: string }>(REVIVE, [clientId, now]);
  return row && Number(row.waiting);
}

/** Removes what was given up before then. */
export const sweepNews = async (on: Queryable, before: Date, limit: number): Promise<number> =>
  (await on.query(SWEEP, [before, limit])).length;
