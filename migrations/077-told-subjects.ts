/** Subjects that an application was told before anybody signed in with them. Owned by the room oidc. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE subject ADD told_only boolean NOT NULL DEFAULT false;
    COMMENT ON COLUMN subject.told_only IS
      'An application knows it from a list of old accounts only; nobody has signed in there with it yet';
  `);
}
