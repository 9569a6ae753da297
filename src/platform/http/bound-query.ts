/**
 * A bound on the parameters of an address. Koa reads a query in the square of their number: 14 KB of `a=1&` would
 * hold the whole server for a second.
 */
import type { Middleware } from 'koa';
import type { Pages } from '../page/render.ts';
import type { AppState } from './context.ts';
import { answerFailure } from './errors.ts';

/** Far more than any page or authorization request has. */
const MOST_PARAMETERS = 200;

/** Stands before whatever reads `ctx.query`. Refusal: `request-malformed` 400. */
export function boundQuery(pages: Pages): Middleware<AppState> {
  return async (ctx, next) => {
    if (countParameters(ctx.querystring) <= MOST_PARAMETERS) return next();
    // The links of the page would carry all of it on.
    ctx.querystring = '';
    answerFailure(ctx, pages, { code: 'request-malformed', status: 400 });
  };
}

function countParameters(query: string): number {
  let count = 1;
  for (let at = query.indexOf('&'); at >= 0; at = query.indexOf('&', at + 1)) count += 1;
  return count;
}
