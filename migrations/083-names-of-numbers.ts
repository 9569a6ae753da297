/** Which names stand under a number, found by its first and last one. Owned by the room legacy. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE INDEX old_account_number_names ON old_account (source, number_print, deleted, name_print)
      WHERE number_print IS NOT NULL;
    DROP INDEX old_account_number;
  `);
}
