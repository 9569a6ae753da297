/** The person's own data, masked as for the owner: a page left open in a hall must not read like a form. */
import { maskDocument, maskPhone } from '../accounts/mask.ts';
import { ownPage, type ProfileContext } from './own-session.ts';
import type { ProfileRooms } from './rooms.ts';

export function makeOverview({ accounts, pages }: ProfileRooms) {
  return async function show(ctx: ProfileContext): Promise<void> {
    const { who, t, language } = ctx.state;
    const person = await accounts.get(who.personId);
    if (!person) throw new Error('an active person cannot be read');
    const evidence = await accounts.latestEvidence(who.personId);
    const { document } = person;
    const rows = [
      { label: t('profile.overview.name'), value: person.name, lang: 'zh-CN' },
      ...(person.tibetanName
        ? [{ label: t('profile.overview.tibetan_name'), value: person.tibetanName, lang: 'bo' }]
        : []),
      { label: t('profile.overview.document'), value: t(`interactions.documents.${document.type}`) },
      {
        label: t('profile.overview.number'),
        value: maskDocument(document.type, document.number, 'owner'),
        number: true,
      },
      {
        label: t('profile.overview.phone'),
        value: person.phone ? maskPhone(person.phone) : t('profile.overview.no_phone'),
        number: person.phone !== undefined,
      },
      ...(person.userName ? [{ label: t('profile.overview.user_name'), value: person.userName }] : []),
      { label: t('profile.overview.level'), value: t(`interactions.levels.l${person.identityLevel}`) },
      {
        label: t('profile.overview.compared'),
        value: evidence ? pages.wording.date(language, evidence.at) : t('profile.overview.never_compared'),
      },
      { label: t('profile.overview.since'), value: pages.wording.date(language, person.createdAt) },
    ];
    pages.render(
      ctx,
      'profile/overview',
      { rows, current: 'overview' },
      ownPage('profile.account.title', { here: '/account' }),
    );
  };
}
