/** Gives the request its `t`, which speaks the language that holds when it is called. */
import type { Middleware } from 'koa';
import type { Texts } from '../page/texts.ts';
import type { AppState } from './context.ts';

export function offerTexts(texts: Texts): Middleware<AppState> {
  return async (ctx, next) => {
    ctx.state.t = (key, params) => texts.t(ctx.state.language, key, params);
    await next();
  };
}
