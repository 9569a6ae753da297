/**
 * Files larger than the memory they may take: read in a process of its own, whose peak is compared with a bound far
 * below the size of the file and far above what reading needs.
 */
import { execFile } from 'node:child_process';
import { appendFileSync, truncateSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { fileOf } from './files.ts';

const MIB = 1024 * 1024;
const READER = new URL('../../../src/legacy/sources/open-file.ts', import.meta.url).href;
const SCRIPT = `
  const { openFile } = await import(${JSON.stringify(READER)});
  const before = process.resourceUsage().maxRSS;
  const opened = await openFile(process.argv[1]);
  const faults = [];
  let last;
  if (opened.ok) for await (const batch of opened.value.rows()) for (const row of batch) {
    if (row.unusable && faults.length < 10) faults.push([row.at, row.unusable]);
    last = row.fields.b;
  }
  const grown = (process.resourceUsage().maxRSS - before) * 1024;
  console.log(JSON.stringify({ faults, last, grown, rows: opened.value?.facts().rows, code: opened.failure?.code }));
`;

async function readApart(path: string) {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', SCRIPT, path]);
  return JSON.parse(stdout) as {
    faults: [number, string][];
    last?: string;
    grown: number;
    rows?: number;
    code?: string;
  };
}

/** A file with a hole of NULs that takes no space on the disk. */
function withHole(before: string, bytes: number, after: string): string {
  const path = fileOf(before);
  truncateSync(path, before.length + bytes);
  appendFileSync(path, after);
  return path;
}

/** Far above what reading takes (some 60 MiB), and not more than the smallest of the files. */
const BOUND = 200 * MIB;

/** Enough ordinary rows that the start of the file is clearly text. */
const ROWS = 20_000;
const START = `a,b\n${'1,x\n'.repeat(ROWS)}`;

test('a line of 300 MB is a fault of one row, in a fraction of its size', async () => {
  const path = withHole(START, 300 * MIB, '\n2,behind\n');
  const read = await readApart(path);
  expect(read).toMatchObject({ rows: ROWS + 2, faults: [[ROWS + 2, 'row-length']], last: 'behind' });
  expect(read.grown).toBeLessThan(BOUND);
});

test('a quote left open before 200 MB costs its own row and the long one, no other', async () => {
  const path = withHole(START.replace('1,x\n', '1,"x\n'), 200 * MIB, '\n2,behind\n');
  const read = await readApart(path);
  expect(read).toMatchObject({ rows: ROWS + 2, last: 'behind' });
  expect(read.faults).toEqual([
    [2, 'row-quote'],
    [ROWS + 2, 'row-length'],
  ]);
  expect(read.grown).toBeLessThan(BOUND);
});

test('a hole from the start on is no text', async () => {
  expect(await readApart(withHole('a,b\n', 500 * MIB, '\n'))).toMatchObject({ code: 'source-not-text' });
});
