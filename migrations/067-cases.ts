/** Doubtful old accounts that people decide. Owned by the room legacy; goes when the last old system is cut over. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE old_account
      ADD set_aside text CHECK (set_aside IN ('rejected', 'waits')),
      ADD set_aside_until timestamptz,
      ADD CHECK (set_aside IS NOT NULL OR set_aside_until IS NULL);
    COMMENT ON COLUMN old_account.set_aside IS
      'Decided not to be linked, for good or until a moment; a later dump with other content takes it off again';
    CREATE INDEX old_account_case ON old_account (source, local_id)
      WHERE outcome = 'doubtful' AND tier = 'B' AND linked_by IS NULL;

    CREATE TABLE legacy_decision (
      id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      source       text NOT NULL,
      local_id     text NOT NULL,
      action       text NOT NULL CHECK (action IN ('link', 'create', 'reject', 'wait')),
      person_id    uuid,
      until        timestamptz,
      reason       text NOT NULL,
      content_hash bytea NOT NULL,
      state        text NOT NULL CHECK (state IN ('proposed', 'done', 'withdrawn', 'undone')),
      proposed_by  text NOT NULL,
      proposed_at  timestamptz NOT NULL,
      approved_by  text,
      decided_at   timestamptz,
      FOREIGN KEY (source, local_id) REFERENCES old_account (source, local_id) ON DELETE CASCADE,
      CHECK (approved_by <> proposed_by)
    );
    COMMENT ON TABLE legacy_decision IS 'What people decided on doubtful old accounts, by whom, why, and who approved it';
    COMMENT ON COLUMN legacy_decision.content_hash IS 'Of exactly what was decided on: an approval of anything else is refused';
    CREATE UNIQUE INDEX legacy_decision_proposed ON legacy_decision (source, local_id) WHERE state = 'proposed';
    CREATE INDEX legacy_decision_account ON legacy_decision (source, local_id);
  `);
}
