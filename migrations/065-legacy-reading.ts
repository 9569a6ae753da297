/** Where the reading of a database has come to. Owned by the room legacy. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE legacy_dump ADD COLUMN read_to text;
    COMMENT ON COLUMN legacy_dump.read_to IS 'Of a database: the local id, as it writes it, behind which the reading goes on';
    COMMENT ON COLUMN legacy_dump.file_hash IS 'What was read: hash of the file''s content, or of the place of a database or directory';
  `);
}
