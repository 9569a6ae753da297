/** Questions to a register that costs money and may be down: several at a time, so many in all, and none more when it is silent. */
import { setTimeout } from 'node:timers/promises';
import type { Pace } from '../platform/pace.ts';

export interface RationLimits {
  /** Questions at the same time, and in all. */
  parallel: number;
  budget: number;
  /** Lets a question go when its turn has come. */
  pace?: Pace | undefined;
  /** So many unanswered in a row, and nobody else is asked in this run. */
  patience?: number;
  /**
   * When a question goes unanswered, all wait, and after each of these pauses one is asked again: what is only
   * overloaded for a moment leaves nobody waiting. Without any, an unanswered question is left for the next run.
   */
  pausesMs?: readonly number[];
}

type Answered = { outcome: string };

export interface Ration {
  /** Asks when it is this one's turn; undefined where nobody is to be asked any more in this run. */
  <Answer extends Answered>(question: () => Promise<Answer>): Promise<Answer | undefined>;
  asked(): number;
}

export function rationQuestions({
  parallel,
  budget,
  pace,
  patience = 20,
  pausesMs = [],
}: RationLimits): Ration {
  let asked = 0;
  let silent = 0;
  let running = 0;
  /** While somebody finds out whether the register is back. */
  let trying: Promise<void> | undefined;
  const queue: (() => void)[] = [];
  const turn = async () => {
    if (running >= parallel) await new Promise<void>((go) => queue.push(go));
    running += 1;
  };
  const mayAsk = () => asked < budget && silent < patience;
  const put = async <Answer extends Answered>(question: () => Promise<Answer>): Promise<Answer> => {
    asked += 1;
    const answer = await question();
    silent = answer.outcome === 'unreachable' ? silent + 1 : 0;
    return answer;
  };
  const tryAgain = async <Answer extends Answered>(question: () => Promise<Answer>, first: Answer) => {
    if (trying) {
      await trying;
      return mayAsk() ? put(question) : first;
    }
    let last = first;
    trying = (async () => {
      for (const pause of pausesMs) {
        await setTimeout(pause);
        if (asked >= budget) return;
        last = await put(question);
        if (last.outcome !== 'unreachable') return;
      }
      silent = Math.max(silent, patience);
    })().finally(() => {
      trying = undefined;
    });
    await trying;
    return last;
  };
  const ask = async <Answer extends Answered>(question: () => Promise<Answer>) => {
    await turn();
    try {
      await trying;
      if (!mayAsk()) return undefined;
      await pace?.();
      // While it waited for its turn, others may have used it up.
      if (!mayAsk()) return undefined;
      const answer = await put(question);
      return answer.outcome === 'unreachable' && pausesMs.length > 0
        ? await tryAgain(question, answer)
        : answer;
    } finally {
      running -= 1;
      queue.shift()?.();
    }
  };
  return Object.assign(ask, { asked: () => asked });
}
