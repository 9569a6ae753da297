/** What the stand-in register answers about enterprises: a pure function of them, the switches and the question. */
import { hash } from 'node:crypto';
import { z } from 'zod';
import { sameOrganisationName } from '../accounts/organisation-name.ts';
import { sameName } from './registry.ts';
import type { Enterprises, RegisteredEnterprise } from './stand-in-enterprises.ts';
import type { Switches } from './stand-in-switches.ts';

export const organisationQuestion = z.object({
  request: z.string().min(1).max(64),
  code: z.string().max(40),
  name: z.string().max(400),
  representative: z
    .object({
      name: z.string().max(400),
      type: z.string().max(40).optional(),
      number: z.string().max(40).optional(),
    })
    .optional(),
});

export const oldNumberQuestion = z.object({
  request: z.string().min(1).max(64),
  kind: z.enum(['organisation-code', 'registration-number']),
  number: z.string().max(40),
});

const referenceOf = (seed: string, request: string): string =>
  `SE-${hash('sha256', `${seed}\n${request}`, 'hex').slice(0, 16)}`;

export function answerAboutOrganisation(
  seed: string,
  enterprises: Enterprises,
  switches: Switches,
  { request, code, name, representative }: z.output<typeof organisationQuestion>,
): object {
  const reference = referenceOf(seed, request);
  const found = enterprises.find(code);
  if (found?.code !== code || switches.unknown.includes(code)) return { outcome: 'unknown', reference };
  const registered = switches.renamed[code] ?? found.name;
  if (switches.mismatch.includes(code) || !sameOrganisationName(registered, name))
    return { outcome: 'mismatch', reference };
  return {
    outcome: 'match',
    status: switches.dissolved.includes(code) ? 'dissolved' : found.status,
    ...(representative ? { representative: represents(found, representative) ? 'match' : 'mismatch' } : {}),
    reference,
  };
}

function represents(
  { representative: { document, name } }: RegisteredEnterprise,
  asked: NonNullable<z.output<typeof organisationQuestion>['representative']>,
): boolean {
  if (!sameName(name, asked.name)) return false;
  return asked.number === undefined || (asked.type === document.type && asked.number === document.number);
}

export function answerOldNumber(
  seed: string,
  enterprises: Enterprises,
  switches: Switches,
  { request, kind, number }: z.output<typeof oldNumberQuestion>,
): object {
  const reference = referenceOf(seed, request);
  const found = enterprises.find(number);
  const its = kind === 'registration-number' ? found?.registrationNumber : found?.code.slice(8, 17);
  if (!found || its !== number || switches.unknown.includes(number)) return { outcome: 'unknown', reference };
  return { outcome: 'found', code: found.code, reference };
}
