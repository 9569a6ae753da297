import type { Knex } from 'knex';

/** What an authorization under way has found out; lives as long as the authorization and is sealed. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE interaction_note (
      id text PRIMARY KEY,
      note bytea NOT NULL,
      version integer NOT NULL DEFAULT 1,
      expires_at timestamptz NOT NULL
    );
    COMMENT ON TABLE interaction_note IS 'Facts of an authorization under way (typed registration, proven phone); id is a hash, the note is sealed';
    CREATE INDEX interaction_note_expires ON interaction_note (expires_at);
  `);
}
