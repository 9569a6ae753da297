/** The provider's own pages in our dress: errors that stay here, signing out, and forms that go on by themselves. */
import type { Context } from 'koa';
import type { ProviderPages } from '../oidc/pages.ts';
import type { AppContext } from '../platform/http/context.ts';
import { describeFailure, type Pages } from '../platform/page/render.ts';
import { applicationOf } from './live.ts';

export function makeProviderPages(pages: Pages): ProviderPages {
  const render = (ctx: Context, view: string, data: object, title: string, status = 200): void =>
    pages.render(ctx as unknown as AppContext, `interactions/${view}`, data, { title, status, here: '/' });
  const languageOf = (ctx: Context) => (ctx as unknown as AppContext).state.language;

  return {
    async renderError(ctx, failure, technical) {
      const { status } = failure;
      const said = describeFailure(pages.texts, pages.wording, languageOf(ctx), failure);
      render(ctx, 'protocol-error', { said, status, technical }, 'interactions.error.title', status);
    },
    async renderLogout(ctx, form, client) {
      const app = client && !client.firstParty ? client.name[languageOf(ctx)] : undefined;
      render(ctx, 'logout', { form, app }, 'interactions.logout.title');
    },
    async renderLoggedOut(ctx, client) {
      const app = client && !client.firstParty ? applicationOf(client, languageOf(ctx)) : undefined;
      render(ctx, 'logged-out', { app }, 'interactions.logout.done.title');
    },
    async renderForward(ctx, form) {
      render(ctx, 'forward', { form }, 'interactions.forward.title');
    },
  };
}
