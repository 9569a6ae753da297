/**
 * JSON Lines as a source: one object per line.
 *
 * Strings arrive as their text, numbers as they are written (parsing would round an 18-digit number), true and false
 * as words, null and absent keys as nothing. An object or array is kept as its JSON text with a mark: refusing the
 * row would lose a person for the sake of a column that is seldom wanted.
 */
import { done, type Outcome } from '../../platform/failure.ts';
import { decodeFile } from './decode.ts';
import type { FoundEncoding } from './encoding.ts';
import { readMembers } from './json-members.ts';
import { createLineReader, type Line } from './lines.ts';
import { refusal } from './refusals.ts';
import {
  DOUBTFUL,
  emptyFacts,
  faultIn,
  inBatches,
  lostCharacters,
  restart,
  unusable,
  withDefaults,
} from './rows.ts';
import type { RowMark, Source, SourceLimits, SourceOptions, SourceRow } from './source.ts';
import type { TextFile } from './text-file.ts';

/** Columns are the keys of the first lines, in the order in which they come up. */
const LOOKED_AT = 100;

export async function openJsonLines(
  file: TextFile,
  found: FoundEncoding,
  options: SourceOptions,
): Promise<Outcome<Source>> {
  const limits = withDefaults(options.limits);
  const facts = emptyFacts('json-lines', file.size);
  const texts = () => decodeFile(file.path, found.encoding, found.start, facts);
  const columns = await findColumns(texts(), limits);
  if (columns.length === 0) return refusal('source-header', { fault: 'row-json' });
  if (columns.length > limits.columns) return refusal('source-too-many-columns', { limit: limits.columns });
  restart(facts);

  async function* rows(): AsyncGenerator<SourceRow[]> {
    restart(facts);
    const reader = createLineReader(limits.rowCharacters);
    const known = new Set(columns);
    const make = (line: Line) => toRow(line, columns, known, limits);
    for await (const text of texts()) yield* inBatches(reader.write(text), make, facts);
    yield* inBatches(reader.end(), make, facts);
    await file.checkUnchanged();
  }

  return done({ columns, rows, facts: () => ({ ...facts, encoding: found.encoding }) });
}

async function findColumns(texts: AsyncGenerator<string>, limits: SourceLimits): Promise<string[]> {
  const columns = new Set<string>();
  const reader = createLineReader(limits.rowCharacters);
  let lines = 0;
  const look = (batch: Line[]) => {
    for (const line of batch.slice(0, LOOKED_AT - lines)) {
      const read = line.text === undefined ? undefined : readMembers(line.text);
      if (Array.isArray(read)) for (const { key } of read) columns.add(key);
      if (columns.size > limits.columns) return true;
    }
    lines += batch.length;
    return lines >= LOOKED_AT;
  };
  for await (const text of texts) if (look(reader.write(text))) return [...columns];
  look(reader.end());
  return [...columns];
}

function toRow(
  line: Line,
  columns: readonly string[],
  known: ReadonlySet<string>,
  limits: SourceLimits,
): SourceRow {
  if (line.text === undefined) return unusable(line.at, 'row-length');
  const doubtful = DOUBTFUL.test(line.text) || line.text.includes('\\u');
  const broken = doubtful ? faultIn([line.text]) : undefined;
  if (broken) return unusable(line.at, broken);
  const members = readMembers(line.text);
  if (!Array.isArray(members)) return unusable(line.at, members);
  if (members.length > limits.columns) return unusable(line.at, 'row-fields');
  const fields: Record<string, string> = Object.create(null);
  for (const column of columns) fields[column] = '';
  const marks: RowMark[] = [];
  for (const { key, value, nested } of members) {
    if (value.length > limits.fieldCharacters) return unusable(line.at, 'row-length');
    fields[key] = value;
    if (nested) marks.push({ code: 'nested-value', column: key });
    if (!known.has(key)) marks.push({ code: 'new-column', column: key });
  }
  if (!doubtful) return { at: line.at, fields, marks };
  const fault = faultIn(Object.values(fields));
  return fault
    ? unusable(line.at, fault)
    : { at: line.at, fields, marks: [...marks, ...lostCharacters(fields)] };
}
