/**
 * So many a second and no more: turns at even distances, given out in the order they were asked for. What was not used
 * is not made up for, so that no window of a second, wherever it begins, holds more.
 */

/** Waits for the next turn. */
export type Pace = () => Promise<void>;

export interface PaceClock {
  /** Milliseconds that never go back. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

const systemPace: PaceClock = {
  now: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

export function makePace(perSecond: number, { now, sleep }: PaceClock = systemPace): Pace {
  const distance = 1_000 / perSecond;
  let next = Number.NEGATIVE_INFINITY;
  return async () => {
    const turn = Math.max(next, now());
    next = turn + distance;
    // A timer may ring a little early.
    for (let left = turn - now(); left > 0; left = turn - now()) await sleep(Math.ceil(left));
  };
}
