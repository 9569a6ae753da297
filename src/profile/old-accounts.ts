/** The person's accounts in departments' old systems: those that are linked, and saying that one is not theirs. */
import type { OwnOldAccount } from '../legacy/claims/own-accounts.ts';
import { CHANNEL } from './claim-old-account.ts';
import { OLD_ACCOUNTS, ownPage, type ProfileContext, redirect } from './own-session.ts';
import type { ProfileRooms } from './rooms.ts';

/** What was just done, as the address after it says. */
const DONE = ['linked', 'case', 'denied', 'filed', 'again'] as const;

export function makeOldAccounts({ oldAccounts, pages }: ProfileRooms) {
  const describe = (ctx: ProfileContext, one: OwnOldAccount) => {
    const { t, language } = ctx.state;
    const name = one.userName ?? one.localId;
    return {
      link: one.link,
      ...titleIn(language, one),
      name,
      state: one.disputed ? 'disputed' : one.opened ? 'opened' : 'linked',
      rows: [
        {
          label: t(`profile.old_accounts.${one.userName === undefined ? 'id' : 'user_name'}`),
          value: name,
          number: true,
        },
        { label: t('profile.old_accounts.since'), value: pages.wording.date(language, one.since) },
        { label: t('profile.old_accounts.how.label'), value: t(`profile.old_accounts.how.${one.how}`) },
      ],
    };
  };

  return {
    list: async (ctx: ProfileContext): Promise<void> => {
      const found = await oldAccounts.mine(ctx.state.who.personId);
      const data = {
        items: found.map((one) => describe(ctx, one)),
        claimable: (await oldAccounts.systems()).length > 0,
        current: 'old-accounts',
        done: DONE.find((one) => ctx.query.done === one),
      };
      const options = { here: OLD_ACCOUNTS };
      pages.render(ctx, 'profile/old-accounts', data, ownPage('profile.old_accounts.title', options));
    },

    notMine: async (ctx: ProfileContext): Promise<void> => {
      const { who, form, source, requestId } = ctx.state;
      const denied = await oldAccounts.notMine({
        personId: who.personId,
        link: form.text('link'),
        ...{ source, channel: CHANNEL, reference: requestId },
      });
      const done = denied.ok ? `?done=${denied.value.undone ? 'denied' : 'filed'}` : '';
      redirect(ctx, `${OLD_ACCOUNTS}${done}`);
    },
  };
}

type Titled = Pick<OwnOldAccount, 'title' | 'source'>;

/** A system's title in the person's language; in Chinese where it has no other, and then marked so. */
export function titleIn(
  language: ProfileContext['state']['language'],
  { title, source }: Titled,
): { title: string; lang: string | undefined } {
  const own = title?.[language];
  if (own) return { title: own, lang: undefined };
  return { title: title?.['zh-CN'] ?? source, lang: title ? 'zh-CN' : undefined };
}
