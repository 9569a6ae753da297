/** The first page: where to go. In trial it also leads to the sample departments and the message outbox. */
import { isUsable } from '../clients/client.ts';
import { applicationOf } from '../interactions/live.ts';
import type { AppContext } from '../platform/http/context.ts';
import { redirect, signInAddress } from './own-session.ts';
import type { ProfileRooms } from './rooms.ts';

const MESSAGES = 50;

export function makeHome({ clients, pages, notices, issuer, trial }: ProfileRooms) {
  return {
    show: async (ctx: AppContext): Promise<void> => {
      const { language } = ctx.state;
      const departments = trial ? await listDepartments(clients, language) : [];
      pages.render(ctx, 'profile/home', { departments, trial }, { title: 'profile.home.title', here: '/' });
    },
    /** Straight to the form for a new account; the account's own page follows. */
    register: (ctx: AppContext): void => redirect(ctx, signInAddress(issuer, 'overview', 'create')),
    showOutbox: async (ctx: AppContext): Promise<void> => {
      const found = (await notices.listTrialMessages?.(MESSAGES)) ?? [];
      const messages = found.map((message) => ({
        ...message,
        at: pages.wording.dateTime(ctx.state.language, message.at),
      }));
      pages.render(
        ctx,
        'profile/outbox',
        { messages },
        { title: 'profile.outbox.title', here: '/trial/outbox' },
      );
    },
  };
}

async function listDepartments(clients: ProfileRooms['clients'], language: AppContext['state']['language']) {
  const usable = (await clients.list()).filter((client) => isUsable(client) && !client.firstParty);
  return usable.flatMap((client) => {
    const { name, href } = applicationOf(client, language);
    return href ? [{ name, href, purpose: client.purpose[language] }] : [];
  });
}
