/** Pairwise subjects. Owned by the room oidc. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE subject (
      person_id uuid NOT NULL,
      sector    text NOT NULL,
      sub       text NOT NULL,
      PRIMARY KEY (person_id, sector)
    );
    COMMENT ON TABLE subject IS 'The random sub by which the applications of one sector know a person; never changes';
    CREATE UNIQUE INDEX subject_sub ON subject (sub);
  `);
}
