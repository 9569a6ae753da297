/** What every kind of source does alike: names its columns, turns values into fields, keeps count. */
import { BROKEN } from './decode.ts';
import type { SourceRow } from './source.ts';
import { BATCH, LIMITS, type RowFault, type RowMark, type SourceFacts, type SourceLimits } from './source.ts';

/** Of the rows that can not be used, and of those with nothing to say. */
const NO_MARKS: readonly RowMark[] = Object.freeze([]);

export const withDefaults = (limits: Partial<SourceLimits> | undefined): SourceLimits => ({
  ...LIMITS,
  ...limits,
});

export const emptyFacts = (shape: SourceFacts['shape'], bytesTotal: number): SourceFacts => ({
  shape,
  bytesTotal,
  bytesRead: 0,
  rows: 0,
  unusable: 0,
  replacementCharacters: 0,
  questionMarks: 0,
  privateUseMapped: 0,
  privateUseKept: 0,
  mergedRanges: 0,
});

/** Sets the counts of a reading back, for the next one. */
export function restart(facts: SourceFacts): void {
  Object.assign(facts, { ...emptyFacts(facts.shape, facts.bytesTotal) });
}

/** Unique names: trimmed, an empty one by its position, one given again with `#2`, `#3`, … */
export function nameColumns(raw: readonly string[]): string[] {
  const taken = new Set<string>();
  return raw.map((value, index) => {
    const name = value.trim() || String(index + 1);
    let unique = name;
    for (let turn = 2; taken.has(unique); turn += 1) unique = `${name}#${turn}`;
    taken.add(unique);
    return unique;
  });
}

/** `1`, `2`, … for a table without column names. */
export const numberColumns = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => String(index + 1));

export const unusable = (at: number, fault: RowFault): SourceRow => ({
  at,
  fields: Object.create(null),
  marks: NO_MARKS,
  unusable: fault,
});

/**
 * A row from its values, one per column. `doubtful` when the text around it holds characters that need a look at
 * every value; a look at all values of all rows would double the time.
 */
export function toRow(
  at: number,
  values: readonly string[],
  columns: readonly string[],
  limits: SourceLimits,
  doubtful: boolean,
): SourceRow {
  const fault = doubtful ? faultIn(values) : undefined;
  if (fault) return unusable(at, fault);
  if (values.length !== columns.length) return unusable(at, 'row-fields');
  const fields: Record<string, string> = Object.create(null);
  for (let index = 0; index < columns.length; index += 1) {
    const value = values[index]!;
    if (value.length > limits.fieldCharacters) return unusable(at, 'row-length');
    fields[columns[index]!] = value;
  }
  return { at, fields, marks: doubtful ? lostCharacters(fields) : NO_MARKS };
}

/** Characters that call for a look at single values. */
export const DOUBTFUL = /[?\0\uFFFD\uFFFF]/;

/** What makes a row unusable by its characters. */
export function faultIn(values: readonly string[]): RowFault | undefined {
  if (values.some((value) => value.includes(BROKEN))) return 'row-encoding';
  if (values.some((value) => value.includes('\0'))) return 'row-nul';
  return undefined;
}

/** One mark per value in which an earlier conversion lost characters. */
export function lostCharacters(fields: Record<string, string>): readonly RowMark[] {
  const marks: RowMark[] = [];
  for (const column of Object.keys(fields)) {
    if (fields[column]!.includes('\uFFFD')) marks.push({ code: 'replacement-character', column });
    if (fields[column]!.includes('?')) marks.push({ code: 'question-mark', column });
  }
  return marks.length === 0 ? NO_MARKS : marks;
}

/**
 * Makes rows of what one block holds and counts them, a batch at a time: a block of short lines holds so many that
 * all their rows at once would be felt.
 */
export function* inBatches<Raw>(
  raw: readonly Raw[],
  make: (each: Raw) => SourceRow,
  facts: SourceFacts,
): Generator<SourceRow[]> {
  for (let from = 0; from < raw.length; from += BATCH) {
    const rows = (raw.length <= BATCH ? raw : raw.slice(from, from + BATCH)).map(make);
    facts.rows += rows.length;
    for (const row of rows) if (row.unusable) facts.unusable += 1;
    yield rows;
  }
}
