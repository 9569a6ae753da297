/** Whether old passwords may still be used at all, so that pages tell of them only then. */
import type { Log } from '../platform/observe/log.ts';
import type { Database } from '../platform/postgres.ts';
import { anyLeft } from './old-password-store.ts';

export interface OldSystems {
  /** As of a minute ago: answered at once, asked again behind the answer. */
  passwordsLeft(): boolean;
}

const FRESH_MS = 60_000;

export async function openOldSystems(database: Database, log: Pick<Log, 'warn'>): Promise<OldSystems> {
  let left = await anyLeft(database);
  let asked = performance.now();
  return {
    passwordsLeft() {
      if (performance.now() - asked > FRESH_MS) {
        asked = performance.now();
        anyLeft(database).then(
          (now) => {
            left = now;
          },
          (error: unknown) => log.warn({ err: error }, 'old systems could not be asked for'),
        );
      }
      return left;
    },
  };
}
