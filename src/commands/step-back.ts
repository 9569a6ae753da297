/** Long work from the command line beside a serving server: people who sign in go first. */
import { constants, setPriority } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';

/**
 * Gives this process what others leave of the processors, and lets it collect its garbage early instead of keeping
 * several times what it needs. What the database does for it is not made to wait.
 */
export function stepBack(): void {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  // Read by the engine at each collection, so they hold from now on.
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=200');
}

const NO_REST = async () => {};

/** With `gentle`: called between pages, rests as long as was worked since it rested last, so that half of the time is others'. */
export function makeRest(gentle: boolean | undefined): () => Promise<void> {
  if (!gentle) return NO_REST;
  let began = performance.now();
  return async () => {
    await setTimeout(performance.now() - began);
    began = performance.now();
  };
}

export const GENTLE = ['--gentle', 'rest after each page for as long as it took: half as quick'] as const;
