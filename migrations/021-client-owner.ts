/** The department that answers for an application, in three languages like its name. Owned by the room clients. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE client ALTER COLUMN owner TYPE jsonb
      USING jsonb_build_object('zh-CN', owner, 'bo', owner, 'en', owner)
  `);
}
