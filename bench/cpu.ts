/** CPU and memory of process trees, read from /proc: what top would show, to a hundredth of a second. */
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

interface ProcessStat {
  pid: number;
  parent: number;
  /** Seconds of CPU, its own and that of children it has waited for. */
  cpu: number;
}

function readAll(): ProcessStat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        // The command name may hold spaces and brackets; fields start after the last bracket.
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0);
        return [{ pid: Number(name), parent: Number(fields[1]), cpu: ticks / TICKS_PER_SECOND }];
      } catch {
        return [];
      }
    });
}

/** Seconds of CPU used so far by a process and all its descendants. */
export function cpuOfTree(root: number): number {
  const all = readAll();
  const tree = new Set([root]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const { pid, parent } of all) {
      if (tree.has(parent) && !tree.has(pid)) {
        tree.add(pid);
        grown = true;
      }
    }
  }
  return all.filter(({ pid }) => tree.has(pid)).reduce((sum, { cpu }) => sum + cpu, 0);
}

/** Resident memory of one process in MiB. */
export function memoryOf(pid: number): number {
  try {
    const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Math.round(Number(line?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
}

/** The parent of a process: a PostgreSQL backend's parent is the postmaster. */
export function parentOf(pid: number): number {
  return readAll().find((process) => process.pid === pid)?.parent ?? 0;
}
