/** Whether old passwords may still be used at all, so that pages tell of them only then. */
import type { Log } from '../platform/observe/log.ts';
import type { Database } from '../platform/postgres.ts';
import { anyLeft } from './old-password-store.ts';

export interface OldSystems {
  /** As of a minute ago: answered at once, asked again behind the answer. */
  passwordsLeft(): boolean;
  /** Whether some systems take what people signed in with there. As fresh as the above. */
  namesToo(): boolean;
}

const FRESH_MS = 60_000;

export async function openOldSystems(database: Database, log: Pick<Log, 'warn'>): Promise<OldSystems> {
  let left = await anyLeft(database);
  let asked = performance.now();
  const refresh = () => {
    if (performance.now() - asked <= FRESH_MS) return;
    asked = performance.now();
    anyLeft(database).then(
      (now) => {
        left = now;
      },
      (error: unknown) => log.warn({ err: error }, 'old systems could not be asked for'),
    );
  };
  return {
    passwordsLeft() {
      refresh();
      return left.here || left.there;
    },
    namesToo() {
      refresh();
      return left.there;
    },
  };
}
