/**
 * A table of somebody else's SQL database, read a page at a time in the order of the local id: no page depends on a
 * transaction or cursor that outlives it, so a reading can stop anywhere and go on behind the last id, and a busy
 * server is never held. Rows that appear before that place meanwhile come with the next reading.
 *
 * Only declared columns are read, as text cut on the server's side; only reading statements are sent, through a
 * session that may not write where the server knows such a thing.
 */
import { createRequire } from 'node:module';
import knexLibrary, { type Knex } from 'knex';
import { done, type Outcome, Refused } from '../../platform/failure.ts';
import type { DatabasePlace } from '../declared-place.ts';
import type { Access } from './access.ts';
import { type ColumnKind, DIALECTS, type Dialect } from './database-dialects.ts';
import { databaseRefusal } from './database-faults.ts';
import { countLost, decoderFor } from './decode.ts';
import { mapPrivateUse } from './private-use.ts';
import { refusal } from './refusals.ts';
import { DOUBTFUL, emptyFacts, toRow, withDefaults } from './rows.ts';
import type { SourceFacts, SourceRow } from './source.ts';

/** Rows that follow each other by local id. */
export interface DatabasePage {
  /** `at` counts from 1 within the page. */
  rows: SourceRow[];
  /** The last local id as the database writes it: where the next page begins. */
  last: string;
}

export interface DatabaseSource {
  /** What the table or query has, as far as the driver tells; else what was declared. */
  columns: readonly string[];
  /**
   * The rows behind a local id (from the first without one), undefined when there are none.
   * @throws Refused when the server fails or something is in the way that no single row is to blame for
   */
  page(after: string | undefined): Promise<DatabasePage | undefined>;
  facts(): SourceFacts;
  close(): Promise<void>;
}

export interface DatabaseLimits {
  connectMs: number;
  statementMs: number;
  rows: number;
}

export const DATABASE_LIMITS: DatabaseLimits = { connectMs: 10_000, statementMs: 300_000, rows: 500 };

/** Characters of a local id; a longer one cannot be gone on behind. */
const LONGEST_KEY = 1_000;
/** A server that does not take leave is left without. */
const LEAVE_MS = 2_000;

/**
 * Opens it. @param columns those that are declared, `key` the one that holds the local id
 * @returns failures of {@link databaseRefusal} and `source-driver`, `source-key-…`; columns that are absent are found by
 * comparing {@link DatabaseSource.columns}
 */
export async function openDatabaseSource(
  place: DatabasePlace,
  access: Access,
  wanted: { key: string; columns: readonly string[] },
  limits: DatabaseLimits = DATABASE_LIMITS,
): Promise<Outcome<DatabaseSource>> {
  const dialect = DIALECTS[place.kind];
  const { driver, edition = driver } = dialect;
  if (!isInstalled(driver)) return refusal('source-driver', { driver, edition });
  const line = openLine(dialect, access, limits);
  try {
    return await describe(line, place, dialect, wanted, limits);
  } catch (error) {
    await line.close();
    if (error instanceof Refused) return { ok: false, failure: error.failure };
    throw error;
  }
}

function isInstalled(driver: string): boolean {
  try {
    createRequire(import.meta.url).resolve(driver);
    return true;
  } catch {
    return false;
  }
}

async function describe(
  line: Line,
  place: DatabasePlace,
  dialect: Dialect,
  wanted: { key: string; columns: readonly string[] },
  limits: DatabaseLimits,
): Promise<Outcome<DatabaseSource>> {
  const { knex } = line;
  const from = () => {
    const { schema, table, query } = place;
    if (query !== undefined) return knex.from(knex.raw(`(${query.replaceAll('?', '\\?')}) ??`, ['t']));
    return schema === undefined ? knex.from(table!) : knex.withSchema(schema).from(table!);
  };
  const compiled = from().select('*').limit(0).toSQL();
  const answer: unknown = await line.ask(knex.raw(compiled.sql, compiled.bindings as Knex.Value[]), true);
  const known = dialect.columns(answer);
  const found = known ?? wanted.columns.map((name): ColumnKind => ({ name, kind: 'text' }));
  const columns = found.map(({ name }) => name);
  const read = found.filter(({ name }) => wanted.columns.includes(name));
  const key = read.find(({ name }) => name === wanted.key);
  const facts: SourceFacts = emptyFacts('database', 0);
  const source = (page: DatabaseSource['page']): Outcome<DatabaseSource> =>
    done({ columns, page, facts: () => ({ ...facts }), close: line.close });
  // Whoever opened it compares the columns and says which are missing.
  if (!key || read.length < new Set(wanted.columns).size) return source(async () => undefined);
  if (key.kind !== 'text' && key.kind !== 'whole') {
    await line.close();
    return refusal('source-key-kind');
  }

  facts.bytesTotal = await checkKeys(line, from, wanted.key);
  const fieldCharacters = dialect.fieldCharacters;
  const encoded = place.encoding !== undefined;
  const turn = makeTextOf(place.encoding);
  const bounds = withDefaults({ fieldCharacters });
  const names = read.map(({ name }) => name);

  return source(async (after) => {
    const texts = read.map((column, index) => {
      const [sql, bindings] = dialect.text(column, fieldCharacters + 1, encoded);
      return knex.raw(`${sql} as ??`, [...bindings, `c${index}`]);
    });
    const [keySql, keyBindings] = dialect.text(key, LONGEST_KEY + 1, false);
    const statement = from()
      .select([...texts, knex.raw(`${keySql} as ??`, [...keyBindings, 'k'])])
      .whereNotNull(wanted.key)
      .orderBy(wanted.key)
      .limit(limits.rows);
    if (after !== undefined) statement.whereRaw(dialect.behind(key), [wanted.key, after]);
    const rows = (await line.ask(statement, false)) as Record<string, unknown>[];
    if (rows.length === 0) return undefined;
    const last = String(rows.at(-1)!.k ?? '');
    if (rows.some(({ k }) => String(k ?? '').length > LONGEST_KEY))
      throw new Refused(refusal('source-key-long', { limit: LONGEST_KEY }).failure);
    // The server found a key behind itself: nothing could end that.
    if (last === after) throw new Refused(refusal('source-key-kind').failure);
    facts.bytesRead += rows.length;
    return {
      last,
      rows: rows.map((row, index) => {
        const values = read.map((_, column) => turn(row[`c${column}`], facts));
        const doubtful = values.some((value) => DOUBTFUL.test(value));
        const made = toRow(index + 1, values, names, bounds, doubtful);
        facts.rows += 1;
        if (made.unusable) facts.unusable += 1;
        return made;
      }),
    };
  });
}

/** A reading in the order of a key needs one in each row, and no two alike by the database's own comparison. */
async function checkKeys(line: Line, from: () => Knex.QueryBuilder, key: string): Promise<number> {
  const [counted] = (await line.ask(
    from().count({ n: '*' }).count({ k: key }).countDistinct({ d: key }),
    false,
  )) as Record<string, unknown>[];
  const [rows, keyed, distinct] = ['n', 'k', 'd'].map((name) => Number(counted?.[name]));
  if (keyed! < rows!) throw new Refused(refusal('source-key-absent', { rows: rows! - keyed! }).failure);
  if (distinct! < keyed!)
    throw new Refused(refusal('source-key-repeated', { rows: keyed! - distinct! }).failure);
  return rows!;
}

/** From what the driver hands over to text. Bytes come only where the encoding is declared. */
function makeTextOf(encoding: DatabasePlace['encoding']): (value: unknown, facts: SourceFacts) => string {
  const decode = decoderFor(encoding ?? 'utf-8');
  return (value, facts) => {
    if (value === null || value === undefined) return '';
    const text = mapPrivateUse(Buffer.isBuffer(value) ? decode(value) : String(value), facts);
    countLost(text, facts);
    return text;
  };
}

interface Line {
  knex: Knex;
  /** @throws Refused */
  ask(statement: Knex.QueryBuilder | Knex.Raw, connecting: boolean): Promise<unknown>;
  close(): Promise<void>;
}

/** What the drivers' connections have to be told off with. */
interface RawConnection {
  query?(text: string): unknown;
  execute?(text: string): unknown;
  promise?(): { query(text: string): Promise<unknown> };
  destroy?(): void;
  connection?: { stream?: { destroy(): void } };
}

const SILENT_LOG = { warn() {}, error() {}, deprecate() {}, debug() {} };

function openLine(dialect: Dialect, access: Access, limits: DatabaseLimits): Line {
  const opened: RawConnection[] = [];
  const { must, may } = dialect.session(limits.statementMs);
  const prepare = async (raw: RawConnection) => {
    opened.push(raw);
    for (const text of must) await say(raw, text);
    for (const text of may) await say(raw, text).catch(() => {});
  };
  const knex = knexLibrary({
    client: dialect.client,
    connection: dialect.connection(access, limits),
    log: SILENT_LOG,
    acquireConnectionTimeout: limits.connectMs,
    pool: {
      min: 0,
      max: 1,
      createTimeoutMillis: limits.connectMs,
      propagateCreateError: true,
      afterCreate: (raw: RawConnection, ready: (error: unknown, raw: RawConnection) => void) => {
        prepare(raw).then(
          () => ready(null, raw),
          (error) => ready(error, raw),
        );
      },
    },
  } as Knex.Config);
  const seconds = limits.statementMs / 1_000;
  return {
    knex,
    async ask(statement, connecting) {
      try {
        return await statement.timeout(limits.statementMs);
      } catch (error) {
        throw new Refused(databaseRefusal(error, { connecting, seconds }).failure);
      }
    },
    async close() {
      const leave = new Promise((resolve) => setTimeout(resolve, LEAVE_MS).unref());
      await Promise.race([knex.destroy(), leave]);
      for (const raw of opened) {
        raw.destroy?.();
        raw.connection?.stream?.destroy();
      }
    },
  };
}

async function say(raw: RawConnection, text: string): Promise<void> {
  if (raw.promise) await raw.promise().query(text);
  else if (raw.execute && !raw.connection) await raw.execute(text);
  else await raw.query?.(text);
}
