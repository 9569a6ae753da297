/** The command line as an operator uses it: a process of its own. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

export interface Said {
  code: number | null;
  out: string;
  err: string;
  /** What stands on standard output, as JSON. */
  json<Shape>(): Shape;
}

/** Runs one command to its end. */
export function runCli(env: Record<string, string>, args: string[], input = ''): Promise<Said> {
  const own = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', NO_COLOR: '1' };
  const child = spawn(process.execPath, ['src/cli.ts', ...args], { cwd: ROOT, env: { ...own, ...env } });
  let out = '';
  let err = '';
  child.stdout.on('data', (data) => {
    out += data;
  });
  child.stderr.on('data', (data) => {
    err += data;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err, json: () => JSON.parse(out) }));
  });
}
