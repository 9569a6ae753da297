/** Delimited text as a source: CSV, and its kin with tab, semicolon or pipe. */
import { done, type Outcome } from '../../platform/failure.ts';
import { decodeFile } from './decode.ts';
import { createRowReader, type RawRow } from './delimited-rows.ts';
import { findDelimiter, isDelimiter } from './delimiter.ts';
import type { FoundEncoding } from './encoding.ts';
import { refusal } from './refusals.ts';
import {
  DOUBTFUL,
  emptyFacts,
  faultIn,
  inBatches,
  nameColumns,
  numberColumns,
  restart,
  toRow,
  unusable,
  withDefaults,
} from './rows.ts';
import type { Source, SourceOptions, SourceRow } from './source.ts';
import type { TextFile } from './text-file.ts';

/** Opens a table: finds the delimiter and the columns from the start of the file. */
export async function openDelimited(
  file: TextFile,
  found: FoundEncoding,
  options: SourceOptions,
): Promise<Outcome<Source>> {
  const limits = withDefaults(options.limits);
  if (options.delimiter !== undefined && !isDelimiter(options.delimiter)) return refusal('source-delimiter');
  const header = options.header ?? true;
  const facts = emptyFacts('delimited', file.size);
  const texts = () => decodeFile(file.path, found.encoding, found.start, facts);

  const start = await readStart(texts(), options.delimiter, limits);
  if (!start) return refusal('source-empty');
  const { delimiter, first } = start;
  const fault = first.fault ?? (header ? faultIn(first.values) : undefined);
  if (fault && header) return refusal('source-header', { fault });
  if (first.values.length > limits.columns)
    return refusal('source-too-many-columns', { limit: limits.columns });
  if (fault) return refusal('source-header', { fault });
  const columns = header ? nameColumns(first.values) : numberColumns(first.values.length);
  restart(facts);

  async function* rows(): AsyncGenerator<SourceRow[]> {
    restart(facts);
    const reader = createRowReader(delimiter, limits);
    let doubtful = false;
    let headerSeen = !header;
    const make = (row: RawRow): SourceRow =>
      row.fault ? unusable(row.at, row.fault) : toRow(row.at, row.values, columns, limits, doubtful);
    const behindHeader = (raw: RawRow[]): RawRow[] => {
      if (headerSeen || raw.length === 0) return raw;
      headerSeen = true;
      return raw.slice(1);
    };
    for await (const text of texts()) {
      // A row may have begun in the piece before.
      const here = DOUBTFUL.test(text);
      doubtful ||= here;
      const raw = reader.write(text);
      yield* inBatches(behindHeader(raw), make, facts);
      if (raw.length > 0) doubtful = here;
    }
    yield* inBatches(behindHeader(reader.end()), make, facts);
    await file.checkUnchanged();
  }

  return done({
    columns,
    rows,
    facts: () => ({ ...facts, encoding: found.encoding, delimiter }),
  });
}

/** The delimiter and the first row; undefined when there is no row. */
async function readStart(
  texts: AsyncGenerator<string>,
  declared: string | undefined,
  limits: ReturnType<typeof withDefaults>,
): Promise<{ delimiter: string; first: RawRow } | undefined> {
  let delimiter = declared;
  let reader: ReturnType<typeof createRowReader> | undefined;
  for await (const text of texts) {
    if (!reader && text.trim() === '') continue;
    delimiter ??= findDelimiter(text, limits);
    reader ??= createRowReader(delimiter, limits);
    const [first] = reader.write(text);
    if (first) return { delimiter, first };
  }
  const first = reader?.end()[0];
  return first && { delimiter: delimiter!, first };
}
