/**
 * Gives points back for many attempts in one round trip. Most sign-ins succeed, and all of them share some
 * counters (the source, the whole server): collected for a moment, a hundred returns become one statement.
 * Nobody waits for it. What a crash loses is a moment's returns: a few people have one try less in their window.
 */
import type { Limits, LimitUse } from '../platform/limits.ts';
import type { Log } from '../platform/observe/log.ts';

export interface GiveBack {
  add(uses: readonly LimitUse[]): void;
  /** Returns what is collected now, and resolves when all is returned; for a graceful stop. */
  flush(): Promise<void>;
}

/** Long enough to collect, too short for anyone to use up five tries by signing in rightly. */
const COLLECT_MS = 50;
const MOST_COLLECTED = 1_000;

export function collectGiveBacks(limits: Pick<Limits, 'giveBack'>, log: Pick<Log, 'warn'>): GiveBack {
  let collected: LimitUse[] = [];
  let timer: NodeJS.Timeout | undefined;
  let returned: Promise<void> = Promise.resolve();

  const giveBack = async (uses: LimitUse[]) => {
    try {
      await limits.giveBack(uses);
    } catch (error) {
      log.warn({ err: error }, 'attempts of successful sign-ins could not be given back');
    }
  };

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const uses = collected;
    collected = [];
    if (uses.length > 0) returned = Promise.all([returned, giveBack(uses)]).then(() => {});
    return returned;
  };

  return {
    flush,
    add(uses) {
      for (const use of uses) collected.push(use);
      if (collected.length >= MOST_COLLECTED) void flush();
      else timer ??= setTimeout(() => void flush(), COLLECT_MS).unref();
    },
  };
}
