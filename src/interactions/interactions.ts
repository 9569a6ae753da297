/** The room, put together once at start. */
import type { Middleware } from 'koa';
import type { AppState } from '../platform/http/context.ts';
import { openDoors, roadsOf } from '../platform/http/doors.ts';
import { makeComparisonWork } from './comparisons.ts';
import { openNotes } from './notes.ts';
import type { InteractionRooms } from './rooms.ts';
import { interactionDoors } from './routes.ts';

export interface Interactions {
  /** The pages under /interaction/, /register/wait and /privacy. */
  middlewares: Middleware<AppState>[];
  /** Path templates, for the names of routes in logs and metrics. */
  roads: string[];
  /** Makes the queue of comparisons known; before the first request. */
  prepare(): Promise<void>;
  /** Works that queue in this process, once the outbox has started. */
  work(): Promise<void>;
  /** Deletes notes of authorizations that did not go on, in batches; says how many. */
  sweep(): Promise<number>;
}

export type InteractionsOptions = Omit<InteractionRooms, 'notes'>;

export function openInteractions(options: InteractionsOptions): Interactions {
  const { database, sealer, clock, settings } = options;
  const notes = openNotes({ database, sealer, clock, minutes: settings.noteMinutes });
  const rooms: InteractionRooms = { ...options, notes };
  const doors = interactionDoors(rooms);
  const comparisons = makeComparisonWork(rooms);
  return {
    middlewares: openDoors(doors),
    roads: roadsOf(doors),
    prepare: () => comparisons.prepare(),
    work: () => comparisons.work(),
    sweep: () => notes.sweep(),
  };
}
