/**
 * The application asks for more than this session has (RFC 9470): the person stays who they are and adds the
 * factor that is missing. Who cannot reach the level learns what is missing, and the application is told.
 */
import { maskName, maskPhone } from '../../accounts/mask.ts';
import type { Person, PersonId } from '../../accounts/person.ts';
import { type Failure, failed } from '../../platform/failure.ts';
import { faultsOf, statusOf } from '../errors-by-field.ts';
import { readState } from '../facts.ts';
import type { Step } from '../journey.ts';
import { type LiveContext, pageOf } from '../live.ts';
import type { InteractionRooms } from '../rooms.ts';
import { CHANNEL, knownDevice, signIn } from '../signing-in.ts';
import { enterCode, sendCode, sentFor, showCode } from './code.ts';
import { goOn } from './go-on.ts';

type StepUp = Extract<Step, { name: 'step-up' }>;
type LevelMissing = Extract<Step, { name: 'level-missing' }>;

export function makeStepUpStep(rooms: InteractionRooms) {
  const show = async (ctx: LiveContext, step: StepUp, failures: readonly Failure[] = []): Promise<void> => {
    const { road, client, language, live } = ctx.state;
    const person = await personOf(rooms, ctx);
    const sent = step.factor === 'sms' ? sentFor(await rooms.notes.read(live.uid), 'step-up') : undefined;
    if (sent) return showCode(rooms, ctx, sent, codePage(ctx), failures);
    const data = {
      road,
      factor: step.factor,
      app: client.firstParty ? undefined : client.name[language],
      person: person && maskName(person.name),
      phone: person?.phone && maskPhone(person.phone),
      ...faultsOf(rooms.pages, ctx, failures),
    };
    const options = { form: 'step-up', status: statusOf(failures) };
    rooms.pages.render(ctx, 'interactions/step-up', data, pageOf(ctx, 'interactions.step_up.title', options));
  };

  const showMissing = async (ctx: LiveContext, step: LevelMissing): Promise<void> => {
    const { session, wanted } = await readState(rooms, ctx);
    const data = {
      road: ctx.state.road,
      missing: step.missing,
      have: session?.identity ?? 1,
      wanted: wanted?.identity ?? 1,
    };
    rooms.pages.render(
      ctx,
      'interactions/level-missing',
      data,
      pageOf(ctx, 'interactions.level.title', { form: 'level' }),
    );
  };

  const byPassword = async (ctx: LiveContext): Promise<void> => {
    const person = await personOf(rooms, ctx);
    if (!person) return goOn(ctx);
    const factor = { name: 'step-up', factor: 'password' } as const;
    const { throttle, passwords } = rooms.credentials;
    const password = ctx.state.form.text('password');
    if (password === '')
      return show(ctx, factor, [failed('password-empty', 422, { field: 'password' }).failure]);
    const attempt = await throttle.begin({
      account: person.id,
      identifier: person.document.number,
      source: ctx.state.source,
      factor: 'password',
      device: knownDevice(ctx),
    });
    if (!attempt.ok) return show(ctx, factor, [attempt.failure]);
    const right = await passwords.verify(person.id, password);
    if (right.ok) {
      await throttle.succeeded(attempt.value);
      return finish(ctx, person, 'pwd', factor);
    }
    await (right.failure.status === 503 ? throttle.abandoned(attempt.value) : throttle.failed(attempt.value));
    await record(ctx, person.id, 'failure', 'password');
    return show(ctx, factor, [right.failure]);
  };

  const bySms = { name: 'step-up', factor: 'sms' } as const;

  const send = async (ctx: LiveContext): Promise<void> => {
    const person = await personOf(rooms, ctx);
    if (!person?.phone) return goOn(ctx);
    // Whoever is signed in already is no stranger who could use up this number's codes.
    const sent = await sendCode(rooms, ctx, { phone: person.phone, purpose: 'step-up', trusted: true });
    if (!sent.ok) return show(ctx, bySms, [sent.failure]);
    const note = await rooms.notes.read(ctx.state.live.uid);
    await rooms.notes.revise(ctx.state.live.uid, note, { ...note, codeSent: sent.value });
    return goOn(ctx);
  };

  const enter = async (ctx: LiveContext): Promise<void> => {
    const person = await personOf(rooms, ctx);
    const sent = sentFor(await rooms.notes.read(ctx.state.live.uid), 'step-up');
    if (!person || !sent || sent.phone !== person.phone) return goOn(ctx);
    const right = await enterCode(rooms, ctx, sent);
    if (right.ok) {
      await rooms.accounts.phoneProven(person.id, sent.phone, rooms.clock.now());
      return finish(ctx, person, 'sms', bySms);
    }
    await record(ctx, person.id, 'failure', 'sms');
    return showCode(rooms, ctx, sent, codePage(ctx), [right.failure]);
  };

  const finish = async (ctx: LiveContext, person: Person, method: string, step: StepUp): Promise<void> => {
    await rooms.notes.forget(ctx.state.live.uid);
    await record(ctx, person.id, 'success', method);
    const amr = [...(ctx.state.live.session?.amr ?? []), method];
    const signed = await signIn(rooms, ctx, { personId: person.id, amr });
    if (!signed.ok) await show(ctx, step, [signed.failure]);
  };

  const record = (
    ctx: LiveContext,
    personId: PersonId,
    outcome: 'success' | 'failure',
    factor: string,
  ): Promise<void> =>
    rooms.audit.record({
      type: outcome === 'success' ? 'step-up.succeeded' : 'step-up.failed',
      personId,
      clientId: ctx.state.client.id,
      actor: 'self',
      channel: CHANNEL,
      source: ctx.state.source,
      outcome,
      reference: ctx.state.requestId,
      detail: { factor },
    });

  return { show, showMissing, byPassword, send, enter };
}

/** The person of the session that is to be strengthened. */
async function personOf(rooms: InteractionRooms, ctx: LiveContext): Promise<Person | undefined> {
  const id = ctx.state.live.session?.accountId as PersonId | undefined;
  return id && (await rooms.accounts.get(id));
}

const codePage = (ctx: LiveContext) => ({
  action: `${ctx.state.road}/step-up/code`,
  sendAction: `${ctx.state.road}/step-up/sms`,
  here: ctx.state.road,
});
