/**
 * An offline list of breached passwords, as SHA-1 hashes sorted in a file (`HASH` or `HASH:count` per line,
 * the form in which the Pwned Passwords collection is published). Forty gigabytes are searched by some
 * twenty reads of 4 KiB; nothing of the file is kept in memory.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { normalisePassword } from './pepper.ts';

export interface BreachList {
  has(password: string): Promise<boolean>;
  close(): Promise<void>;
}

const HASH_CHARACTERS = 40;
const LINE = /^[0-9A-Fa-f]{40}(:\d+)?$/;
/** More than the longest line; a chunk of this size from anywhere holds the next line's hash. */
const LONGEST_LINE = 64;
/** When the line is known to start within so many bytes, they are read and looked through. */
const WINDOW = 4_096;

/** @throws when the file is missing, empty, or its first and last lines are not sorted SHA-1 hashes. */
export async function openBreachList(path: string): Promise<BreachList> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    await checkForm(file, size, path);
    return {
      has: (password) =>
        search(
          file,
          size,
          createHash('sha1').update(normalisePassword(password)).digest('hex').toUpperCase(),
        ),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Every line that could be the one wanted starts in [from, to). */
async function search(file: FileHandle, size: number, wanted: string): Promise<boolean> {
  let from = 0;
  let to = size;
  while (to - from > WINDOW) {
    const middle = from + Math.floor((to - from) / 2);
    const text = await read(file, middle, LONGEST_LINE + HASH_CHARACTERS);
    const start = text.indexOf('\n') + 1;
    const hash = text.slice(start, start + HASH_CHARACTERS).toUpperCase();
    if (start === 0 || hash.length < HASH_CHARACTERS || hash > wanted) to = middle + 1;
    else from = middle + start;
  }
  const text = await read(file, from, to - from + LONGEST_LINE);
  return text
    .toUpperCase()
    .split('\n')
    .some((line) => line.slice(0, HASH_CHARACTERS) === wanted);
}

async function checkForm(file: FileHandle, size: number, path: string): Promise<void> {
  const lines = async (at: number) =>
    (await read(file, at, LONGEST_LINE * 2)).split('\n').map((line) => line.trimEnd());
  const first = (await lines(0))[0]!;
  const last = (await lines(Math.max(0, size - LONGEST_LINE * 2))).filter((line) => line !== '').at(-1) ?? '';
  if (!LINE.test(first) || !LINE.test(last) || first.toUpperCase() > last.toUpperCase()) {
    throw new Error(`${path} must be lines of SHA-1 hashes in hexadecimal, sorted by hash`);
  }
}

async function read(file: FileHandle, at: number, length: number): Promise<string> {
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await file.read(buffer, 0, length, at);
  return buffer.toString('latin1', 0, bytesRead);
}
