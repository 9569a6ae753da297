/** What the stand-in register answers to a question: a pure function of population, switches and question. */
import { hash } from 'node:crypto';
import { z } from 'zod';
import { DOCUMENT_TYPES } from '../accounts/document.ts';
import { sameName } from './registry.ts';
import type { Population } from './stand-in-population.ts';
import type { Switches } from './stand-in-switches.ts';

export const questionSchema = z.object({
  /** Repetitions carry the same, and get the same transaction number. */
  request: z.string().min(1).max(64),
  type: z.enum(DOCUMENT_TYPES),
  number: z.string().max(40),
  country: z.string().max(3).optional(),
  name: z.string().max(400),
});

export interface StandInAnswer {
  outcome: 'match' | 'mismatch' | 'unknown';
  status?: 'alive' | 'deceased';
  reference: string;
}

export function answerQuestion(
  population: Population,
  switches: Switches,
  { request, type, number, country, name }: z.output<typeof questionSchema>,
): StandInAnswer {
  const reference = `SI-${hash('sha256', `${population.seed}\n${request}`, 'hex').slice(0, 16)}`;
  const n = population.find({ type, number, ...(country ? { country } : {}) });
  if (n === undefined || switches.unknown.includes(number)) return { outcome: 'unknown', reference };
  const person = population.at(n);
  const registered = switches.renamed[number] ?? person.name;
  if (switches.mismatch.includes(number) || !sameName(registered, name)) {
    return { outcome: 'mismatch', reference };
  }
  const status = switches.deceased.includes(number) ? 'deceased' : person.status;
  return { outcome: 'match', status, reference };
}
