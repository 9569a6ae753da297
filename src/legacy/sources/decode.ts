/** From bytes to text, block by block. */
import { linesOf, readBlocks } from './blocks.ts';
import { mapPrivateUse } from './private-use.ts';
import type { Encoding, SourceFacts } from './source.ts';

/**
 * Stands for bytes that are no text. A noncharacter, which no exchanged text has any use for, so a row that
 * contains it is a row with broken bytes; U+FFFD could also have been in the file.
 */
export const BROKEN = '\uFFFF';

/** A decoder that throws at bytes that are no text. */
export type StrictDecoder = Pick<InstanceType<typeof TextDecoder>, 'decode'>;

const LONE_SURROGATE = /\p{Surrogate}/gu;

/** The file's text, old private-use characters replaced; bytes that are no text become {@link BROKEN}. */
export async function* decodeFile(
  path: string,
  encoding: Encoding,
  start: number,
  facts: SourceFacts,
): AsyncGenerator<string> {
  const decode = decoderFor(encoding);
  for await (const { bytes, offset } of readBlocks(path, start, encoding.startsWith('utf-16'))) {
    const text = mapPrivateUse(decode(bytes), facts);
    facts.bytesRead = offset + bytes.length;
    countLost(text, facts);
    yield text;
  }
}

/** Adds up U+FFFD and `?`. */
export function countLost(text: string, facts: SourceFacts): void {
  facts.replacementCharacters += occurrences(text, '\uFFFD');
  facts.questionMarks += occurrences(text, '?');
}

function occurrences(text: string, character: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) count += 1;
  return count;
}

/** Decodes whole lines (or, for UTF-16, whole characters). Never throws. */
export function decoderFor(encoding: Encoding): (bytes: Buffer) => string {
  if (encoding === 'utf-16le') return decodeWide;
  if (encoding === 'utf-16be') {
    return (bytes) => decodeWide(Buffer.from(bytes.subarray(0, bytes.length & ~1)).swap16());
  }
  const strict = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  const lenient = new TextDecoder(encoding, { ignoreBOM: true });
  const decodeLine = (line: Buffer) => attempt(strict, line) ?? breakOpen(lenient.decode(line));
  return (bytes) => attempt(strict, bytes) ?? Array.from(linesOf(bytes), decodeLine).join('');
}

function attempt(strict: StrictDecoder, bytes: Buffer): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

const breakOpen = (text: string) => text.replaceAll('\uFFFD', BROKEN);

function decodeWide(bytes: Buffer): string {
  const text = bytes.toString('utf16le') + (bytes.length % 2 === 1 ? BROKEN : '');
  return text.isWellFormed() ? text : text.replace(LONE_SURROGATE, BROKEN);
}
