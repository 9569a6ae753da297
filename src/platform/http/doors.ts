/**
 * A room's routes as a table: each line is one door with its road, its guards and what lies behind. Guards are
 * columns, so that a missing one is seen at a glance.
 */
import { METHODS } from 'node:http';
import Router from '@koa/router';
import type { Middleware } from 'koa';
import type { AppState } from './context.ts';

export interface Door<State extends AppState = AppState> {
  method: 'GET' | 'POST';
  /** As routers write it: `/interaction/:uid/login`. */
  path: string;
  guards: readonly Middleware<State>[];
  open: Middleware<State>;
}

/** One line of the table: `door('POST /interaction/:uid/login', [alive, csrf], login)`. */
export function door<State extends AppState>(
  road: string,
  guards: readonly Middleware<State>[],
  open: Middleware<State>,
): Door<State> {
  const [method, path] = road.trim().split(/\s+/);
  if ((method !== 'GET' && method !== 'POST') || !path?.startsWith('/'))
    throw new Error(`not a road: ${road}`);
  return { method, path, guards, open };
}

/** The middleware that leads through a table; roads that are not in it go on (and end as 404 or 405). */
export function openDoors<State extends AppState>(doors: readonly Door<State>[]): Middleware<AppState>[] {
  // All of them are known here: what no door takes is 404 or 405, never "not implemented" (501).
  const router = new Router<State>({ methods: METHODS });
  for (const { method, path, guards, open } of doors) {
    const stack = [...guards, open] as Parameters<typeof router.get>[1][];
    if (method === 'GET') router.get(path, ...stack);
    else router.post(path, ...stack);
  }
  return [router.routes(), router.allowedMethods()] as unknown as Middleware<AppState>[];
}

/** Path templates of a table, for the names of routes in logs and metrics. */
export const roadsOf = (doors: readonly { path: string }[]): string[] => [
  ...new Set(doors.map(({ path }) => path)),
];
