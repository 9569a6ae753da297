/** Opens a file of old records, whatever it is. */
import { stat } from 'node:fs/promises';
import { done, type Outcome } from '../../platform/failure.ts';
import { decoderFor } from './decode.ts';
import { openDelimited } from './delimited.ts';
import { byteOrderMark, type FoundEncoding, findEncoding, readHead } from './encoding.ts';
import { openJsonLines } from './json-lines.ts';
import { refusal } from './refusals.ts';
import { HEAD_BYTES, shapeOf } from './shape.ts';
import type { Encoding, Source, SourceOptions } from './source.ts';
import { describeFile } from './text-file.ts';
import { openWorkbook } from './workbook.ts';

/**
 * A source of rows. The shape is chosen by content, not by name. Text is read once here, to be sure of its encoding
 * before the first row is given out.
 *
 * @returns a failure with a code of {@link REFUSALS} when the file can not be read as a table
 */
export async function openFile(path: string, options: SourceOptions = {}): Promise<Outcome<Source>> {
  const about = await stat(path).catch(() => undefined);
  if (!about) return refusal('source-missing');
  if (!about.isFile()) return refusal('source-not-a-file');
  const head = await readHead(path, HEAD_BYTES).catch(() => undefined);
  if (!head) return refusal('source-missing');
  if (head.length === 0) return refusal('source-empty');

  const mark = byteOrderMark(head);
  // What has no mark and is not ASCII can be told apart by its ASCII characters: latin1 shows them unchanged.
  const encoding = options.encoding ?? mark?.encoding;
  const text = encoding ? decoderFor(encoding)(head.subarray(mark?.start ?? 0)) : head.toString('latin1');
  const shape = shapeOf(head, text);
  const file = describeFile(path, about);
  if (shape === 'workbook') return openWorkbook(file, options);
  if (shape !== 'delimited' && shape !== 'json-lines') return refusal(shape);

  const found = options.encoding ? declared(options.encoding, mark) : await findEncoding(path);
  if (!found.ok) return found;
  const open = shape === 'json-lines' ? openJsonLines : openDelimited;
  return open(file, found.value, options);
}

/** A mark of the declared encoding is skipped; a mark of another is not overruled. */
function declared(encoding: Encoding, mark: FoundEncoding | undefined): Outcome<FoundEncoding> {
  if (mark && mark.encoding !== encoding) {
    return refusal('source-encoding-declared', { found: mark.encoding, declared: encoding });
  }
  return done({ encoding, start: mark?.start ?? 0 });
}
