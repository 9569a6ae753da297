/**
 * The doors of an authorization. Read downward: the road, what guards it, what lies behind. `alive` finds the
 * authorization of this browser, `csrf` knows our own forms, and `again(…)` shows the same form in another
 * language when a language button was pressed instead of the form's own.
 */
import type { Middleware } from 'koa';
import type { AppState } from '../platform/http/context.ts';
import { type Door, door } from '../platform/http/doors.ts';
import { makeEnd } from './end.ts';
import { type LiveContext, type LiveState, alive as makeAlive } from './live.ts';
import { showPrivacy } from './privacy.ts';
import type { RegistrationStep } from './registration/draft.ts';
import { showOwnWaiting } from './registration/waiting.ts';
import type { InteractionRooms } from './rooms.ts';
import { makeShow } from './show.ts';
import { goOn } from './steps/go-on.ts';
import { makeSteps } from './steps/steps.ts';

type Handler = (ctx: LiveContext) => void | Promise<void>;

export function interactionDoors(rooms: InteractionRooms): Door<LiveState>[] {
  const steps = makeSteps(rooms);
  const show = makeShow(rooms, steps);
  const end = makeEnd(rooms, steps);
  const { password, sms, chooseAccount, changePassword, register, opened, stepUp } = steps;
  const alive = makeAlive(rooms);
  const csrf = rooms.csrf as unknown as Middleware<LiveState>;
  const page = (road: string, guards: Middleware<LiveState>[], open: Handler) =>
    door<LiveState>(road, guards, (ctx) => open(ctx as unknown as LiveContext));
  const redo = (step: RegistrationStep) => again(register.showAgain(step));

  // biome-ignore format: a table is read by its columns
  return [
    page('GET  /interaction/:uid',                    [alive],                                     show),
    page('GET  /interaction/:uid/password',           [alive],                                     password.show),
    page('POST /interaction/:uid/login',              [alive, csrf, again(password.show)],         password.act),
    page('GET  /interaction/:uid/sms',                [alive],                                     sms.show),
    page('POST /interaction/:uid/sms',                [alive, csrf, again(sms.show)],              sms.send),
    page('POST /interaction/:uid/sms/code',           [alive, csrf, again(sms.show)],              sms.enter),
    page('POST /interaction/:uid/account',            [alive, csrf, again(chooseAccount.show)],    chooseAccount.act),
    page('POST /interaction/:uid/change-password',    [alive, csrf, again(changePassword.show)],   changePassword.act),
    page('POST /interaction/:uid/step-up/password',   [alive, csrf, again(show)],                  stepUp.byPassword),
    page('POST /interaction/:uid/step-up/sms',        [alive, csrf, again(show)],                  stepUp.send),
    page('POST /interaction/:uid/step-up/code',       [alive, csrf, again(show)],                  stepUp.enter),
    page('POST /interaction/:uid/step-up/decline',    [alive, csrf, again(show)],                  end.decline),
    page('GET  /interaction/:uid/register',           [alive],                                     register.show),
    page('POST /interaction/:uid/register/identity',  [alive, csrf, redo('identity')],             register.identity),
    page('POST /interaction/:uid/register/phone',     [alive, csrf, redo('phone')],                register.phone),
    page('POST /interaction/:uid/register/code',      [alive, csrf, again(register.showCodeAgain)],register.code),
    page('POST /interaction/:uid/register/password',  [alive, csrf, redo('password')],             register.password),
    page('POST /interaction/:uid/register/submit',    [alive, csrf, redo('check')],                register.submit),
    page('POST /interaction/:uid/continue',           [alive, csrf, again(show)],                  opened.goOnSignedIn),
    page('POST /interaction/:uid/consent',            [alive, csrf, again(show)],                  end.decide),
    page('POST /interaction/:uid/abort',              [alive, csrf],                               end.cancel),
    page('GET  /interaction/:uid/:step',              [alive],                                     back),
    page('GET  /interaction/:uid/:step/:part',        [alive],                                     back),
    page('GET  /register/wait',                       [],                                          showOwnWaiting(rooms)),
    page('GET  /privacy',                             [],                                          showPrivacy(rooms)),
  ];
}

/** A reload of what was posted, or a language link on it: back to where the authorization stands. */
const back: Handler = (ctx) => {
  const { step } = (ctx as unknown as { params: { step?: string } }).params;
  goOn(ctx, step === 'register' ? '/register' : '');
};

/** Guard: a language or elder-mode button shows the form again and does nothing else. */
function again(show: Handler): Middleware<LiveState> {
  return async (ctx, next) => {
    if ((ctx.state as AppState).switching) await show(ctx);
    else await next();
  };
}
