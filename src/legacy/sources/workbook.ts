/**
 * A sheet of an .xlsx workbook as a source. Cells are read as text; numbers that Excel has shortened are marked, never
 * completed. Only the first cell of a merged range has a value; the others are empty, as in the file.
 */
import { done, type Outcome, Refused } from '../../platform/failure.ts';
import { countLost } from './decode.ts';
import { mapPrivateUse } from './private-use.ts';
import { refusal } from './refusals.ts';
import {
  DOUBTFUL,
  emptyFacts,
  faultIn,
  inBatches,
  lostCharacters,
  nameColumns,
  numberColumns,
  restart,
  unusable,
  withDefaults,
} from './rows.ts';
import { collectRows, type SheetRow } from './sheet-rows.ts';
import type { Source, SourceFacts, SourceLimits, SourceOptions, SourceRow } from './source.ts';
import type { TextFile } from './text-file.ts';
import { type Archive, openArchive } from './workbook-archive.ts';
import { readParts, type WorkbookParts } from './workbook-parts.ts';
import { parseXml } from './workbook-xml.ts';

export async function openWorkbook(file: TextFile, options: SourceOptions): Promise<Outcome<Source>> {
  const limits = withDefaults(options.limits);
  const opened = await openArchive(file.path, file.size, limits);
  if (!opened.ok) return opened;
  try {
    return await openSheet(opened.value, file, options, limits);
  } catch (error) {
    if (error instanceof Refused) return { ok: false, failure: error.failure };
    throw error;
  } finally {
    opened.value.close();
  }
}

async function openSheet(
  archive: Archive,
  file: TextFile,
  options: SourceOptions,
  limits: SourceLimits,
): Promise<Outcome<Source>> {
  const found = await readParts(archive, options.sheet, limits);
  if (!found.ok) return found;
  const parts = found.value;
  const header = options.header ?? true;
  const first = await firstRow(archive, parts, limits);
  if (!first) return refusal('source-empty');
  if (first.fault) {
    return first.fault === 'row-fields'
      ? refusal('source-too-many-columns', { limit: limits.columns })
      : refusal('source-header', { fault: first.fault });
  }
  const columns = header ? nameColumns(first.values) : numberColumns(first.values.length);
  const facts = emptyFacts('workbook', archive.sizeOf(parts.path));

  async function* rows(): AsyncGenerator<SourceRow[]> {
    restart(facts);
    const again = await openArchive(file.path, file.size, limits);
    if (!again.ok) throw new Refused(again.failure);
    try {
      let headerSeen = !header;
      for await (const batch of sheetRows(again.value, parts, limits, facts)) {
        if (!headerSeen && batch.length > 0) {
          batch.shift();
          headerSeen = true;
        }
        yield* inBatches(batch, (row) => toRow(row, columns, facts), facts);
      }
    } finally {
      again.value.close();
    }
    await file.checkUnchanged();
  }

  return done({ columns, rows, facts: () => ({ ...facts, sheet: parts.sheet }) });
}

async function firstRow(
  archive: Archive,
  parts: WorkbookParts,
  limits: SourceLimits,
): Promise<SheetRow | undefined> {
  const facts = emptyFacts('workbook', 0);
  for await (const [first] of sheetRows(archive, parts, limits, facts)) if (first) return first;
  return undefined;
}

async function* sheetRows(
  archive: Archive,
  parts: WorkbookParts,
  limits: SourceLimits,
  facts: SourceFacts,
): AsyncGenerator<SheetRow[]> {
  const collector = collectRows(parts, limits);
  for await (const bytes of parseXml(archive.read(parts.path), parts.path, collector)) {
    facts.bytesRead += bytes;
    yield collector.take();
  }
  yield collector.take();
  facts.mergedRanges = collector.mergedRanges();
}

/** Cells behind the last column are told as a fault, absent ones are empty. */
function toRow(row: SheetRow, columns: readonly string[], facts: SourceFacts): SourceRow {
  if (row.fault) return unusable(row.at, row.fault);
  if (row.values.length > columns.length) return unusable(row.at, 'row-fields');
  const fields: Record<string, string> = Object.create(null);
  let doubtful = false;
  columns.forEach((column, index) => {
    const value = mapPrivateUse(row.values[index] ?? '', facts);
    doubtful ||= DOUBTFUL.test(value);
    if (doubtful) countLost(value, facts);
    fields[column] = value;
  });
  const fault = doubtful ? faultIn(Object.values(fields)) : undefined;
  if (fault) return unusable(row.at, fault);
  const notices = row.notices.map(({ index, code }) => ({ code, column: columns[index]! }));
  return { at: row.at, fields, marks: doubtful ? [...notices, ...lostCharacters(fields)] : notices };
}
