/**
 * Claiming by a code to the phone that the old account has. Where it went is shown to nobody. The page is told after the
 * same time whether anything was sent or not, however long the gateway takes.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { parsePhone } from '../../accounts/phone.ts';
import { done, failed, type Outcome } from '../../platform/failure.ts';
import type { Language } from '../../platform/page/language.ts';
import { type makeClaimLimits, SEND_AGAIN_SECONDS } from './claim-limits.ts';
import {
  type Claimed,
  countedAs,
  type Found,
  findNamed,
  recordRefusal,
  settleClaim,
} from './claim-settled.ts';
import type { Asking, ClaimRoom } from './claims.ts';

export interface SentClaimCode {
  /** Seconds. */
  resendAfter: number;
}

/** Longer than a gateway needs as a rule; one that needs more goes on behind the answer. */
const ANSWER_MS = 1_000;
const PURPOSE = 'claim';
/** No phone has it, so no code was ever sent to it. */
const NOBODYS_PHONE = '10000000000';

export async function sendClaimCode(
  room: ClaimRoom,
  limits: ReturnType<typeof makeClaimLimits>,
  { session, language, ...asking }: Asking & { session: string; language: Language },
): Promise<Outcome<SentClaimCode>> {
  const answer = wait(ANSWER_MS);
  const found = await findNamed(room, asking);
  const counted = await limits.take('send', { ...asking, account: countedAs(found, asking) });
  if (!counted.ok) return counted;
  void deliver(room, asking, slotOf(session, found), language).catch((error: unknown) =>
    room.log.warn({ err: error }, 'a code for an old account could not be sent'),
  );
  await answer;
  return done({ resendAfter: SEND_AGAIN_SECONDS });
}

export async function claimByCode(
  room: ClaimRoom,
  limits: ReturnType<typeof makeClaimLimits>,
  { session, code, ...asking }: Asking & { session: string; code: string },
): Promise<Outcome<Claimed>> {
  const began = performance.now();
  const found = await findNamed(room, asking);
  const counted = await limits.take('code', { ...asking, account: countedAs(found, asking) });
  if (!counted.ok) return counted;
  const slot = slotOf(session, found);
  const right = await room.smsCodes.verify({ ...slot, code });
  if (!right.ok && right.failure.code === 'sms-code-form') {
    await limits.giveBack(counted.value);
    return right;
  }
  const settled = right.ok && found ? await settleClaim(room, 'phone', asking, found) : undefined;
  if (settled) {
    if (settled.ok && settled.value.state === 'linked') await limits.giveBack(counted.value);
    return settled;
  }
  await recordRefusal(room, asking, 'phone');
  await room.pace.hold(began);
  // Not how many tries are left: a code that was never sent has none to count.
  return failed('claim-code-refused', 422, { field: 'code' });
}

/** A code belongs to one browser's session and one old account, beside its phone. */
function slotOf(session: string, found: Found | undefined) {
  const parsed = parsePhone(found?.record.phone ?? '');
  const at = found ? `${found.row.source}/${found.row.local_id}` : '';
  return {
    phone: parsed.ok ? parsed.value : NOBODYS_PHONE,
    purpose: PURPOSE,
    binding: `${session} ${at}`,
  } as const;
}

/** What the sending comes to is written down, and told to nobody. */
async function deliver(
  { smsCodes, trail }: ClaimRoom,
  { personId, system, source, channel, reference }: Asking,
  slot: ReturnType<typeof slotOf>,
  language: Language,
): Promise<void> {
  const sent = slot.phone === NOBODYS_PHONE ? undefined : await smsCodes.send({ ...slot, language, source });
  const why = sent === undefined ? 'nobody' : sent.ok ? undefined : sent.failure.code;
  await trail.record({
    type: why === undefined ? 'sms-code.sent' : 'sms-code.refused',
    ...{ personId, actor: 'self', channel, source, reference },
    outcome: why === undefined ? 'success' : 'failure',
    detail: { purpose: PURPOSE, source: system, ...(why === undefined ? {} : { why }) },
  });
}
