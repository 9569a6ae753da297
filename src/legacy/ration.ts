/** Questions to a register that costs money and may be down: several at a time, so many in all, and none more when it is silent. */

import type { Pace } from '../platform/pace.ts';

export interface RationLimits {
  parallel: number;
  budget: number;
  /** Lets a question go when its turn has come. */
  pace?: Pace | undefined;
  patience?: number;
}

export interface Ration {
  /** Asks when it is this one's turn; undefined where nobody is to be asked any more in this run. */
  <Answer extends { outcome: string }>(question: () => Promise<Answer>): Promise<Answer | undefined>;
  asked(): number;
}

/** When `patience` in a row went unanswered, nobody else is asked in this run. */
export function rationQuestions({ parallel, budget, pace, patience = 20 }: RationLimits): Ration {
  let asked = 0;
  let silent = 0;
  const over = () => asked >= budget || silent >= patience;
  let running = 0;
  const queue: (() => void)[] = [];
  const turn = async () => {
    if (running >= parallel) await new Promise<void>((go) => queue.push(go));
    running += 1;
  };
  const ask = async <Answer extends { outcome: string }>(question: () => Promise<Answer>) => {
    await turn();
    try {
      if (over()) return undefined;
      await pace?.();
      // While it waited for its turn, others may have used it up.
      if (over()) return undefined;
      asked += 1;
      const answer = await question();
      silent = answer.outcome === 'unreachable' ? silent + 1 : 0;
      return answer;
    } finally {
      running -= 1;
      queue.shift()?.();
    }
  };
  return Object.assign(ask, { asked: () => asked });
}
