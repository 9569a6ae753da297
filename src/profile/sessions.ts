/** Where the person is signed in now, and signing out: at one place or everywhere. Every department is told. */
import { createHash } from 'node:crypto';
import type { SessionListing } from '../oidc/signed-in.ts';
import type { AppContext } from '../platform/http/context.ts';
import { ownPage, type ProfileContext, redirect } from './own-session.ts';
import type { ProfileRooms } from './rooms.ts';

const PATH = '/account/sessions';
const ENDED = '/signed-out-everywhere';

/** How somebody can have proven themselves (RFC 8176), as far as people have a word for it. */
const METHODS = ['pwd', 'sms', 'kba'];
const CHANNELS = ['web'];

export function makeSessions({ oidc, pages, settings }: ProfileRooms) {
  const { sessionIdle, session: longest } = settings.oidc.lifetimes;

  /** Each use moves a session's end, up to its longest life: until then the end tells of the last use. */
  const lastUsed = ({ at, expiresAt }: SessionListing): Date | undefined => {
    const capped = expiresAt.getTime() >= at.getTime() + longest * 1_000;
    return capped ? undefined : new Date(Math.max(at.getTime(), expiresAt.getTime() - sessionIdle * 1_000));
  };

  const describe = (ctx: ProfileContext, session: SessionListing) => {
    const { t, language } = ctx.state;
    const { wording } = pages;
    const used = lastUsed(session);
    const departments = session.clients.map(({ name }) => name[language]);
    const how = METHODS.filter((method) => session.amr.includes(method)).map((method) =>
      t(`profile.sessions.methods.${method}`),
    );
    const channel = CHANNELS.find((one) => one === session.channel);
    const started = wording.dateTime(language, session.at);
    return {
      handle: handleOf(session.uid),
      here: session.uid === ctx.state.who.sessionUid,
      started,
      rows: [
        { label: t('profile.sessions.started'), value: started },
        ...(used
          ? [{ label: t('profile.sessions.last_used'), value: wording.dateTime(language, used) }]
          : []),
        ...(channel
          ? [{ label: t('profile.sessions.channel'), value: t(`profile.sessions.channels.${channel}`) }]
          : []),
        { label: t('profile.sessions.how'), value: wording.list(language, how) },
        {
          label: t('profile.sessions.departments'),
          value: departments.length > 0 ? wording.list(language, departments) : t('profile.sessions.none'),
        },
      ],
    };
  };

  return {
    list: async (ctx: ProfileContext): Promise<void> => {
      const found = await oidc.sessionsOf(ctx.state.who.personId);
      const items = found
        .toSorted((a, b) => b.at.getTime() - a.at.getTime())
        .map((session) => describe(ctx, session))
        .toSorted((a, b) => Number(b.here) - Number(a.here));
      const data = { items, current: 'sessions', ended: ctx.query.ended !== undefined };
      pages.render(ctx, 'profile/sessions', data, ownPage('profile.sessions.title', { here: PATH }));
    },
    /** All of them, or the one whose handle was sent. */
    end: async (ctx: ProfileContext): Promise<void> => {
      const { who, form } = ctx.state;
      const handle = form.text('session');
      if (handle === '') {
        await oidc.endSessions(who.personId, 'logout');
        return redirect(ctx, ENDED);
      }
      const session = (await oidc.sessionsOf(who.personId)).find(({ uid }) => handleOf(uid) === handle);
      if (session) await oidc.endSessions(who.personId, 'logout', { onlySession: session.uid });
      return redirect(ctx, session ? `${PATH}?ended=1` : PATH);
    },
    showEnded: (ctx: AppContext): void =>
      pages.render(ctx, 'profile/sessions-ended', {}, { title: 'profile.sessions.ended.title', here: ENDED }),
  };
}

/** Names a session in a form: the provider's own id of it stays on the server. */
const handleOf = (uid: string): string =>
  createHash('sha256').update('session handle ').update(uid).digest('base64url').slice(0, 22);
