/**
 * Protocol records in PostgreSQL. Every operation is one statement, committed by itself; look-ups and new
 * records that come at the same moment share one.
 */
import { gatherInTurn } from '../platform/gather.ts';
import { type Database, type Statement, sql } from '../platform/postgres.ts';
import type { Company, NewRecord, RecordStore, StoredRecord } from './record-store.ts';
import { shareInTurn } from './share-in-turn.ts';

interface Row {
  key: Buffer;
  sealed: Buffer;
  /** bigint arrives as text. */
  consumed_at: string | null;
}

interface CompanyRow extends Row {
  grant_key: Buffer | null;
  grant_sealed: Buffer | null;
  session_alias?: Buffer | null;
  session_key?: Buffer | null;
  session_sealed?: Buffer | null;
}

const COLUMNS = 'key, model, sealed, expires_at, consumed_at, grant_key, alias, session_alias, account_id';
const VALUES = '$1::bytea, $2, $3::bytea, $4::bigint, $5::bigint, $6::bytea, $7::bytea, $8::bytea, $9';
const OVERWRITE = `ON CONFLICT (key) DO UPDATE SET sealed = EXCLUDED.sealed, expires_at = EXCLUDED.expires_at,
  consumed_at = EXCLUDED.consumed_at, grant_key = EXCLUDED.grant_key, alias = EXCLUDED.alias,
  session_alias = EXCLUDED.session_alias, account_id = EXCLUDED.account_id`;

/**
 * Lets the one statement it stands in commit without waiting for the disk. A crash of the database then
 * forgets the last fraction of a second of sign-ins that nobody has used yet; it never brings anything back,
 * for whatever consumes or ends a record does wait, and takes all earlier writes to disk with it.
 */
const WITHOUT_WAITING = `(SELECT set_config('synchronous_commit', 'off', true) AS set) AS quick`;

const FIND = {
  one: sql('oidc_record_find', 'SELECT key, sealed, consumed_at FROM oidc_record WHERE key = $1'),
  many: sql(
    'oidc_record_find_many',
    'SELECT key, sealed, consumed_at FROM oidc_record WHERE key = ANY ($1::bytea[])',
  ),
};
const FIND_BY_ALIAS = sql(
  'oidc_record_find_by_alias',
  'SELECT key, sealed, consumed_at FROM oidc_record WHERE alias = $1 ORDER BY expires_at DESC LIMIT 1',
);
const PUT = sql('oidc_record_put', `INSERT INTO oidc_record (${COLUMNS}) VALUES (${VALUES}) ${OVERWRITE}`);
const PUT_QUICKLY = sql(
  'oidc_record_put_quickly',
  `INSERT INTO oidc_record (${COLUMNS}) SELECT ${VALUES} FROM ${WITHOUT_WAITING} WHERE quick.set IS NOT NULL ${OVERWRITE}`,
);
/** The same for many at once, of different keys. */
const PUT_MANY_QUICKLY = sql(
  'oidc_record_put_many_quickly',
  `INSERT INTO oidc_record (${COLUMNS})
   SELECT r.* FROM ${WITHOUT_WAITING}, unnest($1::bytea[], $2::text[], $3::bytea[], $4::bigint[], $5::bigint[],
     $6::bytea[], $7::bytea[], $8::bytea[], $9::text[]) AS r WHERE quick.set IS NOT NULL ${OVERWRITE}`,
);
const REPLACE = sql(
  'oidc_record_replace',
  `UPDATE oidc_record SET sealed = $2, expires_at = $3, account_id = $4 FROM ${WITHOUT_WAITING}
   WHERE quick.set IS NOT NULL AND key = $1 AND sealed = $5 RETURNING true AS done`,
);
const RESERVE = sql(
  'oidc_record_reserve',
  `INSERT INTO oidc_record (key, model, sealed, expires_at) VALUES ($1, $2, $3, $4)
   ON CONFLICT (key) DO UPDATE SET sealed = EXCLUDED.sealed, expires_at = EXCLUDED.expires_at
     WHERE oidc_record.expires_at <= $5 RETURNING true AS done`,
);
// A parallel one waits for the row, looks again and finds it consumed.
const CONSUME = sql(
  'oidc_record_consume',
  'UPDATE oidc_record SET consumed_at = $2 WHERE key = $1 AND consumed_at IS NULL RETURNING true AS done',
);
const CONSUME_AND_PUT = sql(
  'oidc_record_consume_and_put',
  `WITH used AS (UPDATE oidc_record SET consumed_at = $11 WHERE key = $10 AND consumed_at IS NULL RETURNING key)
   INSERT INTO oidc_record (${COLUMNS}) SELECT ${VALUES} FROM used RETURNING true AS done`,
);
const DESTROY = sql('oidc_record_destroy', 'DELETE FROM oidc_record WHERE key = $1');
const DESTROY_BY_GRANT = sql('oidc_record_destroy_by_grant', 'DELETE FROM oidc_record WHERE grant_key = $1');
const SESSIONS_OF = sql(
  'oidc_record_sessions_of',
  `SELECT key, sealed, consumed_at FROM oidc_record
   WHERE account_id = $1 AND model = 'Session' AND (expires_at IS NULL OR expires_at > $2) ORDER BY expires_at DESC`,
);

const WITH_GRANT = `SELECT r.key, r.sealed, r.consumed_at, r.grant_key, g.sealed AS grant_sealed
   FROM oidc_record r LEFT JOIN oidc_grant g ON g.key = r.grant_key`;
const WITH_GRANT_AND_SESSION = `SELECT r.key, r.sealed, r.consumed_at, r.grant_key, g.sealed AS grant_sealed,
     r.session_alias, s.key AS session_key, s.sealed AS session_sealed
   FROM oidc_record r LEFT JOIN oidc_grant g ON g.key = r.grant_key
     LEFT JOIN oidc_record s ON s.alias = r.session_alias`;
const ONE = 'WHERE r.key = $1';
const MANY = 'WHERE r.key = ANY ($1::bytea[])';
const IN_COMPANY = {
  withGrant: {
    one: sql('oidc_record_find_with_grant', `${WITH_GRANT} ${ONE}`),
    many: sql('oidc_record_find_many_with_grant', `${WITH_GRANT} ${MANY}`),
  },
  withGrantAndSession: {
    one: sql('oidc_record_find_with_grant_and_session', `${WITH_GRANT_AND_SESSION} ${ONE}`),
    many: sql('oidc_record_find_many_with_grant_and_session', `${WITH_GRANT_AND_SESSION} ${MANY}`),
  },
};

/** @param withSessions whether sessions rest here too, or in a fast store beside */
export function makePostgresRecords(
  database: Database,
  { withSessions }: { withSessions: boolean },
): RecordStore {
  const company = withSessions ? IN_COMPANY.withGrantAndSession : IN_COMPANY.withGrant;
  const findRow = gatherInTurn((keys: Buffer[]) => rowsOf<Row>(database, FIND, keys));
  const findCompanyRow = gatherInTurn((keys: Buffer[]) => rowsOf<CompanyRow>(database, company, keys));
  const putQuickly = gatherInTurn((records: NewRecord[]) => putAll(database, records));
  const said = async (answer: Promise<{ done: boolean }[]>) => (await answer)[0]?.done === true;

  return {
    async find(key) {
      const row = await findRow(key);
      return row && toStored(row);
    },
    async findInCompany(key) {
      const row = await findCompanyRow(key);
      return row && toCompany(row, withSessions);
    },
    async findByAlias(alias) {
      const [row] = await database.query<Row>(FIND_BY_ALIAS, [alias]);
      return row && toStored(row);
    },
    async put(record) {
      if (record.waitsForDisk) await database.query(PUT, toValues(record));
      else await putQuickly(record);
    },
    replace: (record, was) =>
      said(
        database.query(REPLACE, [
          record.key,
          record.sealed,
          record.expiresAt ?? null,
          record.accountId ?? null,
          was,
        ]),
      ),
    reserve: (record, now) =>
      said(database.query(RESERVE, [record.key, record.model, record.sealed, record.expiresAt ?? null, now])),
    consume: (key, at) => said(database.query(CONSUME, [key, at])),
    consumeAndPut: (key, at, successor) =>
      said(database.query(CONSUME_AND_PUT, [...toValues(successor), key, at])),
    async destroy(key) {
      await database.query(DESTROY, [key]);
    },
    // The library asks for each model in turn; the first answer covers all.
    destroyByGrant: shareInTurn(
      (grantKey: Buffer) => grantKey.toString('latin1'),
      async (grantKey) => {
        await database.query(DESTROY_BY_GRANT, [grantKey]);
      },
    ),
    async sessionsOf(accountId, now) {
      return (await database.query<Row>(SESSIONS_OF, [accountId, now])).map(toStored);
    },
  };
}

/** The rows of some keys, in the order of the keys. */
async function rowsOf<R extends Row>(
  database: Database,
  { one, many }: { one: Statement; many: Statement },
  keys: Buffer[],
): Promise<(R | undefined)[]> {
  if (keys.length === 1) return [(await database.query<R>(one, keys))[0]];
  const rows = await database.query<R>(many, [keys]);
  const byKey = new Map(rows.map((row) => [row.key.toString('latin1'), row]));
  return keys.map((key) => byKey.get(key.toString('latin1')));
}

async function putAll(database: Database, records: NewRecord[]): Promise<true[]> {
  // One statement cannot write one row twice; in the order they came, the later one stays.
  if (records.length > 1 && new Set(records.map(({ key }) => key.toString('latin1'))).size < records.length) {
    for (const record of records) await database.query(PUT_QUICKLY, toValues(record));
  } else if (records.length === 1) await database.query(PUT_QUICKLY, toValues(records[0]!));
  else {
    const rows = records.map(toValues);
    await database.query(
      PUT_MANY_QUICKLY,
      rows[0]!.map((_, column) => rows.map((row) => row[column])),
    );
  }
  return records.map(() => true);
}

const toValues = (record: NewRecord): unknown[] => [
  record.key,
  record.model,
  record.sealed,
  record.expiresAt ?? null,
  record.consumedAt ?? null,
  record.grantKey ?? null,
  record.alias ?? null,
  record.sessionAlias ?? null,
  record.accountId ?? null,
];

const toStored = ({ key, sealed, consumed_at }: Row): StoredRecord => ({
  key,
  sealed,
  consumedAt: consumed_at === null ? undefined : Number(consumed_at),
});

function toCompany(row: CompanyRow, withSessions: boolean): Company {
  const { grant_key, grant_sealed, session_alias, session_key, session_sealed } = row;
  const session =
    session_alias && (session_key && session_sealed ? { key: session_key, sealed: session_sealed } : null);
  return {
    record: toStored(row),
    grantKey: grant_key ?? undefined,
    grant: grant_key && (grant_sealed ? { key: grant_key, sealed: grant_sealed } : null),
    sessionAlias: session_alias ?? undefined,
    session: withSessions ? session : undefined,
  };
}
