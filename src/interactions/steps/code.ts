/**
 * Sending a code and reading it back: shared by signing in, registering and stepping up. Where the code went
 * is noted on the server, so the number does not travel through the page.
 */
import { maskPhone } from '../../accounts/mask.ts';
import type { SmsPurpose } from '../../credentials/sms-code.ts';
import type { Failure, Outcome } from '../../platform/failure.ts';
import { faultsOf, statusOf } from '../errors-by-field.ts';
import { type LiveContext, pageOf } from '../live.ts';
import type { Note, SentCode } from '../notes.ts';
import type { InteractionRooms } from '../rooms.ts';
import { CHANNEL } from '../signing-in.ts';

type Rooms = Pick<InteractionRooms, 'audit' | 'credentials' | 'clock' | 'pages'>;

/** Sends a code for this authorization and says what to note about it. */
export async function sendCode(
  rooms: Rooms,
  ctx: LiveContext,
  to: { phone: string; purpose: SmsPurpose; trusted?: boolean },
): Promise<Outcome<SentCode>> {
  const { live, language, source } = ctx.state;
  const sent = await rooms.credentials.smsCodes.send({ ...to, binding: live.uid, language, source });
  await rooms.audit.record({
    type: sent.ok ? 'sms-code.sent' : 'sms-code.refused',
    clientId: ctx.state.client.id,
    actor: 'self',
    channel: CHANNEL,
    source,
    outcome: sent.ok ? 'success' : 'failure',
    reference: ctx.state.requestId,
    detail: { purpose: to.purpose, ...(sent.ok ? {} : { why: sent.failure.code }) },
  });
  if (!sent.ok) return sent;
  const now = rooms.clock.now().getTime();
  const { resendAfter, expiresIn } = sent.value;
  const againAt = new Date(now + resendAfter * 1_000).toISOString();
  return {
    ok: true,
    value: {
      phone: to.phone,
      purpose: to.purpose,
      againAt,
      endsAt: new Date(now + expiresIn * 1_000).toISOString(),
    },
  };
}

/** Uses the posted code up. */
export function enterCode(rooms: Rooms, ctx: LiveContext, sent: SentCode): Promise<Outcome<void>> {
  const { phone, purpose } = sent;
  const code = ctx.state.form.text('code').slice(0, LONGEST_CODE);
  return rooms.credentials.smsCodes.verify({ phone, purpose, binding: ctx.state.live.uid, code });
}

const LONGEST_CODE = 64;

/** The code on its way for this purpose, if one is noted. */
export const sentFor = (note: Note, purpose: SmsPurpose): SentCode | undefined =>
  note.codeSent?.purpose === purpose ? note.codeSent : undefined;

export interface CodePage {
  action: string;
  sendAction: string;
  /** Where another number can be given. */
  otherNumber?: string;
  here: string;
  /** A registration's progress. */
  steps?: { labels: string[]; current: number };
}

export function showCode(
  rooms: Rooms,
  ctx: LiveContext,
  sent: SentCode,
  page: CodePage,
  failures: readonly Failure[] = [],
): void {
  const { road } = ctx.state;
  const now = rooms.clock.now().getTime();
  const secondsTo = (at: string) => Math.max(0, Math.ceil((Date.parse(at) - now) / 1_000));
  const data = {
    road,
    ...page,
    phone: maskPhone(sent.phone),
    again: secondsTo(sent.againAt),
    life: secondsTo(sent.endsAt),
    cancel: true,
    ...faultsOf(rooms.pages, ctx, failures),
  };
  const options = { form: 'code', here: page.here, status: statusOf(failures) };
  rooms.pages.render(ctx, 'interactions/code', data, pageOf(ctx, 'interactions.code.title', options));
}
