/** Reads the house's own source for the house tests. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

export interface SourceFile {
  /** Path from the root of the project. */
  path: string;
  text: string;
}

/** All files below a folder whose names end so; missing folders are empty. */
export function filesBelow(folder: string, ending: string): SourceFile[] {
  const start = join(ROOT, folder);
  if (!statSync(start, { throwIfNoEntry: false })) return [];
  return readdirSync(start, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !name.includes('node_modules'))
    .map((name) => join(start, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => ({ path: relative(ROOT, path), text: readFileSync(path, 'utf8') }));
}

/** Relative imports of a file, as paths from the root. */
export function importsOf(file: SourceFile): string[] {
  const found = file.text.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g);
  return [...found].map(([, to]) => relative(ROOT, join(ROOT, file.path, '..', to!)));
}

/** The room a source file belongs to: the folder below src, or the file name for files in src itself. */
export function roomOf(path: string): string | undefined {
  const [top, room] = path.split('/');
  if (top !== 'src' || room === undefined) return undefined;
  return room.replace(/\.ts$/, '');
}
