/** Shows the step that the journey names. The one place where a name becomes a page. */
import { readState } from './facts.ts';
import { nextStep } from './journey.ts';
import { conclude, type LiveContext, pageOf } from './live.ts';
import { rememberTicket, showWaiting } from './registration/waiting.ts';
import type { InteractionRooms } from './rooms.ts';
import type { Steps } from './steps/steps.ts';

export function makeShow(rooms: InteractionRooms, steps: Steps) {
  return async function show(ctx: LiveContext): Promise<void> {
    const { road, live, client, language } = ctx.state;
    const step = nextStep(await readState(rooms, ctx));
    switch (step.name) {
      case 'login':
        return steps.password.show(ctx);
      case 'register':
        return steps.register.show(ctx);
      case 'change-password':
        return steps.changePassword.show(ctx);
      case 'choose-account':
        return steps.chooseAccount.show(ctx);
      case 'no-account':
        return rooms.pages.render(
          ctx,
          'interactions/no-account',
          { road },
          pageOf(ctx, 'interactions.no_account.title'),
        );
      case 'opened':
        return steps.opened.show(ctx);
      case 'wait-for-register': {
        const { ticket } = await rooms.notes.read(live.uid);
        if (ticket) rememberTicket(ctx, ticket);
        const service = client.firstParty ? {} : { service: { name: client.name[language], lang: language } };
        const links = {
          here: road,
          loginHref: `${road}/password`,
          registerHref: `${road}/register?step=identity`,
        };
        return showWaiting(rooms, ctx, ticket, { ...links, ...service });
      }
      case 'step-up':
        return steps.stepUp.show(ctx, step);
      case 'level-missing':
        return steps.stepUp.showMissing(ctx, step);
      case 'consent':
      case 'notice':
        return steps.consent.show(ctx);
      case 'finish':
        return conclude(ctx, rooms.oidc, {});
      case 'abort':
        return conclude(ctx, rooms.oidc, { error: step.error });
    }
  };
}
