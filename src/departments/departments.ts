/** What departments' servers may ask this one, beside OpenID Connect, as a table of doors. */
import type { Middleware } from 'koa';
import type { AppState } from '../platform/http/context.ts';
import { door, openDoors, roadsOf } from '../platform/http/doors.ts';
import { makeOldAccounts } from './old-accounts.ts';
import { type DepartmentState, holding, inMeasure } from './own-token.ts';
import type { DepartmentRooms } from './rooms.ts';

export interface Departments {
  /** The doors below /api/. */
  middlewares: Middleware<AppState>[];
  /** Path templates, for the names of routes in logs and metrics. */
  roads: string[];
}

export function openDepartments(rooms: DepartmentRooms): Departments {
  const own = holding(rooms, 'legacy_accounts');
  const measured = inMeasure(rooms);
  const old = makeOldAccounts(rooms);
  const ask = door<DepartmentState>;

  // biome-ignore format: a table is read by its columns
  const doors = [
    ask('GET  /api/legacy-accounts',          [own, measured], (ctx) => old.page(ctx as never)),
    ask('GET  /api/legacy-accounts/sources',  [own, measured], (ctx) => old.sources(ctx as never)),
    ask('POST /api/legacy-accounts/lookup',   [own, measured], (ctx) => old.lookUp(ctx as never)),
  ];
  return { middlewares: openDoors(doors), roads: roadsOf(doors) };
}
