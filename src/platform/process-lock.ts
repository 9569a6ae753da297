/**
 * A lock that one process at a time can hold. It is SQLite's on an empty file, which is the operating system's
 * own: it goes with its process, however that ends, so nobody ever has to judge whether a lock is stale.
 */
import { DatabaseSync } from 'node:sqlite';

export interface ProcessLock {
  release(): void;
}

const SQLITE_BUSY = 5;

/** Takes the lock, or returns undefined at once when it is held. The file stays; its contents do not matter. */
export function takeLock(file: string): ProcessLock | undefined {
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return { release: () => lock.close() };
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
}
