/** Which application an old system belongs to, beside its declaration, so that it is found by it. Owned by the room legacy. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE legacy_source ADD client text;
    COMMENT ON COLUMN legacy_source.client IS 'The application whose old accounts these are, as the declaration says';
    CREATE INDEX legacy_source_client ON legacy_source (client) WHERE client IS NOT NULL;
  `);
}
