/** Accounts of old systems, staged. Owned by the room legacy; goes when the last old system is cut over. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE legacy_source (
      source      text PRIMARY KEY,
      declaration text NOT NULL,
      created_at  timestamptz NOT NULL,
      changed_at  timestamptz NOT NULL
    );
    COMMENT ON TABLE legacy_source IS 'Old systems, each with the declaration of what its columns mean';

    CREATE TABLE legacy_dump (
      source      text NOT NULL REFERENCES legacy_source,
      number      integer NOT NULL,
      file_hash   bytea NOT NULL,
      declaration_hash bytea NOT NULL,
      rows_done   bigint NOT NULL DEFAULT 0,
      counts      jsonb NOT NULL DEFAULT '{}',
      started_at  timestamptz NOT NULL,
      finished_at timestamptz,
      PRIMARY KEY (source, number)
    );
    COMMENT ON TABLE legacy_dump IS 'Files of old systems in the order they came, and how far each has been staged';
    COMMENT ON COLUMN legacy_dump.rows_done IS 'Place in the file of the last row that was staged; a run that was killed goes on behind it';

    CREATE TABLE old_account (
      source        text NOT NULL REFERENCES legacy_source,
      local_id      text NOT NULL,
      dump          integer NOT NULL,
      at            bigint NOT NULL,
      content       bytea NOT NULL,
      content_print bytea NOT NULL,
      key_id        text NOT NULL,
      number_state  text NOT NULL CHECK (number_state IN ('valid', 'invalid', 'damaged', 'placeholder', 'absent')),
      document_type text,
      number_print  bytea,
      name_print    bytea,
      provable      boolean NOT NULL,
      deleted       boolean NOT NULL,
      marks         text[] NOT NULL,
      staged_at     timestamptz NOT NULL,
      changed_at    timestamptz NOT NULL,
      outcome       text CHECK (outcome IN ('same', 'new', 'waiting', 'doubtful', 'unusable')),
      tier          text CHECK (tier IN ('A', 'B', 'C', 'D')),
      reasons       text[],
      proposed_id   uuid,
      register_said text,
      register_source text,
      register_reference text,
      register_at   timestamptz,
      judged_at     timestamptz,
      person_id     uuid,
      linked_by     bigint,
      PRIMARY KEY (source, local_id),
      CHECK ((number_state = 'valid') = (number_print IS NOT NULL)),
      CHECK ((linked_by IS NULL) = (person_id IS NULL))
    );
    COMMENT ON TABLE old_account IS 'One row per account of an old system; who it is and its password are sealed';
    COMMENT ON COLUMN old_account.proposed_id IS 'Whose it would be, by the last verdict';
    COMMENT ON COLUMN old_account.person_id IS 'Whose it is, by the entry of the journal in linked_by';
    COMMENT ON COLUMN old_account.content_print IS 'Keyed fingerprint of all that was staged: tells what a later dump changes';
    CREATE INDEX old_account_number ON old_account (source, number_print) WHERE number_print IS NOT NULL;

    CREATE INDEX old_account_person ON old_account (person_id) WHERE linked_by IS NOT NULL;

    CREATE TABLE legacy_journal (
      id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      source    text NOT NULL,
      local_id  text NOT NULL,
      person_id uuid NOT NULL,
      opened    boolean NOT NULL,
      reasons   text[] NOT NULL,
      actor     text NOT NULL,
      at        timestamptz NOT NULL,
      undone_at timestamptz,
      undone_by text,
      undone_reason text,
      FOREIGN KEY (source, local_id) REFERENCES old_account (source, local_id)
    );
    COMMENT ON TABLE legacy_journal IS 'Every link of an old account to a person, whether it opened the account, and its undoing';
    CREATE UNIQUE INDEX legacy_journal_standing ON legacy_journal (source, local_id) WHERE undone_at IS NULL;

    CREATE TABLE legacy_reject (
      source text NOT NULL,
      dump   integer NOT NULL,
      at     bigint NOT NULL,
      reason text NOT NULL,
      PRIMARY KEY (source, dump, at),
      FOREIGN KEY (source, dump) REFERENCES legacy_dump (source, number)
    );
    COMMENT ON TABLE legacy_reject IS 'Rows that could not be staged, by their place in the file';
  `);
}
