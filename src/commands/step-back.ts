/** Long work from the command line beside a serving server: people who sign in go first. */
import { constants, setPriority } from 'node:os';
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
