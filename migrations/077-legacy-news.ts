/** What departments' applications are still to be told of their old accounts. Owned by the room legacy; goes with the last old system. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE legacy_news (
      id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      client_id    text NOT NULL,
      kind         text NOT NULL CHECK (kind IN ('linked', 'unlinked', 'merged', 'unmerged')),
      source       text,
      local_id     text,
      person_id    uuid NOT NULL,
      sub          text,
      previous_sub text,
      at           timestamptz NOT NULL,
      batch        uuid,
      CHECK ((kind IN ('linked', 'unlinked')) = (local_id IS NOT NULL)),
      CHECK ((source IS NULL) = (local_id IS NULL)),
      CHECK ((kind IN ('merged', 'unmerged')) = (previous_sub IS NOT NULL))
    );
    COMMENT ON TABLE legacy_news IS 'News of old accounts that an application has not taken yet, in the order of what happened';
    COMMENT ON COLUMN legacy_news.batch IS 'The event token (its jti) that it was sent in; the same one until it is taken';
    CREATE INDEX legacy_news_waiting ON legacy_news (client_id, id);
    CREATE INDEX legacy_news_batch ON legacy_news (batch) WHERE batch IS NOT NULL;

    CREATE TABLE legacy_news_line (
      client_id      text PRIMARY KEY,
      attempts       integer NOT NULL DEFAULT 0,
      next_at        timestamptz NOT NULL,
      claim          uuid,
      claimed_until  timestamptz,
      batch          uuid,
      stopped_at     timestamptz,
      delivered      bigint NOT NULL DEFAULT 0,
      last_delivered timestamptz,
      last_error     text
    );
    COMMENT ON TABLE legacy_news_line IS 'How each application takes its news: who delivers now, the token under way, when it is tried again';
    COMMENT ON COLUMN legacy_news_line.stopped_at IS 'Tried in vain too often: nothing is sent until an operator starts it again';
  `);
}
