/** The population register as the rooms above see it: spellings tried in order, one deadline over all of them. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import {
  type AskRegister,
  type Comparison,
  nameVariants,
  type RegisterAnswer,
  type Subject,
} from './registry.ts';

export interface PopulationOptions {
  ask: AskRegister;
  /** Kept with the evidence. */
  source: string;
  deadlineMs: number;
  clock: Clock;
}

/**
 * Only a mismatch is worth another spelling, and each spelling is a question that may cost money: callers
 * count a comparison as one attempt of the person, the meter counts each question.
 */
export function comparePopulation(
  options: PopulationOptions,
): (subject: Subject, more?: { within?: number }) => Promise<Comparison> {
  return async (subject, more = {}) => {
    const until = performance.now() + (more.within ?? options.deadlineMs);
    let answer: RegisterAnswer = { outcome: 'unreachable', reference: randomUUID() };
    for (const name of nameVariants(subject.name)) {
      answer = await options.ask({ document: subject.document, name }, until - performance.now());
      if (answer.outcome !== 'mismatch') break;
    }
    return {
      outcome: answer.outcome,
      ...(answer.outcome === 'match' && answer.status ? { status: answer.status } : {}),
      source: options.source,
      reference: answer.reference,
      at: options.clock.now(),
    };
  };
}
