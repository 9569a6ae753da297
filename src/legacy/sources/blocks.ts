/** Reads a file in blocks that end at line ends, so that no character of UTF-8 or GB 18030 is cut in two. */
import { type FileHandle, open } from 'node:fs/promises';

const BLOCK_BYTES = 256 * 1024;
/**
 * A line of more bytes is handed on in pieces: even at four bytes a character it is past the limit of a row by
 * then, so a character cut in two spoils only what is refused anyway.
 */
const LONGEST_LINE_BYTES = 5_000_000;

const LF = 0x0a;
const CR = 0x0d;

export interface Block {
  /** Valid until the next block is asked for. */
  bytes: Buffer;
  /** Of the first byte, from the start of the file. */
  offset: number;
}

/**
 * Blocks from `start` on. In UTF-8 and GB 18030 the bytes of CR and LF stand for nothing else; in UTF-16 (`wide`)
 * blocks end at whole pairs instead.
 */
export async function* readBlocks(path: string, start: number, wide = false): AsyncGenerator<Block> {
  const file = await open(path, 'r');
  try {
    // Pieces of a line that is still arriving, joined once: joining at each read would copy a long line many times.
    let held: Buffer[] = [];
    let heldBytes = 0;
    let offset = start;
    for (;;) {
      const fresh = await readSome(file, offset + heldBytes);
      if (fresh.length === 0) break;
      const cut = wide ? wideCut(fresh) : lineCut(fresh, held.at(-1)?.at(-1) === CR, heldBytes);
      if (cut === undefined) {
        held.push(fresh);
        heldBytes += fresh.length;
        continue;
      }
      const bytes = Buffer.concat([...held, fresh.subarray(0, cut)]);
      if (bytes.length > 0) yield { bytes, offset };
      offset += bytes.length;
      held = cut === fresh.length ? [] : [fresh.subarray(cut)];
      heldBytes = fresh.length - cut;
    }
    if (heldBytes > 0) yield { bytes: Buffer.concat(held), offset };
  } finally {
    await file.close();
  }
}

async function readSome(file: FileHandle, at: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  const { bytesRead } = await file.read(buffer, 0, BLOCK_BYTES, at);
  return buffer.subarray(0, bytesRead);
}

/**
 * Where the fresh bytes are cut: behind their last line end, at 0 when what is held ends the line, undefined when the
 * line goes on. A CR at the very end is left for the next read, because its LF may come there.
 */
function lineCut(fresh: Buffer, heldEndsInCr: boolean, heldBytes: number): number | undefined {
  const cr = fresh.length < 2 ? -1 : fresh.lastIndexOf(CR, fresh.length - 2);
  const cut = Math.max(fresh.lastIndexOf(LF), cr) + 1;
  if (cut > 0) return cut;
  if (heldEndsInCr) return 0;
  return heldBytes + fresh.length > LONGEST_LINE_BYTES ? fresh.length : undefined;
}

/** Whole units, and no high surrogate (either byte order: bits 110110xx) left without its partner. */
function wideCut(bytes: Buffer): number {
  const even = bytes.length & ~1;
  const isHigh = (at: number) => (bytes[at]! & 0xfc) === 0xd8;
  return even >= 2 && (isHigh(even - 1) || isHigh(even - 2)) ? even - 2 : even;
}

/** The lines of a block, each with its end, without copying. */
export function* linesOf(bytes: Buffer): Generator<Buffer> {
  let from = 0;
  let nextCr = bytes.indexOf(CR);
  while (from < bytes.length) {
    const lf = bytes.indexOf(LF, from);
    if (nextCr !== -1 && nextCr < from) nextCr = bytes.indexOf(CR, from);
    let end = lf === -1 ? bytes.length : lf + 1;
    if (nextCr !== -1 && nextCr + 1 < end && bytes[nextCr + 1] !== LF) end = nextCr + 1;
    yield bytes.subarray(from, end);
    from = end;
  }
}
