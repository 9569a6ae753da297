/**
 * The gateway behind HTTP, as docs/partners.md describes it: POST messages, GET health, signed both ways. A
 * vendor's own interface gets a bridge that speaks this. The message's id makes repetitions harmless.
 */
import { z } from 'zod';
import type { Partner } from '../platform/partner/partner.ts';
import type { SmsGateway } from './notice.ts';
import type { NoticesSettings } from './settings.ts';

const receipt = z.object({ outcome: z.enum(['accepted', 'number-refused']) });

export function sendOverHttp(
  partner: Partner,
  { signature, templateIds }: Pick<NoticesSettings, 'signature' | 'templateIds'>,
): SmsGateway {
  return {
    async send(id, { phone, name, language, params, text }) {
      const filed = templateIds[`${language}/${name}`];
      const answer = await partner.call({
        method: 'POST',
        path: '/messages',
        body: { id, phone, signature, ...(filed ? { template: filed } : {}), language, params, text },
      });
      if (!answer.ok) return { unavailable: answer.fault };
      const read = receipt.safeParse(answer.body);
      return read.success ? read.data.outcome : { unavailable: 'malformed' };
    },
    check: () => partner.check(),
    close: () => partner.close(),
  };
}
