/** SQL of the lanes and their heads. */
import { type Queryable, sql, type Transaction } from '../platform/postgres.ts';
import type { Head } from './chain.ts';

const HEAD = 'lane, version, events, event_mac, disclosures, disclosure_mac, key_id, seal';

/** Takes a lane that nobody holds, or waits for one when all are held: $1 where to begin, $2 which to avoid. */
const LOCK_LANE = sql(
  'audit-lock-lane',
  `WITH free AS (
     SELECT lane FROM audit_lane WHERE lane <> ALL ($2::smallint[])
     ORDER BY (lane + $1::int) % 8 LIMIT 1 FOR UPDATE SKIP LOCKED
   )
   SELECT lane FROM audit_lane
   WHERE lane = COALESCE(
     (SELECT lane FROM free),
     (SELECT lane FROM audit_lane WHERE lane <> ALL ($2::smallint[]) ORDER BY (lane + $1::int) % 8 LIMIT 1))
   FOR UPDATE`,
);

/** Found in an older snapshot, the row is followed to its newest version before it is locked. */
const LOCK_HEAD = sql(
  'audit-lock-head',
  `SELECT ${HEAD} FROM audit_head WHERE lane = $1 ORDER BY version DESC LIMIT 1 FOR UPDATE`,
);

const READ_HEADS = sql(
  'audit-read-heads',
  `SELECT head.* FROM generate_series(0, 7) AS l (n)
   CROSS JOIN LATERAL (SELECT ${HEAD} FROM audit_head WHERE lane = l.n::smallint ORDER BY version DESC LIMIT 1) AS head
   ORDER BY head.lane`,
);

const COUNT_HEADS = sql(
  'audit-count-heads',
  `SELECT (SELECT count(DISTINCT lane)::int FROM audit_head) AS heads,
          EXISTS (SELECT FROM audit_event) OR EXISTS (SELECT FROM disclosure) AS used`,
);

const CREATE_HEADS = sql(
  'audit-create-heads',
  `INSERT INTO audit_head (${HEAD})
   SELECT lane, 0, 0, $1::bytea, 0, $1::bytea, $2, seal
   FROM unnest($3::smallint[], $4::bytea[]) AS head (lane, seal)`,
);

interface HeadRow {
  lane: number;
  version: string;
  events: string;
  event_mac: Buffer;
  disclosures: string;
  disclosure_mac: Buffer;
  key_id: string;
  seal: Buffer;
}

/** Locks a lane until the transaction ends; undefined when there is none but those to avoid. */
export async function lockLane(
  tx: Transaction,
  beginAt: number,
  avoid: readonly number[],
): Promise<number | undefined> {
  const rows = await tx.query<{ lane: number }>(LOCK_LANE, [beginAt, avoid]);
  return rows[0]?.lane;
}

/** Locks the head of a lane until the transaction ends. */
export async function lockHead(tx: Transaction, lane: number): Promise<Head | undefined> {
  const rows = await tx.query<HeadRow>(LOCK_HEAD, [lane]);
  return rows[0] && toHead(rows[0]);
}

export const readHeads = async (on: Queryable): Promise<Head[]> =>
  (await on.query<HeadRow>(READ_HEADS)).map(toHead);

/** How many heads there are, and whether the tables have held anything. */
export async function countHeads(on: Queryable): Promise<{ heads: number; used: boolean }> {
  const rows = await on.query<{ heads: number; used: boolean }>(COUNT_HEADS);
  return rows[0]!;
}

/** Until the transaction ends nobody else changes heads. */
export async function lockHeads(tx: Transaction): Promise<void> {
  await tx.query('LOCK TABLE audit_head IN SHARE ROW EXCLUSIVE MODE');
}

export async function createHeads(tx: Transaction, heads: readonly Head[]): Promise<void> {
  const [first] = heads;
  if (!first) return;
  await tx.query(CREATE_HEADS, [
    first.eventMac,
    first.keyId,
    heads.map((h) => h.lane),
    heads.map((h) => h.seal),
  ]);
}

const toHead = (row: HeadRow): Head => ({
  lane: row.lane,
  version: Number(row.version),
  events: Number(row.events),
  eventMac: row.event_mac,
  disclosures: Number(row.disclosures),
  disclosureMac: row.disclosure_mac,
  keyId: row.key_id,
  seal: row.seal,
});
