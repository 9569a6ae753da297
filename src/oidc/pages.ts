/**
 * What the provider asks the rooms above to draw. The provider decides, they show. Each function gets the
 * provider's own Koa context, prepared by the middlewares that `openOidc` was given.
 */
import type { Context } from 'koa';
import type { Client } from '../clients/client.ts';
import type { Failure } from '../platform/failure.ts';

/** A form that the browser must post on: values for hidden fields, in order. */
export interface PostedForm {
  action: string;
  fields: Record<string, string>;
}

export interface ProviderPages {
  /**
   * An error that cannot go back to the application, or must not: unknown application, foreign redirect address,
   * a sign-in that has expired. `error` and `description` are the protocol's words, for developers.
   */
  renderError(
    ctx: Context,
    failure: Failure,
    technical: { error: string; description?: string | undefined },
  ): Promise<void>;
  /**
   * "Sign out everywhere?" Show a form to `form.action` with `form.fields` hidden, and two buttons: name `logout`
   * value `yes` signs out of all; without it only the asking application is left. `client` asked, if any did.
   */
  renderLogout(ctx: Context, form: PostedForm, client: Client | undefined): Promise<void>;
  /** Signed out; `client` when the person left only that application. */
  renderLoggedOut(ctx: Context, client: Client | undefined): Promise<void>;
  /** A form that goes on by itself where scripts run, and with one button where they do not. */
  renderForward(ctx: Context, form: PostedForm): Promise<void>;
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

const hidden = (form: PostedForm): string =>
  Object.entries(form.fields)
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`)
    .join('');

const page = (ctx: Context, title: string, body: string): void => {
  ctx.type = 'html';
  ctx.body = `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><main><h1>${title}</h1>${body}</main></html>`;
};

/** Bare pages in English, for tests of this room and for a server without the rooms above. */
export const plainPages: ProviderPages = {
  async renderError(ctx, failure, technical) {
    page(
      ctx,
      'This cannot go on',
      `<p class="code">${escapeHtml(failure.code)}</p><p class="error">${escapeHtml(technical.error)}</p>`,
    );
  },
  async renderLogout(ctx, form) {
    const buttons = '<button name="logout" value="yes">Sign out</button><button>Stay signed in</button>';
    page(
      ctx,
      'Sign out',
      `<form method="post" action="${escapeHtml(form.action)}">${hidden(form)}${buttons}</form>`,
    );
  },
  async renderLoggedOut(ctx) {
    page(ctx, 'Signed out', '');
  },
  async renderForward(ctx, form) {
    page(
      ctx,
      'Continue',
      `<form method="post" action="${escapeHtml(form.action)}">${hidden(form)}<button>Continue</button></form>`,
    );
  },
};
