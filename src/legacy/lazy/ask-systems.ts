/** Asking several old systems about one password: few at a time, until one has the person or the time is over. */
import type { OldIdentity } from '../sources/login-interface.ts';
import type { LoginSystem } from './login-systems.ts';

export interface Answers<Right> {
  /** What the first acceptable "yes" led to. */
  right: Right | undefined;
  /** How many said that it is wrong, or said yes to somebody who may not come in by it. */
  wrong: number;
  /** Who did not answer. */
  silent: LoginSystem[];
  /** A "yes" that could not be decided on now. */
  later: boolean;
}

export interface AskSettings {
  /** For all questions together. */
  deadlineMs: number;
  /** Questions at the same time. */
  atOnce: number;
}

/** @param accept what a "yes" is worth: who comes in by it, nobody, or not to be told now */
export async function askSystems<Right>(
  systems: readonly LoginSystem[],
  question: { identifier: string; password: string },
  { deadlineMs, atOnce }: AskSettings,
  accept: (system: LoginSystem, identity: OldIdentity) => Promise<Right | 'refused' | 'later'>,
): Promise<Answers<Right>> {
  const answers: Answers<Right> = { right: undefined, wrong: 0, silent: [], later: false };
  const end = performance.now() + deadlineMs;
  const waiting = systems.values();
  const work = async () => {
    for (const system of waiting) {
      if (answers.right !== undefined) return;
      const left = end - performance.now();
      const answer = left > 0 ? await system.login.ask(question, left) : undefined;
      if (answer?.outcome === 'no') answers.wrong += 1;
      else if (answer?.outcome !== 'yes') answers.silent.push(system);
      else {
        const worth = await accept(system, answer.identity);
        if (worth === 'refused') answers.wrong += 1;
        else if (worth === 'later') answers.later = true;
        else answers.right ??= worth;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, systems.length) }, work));
  return answers;
}
