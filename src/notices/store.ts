/** The tables of this room: promised messages and trial's outbox. Contents arrive and leave sealed. */
import { type Queryable, sql, type Transaction } from '../platform/postgres.ts';

const PROMISE = sql(
  'notice-promise',
  'INSERT INTO notice_message (id, content, keep_until) VALUES ($1, $2, $3)',
);
const FIND = sql(
  'notice-find',
  'SELECT content, keep_until AS "keepUntil" FROM notice_message WHERE id = $1',
);
const REMOVE = sql('notice-remove', 'DELETE FROM notice_message WHERE id = $1');
const SWEEP = sql(
  'notice-sweep',
  `DELETE FROM notice_message WHERE id IN
     (SELECT id FROM notice_message WHERE keep_until < $1 ORDER BY keep_until LIMIT $2) RETURNING 1`,
);

export async function insertPromised(
  tx: Transaction,
  message: { id: string; content: Buffer; keepUntil: Date },
): Promise<void> {
  await tx.query(PROMISE, [message.id, message.content, message.keepUntil]);
}

export async function findPromised(
  on: Queryable,
  id: string,
): Promise<{ content: Buffer; keepUntil: Date } | undefined> {
  const [row] = await on.query<{ content: Buffer; keepUntil: Date }>(FIND, [id]);
  return row;
}

export async function removePromised(on: Queryable, id: string): Promise<void> {
  await on.query(REMOVE, [id]);
}

export async function sweepPromised(on: Queryable, before: Date, limit: number): Promise<number> {
  return (await on.query(SWEEP, [before, limit])).length;
}

const KEEP_TRIAL = sql(
  'trial-message-keep',
  `INSERT INTO trial_message (id, content, created_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`,
);
const BOUND_TRIAL = sql(
  'trial-message-bound',
  `DELETE FROM trial_message WHERE seq <= (SELECT seq FROM trial_message ORDER BY seq DESC OFFSET $1 LIMIT 1)`,
);
const LIST_TRIAL = sql(
  'trial-message-list',
  `SELECT id, content, created_at AS "createdAt" FROM trial_message ORDER BY seq DESC LIMIT $1`,
);

/** Adds one and lets the oldest beyond `most` go. */
export async function insertTrialMessage(
  on: Queryable,
  message: { id: string; content: Buffer; createdAt: Date },
  most: number,
): Promise<void> {
  await on.query(KEEP_TRIAL, [message.id, message.content, message.createdAt]);
  await on.query(BOUND_TRIAL, [most]);
}

export const selectTrialMessages = (
  on: Queryable,
  limit: number,
): Promise<{ id: string; content: Buffer; createdAt: Date }[]> => on.query(LIST_TRIAL, [limit]);
