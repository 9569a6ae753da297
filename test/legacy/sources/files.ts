/** Files that the tests of sources make for themselves, and what a reading of one gives. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { openFile } from '../../../src/legacy/sources/open-file.ts';
import type { SourceFacts, SourceOptions, SourceRow } from '../../../src/legacy/sources/source.ts';

export const folder = mkdtempSync(join(tmpdir(), 'yihao-sources-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;

/** Writes a file with a name that says nothing about its content. */
export function fileOf(content: string | Uint8Array): string {
  count += 1;
  const path = join(folder, `dump-${count}.dat`);
  writeFileSync(path, content);
  return path;
}

export interface Read {
  columns: readonly string[];
  rows: SourceRow[];
  facts: SourceFacts;
  /** Usable rows, as values in the order of the columns. */
  values: string[][];
  /** Unusable rows. */
  faults: { at: number; fault: string }[];
}

/** Reads all of a file; a refusal is an error of the test. */
export async function readAll(content: string | Uint8Array, options?: SourceOptions): Promise<Read> {
  const opened = await openFile(fileOf(content), options);
  if (!opened.ok) throw new Error(JSON.stringify(opened.failure));
  const source = opened.value;
  const rows: SourceRow[] = [];
  for await (const batch of source.rows()) rows.push(...batch);
  return {
    columns: source.columns,
    rows,
    facts: source.facts(),
    values: rows
      .filter((row) => !row.unusable)
      .map((row) => source.columns.map((column) => row.fields[column]!)),
    faults: rows.flatMap(({ at, unusable }) => (unusable ? [{ at, fault: unusable }] : [])),
  };
}

/** The code and values with which a file is refused when it is opened. */
export async function refusalOf(content: string | Uint8Array, options?: SourceOptions) {
  const opened = await openFile(fileOf(content), options);
  if (opened.ok) throw new Error('was opened');
  const { code, params } = opened.failure;
  return params ? { code, ...params } : { code };
}

/** Text in GB 18030, by asking the decoder about every character of the two-byte plane once. */
export function gb18030(text: string): Buffer {
  return Buffer.concat(
    Array.from(text, (character) => {
      const bytes = character < '\x80' ? Buffer.from(character) : TABLE.get(character);
      if (!bytes) throw new Error(`not in GBK: ${character}`);
      return bytes;
    }),
  );
}

const TABLE = new Map<string, Buffer>();
const decoder = new TextDecoder('gb18030');
for (let lead = 0x81; lead <= 0xfe; lead += 1) {
  for (let trail = 0x40; trail <= 0xfe; trail += 1) {
    const bytes = Buffer.from([lead, trail]);
    const text = decoder.decode(bytes);
    if (text.length === 1 && text !== '\uFFFD' && !TABLE.has(text)) TABLE.set(text, bytes);
  }
}
