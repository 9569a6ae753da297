/** The table of one-time codes: one row per slot (phone, purpose and browser, under a keyed hash). */
import { type Queryable, sql } from '../platform/postgres.ts';

const PUT = sql(
  'sms-code-put',
  `INSERT INTO sms_code (slot, code, tries_left, expires_at) VALUES ($1, $2, $3, $4)
   ON CONFLICT (slot) DO UPDATE
   SET code = excluded.code, tries_left = excluded.tries_left, expires_at = excluded.expires_at, used_at = NULL`,
);

/**
 * Uses a code up, or a try. Of two in parallel the second waits for the row, sees it used, and matches nothing:
 * PostgreSQL judges the condition again on the newest version of a row it had to wait for.
 */
const TRY = sql(
  'sms-code-try',
  `UPDATE sms_code
   SET tries_left = tries_left - 1, used_at = CASE WHEN code = ANY ($2::bytea[]) THEN $3::timestamptz END
   WHERE slot = ANY ($1::bytea[]) AND used_at IS NULL AND tries_left > 0 AND expires_at > $3
   RETURNING used_at IS NOT NULL AS right, tries_left AS "triesLeft"`,
);

const WHY = sql(
  'sms-code-why',
  `SELECT used_at IS NOT NULL AS used, tries_left < 1 AS spent FROM sms_code
   WHERE slot = ANY ($1::bytea[]) ORDER BY expires_at DESC LIMIT 1`,
);

const SWEEP = sql(
  'sms-code-sweep',
  'DELETE FROM sms_code WHERE slot IN (SELECT slot FROM sms_code WHERE expires_at < $1 ORDER BY expires_at LIMIT $2) RETURNING 1',
);

export interface NewCode {
  slot: Buffer;
  code: Buffer;
  tries: number;
  expiresAt: Date;
}

/** Puts a code into its slot; the one that was there stops working. */
export async function putCode(on: Queryable, { slot, code, tries, expiresAt }: NewCode): Promise<void> {
  await on.query(PUT, [slot, code, tries, expiresAt]);
}

/** Undefined when no code in these slots can still be tried. */
export async function tryCode(
  on: Queryable,
  slots: Buffer[],
  codes: Buffer[],
  now: Date,
): Promise<{ right: boolean; triesLeft: number } | undefined> {
  const rows = await on.query<{ right: boolean; triesLeft: number }>(TRY, [slots, codes, now]);
  return rows.find((row) => row.right) ?? rows[0];
}

/** Why none can be tried: it was used, its tries are spent, or it expired or never was (undefined). */
export async function whyNot(on: Queryable, slots: Buffer[]): Promise<'used' | 'spent' | undefined> {
  const [row] = await on.query<{ used: boolean; spent: boolean }>(WHY, [slots]);
  if (row?.used) return 'used';
  return row?.spent ? 'spent' : undefined;
}

/** Deletes up to `most` codes that expired before the given time; says how many. */
export async function sweepCodes(on: Queryable, before: Date, most: number): Promise<number> {
  return (await on.query(SWEEP, [before, most])).length;
}
