/** Trial's gateway: keeps messages, sealed, for the page that shows them, and sends nothing to anybody. */
import { maskPhone } from '../accounts/mask.ts';
import type { Clock } from '../platform/clock.ts';
import type { Language } from '../platform/page/language.ts';
import type { Database } from '../platform/postgres.ts';
import type { Sealer } from '../platform/seal/sealer.ts';
import type { SmsGateway, TrialMessage } from './notice.ts';
import { insertTrialMessage, selectTrialMessages } from './store.ts';
import { signedText } from './wording.ts';

const place = (id: string) => ({ table: 'trial_message', column: 'content', row: id });

interface Kept {
  phone: string;
  text: string;
  language: Language;
}

export interface TrialOutbox extends SmsGateway {
  list(limit?: number): Promise<TrialMessage[]>;
}

/** Keeps the newest `most` messages. */
export function openTrialOutbox(options: {
  database: Database;
  sealer: Sealer;
  clock: Clock;
  signature: string;
  most: number;
}): TrialOutbox {
  const { database, sealer, clock, signature, most } = options;
  return {
    async send(id, { phone, text, language }) {
      const kept: Kept = { phone, text: signedText(signature, text), language };
      const content = sealer.seal(place(id), JSON.stringify(kept));
      await insertTrialMessage(database, { id, content, createdAt: clock.now() }, most);
      return 'accepted';
    },
    async list(limit = 50) {
      const rows = await selectTrialMessages(database, Math.min(limit, most));
      return rows.map(({ id, content, createdAt }) => {
        const { phone, text, language } = JSON.parse(sealer.open(place(id), content)) as Kept;
        return { id, phone: maskPhone(phone), text, language, at: createdAt };
      });
    },
    check: async () => ({ reachable: true, seconds: 0 }),
    close() {},
  };
}
