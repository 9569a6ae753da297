/** An account was just opened here: its person sees so, and goes on signed in. */
import { isRecent } from '../facts.ts';
import { type LiveContext, pageOf } from '../live.ts';
import type { InteractionRooms } from '../rooms.ts';
import { signIn } from '../signing-in.ts';
import { goOn } from './go-on.ts';

/** The phone's code and the password were both proven on the way here. */
const PROVEN_WHILE_REGISTERING = ['pwd', 'sms'];

export function makeOpenedStep(rooms: InteractionRooms) {
  const show = async (ctx: LiveContext): Promise<void> => {
    const { opened } = await rooms.notes.read(ctx.state.live.uid);
    const summary = opened && (await rooms.accounts.summary(opened.personId));
    const data = { road: ctx.state.road, level: summary?.identityLevel ?? 1 };
    rooms.pages.render(
      ctx,
      'interactions/register-opened',
      data,
      pageOf(ctx, 'interactions.opened.title', { form: 'opened' }),
    );
  };

  const goOnSignedIn = async (ctx: LiveContext): Promise<void> => {
    const { opened } = await rooms.notes.read(ctx.state.live.uid);
    if (!opened || !isRecent(opened.at, rooms.settings.phoneProofMinutes, rooms.clock.now()))
      return goOn(ctx, '/password');
    await rooms.notes.forget(ctx.state.live.uid);
    const signed = await signIn(rooms, ctx, { personId: opened.personId, amr: PROVEN_WHILE_REGISTERING });
    if (!signed.ok) goOn(ctx, '/password');
  };

  return { show, goOnSignedIn };
}
