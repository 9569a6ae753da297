/** After something was noted: back to the authorization's page, by GET, so that a reload sends nothing twice. */
import type { LiveContext } from '../live.ts';

export function goOn(ctx: LiveContext, below = ''): void {
  ctx.status = 303;
  ctx.redirect(ctx.state.road + below);
}
