/** Passwords of old accounts, apart from who somebody is. Owned by the room legacy; goes when the last old system is cut over. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE old_password (
      source     text NOT NULL,
      local_id   text NOT NULL,
      state      text NOT NULL CHECK (state IN ('stored', 'wrapped', 'kept', 'hashed', 'unreadable', 'used', 'expired')),
      content    bytea,
      print      bytea NOT NULL,
      changed_at timestamptz NOT NULL,
      PRIMARY KEY (source, local_id),
      FOREIGN KEY (source, local_id) REFERENCES old_account (source, local_id) ON DELETE CASCADE,
      CHECK ((content IS NULL) = (state IN ('unreadable', 'used', 'expired')))
    );
    COMMENT ON TABLE old_password IS 'What the password of an old account can be checked with, sealed, and what became of it';
    COMMENT ON COLUMN old_password.state IS
      'stored: as the old system had it; wrapped: its hash in argon2id; kept: carries a cost of its own; hashed: was readable there, in argon2id; the others: nothing rests';
    COMMENT ON COLUMN old_password.print IS 'Keyed fingerprint of what the dump brought: tells whether a later dump brings another';
    CREATE INDEX old_password_left ON old_password (source, local_id) WHERE content IS NOT NULL;
    CREATE INDEX old_password_stored ON old_password (source, local_id) WHERE state = 'stored';

    CREATE INDEX legacy_journal_opened ON legacy_journal (person_id) WHERE opened AND undone_at IS NULL;
  `);
}
