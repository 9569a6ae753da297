import type { Knex } from 'knex';

/**
 * People. Everything that says who somebody is is sealed (bytea); what must be found or unique stands as keyed
 * fingerprints in person_fingerprint, one row for each key in use.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE person (
      id uuid PRIMARY KEY,
      document_type text NOT NULL,
      document_number bytea NOT NULL,
      document_country bytea,
      name bytea NOT NULL,
      tibetan_name bytea,
      phone bytea,
      phone_verified_at timestamptz,
      user_name bytea,
      birthdate bytea,
      gender bytea,
      locale text,
      state text NOT NULL CHECK (state IN ('active', 'frozen', 'closed', 'deceased')),
      identity_level smallint NOT NULL CHECK (identity_level BETWEEN 1 AND 5),
      version integer NOT NULL DEFAULT 1,
      created_at timestamptz NOT NULL,
      changed_at timestamptz NOT NULL
    );
    COMMENT ON TABLE person IS 'One row per identity document; personal fields are sealed and bound to their row';

    CREATE TABLE person_fingerprint (
      person_id uuid NOT NULL REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
      kind text NOT NULL,
      key_id text NOT NULL,
      fingerprint bytea NOT NULL,
      PRIMARY KEY (person_id, kind, key_id)
    );
    COMMENT ON TABLE person_fingerprint IS 'Keyed fingerprints of number (kind = document type), user name and phone, one row per fingerprint key in use';
    CREATE UNIQUE INDEX person_fingerprint_once ON person_fingerprint (kind, fingerprint) WHERE kind <> 'phone';
    CREATE INDEX person_fingerprint_phone ON person_fingerprint (fingerprint) WHERE kind = 'phone';

    CREATE TABLE person_fingerprint_rule (
      one boolean PRIMARY KEY DEFAULT true CHECK (one),
      required text[] NOT NULL
    );
    COMMENT ON TABLE person_fingerprint_rule IS 'One row: the fingerprint keys that every new account must be written under';
    INSERT INTO person_fingerprint_rule (required) VALUES ('{}');

    CREATE TABLE person_evidence (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      person_id uuid NOT NULL REFERENCES person (id),
      source text NOT NULL,
      outcome text NOT NULL CHECK (outcome IN ('match', 'mismatch', 'unknown', 'unreachable')),
      reference text NOT NULL,
      at timestamptz NOT NULL,
      detail jsonb
    );
    COMMENT ON TABLE person_evidence IS 'What registers and other sources said about a person, and when; no personal data';
    CREATE INDEX person_evidence_latest ON person_evidence (person_id, at DESC, id DESC);

    CREATE TABLE pending_registration (
      id uuid PRIMARY KEY,
      ticket_hash bytea NOT NULL UNIQUE,
      state text NOT NULL CHECK (state IN ('waiting', 'done', 'refused')),
      draft bytea,
      person_id uuid REFERENCES person (id),
      reason text,
      created_at timestamptz NOT NULL,
      settled_at timestamptz,
      CHECK ((state = 'waiting') = (draft IS NOT NULL)),
      CHECK ((state = 'done') = (person_id IS NOT NULL))
    );
    COMMENT ON TABLE pending_registration IS 'Registrations waiting for a register that did not answer; the draft is sealed and erased when settled';
    CREATE INDEX pending_registration_created ON pending_registration (created_at);
  `);
}
