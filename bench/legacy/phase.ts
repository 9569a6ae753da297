/** One movement of an import: the command line itself, as a process of its own, watched from outside. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { watched } from './children.ts';
import { cpuOf, type DatabaseCpu, highWater, LOOK_MS } from './watch.ts';

export interface Measured {
  seconds: number;
  /** The most memory that the process ever had in use. */
  peakMb: number;
  /** CPU seconds of the process, and of PostgreSQL's processes for this database. */
  cpu: { process: number; database: number };
  /** What the command printed. */
  answer: Record<string, unknown>;
}

const ROOT = join(import.meta.dirname, '../..');

/** @throws when the command fails */
export async function runCommand(
  args: string[],
  env: Record<string, string>,
  database: DatabaseCpu,
): Promise<Measured> {
  const before = database.look();
  const began = performance.now();
  const child = watched(
    spawn(process.execPath, [...process.execArgv, 'src/cli.ts', '--json', 'legacy', ...args], {
      cwd: ROOT,
      env: { ...process.env, ...env, NODE_ENV: 'production' },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  let out = '';
  let err = '';
  child.stdout!.on('data', (data) => {
    out += data;
  });
  child.stderr!.on('data', (data) => {
    err = (err + data).slice(-4_000);
  });
  let peakMb = 0;
  let cpu = 0;
  const look = () => {
    peakMb = Math.max(peakMb, highWater(child.pid!));
    cpu = cpuOf(child.pid!) ?? cpu;
    database.look();
  };
  const timer = setInterval(look, LOOK_MS);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => clearInterval(timer));
  const seconds = (performance.now() - began) / 1_000;
  if (code !== 0) throw new Error(`legacy ${args[0]} ended with ${code}: ${err}${out.slice(0, 2_000)}`);
  return {
    seconds,
    peakMb,
    cpu: { process: cpu, database: database.look() - before },
    answer: JSON.parse(out) as Record<string, unknown>,
  };
}
