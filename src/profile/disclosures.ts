/** What was given to whom: the person's side of the disclosure log, newest first. */
import type { Client } from '../clients/client.ts';
import { claimsInWords } from '../interactions/claims-in-words.ts';
import { ownPage, type ProfileContext } from './own-session.ts';
import type { ProfileRooms } from './rooms.ts';

const ON_A_PAGE = 20;

export function makeDisclosures({ disclosures, clients, pages }: ProfileRooms) {
  return async function show(ctx: ProfileContext): Promise<void> {
    const { who, t, language } = ctx.state;
    const before = typeof ctx.query.before === 'string' ? ctx.query.before : undefined;
    const found = await disclosures.ofPerson(who.personId, {
      ...(before ? { before } : {}),
      limit: ON_A_PAGE + 1,
    });
    const shown = found.slice(0, ON_A_PAGE);
    const names = new Map<string, Client | undefined>();
    for (const { clientId } of shown)
      if (!names.has(clientId)) names.set(clientId, await clients.get(clientId));
    const rows = shown.map((one) => ({
      when: pages.wording.dateTime(language, one.at),
      who: names.get(one.clientId)?.name[language] ?? one.clientId,
      what: pages.wording.list(language, claimsInWords(t, one.claims)) || t('interactions.claims.sub'),
      basis: t(`profile.basis.${one.basis}`),
      purpose: names.get(one.clientId)?.purpose[language],
    }));
    const data = {
      rows,
      current: 'disclosures',
      older: found.length > ON_A_PAGE ? shown.at(-1)?.cursor : undefined,
      paged: before !== undefined,
    };
    pages.render(
      ctx,
      'profile/disclosures',
      data,
      ownPage('profile.disclosures.title', { here: '/account/disclosures' }),
    );
  };
}
