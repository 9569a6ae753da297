/**
 * Signing in by phone and code. A code goes to whatever number was asked for, and only who has proven to hold
 * the phone learns whether an account belongs to it.
 */

import type { PersonId } from '../../accounts/person.ts';
import { parsePhone } from '../../accounts/phone.ts';
import type { Failure } from '../../platform/failure.ts';
import { faultsOf, statusOf } from '../errors-by-field.ts';
import { type LiveContext, pageOf, textParam } from '../live.ts';
import type { InteractionRooms } from '../rooms.ts';
import { CHANNEL, knownDevice, signIn } from '../signing-in.ts';
import { enterCode, sendCode, sentFor, showCode } from './code.ts';
import { goOn } from './go-on.ts';

export function makeSmsStep(rooms: InteractionRooms) {
  const show = async (ctx: LiveContext): Promise<void> => {
    const sent = sentFor(await rooms.notes.read(ctx.state.live.uid), 'sign-in');
    if (sent && !ctx.state.form.has('phone') && ctx.query.number !== 'other')
      showCode(rooms, ctx, sent, codePage(ctx));
    else showPhone(ctx, textParam(ctx.state.live, 'login_hint'));
  };

  const showPhone = (ctx: LiveContext, hint?: string, failures: readonly Failure[] = []): void => {
    const { road, form } = ctx.state;
    const hinted = hint !== undefined && parsePhone(hint).ok ? hint : '';
    const values = { phone: form.has('phone') ? form.text('phone') : hinted };
    const data = { road, values, ...faultsOf(rooms.pages, ctx, failures) };
    const options = { form: 'sms', here: `${road}/sms`, status: statusOf(failures) };
    rooms.pages.render(ctx, 'interactions/sms', data, pageOf(ctx, 'interactions.sms.title', options));
  };

  /** Sends a code to the typed number, or once more to the noted one. */
  const send = async (ctx: LiveContext): Promise<void> => {
    const { live, form } = ctx.state;
    const note = await rooms.notes.read(live.uid);
    const before = form.has('resend') ? sentFor(note, 'sign-in') : undefined;
    const phone = before ? { ok: true as const, value: before.phone } : parsePhone(form.text('phone'));
    if (!phone.ok) return showPhone(ctx, undefined, [phone.failure]);
    const trusted = (await ownerHere(rooms, ctx, phone.value)) !== undefined;
    const sent = await sendCode(rooms, ctx, { phone: phone.value, purpose: 'sign-in', trusted });
    if (!sent.ok) {
      if (before) return showCode(rooms, ctx, before, codePage(ctx), [sent.failure]);
      return showPhone(ctx, undefined, [sent.failure]);
    }
    await rooms.notes.revise(live.uid, note, { ...note, codeSent: sent.value, phoneProven: undefined });
    goOn(ctx, '/sms');
  };

  const enter = async (ctx: LiveContext): Promise<void> => {
    const { live } = ctx.state;
    const note = await rooms.notes.read(live.uid);
    const sent = sentFor(note, 'sign-in');
    if (!sent) return goOn(ctx, '/sms');
    const persons = await usablePersons(rooms, sent.phone);
    const attempt = await rooms.credentials.throttle.begin({
      account: (await ownerHere(rooms, ctx, sent.phone, persons)) ?? persons[0],
      identifier: sent.phone,
      source: ctx.state.source,
      factor: 'sms',
      device: knownDevice(ctx),
    });
    if (!attempt.ok) return showCode(rooms, ctx, sent, codePage(ctx), [attempt.failure]);
    const right = await enterCode(rooms, ctx, sent);
    if (!right.ok) {
      await rooms.credentials.throttle.failed(attempt.value);
      await rooms.audit.record({ ...entryOf(ctx), personId: persons.length === 1 ? persons[0] : undefined });
      return showCode(rooms, ctx, sent, codePage(ctx), [right.failure]);
    }
    await rooms.credentials.throttle.succeeded(attempt.value);
    const now = rooms.clock.now();
    const [only] = persons;
    if (only && persons.length === 1 && !(await isSilent(rooms, only, now))) {
      await rooms.accounts.phoneProven(only, sent.phone, now);
      const signed = await signIn(rooms, ctx, { personId: only, amr: ['sms'] });
      if (!signed.ok) showPhone(ctx, undefined, [signed.failure]);
      return;
    }
    const phoneProven = { phone: sent.phone, at: now.toISOString(), persons };
    await rooms.notes.replace(live.uid, { ...note, codeSent: undefined, phoneProven });
    goOn(ctx);
  };

  return { show, send, enter };
}

const codePage = (ctx: LiveContext) => ({
  action: `${ctx.state.road}/sms/code`,
  sendAction: `${ctx.state.road}/sms`,
  otherNumber: `${ctx.state.road}/sms?number=other`,
  here: `${ctx.state.road}/sms`,
});

/** People of this phone who may still sign in or be told why not; a number may outlive its holder. */
async function usablePersons(rooms: InteractionRooms, phone: string): Promise<PersonId[]> {
  const found = await rooms.accounts.findByPhone(phone);
  return found.filter(({ state }) => state === 'active' || state === 'frozen').map(({ id }) => id);
}

/**
 * Whether nobody has shown for long that this person still holds their phone. Carriers give numbers to new people
 * after some months; a new holder must not come into the old one's account by a code alone.
 */
async function isSilent(rooms: InteractionRooms, id: PersonId, now: Date): Promise<boolean> {
  const proven = (await rooms.accounts.get(id))?.phoneVerifiedAt;
  return proven === undefined || now.getTime() - proven.getTime() > rooms.settings.phoneSilentDays * DAY_MS;
}

const DAY_MS = 86_400_000;

/**
 * Who of this phone's people has signed in with this browser before. Theirs are counters of their own: strangers
 * who ask for codes to the number, or type wrong ones, cannot use them up.
 */
async function ownerHere(
  rooms: InteractionRooms,
  ctx: LiveContext,
  phone: string,
  persons?: readonly PersonId[],
): Promise<PersonId | undefined> {
  const device = knownDevice(ctx);
  if (device === undefined) return undefined;
  return rooms.credentials.devices.whose(persons ?? (await usablePersons(rooms, phone)), device);
}

const entryOf = (ctx: LiveContext) => ({
  type: 'sign-in.failed' as const,
  clientId: ctx.state.client.id,
  actor: 'self',
  channel: CHANNEL,
  source: ctx.state.source,
  outcome: 'failure' as const,
  reference: ctx.state.requestId,
  detail: { factor: 'sms' },
});
