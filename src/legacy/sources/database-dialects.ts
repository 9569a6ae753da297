/**
 * What differs between the makers of databases: how a session is told to read only, how any value becomes text of
 * bounded length on their side (nothing longer travels, and no driver rounds a number or shifts a date), and by what
 * a table can be read in order.
 */
import type { Knex } from 'knex';
import type { DatabasePlace } from '../declared-place.ts';
import type { Access } from './access.ts';

/** A column as the database describes it. */
export interface ColumnKind {
  name: string;
  /** `bytes` become hex text, `bits` a number; `odd` can be read, but not in its order. */
  kind: 'whole' | 'text' | 'bytes' | 'bits' | 'odd';
}

export interface Dialect {
  /** knex's name for it. */
  client: string;
  driver: string;
  /** The edition of it that knex is made for, where it does not come with Yihao. */
  edition?: string;
  connection(access: Access, limits: { connectMs: number; statementMs: number }): object;
  /** Said to each new connection. What an older server does not know (`may`) is passed over. */
  session(statementMs: number): { must: string[]; may: string[] };
  /** Characters of a field that are read at most. */
  fieldCharacters: number;
  /** The columns of an answer without rows; undefined where the driver does not tell. */
  columns(answer: unknown): ColumnKind[] | undefined;
  /** The value as text, at most `length` characters of it; or its bytes, where `encoding` is declared. */
  text(column: ColumnKind, length: number, encoded: boolean): [sql: string, bindings: Knex.Value[]];
  /** The condition of being behind a key that came as text. */
  behind(column: ColumnKind): string;
}

/** [PostgreSQL] OIDs of built-in types, fixed in pg_type.dat. */
const PG_WHOLE = [20, 21, 23, 26, 1_700];
const PG_TEXT = [19, 25, 1_042, 1_043, 2_950];
const PG_BYTES = 17;

const postgres: Dialect = {
  client: 'pg',
  driver: 'pg',
  connection: ({ host, port, database, user, password, tls }, { connectMs, statementMs }) => ({
    ...{ host, port, database, user, password, ssl: tls },
    ...{ connectionTimeoutMillis: connectMs, query_timeout: statementMs, keepAlive: true },
    application_name: 'yihao legacy',
  }),
  session: (ms) => ({
    must: [
      'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY',
      `SET statement_timeout = ${ms}`,
      "SET client_encoding = 'UTF8'",
      "SET DateStyle = 'ISO, YMD'",
      "SET TimeZone = 'Asia/Shanghai'",
    ],
    may: [],
  }),
  fieldCharacters: 4_096,
  columns: (answer) =>
    (answer as { fields: { name: string; dataTypeID: number }[] }).fields.map(
      ({ name, dataTypeID: type }) => ({
        name,
        kind:
          type === PG_BYTES
            ? 'bytes'
            : PG_WHOLE.includes(type)
              ? 'whole'
              : PG_TEXT.includes(type)
                ? 'text'
                : 'odd',
      }),
    ),
  text({ name, kind }, length, encoded) {
    if (kind === 'bytes') return ["encode(substring(?? from 1 for ?::int), 'hex')", [name, length]];
    // SQL_ASCII stands for "as it is": the bytes that the database holds.
    return encoded
      ? ["convert_to(left(??::text, ?), 'SQL_ASCII')", [name, length]]
      : ['left(??::text, ?)', [name, length]];
  },
  behind: () => '?? > ?',
};

/** [MySQL] field types and flags of the protocol. */
const MYSQL_WHOLE = [0, 1, 2, 3, 8, 9, 13, 246];
const MYSQL_TEXT = [15, 249, 250, 251, 252, 253, 254];
const MYSQL_BIT = 16;
const MYSQL_BINARY_CHARSET = 63;
const MYSQL_ENUM_OR_SET = 256 | 2_048;

interface MysqlField {
  name: string;
  columnType: number;
  characterSet: number;
  flags: number;
}

function mysqlKind({ columnType: type, characterSet, flags }: MysqlField): ColumnKind['kind'] {
  if (type === MYSQL_BIT) return 'bits';
  if (MYSQL_WHOLE.includes(type)) return 'whole';
  if (!MYSQL_TEXT.includes(type)) return 'odd';
  if (characterSet === MYSQL_BINARY_CHARSET) return 'bytes';
  // Sorted by their number, compared by their text.
  return (flags & MYSQL_ENUM_OR_SET) === 0 ? 'text' : 'odd';
}

const mysql: Dialect = {
  client: 'mysql2',
  driver: 'mysql2',
  connection: ({ host, port, database, user, password, tls }, { connectMs }) => ({
    ...{ host, port, database, user, password, connectTimeout: connectMs },
    ...(tls === false ? {} : { ssl: { ...tls, verifyIdentity: true } }),
    charset: 'utf8mb4',
    multipleStatements: false,
  }),
  session: (ms) => ({
    // Also puts out NO_BACKSLASH_ESCAPES: the driver escapes values with backslashes.
    must: ["SET SESSION sql_mode = 'STRICT_ALL_TABLES'", "SET SESSION time_zone = '+08:00'"],
    // From MySQL 5.6; milliseconds of MySQL 5.7; seconds of MariaDB.
    may: [
      'SET SESSION TRANSACTION READ ONLY',
      `SET SESSION max_execution_time = ${ms}`,
      `SET SESSION max_statement_time = ${ms / 1_000}`,
    ],
  }),
  fieldCharacters: 4_096,
  columns: (answer) =>
    (answer as [unknown, MysqlField[]])[1].map((field) => ({ name: field.name, kind: mysqlKind(field) })),
  text({ name, kind }, length, encoded) {
    if (kind === 'bits') return ['cast(?? + 0 as char)', [name]];
    if (kind === 'bytes') return ['lower(hex(left(??, ?)))', [name, length]];
    return encoded && kind === 'text'
      ? ['left(cast(?? as binary), ?)', [name, length]]
      : ['left(??, ?)', [name, length]];
  },
  // A number written as text would be compared as a float, which is not exact beyond 2^53.
  behind: ({ kind }) => (kind === 'whole' ? '?? > cast(? as decimal(65))' : '?? > ?'),
};

const mssql: Dialect = {
  client: 'mssql',
  driver: 'tedious',
  edition: 'tedious@18',
  connection: ({ host, port, database, user, password, tls }, { connectMs, statementMs }) => ({
    ...{ server: host, port, database, user, password, connectionTimeout: connectMs },
    requestTimeout: statementMs,
    encrypt: tls !== false,
    options: {
      readOnlyIntent: true,
      appName: 'yihao legacy',
      ...(tls === false ? {} : { cryptoCredentialsDetails: tls.ca === undefined ? {} : { ca: tls.ca } }),
    },
  }),
  session: () => ({ must: [], may: [] }),
  fieldCharacters: 4_096,
  columns: () => undefined,
  // Style 121: dates as 2016-01-31 08:00:00.000.
  text: ({ name }, length) => ['left(convert(nvarchar(max), ??, 121), ?)', [name, length]],
  behind: () => '?? > ?',
};

const oracle: Dialect = {
  client: 'oracledb',
  driver: 'oracledb',
  edition: 'oracledb@6',
  connection: ({ host, port, database, user, password, tls }) => ({
    ...{ user, password },
    connectString: `${tls === false ? 'tcp' : 'tcps'}://${host}:${port}/${database}`,
  }),
  session: () => ({
    must: [
      "ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY-MM-DD HH24:MI:SS'",
      "ALTER SESSION SET NLS_TIMESTAMP_FORMAT = 'YYYY-MM-DD HH24:MI:SS'",
    ],
    may: [],
  }),
  // Four bytes each in a VARCHAR2 of 4,000.
  fieldCharacters: 999,
  columns: () => undefined,
  text: ({ name }, length) => ['cast(substr(??, 1, ?) as varchar2(4000))', [name, length]],
  behind: () => '?? > ?',
};

export const DIALECTS: Readonly<Record<DatabasePlace['kind'], Dialect>> = { postgres, mysql, mssql, oracle };
