/**
 * Refusals are told at the same pace for everybody. Several old passwords take longer to check than one, some old
 * hashes longer than ours, and an old system that is asked longer still, so the time would tell a stranger who is
 * known here. Each refusal waits (asleep, not working) until as long has passed as the slowest lately took, in whole
 * steps.
 */
const STEP_MS = 100;
/** Beyond it the machine is so busy that its own unevenness hides the difference. */
const LONGEST_MS = 3_000;
/** For how long a slow refusal is imitated at least, and at most twice as long. */
const WINDOW_MS = 300_000;

export interface SamePace {
  /** @param began when the attempt came, by `performance.now()` */
  hold(began: number): Promise<void>;
}

export function makeSamePace(): SamePace {
  let window = 0;
  let slowest = { lately: 0, before: 0 };
  return {
    async hold(began) {
      const took = performance.now() - began;
      const current = Math.floor(performance.now() / WINDOW_MS);
      if (current !== window) slowest = { lately: 0, before: current === window + 1 ? slowest.lately : 0 };
      window = current;
      slowest.lately = Math.min(LONGEST_MS, Math.max(took, slowest.lately));
      const until = Math.ceil(Math.max(slowest.lately, slowest.before) / STEP_MS) * STEP_MS;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, until - took)));
    },
  };
}
