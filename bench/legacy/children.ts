/** Processes of the measurement: none outlives it. */
import type { ChildProcess } from 'node:child_process';

const running = new Set<ChildProcess>();

export function watched(child: ChildProcess): ChildProcess {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Resolves when the process has ended well. */
export function ended(child: ChildProcess): Promise<void> {
  watched(child);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      code === 0
        ? resolve()
        : reject(new Error(`${child.spawnargs.slice(1, 3).join(' ')} ended with ${code ?? signal}`)),
    );
  });
}

/** The next message of a process that must be alive to send it. */
export function message<Shape>(child: ChildProcess): Promise<Shape> {
  return new Promise((resolve, reject) => {
    const gone = (code: number | null) =>
      reject(new Error(`a process of the measurement ended with ${code}`));
    child.once('exit', gone);
    child.once('message', (content) => {
      child.off('exit', gone);
      resolve(content as Shape);
    });
  });
}

/** Asks a process to end, and waits until it has. */
export async function stop(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await gone;
  clearTimeout(late);
}

export const stopAll = async (): Promise<void> => {
  await Promise.all([...running].map(stop));
};
