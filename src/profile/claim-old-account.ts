/**
 * Claiming an old account: the system and the name there, then its password or a code to its phone. What was typed travels
 * in the form and never in an address. A sign-in of just now is asked for: a page left open in a hall is no proof of who
 * sits before it.
 */
import type { Middleware } from 'koa';
import { faultsOf, statusOf } from '../interactions/errors-by-field.ts';
import { CLAIM_LEVEL } from '../legacy/claims/claim-rule.ts';
import type { ClaimableSystem } from '../legacy/claims/claimable-systems.ts';
import type { Asking } from '../legacy/claims/claims.ts';
import { type Failure, failed } from '../platform/failure.ts';
import { titleIn } from './old-accounts.ts';
import {
  CLAIM,
  OLD_ACCOUNTS,
  ownPage,
  type ProfileContext,
  type ProfileState,
  redirect,
  signInAddress,
} from './own-session.ts';
import type { ProfileRooms } from './rooms.ts';

/** How evidence reached us, as it stands in the audit trail. */
export const CHANNEL = 'web';
/** A sign-in counts as one of just now for so long; time enough to look for an old password or wait for a code. */
const FRESH_MS = 10 * 60_000;
const LONGEST_CODE = 64;
const LONGEST_NAME = 200;

export function makeClaimOldAccount(rooms: ProfileRooms) {
  const { accounts, oldAccounts, pages, clock, issuer } = rooms;

  /** Guard: the sign-in was just now; else it leads through it again, and back. */
  const freshFor =
    (wanted: string): Middleware<ProfileState> =>
    async (ctx, next) => {
      if (clock.now().getTime() - ctx.state.who.at.getTime() <= FRESH_MS) return next();
      redirect(ctx, signInAddress(issuer, wanted, 'login'));
    };

  const page = (
    ctx: ProfileContext,
    view: string,
    title: string,
    data: object,
    failures: readonly Failure[],
  ) =>
    pages.render(
      ctx,
      view,
      { current: 'old-accounts', ...data, ...faultsOf(pages, ctx, failures) },
      ownPage(title, { form: 'claim', here: CLAIM, status: statusOf(failures) }),
    );

  /** What is missing and where to get it; undefined when nothing is. */
  const showMissing = async (ctx: ProfileContext): Promise<boolean> => {
    const person = await accounts.get(ctx.state.who.personId);
    const have = person?.identityLevel ?? 1;
    if (have >= CLAIM_LEVEL) return false;
    const data = { current: 'old-accounts', have, wanted: CLAIM_LEVEL };
    pages.render(
      ctx,
      'profile/claim-level',
      data,
      ownPage('profile.old_accounts.claim.title', { here: CLAIM }),
    );
    return true;
  };

  const showForm = async (
    ctx: ProfileContext,
    systems: readonly ClaimableSystem[],
    failures: readonly Failure[] = [],
  ): Promise<void> => {
    const { form, language } = ctx.state;
    const options = systems.map((system) => ({
      value: system.source,
      label: titleIn(language, system).title,
    }));
    const data = {
      systems: options,
      byPassword: systems.some(({ byPassword }) => byPassword),
      byPhone: systems.some(({ byPhone }) => byPhone),
      values: { system: form.text('system'), old_name: form.text('old_name').slice(0, LONGEST_NAME) },
    };
    page(ctx, 'profile/claim-old-account', 'profile.old_accounts.claim.title', data, failures);
  };

  const showCode = (
    ctx: ProfileContext,
    system: ClaimableSystem,
    again: number,
    failures: readonly Failure[] = [],
  ): void => {
    const { form, language } = ctx.state;
    const data = {
      system: { value: system.source, ...titleIn(language, system) },
      oldName: form.text('old_name'),
      again,
    };
    page(ctx, 'profile/claim-code', 'interactions.code.title', data, failures);
  };

  /** The form's fields that both ways need, and what is wrong with them. */
  const readForm = (ctx: ProfileContext, systems: readonly ClaimableSystem[], way: 'password' | 'phone') => {
    const { form, who, source, requestId } = ctx.state;
    const system = systems.find((one) => one.source === form.text('system'));
    const oldName = form.text('old_name');
    const failures: Failure[] = [];
    if (!system) failures.push(failed('claim-system', 422, { field: 'system' }).failure);
    else if (way === 'password' && !system.byPassword)
      failures.push(failed('claim-no-passwords', 422, { field: 'system' }).failure);
    else if (way === 'phone' && !system.byPhone)
      failures.push(failed('claim-no-phones', 422, { field: 'system' }).failure);
    if (oldName.trim() === '') failures.push(failed('claim-name-empty', 422, { field: 'old_name' }).failure);
    if (way === 'password' && form.text('old_password') === '')
      failures.push(failed('claim-password-empty', 422, { field: 'old_password' }).failure);
    const asking: Asking = {
      personId: who.personId,
      system: system?.source ?? '',
      oldName,
      ...{ source, channel: CHANNEL, reference: requestId },
    };
    return { system, asking, failures };
  };

  const show = async (ctx: ProfileContext): Promise<void> => {
    if (await showMissing(ctx)) return;
    await showForm(ctx, await oldAccounts.systems());
  };

  /** By the password, or by the code where the form has one. */
  const claim = async (ctx: ProfileContext): Promise<void> => {
    const { form, switching, who } = ctx.state;
    if (await showMissing(ctx)) return;
    const systems = await oldAccounts.systems();
    if (systems.length === 0) return redirect(ctx, CLAIM);
    const byCode = form.has('code');
    const { system, asking, failures } = readForm(ctx, systems, byCode ? 'phone' : 'password');
    if (switching) return byCode && system ? showCode(ctx, system, 0) : showForm(ctx, systems);
    if (failures.length > 0) return showForm(ctx, systems, failures);
    const claimed = byCode
      ? await oldAccounts.byCode({
          ...asking,
          session: who.sessionUid,
          code: form.text('code').slice(0, LONGEST_CODE),
        })
      : await oldAccounts.byPassword({ ...asking, password: form.text('old_password') });
    if (claimed.ok) return redirect(ctx, `${OLD_ACCOUNTS}?done=${claimed.value.state}`);
    return byCode ? showCode(ctx, system!, 0, [claimed.failure]) : showForm(ctx, systems, [claimed.failure]);
  };

  const sendCode = async (ctx: ProfileContext): Promise<void> => {
    const { form, switching, who, language } = ctx.state;
    if (await showMissing(ctx)) return;
    const systems = await oldAccounts.systems();
    if (systems.length === 0) return redirect(ctx, CLAIM);
    const { system, asking, failures } = readForm(ctx, systems, 'phone');
    if (switching || failures.length > 0) return showForm(ctx, systems, switching ? [] : failures);
    const sent = await oldAccounts.sendCode({ ...asking, session: who.sessionUid, language });
    if (sent.ok) return showCode(ctx, system!, sent.value.resendAfter);
    // Asked for once more: what is on its way may still be typed.
    return form.has('resend')
      ? showCode(ctx, system!, sent.failure.retryAfter ?? 0, [sent.failure])
      : showForm(ctx, systems, [sent.failure]);
  };

  return { freshFor, show, claim, sendCode };
}
