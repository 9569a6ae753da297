/** Merges of two persons' accounts: proposed, done, undone. Owned by the room legacy. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE person_merge (
      id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      survivor_id   uuid NOT NULL,
      absorbed_id   uuid NOT NULL,
      why           text NOT NULL,
      reason        text NOT NULL,
      content_hash  bytea NOT NULL,
      state         text NOT NULL CHECK (state IN ('proposed', 'withdrawn', 'done', 'undone')),
      proposed_by   text NOT NULL,
      proposed_at   timestamptz NOT NULL,
      approved_by   text,
      done_at       timestamptz,
      before        jsonb,
      undone_by     text,
      undone_at     timestamptz,
      undone_reason text,
      CHECK (survivor_id <> absorbed_id),
      CHECK (approved_by <> proposed_by),
      CHECK ((state IN ('done', 'undone')) = (done_at IS NOT NULL AND before IS NOT NULL)),
      CHECK ((state = 'undone') = (undone_at IS NOT NULL AND undone_by IS NOT NULL))
    );
    COMMENT ON TABLE person_merge IS 'Merges of two persons'' accounts: which survived and why, who wanted and who approved it, and its undoing';
    COMMENT ON COLUMN person_merge.content_hash IS 'Of exactly what was proposed: an approval of anything else is refused';
    COMMENT ON COLUMN person_merge.before IS 'What the absorbed person''s row was, to be put back';
    CREATE UNIQUE INDEX person_merge_standing ON person_merge (absorbed_id) WHERE state = 'done';
    CREATE UNIQUE INDEX person_merge_proposed ON person_merge (least(survivor_id, absorbed_id), greatest(survivor_id, absorbed_id))
      WHERE state = 'proposed';
  `);
}
