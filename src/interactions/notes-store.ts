/** The table of notes. */
import { type Queryable, sql } from '../platform/postgres.ts';

const FIND = sql('note-find', 'SELECT note, version FROM interaction_note WHERE id = $1 AND expires_at > $2');

/** A note that has expired counts as none. */
const BEGIN = sql(
  'note-begin',
  `INSERT INTO interaction_note (id, note, expires_at) VALUES ($1, $2, $3)
   ON CONFLICT (id) DO UPDATE SET note = excluded.note, expires_at = excluded.expires_at,
     version = interaction_note.version + 1 WHERE interaction_note.expires_at <= $4
   RETURNING id`,
);

const REVISE = sql(
  'note-revise',
  `UPDATE interaction_note SET note = $2, expires_at = $3, version = version + 1
   WHERE id = $1 AND version = $4 RETURNING id`,
);

const REPLACE = sql(
  'note-replace',
  `INSERT INTO interaction_note (id, note, expires_at) VALUES ($1, $2, $3)
   ON CONFLICT (id) DO UPDATE SET note = excluded.note, expires_at = excluded.expires_at,
     version = interaction_note.version + 1`,
);

const SWEEP = sql(
  'note-sweep',
  `DELETE FROM interaction_note WHERE id IN (
     SELECT id FROM interaction_note WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)
   RETURNING id`,
);

export interface NoteRow {
  note: Buffer;
  version: number;
}

export async function findNote(on: Queryable, id: string, now: Date): Promise<NoteRow | undefined> {
  const [row] = await on.query<NoteRow>(FIND, [id, now]);
  return row;
}

/** The first note of an authorization; false when somebody else wrote one meanwhile. */
export async function beginNote(
  on: Queryable,
  id: string,
  note: Buffer,
  expiresAt: Date,
  now: Date,
): Promise<boolean> {
  return (await on.query(BEGIN, [id, note, expiresAt, now])).length === 1;
}

/** False when the note is no longer the one of this version. */
export async function reviseNote(
  on: Queryable,
  id: string,
  note: Buffer,
  expiresAt: Date,
  version: number,
): Promise<boolean> {
  return (await on.query(REVISE, [id, note, expiresAt, version])).length === 1;
}

export async function replaceNote(on: Queryable, id: string, note: Buffer, expiresAt: Date): Promise<void> {
  await on.query(REPLACE, [id, note, expiresAt]);
}

export async function deleteNote(on: Queryable, id: string): Promise<void> {
  await on.query('DELETE FROM interaction_note WHERE id = $1', [id]);
}

export async function sweepNotes(on: Queryable, now: Date, most: number): Promise<number> {
  return (await on.query(SWEEP, [now, most])).length;
}
