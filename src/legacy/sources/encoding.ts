/**
 * Finds a text file's encoding by reading all of it once: a byte-order mark, else UTF-8 where every line is
 * strictly UTF-8, else GB 18030 (Excel on Chinese Windows). A file that is partly one and partly the other is
 * refused, because guessing would corrupt names without anybody noticing.
 *
 * Judged by line, not by the first broken byte: two bytes of GB 18030 can look like one character of UTF-8 (the
 * D6A4 of 证 does), so a pure GB 18030 file may begin with "valid" UTF-8.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import { done, type Outcome } from '../../platform/failure.ts';
import { linesOf, readBlocks } from './blocks.ts';
import type { StrictDecoder } from './decode.ts';
import { refusal } from './refusals.ts';
import type { Encoding } from './source.ts';

export interface FoundEncoding {
  encoding: Encoding;
  /** Bytes of the mark, to be skipped. */
  start: number;
}

/** The mark at the start of a file, if there is one. */
export function byteOrderMark(head: Buffer): FoundEncoding | undefined {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: 'utf-8', start: 3 };
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', start: 2 };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', start: 2 };
  return undefined;
}

/** Chinese and Tibetan letters take three or four bytes in UTF-8; these begin with E0 or more. */
const LONG_LEAD = 0xe0;
/**
 * Six bytes of GB 18030 that read as two characters of UTF-8 occur about once in a hundred thousand names; twelve
 * do not occur. So single short lines among many are chance, long ones are proof.
 */
const PROOF_CHARACTERS = 4;
const PROOF_LINES = 20;
const CHANCE_PER_LINE = 1 / 1_000;
/** A column cut in the middle of a character breaks lines now and then; more are another encoding. */
const BROKEN_SHARE = 0.02;
const BROKEN_FEW = 20;
/** Nothing that follows could make it GB 18030; each broken line costs an exception. */
const BROKEN_ENOUGH = 5_000;

interface Tally {
  lines: number;
  utf8: number;
  utf8Proof: boolean;
  firstUtf8: number;
  other: number;
  firstOther: number;
  broken: number;
  firstBroken: number;
}

/** UTF-8, UTF-16 or GB 18030; or why it is none of them, with the line (1-based) that shows it. */
export async function findEncoding(path: string): Promise<Outcome<FoundEncoding>> {
  const mark = byteOrderMark(await readHead(path, 3));
  if (mark && mark.encoding !== 'utf-8') return done(mark);
  const tally = await tallyLines(path, mark?.start ?? 0);
  if (mark && tally.other > 0) return mixed(tally.firstOther, 'UTF-8', 'GB 18030');
  return mark ? done(mark) : judge(tally);
}

function judge(tally: Tally): Outcome<FoundEncoding> {
  if (tally.other === 0) return done({ encoding: 'utf-8', start: 0 });
  const byChance = !tally.utf8Proof && tally.utf8 <= tally.other * CHANCE_PER_LINE;
  if (tally.utf8 > 0 && !byChance) {
    return tally.firstUtf8 < tally.firstOther
      ? mixed(tally.firstOther, 'UTF-8', 'GB 18030')
      : mixed(tally.firstUtf8, 'GB 18030', 'UTF-8');
  }
  if (isMostlyBroken(tally) || tally.broken === tally.other) {
    return refusal('source-encoding-unknown', { line: tally.firstBroken });
  }
  return done({ encoding: 'gb18030', start: 0 });
}

const isMostlyBroken = ({ broken, other }: Tally) => broken > BROKEN_FEW && broken > other * BROKEN_SHARE;

const mixed = (line: number, first: string, second: string) =>
  refusal('source-encoding-mixed', { line, first, second });

async function tallyLines(path: string, start: number): Promise<Tally> {
  const tally: Tally = {
    lines: 0,
    utf8: 0,
    utf8Proof: false,
    firstUtf8: 0,
    other: 0,
    firstOther: 0,
    broken: 0,
    firstBroken: 0,
  };
  const strict = new TextDecoder('gb18030', { fatal: true });
  for await (const { bytes } of readBlocks(path, start)) {
    if (isAscii(bytes) || (tally.utf8Proof && isUtf8(bytes))) tally.lines += countLines(bytes);
    else tallyBlock(bytes, tally, strict);
    if (tally.broken > BROKEN_ENOUGH && isMostlyBroken(tally)) break;
  }
  return tally;
}

function tallyBlock(bytes: Buffer, tally: Tally, strict: StrictDecoder): void {
  const whole = decodes(strict, bytes);
  for (const line of linesOf(bytes)) {
    tally.lines += 1;
    if (isAscii(line)) continue;
    if (isUtf8(line)) {
      const long = longCharacters(line);
      if (long === 0) continue;
      tally.utf8 += 1;
      tally.firstUtf8 ||= tally.lines;
      tally.utf8Proof ||= long >= PROOF_CHARACTERS || (tally.other === 0 && tally.utf8 >= PROOF_LINES);
    } else {
      tally.other += 1;
      tally.firstOther ||= tally.lines;
      if (!whole && !decodes(strict, line)) {
        tally.broken += 1;
        tally.firstBroken ||= tally.lines;
      }
    }
  }
}

function decodes(strict: StrictDecoder, bytes: Buffer): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function longCharacters(line: Buffer): number {
  let count = 0;
  for (let at = 0; at < line.length && count < PROOF_CHARACTERS; at += 1) {
    if (line[at]! >= LONG_LEAD) count += 1;
  }
  return count;
}

function countLines(bytes: Buffer): number {
  if (bytes.includes(0x0d)) {
    let lines = 0;
    for (const _ of linesOf(bytes)) lines += 1;
    return lines;
  }
  let lines = 0;
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) lines += 1;
  return lines;
}

/** The first bytes of a file, fewer when it is shorter. */
export async function readHead(path: string, length: number, at = 0): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, at);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
