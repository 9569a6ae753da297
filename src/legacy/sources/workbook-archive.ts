/** The zip archive of a workbook, opened with suspicion: limits are checked before anything is unpacked. */
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { done, type Outcome } from '../../platform/failure.ts';
import { refusal, refuse } from './refusals.ts';
import type { SourceLimits } from './source.ts';

export interface Archive {
  has(name: string): boolean;
  /**
   * Unpacked bytes of one file inside.
   * @throws Refused when it is missing, damaged, or larger than it said.
   */
  read(name: string): AsyncGenerator<Buffer>;
  /** Unpacked size as the archive states it; the unpacker stops at it. */
  sizeOf(name: string): number;
  close(): void;
}

/** Small files compress well without harm: the ratio is asked of larger ones only. */
const RATIO_FROM_BYTES = 1024 * 1024;

export async function openArchive(
  path: string,
  size: number,
  limits: SourceLimits,
): Promise<Outcome<Archive>> {
  if (size > limits.workbookBytes) return tooLarge('bytes', limits.workbookBytes);
  let zip: ZipFile;
  try {
    // Names must be as the format wants them (no way up, no backslash); unpacked sizes are held to their word.
    zip = await openPromise(path, {
      lazyEntries: true,
      autoClose: false,
      strictFileNames: true,
      validateEntrySizes: true,
    });
  } catch {
    return refusal('source-workbook-broken', { part: 'zip' });
  }
  const listed = await listEntries(zip, limits);
  if (!listed.ok) {
    zip.close();
    return listed;
  }
  const entries = listed.value;
  return done({
    has: (name) => entries.has(name.toLowerCase()),
    sizeOf: (name) => entries.get(name.toLowerCase())?.uncompressedSize ?? 0,
    read: (name) => readEntry(zip, entries.get(name.toLowerCase()), name),
    close: () => zip.close(),
  });
}

const tooLarge = (what: string, limit: number) => refusal('source-workbook-limit', { what, limit });

/** By name in lower case: [ECMA-376-2] 6.2.2.3 compares part names without case. */
async function listEntries(zip: ZipFile, limits: SourceLimits): Promise<Outcome<Map<string, Entry>>> {
  if (zip.entryCount > limits.entries) return tooLarge('files inside', limits.entries);
  const entries = new Map<string, Entry>();
  let unpacked = 0;
  let fault: Outcome<never> | undefined;
  const check = (entry: Entry): Outcome<never> | undefined => {
    unpacked += entry.uncompressedSize;
    const name = entry.fileName.toLowerCase();
    if (entry.isEncrypted()) return refusal('source-locked-workbook');
    if (unpacked > limits.unpackedBytes) return tooLarge('bytes unpacked', limits.unpackedBytes);
    if (
      entry.uncompressedSize > RATIO_FROM_BYTES &&
      entry.uncompressedSize > entry.compressedSize * limits.unpackedRatio
    ) {
      return tooLarge('bytes unpacked per byte', limits.unpackedRatio);
    }
    if (entries.has(name)) return refusal('source-workbook-broken', { part: 'zip' });
    entries.set(name, entry);
    return undefined;
  };
  try {
    await new Promise<void>((resolve, reject) => {
      zip.on('entry', (entry: Entry) => {
        fault = check(entry);
        if (fault || entries.size > limits.entries) resolve();
        else zip.readEntry();
      });
      zip.on('end', () => resolve());
      zip.on('error', reject);
      zip.readEntry();
    });
  } catch {
    return refusal('source-workbook-broken', { part: 'zip' });
  }
  return fault ?? done(entries);
}

async function* readEntry(zip: ZipFile, entry: Entry | undefined, name: string): AsyncGenerator<Buffer> {
  if (!entry) return refuse('source-workbook-broken', { part: name });
  let stream: Readable | undefined;
  let intact = true;
  try {
    stream = await zip.openReadStreamPromise(entry);
    let check = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      check = crc32(chunk, check);
      yield chunk;
    }
    // The library leaves this to us: a flipped bit may unpack well and be another person's number.
    intact = check === entry.crc32;
  } catch {
    intact = false;
  } finally {
    stream?.destroy();
  }
  if (!intact) refuse('source-workbook-broken', { part: name });
}
