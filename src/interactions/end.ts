/** What a person decides about the whole authorization: agree, refuse, cancel, or give up a level. */

import { readState } from './facts.ts';
import { type Conclusion, nextStep } from './journey.ts';
import { conclude, type LiveContext } from './live.ts';
import type { InteractionRooms } from './rooms.ts';
import { goOn } from './steps/go-on.ts';
import type { Steps } from './steps/steps.ts';

const WHY: Record<string, string> = {
  access_denied: 'the person cancelled',
  unmet_authentication_requirements: 'the person cannot reach the level asked for now',
  interaction_required: 'this cannot be asked here',
};

export function makeEnd(rooms: InteractionRooms, steps: Steps) {
  const end = async (ctx: LiveContext, conclusion: Conclusion): Promise<void> => {
    const { live } = ctx.state;
    const step = nextStep(await readState(rooms, ctx, conclusion));
    if (step.name === 'finish') return conclude(ctx, rooms.oidc, await rooms.oidc.agree(live));
    if (conclusion === 'denied') return conclude(ctx, rooms.oidc, await rooms.oidc.refuse(live));
    const error = step.name === 'abort' ? step.error : 'interaction_required';
    await rooms.notes.forget(live.uid);
    return conclude(ctx, rooms.oidc, { error, error_description: WHY[error] ?? error });
  };

  return {
    decide: async (ctx: LiveContext): Promise<void> => {
      if (ctx.state.live.prompt.name !== 'consent') return goOn(ctx);
      const conclusion = await steps.consent.decide(ctx);
      if (conclusion) await end(ctx, conclusion);
    },
    cancel: (ctx: LiveContext): Promise<void> => end(ctx, 'cancelled'),
    decline: (ctx: LiveContext): Promise<void> => end(ctx, 'cannot-reach-level'),
  };
}
