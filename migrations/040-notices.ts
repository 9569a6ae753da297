import type { Knex } from 'knex';

/**
 * Short messages that wait for delivery after a commit, and trial's outbox. Phones and texts rest sealed in
 * both; a message is deleted as soon as the gateway has taken it.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE notice_message (
      id uuid PRIMARY KEY,
      content bytea NOT NULL,
      keep_until timestamptz NOT NULL
    );
    CREATE INDEX notice_message_keep_until ON notice_message (keep_until);
    COMMENT ON TABLE notice_message IS 'Short messages promised in a transaction and not yet taken by the gateway; sealed';

    CREATE TABLE trial_message (
      seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      id uuid NOT NULL UNIQUE,
      content bytea NOT NULL,
      created_at timestamptz NOT NULL
    );
    COMMENT ON TABLE trial_message IS 'The short messages of trial mode, which nobody sends: the newest few, sealed';
  `);
}
