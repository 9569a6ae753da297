/** Choices that look random and are a pure function of what they are made from. */
import { hash } from 'node:crypto';

export interface Dice {
  /** A whole number from 0 to `bound` − 1. */
  below(bound: number): number;
  pick<Item>(items: readonly Item[]): Item;
  /** Two different ones. */
  pickTwo<Item>(items: readonly Item[]): [Item, Item];
}

/** Thirty-two bytes of SHA-256: enough for the few choices that one person needs. */
export function throwDice(...from: (string | number)[]): Dice {
  const bytes = hash('sha256', from.join('\n'), 'buffer');
  let at = 0;
  const below = (bound: number): number => {
    const value = bytes.readUInt32BE((at * 4) % 32);
    at += 1;
    return value % bound;
  };
  return {
    below,
    pick: (items) => items[below(items.length)]!,
    pickTwo(items) {
      const first = below(items.length);
      const step = 1 + below(items.length - 1);
      return [items[first]!, items[(first + step) % items.length]!];
    },
  };
}
