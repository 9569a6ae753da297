/**
 * The page of a registration that waits for the register. The ticket rests in a cookie of this browser; the
 * page says how it stands and nothing about the person.
 */
import type { PendingRegistration } from '../../accounts/pending.ts';
import type { AppContext } from '../../platform/http/context.ts';
import type { InteractionRooms } from '../rooms.ts';

const TICKET_COOKIE = 'ticket';
export const WAIT_PATH = '/register/wait';
const MONTH_MS = 30 * 24 * 3_600_000;

/** So that this browser finds its way back after the authorization has expired. */
export function rememberTicket(ctx: AppContext, ticket: string): void {
  ctx.cookies.set(TICKET_COOKIE, ticket, {
    path: WAIT_PATH,
    httpOnly: true,
    sameSite: 'lax',
    secure: ctx.state.https,
    maxAge: MONTH_MS,
    overwrite: true,
    signed: false,
  });
}

type Rooms = Pick<InteractionRooms, 'accounts' | 'oidc' | 'pages'>;

export interface WaitPage {
  here: string;
  loginHref: string;
  registerHref: string;
  service?: { name: string; lang: string };
}

/** Shows how a registration stands; `ticket` undefined: nothing waits in this browser. */
export async function showWaiting(
  rooms: Rooms,
  ctx: AppContext,
  ticket: string | undefined,
  page: WaitPage,
): Promise<void> {
  const found = ticket === undefined ? undefined : await rooms.accounts.pending.byTicket(ticket);
  const state = found?.state ?? 'none';
  const { t } = ctx.state;
  const facts = found
    ? [
        {
          label: t('interactions.wait.since'),
          value: rooms.pages.wording.dateTime(ctx.state.language, found.createdAt),
        },
        { label: t('interactions.wait.reference'), value: referenceOf(found.id), number: true },
      ]
    : [];
  // Who has an account already is sent there; the other refusals share a page, which leads back to the form.
  const duplicate = state === 'refused' && found?.reason === 'duplicate';
  const said = duplicate ? 'interactions.outcome.duplicate' : `interactions.wait.${state}`;
  const data = {
    ...page,
    // Our own address, not what the request called us: people write this one down.
    ...{ address: new URL(rooms.oidc.provider.issuer).host + WAIT_PATH },
    ...{ state, duplicate, kind: KINDS[state], facts },
    ...{ heading: t(`${said}.title`), text: t(`${said}.text`) },
  };
  rooms.pages.render(ctx, 'interactions/register-wait', data, {
    title: `${said}.title`,
    here: page.here,
    ...(page.service ? { service: page.service } : {}),
  });
}

/** Twelve characters that can be read out on the telephone; an operator finds the registration by them. */
const referenceOf = (id: string): string =>
  id
    .slice(-12)
    .toUpperCase()
    .replace(/(.{4})(?=.)/g, '$1-');

const KINDS: Record<PendingRegistration['state'] | 'none', string> = {
  waiting: 'waiting',
  done: 'done',
  refused: 'refused',
  none: 'info',
};

/** Door: the waiting page outside of any authorization. */
export const showOwnWaiting =
  (rooms: Rooms) =>
  (ctx: AppContext): Promise<void> =>
    showWaiting(rooms, ctx, ctx.cookies.get(TICKET_COOKIE), {
      here: WAIT_PATH,
      loginHref: '/account',
      registerHref: '/register',
    });
