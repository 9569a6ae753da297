/** How often old passwords were tried and right. Owned by the room legacy; goes when the last old system is cut over. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE old_password_count (
      source text NOT NULL,
      week   date NOT NULL,
      lane   smallint NOT NULL,
      tried  bigint NOT NULL,
      opened bigint NOT NULL,
      PRIMARY KEY (source, week, lane)
    );
    COMMENT ON TABLE old_password_count IS 'Sign-ins in which an old password was tried, and those that it opened, by the Monday (UTC+8) of the week';
    COMMENT ON COLUMN old_password_count.lane IS 'Spreads the writers, so that many sign-ins at once do not wait for one row';
  `);
}
