import type { Knex } from 'knex';

/**
 * The keys that sign tokens. Two indexes hold the order whatever races: one key of a family signs, and one is
 * published to sign next.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE oidc_signing_key (
      kid text COLLATE "C" PRIMARY KEY,
      family text NOT NULL,
      state text NOT NULL CHECK (state IN ('next', 'current', 'retired')),
      sealed bytea NOT NULL,
      published_at timestamptz(3) NOT NULL,
      signs_from timestamptz(3),
      retired_at timestamptz(3)
    );
    CREATE UNIQUE INDEX oidc_signing_key_place ON oidc_signing_key (family, state) WHERE state <> 'retired';
    COMMENT ON TABLE oidc_signing_key IS 'Private keys that sign tokens, sealed: next (published), current (signs), retired (published until the last token has expired).';
  `);
}
