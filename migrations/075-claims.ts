/** Old accounts that citizens claim, or say are not theirs. Owned by the room legacy; goes when the last old system is cut over. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE old_account
      ADD user_name_print bytea,
      ADD contested text CHECK (contested IN ('claimed', 'disputed'));
    COMMENT ON COLUMN old_account.user_name_print IS 'Keyed fingerprint of the user name there, within its system: found by it when it is claimed';
    COMMENT ON COLUMN old_account.contested IS
      'What a citizen said about it that people must look at: claimed, by proposed_id, against what the row says; disputed, by whom it was linked to. Never linked by itself from then on';
    CREATE INDEX old_account_user_name ON old_account (source, user_name_print) WHERE user_name_print IS NOT NULL;

    DROP INDEX old_account_case;
    CREATE INDEX old_account_case ON old_account (source, local_id)
      WHERE outcome = 'doubtful' AND tier = 'B' AND (linked_by IS NULL OR contested = 'disputed');

    ALTER TABLE old_password DROP CONSTRAINT old_password_state_check, DROP CONSTRAINT old_password_check;
    ALTER TABLE old_password
      ADD CONSTRAINT old_password_state_check
        CHECK (state IN ('stored', 'wrapped', 'kept', 'hashed', 'unreadable', 'used', 'claimed', 'expired')),
      ADD CONSTRAINT old_password_check
        CHECK ((content IS NULL) = (state IN ('unreadable', 'used', 'claimed', 'expired')));
  `);
}
