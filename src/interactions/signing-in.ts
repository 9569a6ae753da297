/**
 * The end of every sign-in, whatever proved it: is the person's account usable, what is the sign-in worth,
 * what is written down; then the provider goes on.
 */
import { aalOf, acrOf } from '../accounts/assurance.ts';
import type { PersonId, PersonSummary } from '../accounts/person.ts';
import { done, type Failure, failed, type Outcome } from '../platform/failure.ts';
import type { AppContext } from '../platform/http/context.ts';
import { COMPARISON_QUEUE } from '../registries/registries.ts';
import { needsComparison } from '../registries/registry.ts';
import { conclude, type LiveContext } from './live.ts';
import type { InteractionRooms } from './rooms.ts';

/** Who proved what. `amr` in the words of RFC 8176. */
export interface Proven {
  personId: PersonId;
  amr: readonly string[];
}

type Rooms = Pick<
  InteractionRooms,
  'accounts' | 'audit' | 'credentials' | 'database' | 'outbox' | 'clock' | 'oidc' | 'registries'
>;

const DEVICE_COOKIE = 'device';

/** The known-device cookie; `__Host-` under https, as nobody else may plant it. */
const deviceCookie = (ctx: AppContext): string =>
  ctx.state.https ? `__Host-${DEVICE_COOKIE}` : DEVICE_COOKIE;

export const knownDevice = (ctx: AppContext): string | undefined => ctx.cookies.get(deviceCookie(ctx));

/**
 * Signs in, or says why not: account-frozen, account-closed, account-deceased (403). These are said only here,
 * to somebody who has proven to be the person.
 */
export async function signIn(rooms: Rooms, ctx: LiveContext, proven: Proven): Promise<Outcome<void>> {
  const summary = await rooms.accounts.summary(proven.personId);
  const refusal = stateFailure(summary);
  if (refusal || !summary) {
    await rooms.audit.record({
      ...entryOf(ctx, proven),
      type: 'sign-in.failed',
      outcome: 'failure',
      detail: { why: refusal?.code ?? 'gone' },
    });
    return { ok: false, failure: refusal ?? { code: 'sign-in-failed', status: 422 } };
  }
  const amr = withMultiFactor(proven.amr);
  const acr = acrOf(summary.identityLevel, aalOf(amr));
  const [device] = await Promise.all([
    rooms.credentials.devices.remember(rooms.database, proven.personId, knownDevice(ctx)),
    rooms.audit.record({
      ...entryOf(ctx, proven),
      type: 'sign-in.succeeded',
      outcome: 'success',
      detail: { acr, amr },
    }),
    compareAgainLater(rooms, summary),
  ]);
  setDeviceCookie(ctx, device, rooms.credentials.devices.maxAge);
  await conclude(ctx, rooms.oidc, {
    ...(ctx.state.live.prompt.name === 'create' ? { create: {} } : {}),
    // A session cookie without an end of its own dies with the browser, which matters on shared computers.
    login: { accountId: proven.personId, acr, amr, remember: false, channel: CHANNEL },
  });
  return done(undefined);
}

/** These pages are the web; other channels have rooms of their own. */
export const CHANNEL = 'web';

/** Two kinds of factors together are also called `mfa` (RFC 8176). */
function withMultiFactor(amr: readonly string[]): string[] {
  const plain = [...new Set(amr)].filter((method) => method !== 'mfa');
  return aalOf(plain) >= 2 ? [...plain, 'mfa'] : plain;
}

function stateFailure(summary: PersonSummary | undefined): Failure | undefined {
  if (!summary || summary.state === 'active') return undefined;
  return failed(`account-${summary.state}`, 403).failure;
}

/** Queues a comparison when the register's word is old; the person does not wait for it. */
async function compareAgainLater(rooms: Rooms, { id, identityLevel }: PersonSummary): Promise<void> {
  const evidence = await rooms.accounts.latestEvidence(id);
  // Below level 3 nobody claims that the register agrees, so there is no word of its to renew.
  if (!evidence && identityLevel < REGISTER_LEVEL) return;
  if (!needsComparison(evidence, rooms.registries.comparison, rooms.clock.now())) return;
  await rooms.outbox.send(rooms.database, COMPARISON_QUEUE, { person: id }, { singletonKey: id });
}

const REGISTER_LEVEL = 3;

function setDeviceCookie(ctx: AppContext, value: string, maxAgeSeconds: number): void {
  ctx.cookies.set(deviceCookie(ctx), value, {
    httpOnly: true,
    sameSite: 'lax',
    secure: ctx.state.https,
    path: '/',
    maxAge: maxAgeSeconds * 1_000,
    overwrite: true,
    signed: false,
  });
}

const entryOf = (ctx: LiveContext, proven: Proven) => ({
  personId: proven.personId,
  clientId: ctx.state.client.id,
  actor: 'self',
  channel: CHANNEL,
  source: ctx.state.source,
  reference: ctx.state.requestId,
});
