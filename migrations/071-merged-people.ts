/**
 * A person whose account was merged into another's. Who answers for whom is said by one column, and by nothing else: taking
 * it away again is the undoing. Owned by the room accounts; the last column by the room oidc.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE SEQUENCE person_merged_order;
    ALTER TABLE person
      DROP CONSTRAINT person_state_check,
      ADD CONSTRAINT person_state_check CHECK (state IN ('active', 'frozen', 'closed', 'deceased', 'merged')),
      ADD merged_into uuid REFERENCES person (id),
      ADD merged_order bigint,
      ADD CONSTRAINT person_merged CHECK
        ((state = 'merged') = (merged_into IS NOT NULL) AND (state = 'merged') = (merged_order IS NOT NULL)),
      ADD CONSTRAINT person_merged_into_another CHECK (merged_into <> id);
    COMMENT ON COLUMN person.merged_into IS 'The account that answers for this one: its number and user name lead there';
    COMMENT ON COLUMN person.merged_order IS 'Grows with every merge: of several that were merged into one, the earlier comes first';
    CREATE INDEX person_merged_into ON person (merged_into) WHERE merged_into IS NOT NULL;

    ALTER TABLE logout_message ADD sub text;
    COMMENT ON COLUMN logout_message.sub IS 'The sub that the ended session had, where the person is known there by another now';
  `);
}
