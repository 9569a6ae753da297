/** The notice on personal information that people accept when they register, in its present version. */
import type { AppContext } from '../platform/http/context.ts';
import type { InteractionRooms } from './rooms.ts';

export const showPrivacy =
  ({ pages, settings }: Pick<InteractionRooms, 'pages' | 'settings'>) =>
  (ctx: AppContext): void =>
    pages.render(
      ctx,
      'interactions/privacy',
      { version: settings.noticeVersion },
      { title: 'interactions.privacy.title', here: '/privacy' },
    );
