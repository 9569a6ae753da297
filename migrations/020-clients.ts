/** Departments' applications and their secrets. Owned by the room clients. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE client (
      client_id    text PRIMARY KEY,
      definition   jsonb NOT NULL,
      metadata     jsonb NOT NULL,
      name         jsonb NOT NULL,
      purpose      jsonb NOT NULL,
      owner        text NOT NULL,
      sector       text NOT NULL,
      legal_basis  text NOT NULL CHECK (legal_basis IN ('consent', 'statutory-duty')),
      scopes       text[] NOT NULL,
      entitlements text[] NOT NULL,
      least_acr    text,
      resource     jsonb,
      resources    text[] NOT NULL,
      first_party  boolean NOT NULL DEFAULT false,
      state        text NOT NULL CHECK (state IN ('draft', 'reviewed', 'trial', 'live', 'suspended')),
      resumes_to   text CHECK (resumes_to IN ('draft', 'reviewed', 'trial', 'live')),
      version      integer NOT NULL DEFAULT 1,
      created_at   timestamptz NOT NULL,
      changed_at   timestamptz NOT NULL
    );
    COMMENT ON TABLE client IS 'Applications of departments: what they are, may ask for, and where they stand in their life cycle';
    CREATE UNIQUE INDEX client_resource ON client ((resource ->> 'identifier')) WHERE resource IS NOT NULL;

    CREATE TABLE client_secret (
      id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      client_id  text NOT NULL REFERENCES client ON DELETE CASCADE,
      hash       bytea NOT NULL,
      created_at timestamptz NOT NULL,
      expires_at timestamptz
    );
    COMMENT ON TABLE client_secret IS 'SHA-256 of client secrets; two are valid at a time while one is being replaced';
    CREATE UNIQUE INDEX client_secret_hash ON client_secret (client_id, hash);
  `);
}
