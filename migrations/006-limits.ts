import type { Knex } from 'knex';

/**
 * Counters of attempts. A logged table: PostgreSQL empties an UNLOGGED one after a crash, and then every
 * guesser would start afresh without anybody noticing. What an unlogged table would save is saved by
 * committing without waiting for the disk instead (see src/platform/limits-postgres.ts): a crash then
 * forgets the last fraction of a second, not the history.
 *
 * Updates of `used` touch no index and find room on their page (fillfactor), so they stay heap-only.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE limit_counter (
      key text COLLATE "C" PRIMARY KEY,
      used integer NOT NULL,
      points integer NOT NULL,
      expires_at timestamptz(3) NOT NULL
    ) WITH (fillfactor = 60);
    CREATE INDEX limit_counter_expires ON limit_counter (expires_at);
    COMMENT ON TABLE limit_counter IS 'Points used per key in the window that ends at expires_at; swept after that.';
  `);
}
