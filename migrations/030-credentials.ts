import type { Knex } from 'knex';

/** Passwords, one-time codes and known browsers. Nothing here is readable without the keyring. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE password_credential (
      person_id   uuid PRIMARY KEY,
      hash        text NOT NULL,
      pepper      text NOT NULL,
      must_change boolean NOT NULL DEFAULT false,
      changed_at  timestamptz NOT NULL
    );
    COMMENT ON TABLE password_credential IS 'One password per person: argon2id over a peppered password, and the id of the pepper key';

    CREATE TABLE sms_code (
      slot       bytea PRIMARY KEY,
      code       bytea NOT NULL,
      tries_left smallint NOT NULL,
      expires_at timestamptz NOT NULL,
      used_at    timestamptz
    );
    CREATE INDEX sms_code_expiry ON sms_code (expires_at);
    COMMENT ON TABLE sms_code IS 'The latest one-time code per phone, purpose and browser, all under keyed hashes; used up by one conditional update';

    CREATE TABLE known_device (
      token     bytea NOT NULL,
      person_id uuid NOT NULL,
      seen_at   timestamptz NOT NULL,
      PRIMARY KEY (token, person_id)
    );
    CREATE INDEX known_device_person ON known_device (person_id, seen_at);
    COMMENT ON TABLE known_device IS 'Browsers in which a person has signed in before, by keyed hash of a cookie: strangers cannot use up their attempts';
  `);
}
