import type { Knex } from 'knex';

/**
 * What the OpenID Provider remembers. No column holds anything that could be presented as a token: keys are
 * hashes of ids, and the content is sealed.
 *
 * There is no index on expires_at: the sweeper walks the pages instead (see src/oidc/sweeper.ts), so that a
 * write costs one index less and a session whose expiry moves stays a heap-only update (hence the fillfactor).
 * Sealed bytes do not compress, so nothing should try (EXTERNAL).
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE oidc_record (
      key bytea PRIMARY KEY,
      model text NOT NULL,
      grant_key bytea,
      alias bytea,
      session_alias bytea,
      account_id text COLLATE "C",
      expires_at bigint,
      consumed_at bigint,
      sealed bytea NOT NULL
    ) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
    ALTER TABLE oidc_record ALTER COLUMN sealed SET STORAGE EXTERNAL;
    CREATE INDEX oidc_record_grant ON oidc_record (grant_key) WHERE grant_key IS NOT NULL;
    CREATE INDEX oidc_record_alias ON oidc_record (alias) WHERE alias IS NOT NULL;
    CREATE INDEX oidc_record_account ON oidc_record (account_id) WHERE account_id IS NOT NULL;
    COMMENT ON TABLE oidc_record IS 'Sessions, codes, tokens and other records of the OpenID Provider, by hash of their id; content sealed.';
    COMMENT ON COLUMN oidc_record.alias IS 'Second hash it is found by: of a session''s uid, of a device code''s user code.';
    COMMENT ON COLUMN oidc_record.session_alias IS 'Alias of the session it lives and dies with.';
    COMMENT ON COLUMN oidc_record.expires_at IS 'Seconds since 1970 after which it may be swept; empty: never.';
    COMMENT ON COLUMN oidc_record.consumed_at IS 'Seconds since 1970 at which it was used up.';

    CREATE TABLE oidc_grant (
      key bytea PRIMARY KEY,
      account_id text COLLATE "C",
      client_id text COLLATE "C",
      expires_at bigint,
      sealed bytea NOT NULL
    ) WITH (fillfactor = 85);
    ALTER TABLE oidc_grant ALTER COLUMN sealed SET STORAGE EXTERNAL;
    CREATE INDEX oidc_grant_account ON oidc_grant (account_id, client_id);
    COMMENT ON TABLE oidc_grant IS 'What a person allowed a client, by hash of the grant''s id; content sealed.';
  `);
}
