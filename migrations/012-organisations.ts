/** Organisations. What is public about them stands in the clear; who represents them is sealed like any person. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE organisation (
      id uuid PRIMARY KEY,
      credit_code text NOT NULL CHECK (credit_code ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'),
      name text NOT NULL,
      state text NOT NULL CHECK (state IN ('active', 'closed')),
      representative_name bytea,
      representative_document_type text,
      representative_number bytea,
      representative_print bytea,
      representative_key_id text,
      version integer NOT NULL DEFAULT 1,
      created_at timestamptz NOT NULL,
      changed_at timestamptz NOT NULL,
      CHECK (num_nonnulls(representative_document_type, representative_number, representative_print, representative_key_id) IN (0, 4)),
      CHECK (representative_number IS NULL OR representative_name IS NOT NULL)
    );
    COMMENT ON TABLE organisation IS 'One row per unified social credit code';
    COMMENT ON COLUMN organisation.representative_print IS
      'Keyed fingerprint of the legal representative''s number, as in person_fingerprint: finds what somebody represents';
    CREATE UNIQUE INDEX organisation_credit_code ON organisation (credit_code);
    CREATE INDEX organisation_representative ON organisation (representative_print) WHERE representative_print IS NOT NULL;

    CREATE TABLE organisation_alias (
      kind text NOT NULL CHECK (kind IN ('organisation-code', 'registration-number', 'old-credit-code')),
      value text NOT NULL,
      organisation_id uuid NOT NULL REFERENCES organisation (id),
      source text NOT NULL,
      since timestamptz NOT NULL,
      PRIMARY KEY (kind, value)
    );
    COMMENT ON TABLE organisation_alias IS
      'Numbers an organisation had before or beside its credit code; the organisation code inside it is always here';
    COMMENT ON COLUMN organisation_alias.source IS 'Who said so: credit-code (it is inside), a register, or an operator''s decision';
    CREATE INDEX organisation_alias_organisation ON organisation_alias (organisation_id);

    CREATE TABLE organisation_evidence (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      organisation_id uuid NOT NULL REFERENCES organisation (id),
      source text NOT NULL,
      outcome text NOT NULL CHECK (outcome IN ('match', 'mismatch', 'unknown', 'unreachable')),
      reference text NOT NULL,
      at timestamptz NOT NULL,
      detail jsonb
    );
    COMMENT ON TABLE organisation_evidence IS 'What registers said about an organisation, and when';
    CREATE INDEX organisation_evidence_latest ON organisation_evidence (organisation_id, at DESC, id DESC);
  `);
}
