/** A password that an operator chose is replaced at the first sign-in, before the person is signed in. */
import type { Failure } from '../../platform/failure.ts';
import { faultsOf, statusOf } from '../errors-by-field.ts';
import { isRecent } from '../facts.ts';
import { type LiveContext, pageOf } from '../live.ts';
import type { InteractionRooms } from '../rooms.ts';
import { CHANNEL, signIn } from '../signing-in.ts';
import { goOn } from './go-on.ts';

export function makeChangePasswordStep(rooms: InteractionRooms) {
  const show = (ctx: LiveContext, failures: readonly Failure[] = []): void => {
    const { road } = ctx.state;
    const data = { road, ...rooms.passwordRules, ...faultsOf(rooms.pages, ctx, failures) };
    const options = { form: 'change', status: statusOf(failures) };
    rooms.pages.render(
      ctx,
      'interactions/change-password',
      data,
      pageOf(ctx, 'interactions.change.title', options),
    );
  };

  const act = async (ctx: LiveContext): Promise<void> => {
    const { live, form, source, requestId } = ctx.state;
    const note = await rooms.notes.read(live.uid);
    const proven = note.mustChange;
    const person =
      proven && isRecent(proven.at, rooms.settings.phoneProofMinutes, rooms.clock.now())
        ? await rooms.accounts.get(proven.personId)
        : undefined;
    if (!person) return goOn(ctx);
    const { passwords } = rooms.credentials;
    const chosen = form.text('new_password');
    const { name, phone, birthdate, userName } = person;
    const weak = passwords.judge(chosen, {
      documentNumber: person.document.number,
      name,
      phone,
      birthdate,
      userName,
    });
    if (weak) return show(ctx, [{ ...weak, field: 'new_password' }]);
    const prepared = await passwords.prepare(chosen);
    if (!prepared.ok) return show(ctx, [prepared.failure]);
    await rooms.database.transaction(async (tx) => {
      // Stopped or merged meanwhile: it stays what it was, and the sign-in says so.
      await rooms.accounts.hold(tx, [person.id]);
      if ((await rooms.accounts.get(person.id, tx))?.state !== 'active') return;
      await passwords.store(tx, person.id, prepared.value);
      await rooms.audit.append(tx, {
        type: 'password.changed',
        personId: person.id,
        actor: 'self',
        channel: CHANNEL,
        source,
        outcome: 'success',
        reference: requestId,
      });
    });
    await rooms.notes.forget(live.uid);
    const signed = await signIn(rooms, ctx, { personId: person.id, amr: ['pwd'] });
    if (!signed.ok) show(ctx, [signed.failure]);
  };

  return { show, act };
}
