/** The register of organisations behind HTTP, as docs/partners.md describes it: POST compare, POST look-up, GET health. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { parseCreditCode } from '../accounts/organisation-number.ts';
import type { Partner } from '../platform/partner/partner.ts';
import type { AskEnterprise } from './enterprise.ts';

const reference = z.string().regex(/^[\w.:-]{1,64}$/);
const compareAnswer = z.object({
  outcome: z.enum(['match', 'mismatch', 'unknown']),
  status: z.enum(['operating', 'revoked', 'dissolved']).optional(),
  representative: z.enum(['match', 'mismatch']).optional(),
  reference,
});
/** A code with a wrong check is no answer: it would become the key of an organisation. */
const code = z.string().refine((text) => {
  const parsed = parseCreditCode(text);
  return parsed.ok && parsed.value.number === text;
});
const lookUpAnswer = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('found'), code, reference }),
  z.object({ outcome: z.literal('unknown'), reference }),
]);

/** Repetitions of a question carry the same number, so that the register need not count them twice. */
export function askEnterpriseOverHttp(partner: Partner): AskEnterprise {
  const ask = async <Answer>(
    path: string,
    schema: z.ZodType<Answer>,
    question: object,
    within: number,
  ): Promise<Answer | { outcome: 'unreachable'; reference: string }> => {
    const request = randomUUID();
    const answer = await partner.call({ method: 'POST', path, body: { request, ...question }, within });
    const read = answer.ok ? schema.safeParse(answer.body) : undefined;
    return read?.success ? read.data : { outcome: 'unreachable', reference: request };
  };
  return {
    async compare({ code: asked, name, representative }, within) {
      const document = representative?.document;
      const said = await ask(
        '/compare',
        compareAnswer,
        {
          ...{ code: asked, name },
          ...(representative
            ? {
                representative: {
                  name: representative.name,
                  ...(document ? { type: document.type, number: document.number } : {}),
                },
              }
            : {}),
        },
        within,
      );
      return said as Awaited<ReturnType<AskEnterprise['compare']>>;
    },
    lookUp: ({ kind, value }, within) => ask('/look-up', lookUpAnswer, { kind, number: value }, within),
  };
}
