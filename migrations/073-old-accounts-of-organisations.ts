/** Old systems that hold accounts of organisations. Owned by the room legacy; goes when the last old system is cut over. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE legacy_source
      ADD subject_kind text NOT NULL DEFAULT 'person' CHECK (subject_kind IN ('person', 'organisation'));
    COMMENT ON COLUMN legacy_source.subject_kind IS 'Whose accounts these are; it does not change once some are staged';

    -- The check that a link and its person come together was made without a name.
    DO $$
    DECLARE nameless text;
    BEGIN
      FOR nameless IN
        SELECT conname FROM pg_constraint
        WHERE conrelid = 'old_account'::regclass AND contype = 'c'
          AND pg_get_constraintdef(oid) LIKE '%(linked_by IS NULL) = (person_id IS NULL)%'
      LOOP
        EXECUTE format('ALTER TABLE old_account DROP CONSTRAINT %I', nameless);
      END LOOP;
    END $$;
    ALTER TABLE old_account
      ADD organisation_id uuid,
      ADD resolved_code text,
      ADD register_representative boolean,
      ADD CONSTRAINT old_account_linked_to_one
        CHECK (num_nonnulls(person_id, organisation_id) = CASE WHEN linked_by IS NULL THEN 0 ELSE 1 END);
    COMMENT ON COLUMN old_account.organisation_id IS 'As person_id, where the system holds organisations';
    COMMENT ON COLUMN old_account.resolved_code IS 'The credit code that the register gave for the old number of this row';
    COMMENT ON COLUMN old_account.register_representative IS 'Whether the register agreed with who represents the organisation';
    CREATE INDEX old_account_organisation ON old_account (organisation_id) WHERE linked_by IS NOT NULL;

    ALTER TABLE legacy_journal ALTER person_id DROP NOT NULL;
    ALTER TABLE legacy_journal
      ADD organisation_id uuid,
      ADD aliases text[] NOT NULL DEFAULT '{}',
      ADD CONSTRAINT legacy_journal_of_one CHECK (num_nonnulls(person_id, organisation_id) = 1);
    COMMENT ON COLUMN legacy_journal.aliases IS
      'Numbers that the link gave to the organisation, as "kind value"; its undoing takes them away again';

    ALTER TABLE legacy_decision
      ADD organisation_id uuid,
      ADD opening jsonb,
      ADD CONSTRAINT legacy_decision_of_one CHECK (num_nonnulls(person_id, organisation_id) <= 1);
    COMMENT ON COLUMN legacy_decision.opening IS
      'With which code and name an organisation would be opened, and what the register said: public, and part of what is approved';
  `);
}
