/**
 * Who is at these pages: the provider's session and no other. Whoever has none is sent through the provider
 * like any application's visitor, with the client of our own pages and the answer `none`: nothing is handed
 * over, it only makes sure that somebody is signed in.
 */
import type { Middleware, ParameterizedContext } from 'koa';
import { OWN_CLIENT } from '../oidc/oidc.ts';
import type { SignedIn } from '../oidc/signed-in.ts';
import type { AppContext, AppState } from '../platform/http/context.ts';
import type { PageOptions } from '../platform/page/render.ts';
import type { ProfileRooms } from './rooms.ts';

export interface ProfileState extends AppState {
  who: SignedIn;
}

export type ProfileContext = ParameterizedContext<ProfileState>;

export const ACCOUNT = '/account';
export const OLD_ACCOUNTS = `${ACCOUNT}/old-accounts`;
export const CLAIM = `${OLD_ACCOUNTS}/claim`;
const LOGOUT = '/oauth/logout?client_id=';

/** Pages one may have wanted before signing in, as they travel in `state`. */
const WANTED: Record<string, string> = {
  overview: ACCOUNT,
  disclosures: `${ACCOUNT}/disclosures`,
  agreements: `${ACCOUNT}/agreements`,
  sessions: `${ACCOUNT}/sessions`,
  'old-accounts': OLD_ACCOUNTS,
  // Whoever wanted to do something there with a sign-in of some time ago: it is still to be done.
  'old-accounts-again': `${OLD_ACCOUNTS}?done=again`,
  claim: CLAIM,
};

/** Address that signs somebody in (`login`: anew), or registers them first, and leads to /account afterwards. */
export function signInAddress(issuer: string, wanted: string, prompt?: 'create' | 'login'): string {
  const query = new URLSearchParams({
    client_id: OWN_CLIENT,
    response_type: 'none',
    redirect_uri: `${issuer}${ACCOUNT}`,
    scope: 'openid',
    state: wanted,
    ...(prompt ? { prompt } : {}),
  });
  return `/oauth/authorize?${query}`;
}

/** Guard: somebody is signed in; others are sent to sign in and come back. */
export function signedIn({ oidc, issuer, pages }: ProfileRooms): Middleware<ProfileState> {
  return async (ctx, next) => {
    const who = await oidc.signedIn(ctx.req, ctx.res);
    const back = readReturn(ctx);
    if (who) {
      // The provider's answer is read; the address people keep and share says nothing of it.
      // Who cancelled does not want it any more; asking again would go in circles.
      if (back) return redirect(ctx, (!back.cancelled && WANTED[back.wanted]) || ACCOUNT);
      ctx.state.who = who;
      return next();
    }
    // Back from the provider and still nobody: cancelled, or cookies are refused. Asking again would go in circles.
    if (back) return showNotSignedIn(ctx, pages, issuer);
    if (ctx.method === 'POST') return redirect(ctx, ACCOUNT);
    const wanted = Object.entries(WANTED).find(([, path]) => path === ctx.path)?.[0] ?? 'overview';
    redirect(ctx, signInAddress(issuer, wanted));
  };
}

/** What every page of the account shares. */
export const ownPage = (title: string, more: Partial<PageOptions> = {}): PageOptions => ({
  title,
  wide: true,
  signedIn: { account: ACCOUNT, logout: LOGOUT + OWN_CLIENT },
  ...more,
});

export function redirect(ctx: AppContext, to: string): void {
  ctx.status = 303;
  ctx.redirect(to);
}

function readReturn(ctx: AppContext): { wanted: string; cancelled: boolean } | undefined {
  const { state, error } = ctx.query;
  if (ctx.method !== 'GET' || (state === undefined && error === undefined)) return undefined;
  const wanted = typeof state === 'string' && Object.hasOwn(WANTED, state) ? state : 'overview';
  return { wanted, cancelled: error !== undefined };
}

function showNotSignedIn(ctx: AppContext, pages: ProfileRooms['pages'], issuer: string): void {
  const again = signInAddress(issuer, 'overview');
  pages.render(
    ctx,
    'profile/not-signed-in',
    { again },
    { title: 'profile.signing_in.failed.title', here: ACCOUNT },
  );
}
