/** Waiting registrations in the database. */
import { type Queryable, sql, type Transaction } from '../platform/postgres.ts';

export const PENDING_TABLE = 'pending_registration';

export interface PendingRow {
  id: string;
  state: 'waiting' | 'done' | 'refused';
  person_id: string | null;
  reason: string | null;
  created_at: Date;
  settled_at: Date | null;
}

const INSERT = sql(
  'pending-insert',
  `INSERT INTO pending_registration (id, ticket_hash, state, draft, created_at) VALUES ($1, $2, 'waiting', $3, $4)`,
);
const BY_TICKET = sql(
  'pending-by-ticket',
  `SELECT id, state, person_id, reason, created_at, settled_at FROM pending_registration WHERE ticket_hash = $1`,
);
/** Only a waiting registration can be settled: of two workers one wins. The draft goes with the waiting. */
const SETTLE = sql(
  'pending-settle',
  `UPDATE pending_registration SET state = $2, person_id = $3, reason = $4, settled_at = $5, draft = NULL
   WHERE id = $1 AND state = 'waiting' RETURNING id`,
);

export async function insertPending(
  tx: Transaction,
  row: { id: string; ticketHash: Buffer; draft: Buffer; now: Date },
): Promise<void> {
  await tx.query(INSERT, [row.id, row.ticketHash, row.draft, row.now]);
}

export async function selectByTicket(on: Queryable, ticketHash: Buffer): Promise<PendingRow | undefined> {
  const [row] = await on.query<PendingRow>(BY_TICKET, [ticketHash]);
  return row;
}

/** The sealed draft of a waiting registration. */
export async function selectDraft(on: Queryable, id: string): Promise<Buffer | undefined> {
  const rows = await on.query<{ draft: Buffer | null }>(
    'SELECT draft FROM pending_registration WHERE id = $1',
    [id],
  );
  return rows[0]?.draft ?? undefined;
}

export async function settlePending(
  tx: Transaction,
  id: string,
  row: { state: 'done' | 'refused'; personId?: string; reason?: string; now: Date },
): Promise<boolean> {
  const settled = await tx.query(SETTLE, [id, row.state, row.personId ?? null, row.reason ?? null, row.now]);
  return settled.length === 1;
}

export async function selectWaiting(on: Queryable, most: number): Promise<string[]> {
  const rows = await on.query<{ id: string }>(
    `SELECT id FROM pending_registration WHERE state = 'waiting' ORDER BY created_at, id LIMIT $1`,
    [most],
  );
  return rows.map((row) => row.id);
}

export async function deletePending(on: Queryable, before: Date, most: number): Promise<number> {
  const rows = await on.query(
    `DELETE FROM pending_registration WHERE id IN
       (SELECT id FROM pending_registration WHERE created_at < $1 ORDER BY created_at LIMIT $2) RETURNING 1`,
    [before, most],
  );
  return rows.length;
}
