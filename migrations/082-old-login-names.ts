/** What people of old systems sign in with, once they have come home by it. Owned by the room legacy; goes when the last old system is cut over. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE old_login_name (
      source   text NOT NULL,
      local_id text NOT NULL,
      content  bytea NOT NULL,
      print    bytea NOT NULL,
      key_id   text NOT NULL,
      at       timestamptz NOT NULL,
      PRIMARY KEY (source, local_id),
      FOREIGN KEY (source, local_id) REFERENCES old_account (source, local_id) ON DELETE CASCADE
    );
    COMMENT ON TABLE old_login_name IS
      'The user name or phone by which an old system knew its account, as its owner typed it last: leads to the person, and proves nothing';
    COMMENT ON COLUMN old_login_name.print IS 'Keyed fingerprint to find it by; several systems may know several people by one name';
    CREATE INDEX old_login_name_print ON old_login_name (print);
  `);
}
