/** Old systems that say themselves whether a password is right. Owned by the room legacy; goes when the last old system is cut over. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE legacy_source ADD login text;
    COMMENT ON COLUMN legacy_source.login IS 'The interface of the settings that checks its passwords, as the declaration says';
    UPDATE legacy_source SET login = substring(declaration FROM '(?n)^login:[[:space:]]*[''"]?([a-z][a-z0-9-]+)');
    CREATE INDEX legacy_source_login ON legacy_source (source) WHERE login IS NOT NULL;

    CREATE INDEX legacy_journal_undone ON legacy_journal (source, local_id) WHERE undone_at IS NOT NULL;
    COMMENT ON COLUMN legacy_journal.undone_at IS
      'An old account whose link was undone does not come back by a sign-in of its owner: only operators link it again';
  `);
}
