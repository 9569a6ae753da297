/** Guards: who asks, by its access token, and how often. */
import type { Context, Middleware } from 'koa';
import type { Client } from '../clients/client.ts';
import { Refused } from '../platform/failure.ts';
import type { AppState } from '../platform/http/context.ts';
import type { DepartmentRooms } from './rooms.ts';

export interface DepartmentState extends AppState {
  /** Whose token it is. */
  client: Client;
}

/** Refusals as in oidc/own-tokens.ts, each with its challenge. */
export const holding =
  ({ oidc }: Pick<DepartmentRooms, 'oidc'>, scope: string): Middleware<DepartmentState> =>
  async (ctx, next) => {
    const outcome = await oidc.readOwnToken(ctx as unknown as Context, scope);
    if (!outcome.ok) {
      ctx.set('WWW-Authenticate', outcome.challenges);
      throw new Refused(outcome.failure);
    }
    ctx.state.client = outcome.client;
    await next();
  };

/** Exact on any number of nodes. Refusal `too-many-requests` 429 with the seconds to wait. */
export const inMeasure =
  ({ limits, settings }: Pick<DepartmentRooms, 'limits' | 'settings'>): Middleware<DepartmentState> =>
  async (ctx, next) => {
    const points = settings.departments.requestsPerMinute;
    const use = { key: `departments:${ctx.state.client.id}`, points, windowSeconds: 60 };
    const taken = await limits.take([use]);
    if (!taken.ok)
      throw new Refused({ code: 'too-many-requests', status: 429, retryAfter: taken.retryAfter });
    await next();
  };
