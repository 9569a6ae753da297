/** What people agreed to share, or were told is shared. Owned by the room oidc. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE consent (
      person_id  uuid NOT NULL,
      client_id  text NOT NULL,
      scopes     text[] NOT NULL,
      claims     text[] NOT NULL,
      resources  jsonb NOT NULL,
      basis      text NOT NULL CHECK (basis IN ('consent', 'statutory-duty')),
      given_at   timestamptz NOT NULL,
      changed_at timestamptz NOT NULL,
      PRIMARY KEY (person_id, client_id)
    );
    COMMENT ON TABLE consent IS 'Per person and application: the scopes and claims agreed to (or given notice of), until revoked';
  `);
}
