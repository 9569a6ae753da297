/**
 * The texts that a workbook's cells share by number. They come before the cells and in any order, so they must be
 * held: as UTF-8 in one buffer, whose size is the limit, not as strings, whose cost nobody knows.
 */
import { refuse } from './refusals.ts';
import type { SourceLimits } from './source.ts';
import { readXml } from './workbook-xml.ts';

export interface SharedStrings {
  /** Undefined when there is no such number. */
  get(index: number): string | undefined;
  readonly count: number;
}

const PART = 'sharedStrings.xml';
/** An empty text costs the file nothing and memory four bytes: as many as a quarter of the bytes allowed. */
const BYTES_PER_ENTRY = 4;

export const NO_STRINGS: SharedStrings = { get: () => undefined, count: 0 };

/** @throws Refused at the limit. */
export async function readSharedStrings(
  chunks: AsyncIterable<Buffer>,
  limits: Pick<SourceLimits, 'sharedTextBytes' | 'fieldCharacters'>,
): Promise<SharedStrings> {
  const limit = limits.sharedTextBytes;
  const full = () => refuse('source-workbook-limit', { what: 'bytes of shared text', limit });
  let bytes = Buffer.alloc(64 * 1024);
  let ends = new Uint32Array(1024);
  let length = 0;
  let count = 0;
  let text = '';
  let inText = false;
  let phonetic = false;

  const keep = () => {
    // A text over the limit of a field is kept one character longer than that limit: its row is then refused.
    const kept = text.slice(0, limits.fieldCharacters + 1);
    const needed = length + Buffer.byteLength(kept);
    if (needed > limit || count >= limit / BYTES_PER_ENTRY) full();
    if (needed > bytes.length) {
      const larger = Buffer.alloc(Math.min(limit, Math.max(needed, bytes.length * 2)));
      bytes.copy(larger, 0, 0, length);
      bytes = larger;
    }
    if (count === ends.length) {
      const larger = new Uint32Array(ends.length * 2);
      larger.set(ends);
      ends = larger;
    }
    length += bytes.write(kept, length);
    ends[count] = length;
    count += 1;
    text = '';
  };

  await readXml(chunks, PART, {
    open: (name) => {
      if (name === 't') inText = !phonetic;
      // Phonetic runs say how the text is pronounced; they are not part of it.
      else if (name === 'rPh') phonetic = true;
    },
    close: (name) => {
      if (name === 't') inText = false;
      else if (name === 'rPh') phonetic = false;
      else if (name === 'si') keep();
    },
    text: (piece) => {
      if (inText && text.length <= limits.fieldCharacters) text += piece;
    },
  });
  return {
    count,
    get: (index) =>
      Number.isInteger(index) && index >= 0 && index < count
        ? bytes.toString('utf8', index === 0 ? 0 : ends[index - 1], ends[index])
        : undefined,
  };
}
