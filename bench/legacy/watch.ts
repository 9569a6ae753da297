/** What processes use, from proc(5), at a price that does not count: looked at five times a second. */
import { readdirSync, readFileSync } from 'node:fs';

export const LOOK_MS = 200;
const TICKS_PER_SECOND = 100;

/** CPU seconds of one process so far, or undefined when it is gone. */
export function cpuOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name may hold spaces and brackets; fields start after the last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}

/** VmHWM in MB of 1,000,000 bytes. It only grows while a process lives, so the last look tells the most there ever was. */
export function highWater(pid: number): number {
  try {
    const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return (Number(found?.[1] ?? 0) * 1_024) / 1e6;
  } catch {
    return 0;
  }
}

/** CPU seconds of all PostgreSQL processes that ever worked for a database, as of the last look. */
export class DatabaseCpu {
  readonly #title: RegExp | undefined;
  readonly #used = new Map<number, number>();

  /** @param name of the database, which is in the titles of its processes; without one there are none */
  constructor(name: string | undefined) {
    this.#title = name === undefined ? undefined : new RegExp(`^postgres: .*\\b${name}\\b`);
  }

  look(): number {
    if (this.#title) {
      for (const name of readdirSync('/proc')) {
        if (!/^\d+$/.test(name) || !this.#isOurs(name)) continue;
        this.#used.set(Number(name), cpuOf(Number(name)) ?? 0);
      }
    }
    return [...this.#used.values()].reduce((sum, cpu) => sum + cpu, 0);
  }

  #isOurs(pid: string): boolean {
    try {
      return this.#title!.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    } catch {
      return false;
    }
  }
}
