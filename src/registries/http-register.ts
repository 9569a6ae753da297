/**
 * The register behind HTTP, as docs/partners.md describes it: POST compare, GET health, both signed both ways.
 * A register that speaks otherwise gets a bridge that speaks this.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Partner } from '../platform/partner/partner.ts';
import type { AskRegister } from './registry.ts';

/** Fields we do not know are passed over, so that a register may say more than we ask. */
const compareAnswer = z.object({
  outcome: z.enum(['match', 'mismatch', 'unknown']),
  status: z.enum(['alive', 'deceased']).optional(),
  reference: z.string().regex(/^[\w.:-]{1,64}$/),
});

/** Repetitions of a question carry the same number, so that the register need not count them twice. */
export function askOverHttp(partner: Partner): AskRegister {
  return async ({ document, name }, within) => {
    const request = randomUUID();
    const { type, number, country } = document;
    const answer = await partner.call({
      method: 'POST',
      path: '/compare',
      body: { request, type, number, ...(country ? { country } : {}), name },
      within,
    });
    const read = answer.ok ? compareAnswer.safeParse(answer.body) : undefined;
    if (!read?.success) return { outcome: 'unreachable', reference: request };
    const { outcome, status, reference } = read.data;
    return { outcome, reference, ...(status ? { status } : {}) };
  };
}
