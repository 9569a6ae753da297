import type { Knex } from 'knex';

/**
 * The audit trail and the disclosure log, both chained by keyed MACs (src/audit/chain.ts).
 *
 * Planned for a million rows a day over a year (about 365 M events; 300 bytes a row, so 110 GB with 60 GB
 * of indexes). Hence:
 * - the primary key (lane, seq) is what verification walks and grows only at eight places;
 * - a person's history is read by (person_id, at); rows about nobody stay out of that index;
 * - everything else is asked by time: rows arrive in the order of time, so a BRIN index of a few hundred
 *   kilobytes does what a B-tree of 8 GB would;
 * - no index on client, type or outcome: such questions name a time span as well;
 * - nothing refers to other tables, so that a table can be split by month later (each month with its own
 *   primary key) and old months be taken off without touching what remains;
 * - `detail` is text, not jsonb: it is kept exactly as it was signed.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE audit_event (
      lane smallint NOT NULL CHECK (lane BETWEEN 0 AND 7),
      seq bigint NOT NULL CHECK (seq > 0),
      at timestamptz(3) NOT NULL,
      type text NOT NULL,
      outcome text NOT NULL,
      person_id text,
      client_id text,
      actor text NOT NULL,
      channel text,
      source text,
      reference text,
      node text NOT NULL,
      detail text,
      key_id text NOT NULL,
      mac bytea NOT NULL,
      PRIMARY KEY (lane, seq)
    );
    CREATE INDEX audit_event_person ON audit_event (person_id, at) WHERE person_id IS NOT NULL;
    CREATE INDEX audit_event_at ON audit_event USING brin (at);
    COMMENT ON TABLE audit_event IS 'Who did what, when, from where, with what outcome; append only, chained per lane.';

    CREATE TABLE disclosure (
      lane smallint NOT NULL CHECK (lane BETWEEN 0 AND 7),
      seq bigint NOT NULL CHECK (seq > 0),
      at timestamptz(3) NOT NULL,
      person_id text NOT NULL,
      client_id text NOT NULL,
      claims text[] NOT NULL,
      via text NOT NULL,
      basis text NOT NULL,
      purpose text,
      key_id text NOT NULL,
      mac bytea NOT NULL,
      PRIMARY KEY (lane, seq)
    );
    CREATE INDEX disclosure_person ON disclosure (person_id, at, lane, seq);
    CREATE INDEX disclosure_at ON disclosure USING brin (at);
    COMMENT ON TABLE disclosure IS 'Which claims of a person went to which client, when and on what basis; kept at least three years.';

    -- Never updated, only locked: a transaction that writes links holds one of them.
    CREATE TABLE audit_lane (lane smallint PRIMARY KEY CHECK (lane BETWEEN 0 AND 7));
    INSERT INTO audit_lane SELECT generate_series(0, 7);
    COMMENT ON TABLE audit_lane IS 'The lanes of the two chains, to be locked.';

    -- Eight rows, each replaced with every transaction that writes links. The version is part of the key so
    -- that the newest is found first, past none of those before it: while somebody holds a snapshot for
    -- hours (a dump), the dead ones cannot be removed and would otherwise all be walked.
    CREATE TABLE audit_head (
      lane smallint NOT NULL,
      version bigint NOT NULL,
      events bigint NOT NULL,
      event_mac bytea NOT NULL,
      disclosures bigint NOT NULL,
      disclosure_mac bytea NOT NULL,
      key_id text NOT NULL,
      seal bytea NOT NULL,
      PRIMARY KEY (lane, version)
    ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
    COMMENT ON TABLE audit_head IS 'Head of each lane: how many links each chain has, the last MACs, sealed by a MAC of its own.';
  `);
}
