/**
 * The port through which a department's old records come in: a stream of rows, whatever the file was. Nothing
 * here knows what a column means.
 */
import type { Failure, Outcome } from '../../platform/failure.ts';

/** Why a row can not be used. The row is told and counted; the reading goes on. */
export type RowFault =
  /** More or fewer fields than there are columns. */
  | 'row-fields'
  /** The row, or one of its fields, is longer than the limit. */
  | 'row-length'
  /** A quote that is not closed, or text behind a closing quote; `at` is the line where it began. */
  | 'row-quote'
  /** Bytes that are no text in the file's encoding, often a character cut in half by a short column. */
  | 'row-encoding'
  /** A NUL character. */
  | 'row-nul'
  /** Not a JSON object, or the same key twice. */
  | 'row-json'
  | 'row-duplicate-key'
  /** Two cells in one place, or a cell that points to nothing. */
  | 'row-cell';

/** What is worth knowing about a usable row. */
export type RowNotice =
  /** U+FFFD or `?` in a value: an earlier conversion lost a character here. */
  | 'replacement-character'
  | 'question-mark'
  /** JSON: an object or array, kept as its JSON text; a key that no earlier row had. */
  | 'nested-value'
  | 'new-column'
  /** Workbook: the cached result of a formula, and a formula's error. */
  | 'formula'
  | 'cell-error'
  /** Workbook: a number shown as a date was written out; a serial that is no date was left. */
  | 'date-converted'
  | 'date-unreadable'
  /** Digits were lost to Excel's fifteen digits of precision, or may have been. */
  | 'number-damaged'
  | 'number-doubtful'
  /** Directory: the attribute has more values; the first is kept. */
  | 'several-values';

export interface RowMark {
  code: RowNotice;
  /** The column, as in {@link Source.columns}. */
  column: string;
}

export interface SourceRow {
  /** 1-based, as a person counts in the file: the line or sheet row on which the row begins. */
  at: number;
  /**
   * By column; without prototype, so a column called `__proto__` or `constructor` is a column. Values share memory
   * with the block they were read from: who keeps one beyond its batch keeps the block, unless it is copied.
   */
  fields: Record<string, string>;
  marks: readonly RowMark[];
  /** Set when the row can not be used; `fields` is empty then. */
  unusable?: RowFault;
}

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'gb18030';

/** What was seen so far, complete when the stream has ended. Counts start again with each reading. */
export interface SourceFacts {
  shape: 'delimited' | 'json-lines' | 'workbook' | 'database' | 'directory';
  encoding?: Encoding;
  delimiter?: string;
  sheet?: string;
  /**
   * Size of the file, and how far it was read (for progress); of a workbook, the unpacked bytes; of a database, rows;
   * of a directory, 0: it does not say.
   */
  bytesTotal: number;
  bytesRead: number;
  rows: number;
  unusable: number;
  /** U+FFFD and `?` found, each a character that an earlier conversion lost. */
  replacementCharacters: number;
  questionMarks: number;
  /** Private-use characters replaced by what GB 18030-2022 makes of them, and those left as they were. */
  privateUseMapped: number;
  privateUseKept: number;
  /** Workbook: merged ranges; only their first cell has a value. */
  mergedRanges: number;
  /** Directory: references to other servers, which are not followed. */
  referrals?: number;
}

export interface Source {
  /** Column names in order, unique; a name given twice gets `#2`, an empty one its position. */
  columns: readonly string[];
  /**
   * The rows in batches of about a thousand, because one asynchronous step per row costs more than the row.
   * @throws Refused when the file itself can not be read to its end (limits, damage, changed meanwhile).
   */
  rows(): AsyncIterable<SourceRow[]>;
  facts(): SourceFacts;
}

export interface SourceLimits {
  /** Characters in a row and in a field. */
  rowCharacters: number;
  fieldCharacters: number;
  columns: number;
  /** Workbook: bytes packed and unpacked, unpacked bytes per packed one, files inside, cells. */
  workbookBytes: number;
  unpackedBytes: number;
  unpackedRatio: number;
  entries: number;
  cells: number;
  /** Workbook: bytes of shared text held in memory. */
  sharedTextBytes: number;
}

export interface SourceOptions {
  /** Declared instead of found: broken bytes are then faults of their rows and mixtures are not looked for. */
  encoding?: Encoding;
  /** One character; found from the first rows when absent. */
  delimiter?: string;
  /** False when the first row is data already: columns are `1`, `2`, … */
  header?: boolean;
  /** Workbook: the sheet by its name; the first one when absent. */
  sheet?: string;
  limits?: Partial<SourceLimits>;
}

export const LIMITS: SourceLimits = {
  rowCharacters: 1_000_000,
  fieldCharacters: 65_536,
  columns: 500,
  workbookBytes: 512 * 1024 * 1024,
  unpackedBytes: 4 * 1024 * 1024 * 1024,
  unpackedRatio: 250,
  entries: 2_000,
  cells: 100_000_000,
  sharedTextBytes: 64 * 1024 * 1024,
};

/** Rows per batch, about. */
export const BATCH = 1_000;

export type Opened = Outcome<Source>;
export type { Failure };
