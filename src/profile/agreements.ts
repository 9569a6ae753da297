/** What the person agreed to, or was told, per department; agreements can be taken back at any time. */
import { claimsInWords } from '../interactions/claims-in-words.ts';
import { ownPage, type ProfileContext, redirect } from './own-session.ts';
import type { ProfileRooms } from './rooms.ts';

const PATH = '/account/agreements';

export function makeAgreements({ oidc, pages }: ProfileRooms) {
  const show = async (ctx: ProfileContext): Promise<void> => {
    const { who, t, language } = ctx.state;
    const grants = await oidc.listGrants(who.personId);
    const items = grants.map(({ client, basis, claims, offline, givenAt }) => ({
      clientId: client.id,
      name: client.name[language],
      purpose: client.purpose[language],
      claims: [...claimsInWords(t, claims), ...(offline ? [t('interactions.claims.offline_access')] : [])],
      given: pages.wording.date(language, givenAt),
      // A statutory duty does not rest on the person's word, so there is nothing to take back.
      revocable: basis === 'consent',
    }));
    const data = { items, current: 'agreements', revoked: ctx.query.revoked !== undefined };
    pages.render(ctx, 'profile/agreements', data, ownPage('profile.agreements.title', { here: PATH }));
  };

  const revoke = async (ctx: ProfileContext): Promise<void> => {
    const { who, form } = ctx.state;
    const clientId = form.text('client');
    const own = (await oidc.listGrants(who.personId)).find(({ client }) => client.id === clientId);
    const removed =
      own?.basis === 'consent' && (await oidc.revokeGrant(who.personId, clientId, { actor: 'self' }));
    redirect(ctx, removed ? `${PATH}?revoked=1` : PATH);
  };

  return { show, revoke };
}
