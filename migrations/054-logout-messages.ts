/** Back-channel logout messages and what became of them. Owned by the room oidc. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE logout_message (
      id         uuid PRIMARY KEY,
      client_id  text NOT NULL,
      person_id  uuid NOT NULL,
      sid        text NOT NULL,
      reason     text NOT NULL,
      state      text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead', 'dropped')),
      attempts   integer NOT NULL DEFAULT 0,
      last_error text,
      created_at timestamptz NOT NULL,
      changed_at timestamptz NOT NULL
    );
    COMMENT ON TABLE logout_message IS 'Each back-channel logout to an application: waiting, delivered, dead after the last try, or dropped because nobody asks for it any more';
    CREATE INDEX logout_message_client ON logout_message (client_id, state, changed_at);
    CREATE INDEX logout_message_changed ON logout_message (changed_at) WHERE state <> 'waiting';
  `);
}
