/**
 * Where trial's stand-in register answers, left in the data folder by the server that started it, so that commands
 * beside the server ask the same people. Holds its secret, so only its owner may read it.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const pointer = z.strictObject({ url: z.url(), secret: z.string().min(32) });
type Pointer = z.output<typeof pointer>;

const fileIn = (folder: string): string => join(folder, 'stand-in-register.json');

/** Leaves the pointer; returns what takes it away again, unless another server's stands there by then. */
export function leavePointer(folder: string, { url, secret }: Pointer): () => void {
  const text = JSON.stringify({ url, secret });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // One that was there keeps its mode: begin anew.
  rmSync(fileIn(folder), { force: true });
  writeFileSync(fileIn(folder), text, { mode: 0o600 });
  return () => {
    if (textIn(folder) === text) rmSync(fileIn(folder), { force: true });
  };
}

/** The pointer, where a server left one. A server that was killed leaves one too: then nobody answers there. */
export function readPointer(folder: string): Pointer | undefined {
  try {
    return pointer.safeParse(JSON.parse(textIn(folder) ?? '')).data;
  } catch {
    return undefined;
  }
}

function textIn(folder: string): string | undefined {
  try {
    return readFileSync(fileIn(folder), 'utf8');
  } catch {
    return undefined;
  }
}
