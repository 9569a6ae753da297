/** SQL of back-channel logout messages. */
import { type Queryable, sql } from '../platform/postgres.ts';

export type LogoutState = 'waiting' | 'delivered' | 'dead' | 'dropped';

/** One application to be told that one of a person's sessions with it has ended. */
export interface LogoutMessage {
  id: string;
  clientId: string;
  personId: string;
  sid: string;
  /** See Farewell. */
  sub?: string | undefined;
  reason: string;
  state: LogoutState;
  attempts: number;
}

/** How an application takes its logout messages. */
export interface LogoutStatus {
  clientId: string;
  waiting: number;
  delivered: number;
  dead: number;
  /** When the oldest message that still waits was made. */
  waitingSince: Date | undefined;
  lastDelivered: Date | undefined;
  /** Of the newest message that has one. */
  lastError: string | undefined;
}

interface Row {
  id: string;
  client_id: string;
  person_id: string;
  sid: string;
  sub: string | null;
  reason: string;
  state: LogoutState;
  attempts: number;
}

const INSERT = sql(
  'logout_message_insert',
  `INSERT INTO logout_message (id, client_id, person_id, sid, sub, reason, created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`,
);
const FIND = sql(
  'logout_message_find',
  'SELECT id, client_id, person_id, sid, sub, reason, state, attempts FROM logout_message WHERE id = $1',
);
const SETTLE = sql(
  'logout_message_settle',
  `UPDATE logout_message SET state = $2, attempts = attempts + 1, last_error = $3, changed_at = $4 WHERE id = $1`,
);
const REVIVE = sql(
  'logout_message_revive',
  `UPDATE logout_message SET state = 'waiting', attempts = 0, changed_at = $2 WHERE client_id = $1 AND state = 'dead' RETURNING id`,
);
const STATUS = sql(
  'logout_message_status',
  `SELECT count(*) FILTER (WHERE state = 'waiting')::int AS waiting,
     count(*) FILTER (WHERE state = 'delivered')::int AS delivered,
     count(*) FILTER (WHERE state = 'dead')::int AS dead,
     min(created_at) FILTER (WHERE state = 'waiting') AS waiting_since,
     max(changed_at) FILTER (WHERE state = 'delivered') AS last_delivered,
     (SELECT last_error FROM logout_message e WHERE e.client_id = $1 AND e.last_error IS NOT NULL ORDER BY e.changed_at DESC LIMIT 1) AS last_error
   FROM logout_message WHERE client_id = $1`,
);
const SWEEP = sql(
  'logout_message_sweep',
  `DELETE FROM logout_message WHERE id IN
     (SELECT id FROM logout_message WHERE state <> 'waiting' AND changed_at < $1 LIMIT $2) RETURNING 1 AS gone`,
);

export async function insertLogout(
  on: Queryable,
  message: Omit<LogoutMessage, 'state' | 'attempts'>,
  at: Date,
): Promise<void> {
  const { id, clientId, personId, sid, sub, reason } = message;
  await on.query(INSERT, [id, clientId, personId, sid, sub ?? null, reason, at]);
}

export async function findLogout(on: Queryable, id: string): Promise<LogoutMessage | undefined> {
  const [row] = await on.query<Row>(FIND, [id]);
  return row && { ...row, clientId: row.client_id, personId: row.person_id, sub: row.sub ?? undefined };
}

/** One more attempt and what it left. */
export async function settleLogout(
  on: Queryable,
  id: string,
  state: LogoutState,
  error: string | undefined,
  at: Date,
): Promise<void> {
  await on.query(SETTLE, [id, state, error ?? null, at]);
}

/** Dead messages of an application wait again; returns their ids. */
export const reviveLogouts = async (on: Queryable, clientId: string, at: Date): Promise<string[]> =>
  (await on.query<{ id: string }>(REVIVE, [clientId, at])).map((row) => row.id);

export async function logoutStatus(on: Queryable, clientId: string): Promise<LogoutStatus> {
  const [row] = await on.query<{
    waiting: number;
    delivered: number;
    dead: number;
    waiting_since: Date | null;
    last_delivered: Date | null;
    last_error: string | null;
  }>(STATUS, [clientId]);
  const { waiting, delivered, dead } = row!;
  return {
    clientId,
    waiting,
    delivered,
    dead,
    waitingSince: row!.waiting_since ?? undefined,
    lastDelivered: row!.last_delivered ?? undefined,
    lastError: row!.last_error ?? undefined,
  };
}

export const sweepLogouts = async (on: Queryable, before: Date, limit: number): Promise<number> =>
  (await on.query(SWEEP, [before, limit])).length;
