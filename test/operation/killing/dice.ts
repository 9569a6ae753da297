/** Chance that can be thrown again: the same seed gives the same throws. */
import { randomInt } from 'node:crypto';

export interface Dice {
  /** Whole, from `least` to `most`, both included. */
  whole(least: number, most: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  of<Item>(items: readonly Item[]): Item;
  shuffled<Item>(items: readonly Item[]): Item[];
  /** Dice of their own for somebody, so that parallel players do not disturb each other's throws. */
  for(somebody: number): Dice;
}

/** The seed of this run: `KILL_SEED` repeats an earlier one. */
export const seedOfThisRun = (): number => Number(process.env.KILL_SEED || randomInt(1_000_000));

/** mulberry32: small, and good enough for choosing moments. */
export function throwDice(seed: number): Dice {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return {
    whole,
    chance: (probability) => next() < probability,
    of: (items) => items[whole(0, items.length - 1)]!,
    shuffled(items) {
      const left = [...items];
      return items.map(() => left.splice(whole(0, left.length - 1), 1)[0]!);
    },
    for: (somebody) => throwDice(seed * 1_000 + somebody + 1),
  };
}
