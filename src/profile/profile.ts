/** The citizen's own pages and the first page, as a table of doors. */
import type { Middleware } from 'koa';
import type { AppContext, AppState } from '../platform/http/context.ts';
import { door, openDoors, roadsOf } from '../platform/http/doors.ts';
import { makeAgreements } from './agreements.ts';
import { makeClaimOldAccount } from './claim-old-account.ts';
import { makeDisclosures } from './disclosures.ts';
import { makeHome } from './home.ts';
import { makeOldAccounts } from './old-accounts.ts';
import { makeOverview } from './overview.ts';
import { signedIn as makeSignedIn, type ProfileContext, type ProfileState, redirect } from './own-session.ts';
import type { ProfileRooms } from './rooms.ts';
import { makeSessions } from './sessions.ts';

export interface Profile {
  /** The pages /, /register, /account… and in trial /trial/outbox. */
  middlewares: Middleware<AppState>[];
  /** Path templates, for the names of routes in logs and metrics. */
  roads: string[];
}

export function openProfile(rooms: ProfileRooms): Profile {
  const signedIn = makeSignedIn(rooms);
  const csrf = rooms.csrf as unknown as Middleware<ProfileState>;
  const overview = makeOverview(rooms);
  const disclosures = makeDisclosures(rooms);
  const agreements = makeAgreements(rooms);
  const sessions = makeSessions(rooms);
  const oldAccounts = makeOldAccounts(rooms);
  const claiming = makeClaimOldAccount(rooms);
  const fresh = claiming.freshFor('claim');
  const freshAgain = claiming.freshFor('old-accounts-again');
  const home = makeHome(rooms);
  const page = (
    road: string,
    guards: Middleware<ProfileState>[],
    open: (ctx: ProfileContext) => void | Promise<void>,
  ) => door<ProfileState>(road, guards, (ctx) => open(ctx as unknown as ProfileContext));

  // biome-ignore format: a table is read by its columns
  const doors = [
    page('GET  /',                            [],                              home.show),
    page('GET  /register',                    [],                              home.register),
    page('GET  /account',                     [signedIn],                      overview),
    page('GET  /account/disclosures',         [signedIn],                      disclosures),
    page('GET  /account/agreements',          [signedIn],                      agreements.show),
    page('POST /account/agreements/revoke',   [signedIn, csrf, switched],      agreements.revoke),
    page('GET  /account/sessions',            [signedIn],                      sessions.list),
    page('POST /account/sessions/end',        [signedIn, csrf, switched],      sessions.end),
    page('GET  /account/old-accounts',        [signedIn],                      oldAccounts.list),
    page('POST /account/old-accounts/not-mine', [signedIn, csrf, switched, freshAgain], oldAccounts.notMine),
    page('GET  /account/old-accounts/claim',  [signedIn, fresh],               claiming.show),
    page('POST /account/old-accounts/claim',  [signedIn, csrf, fresh],         claiming.claim),
    page('POST /account/old-accounts/code',   [signedIn, csrf, fresh],         claiming.sendCode),
    page('GET  /signed-out-everywhere',       [],                              sessions.showEnded),
    ...(rooms.trial ? [page('GET  /trial/outbox', [], home.showOutbox)] : []),
  ];
  return { middlewares: openDoors(doors), roads: roadsOf(doors) };
}

/** Guard: a language button never acts. These pages have links for it, but a form may be made by anybody. */
const switched: Middleware<ProfileState> = async (ctx, next) => {
  if (ctx.state.switching) redirect(ctx as unknown as AppContext, '/account');
  else await next();
};
