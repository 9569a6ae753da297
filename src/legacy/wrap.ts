/**
 * Wrapping: no quick hash of an old system rests here for longer than this takes. Works page by page beside a serving
 * server, through the same hash queue as sign-ins; what it was killed over is done again, and two at once do no harm,
 * because each row is replaced only while it is what it was.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { AuditTrail } from '../audit/trail.ts';
import type { Hasher } from '../credentials/hasher.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/postgres.ts';
import type { Sealer } from '../platform/seal/sealer.ts';
import { isReversible, makeRecipeReader, type Settled, settlePassword } from './old-password.ts';
import { type PasswordRow, pageStored, settlePasswords } from './old-password-store.ts';
import type { Recipe } from './recipes/recipe.ts';

export interface WrapRoom {
  database: Database;
  sealer: Sealer;
  hasher: Hasher;
  trail: AuditTrail;
  clock: Clock;
}

export interface WrapOptions {
  /** One system; all of them without. */
  source?: string | undefined;
  /** Hashes at the same time. */
  parallel?: number;
  /** Rests after each hash for as long as it took, beside a server: people who sign in feel every core that is taken. */
  gentle?: boolean;
  /** Only those that could be read in the old system: they are hashed before the import ends. */
  onlyReversible?: boolean;
  /** Ends the work behind the page that it is at. */
  stopped?: () => boolean;
}

export interface WrapResult {
  wrapped: number;
  kept: number;
  hashed: number;
  unreadable: number;
}

const PAGE = 100;
const BUSY_PAUSE_MS = 500;

/** Wraps what waits for it; see the head of this file. @param onProgress called after each page with how many were done */
export async function wrapPasswords(
  room: WrapRoom,
  { source, parallel = 1, gentle = false, onlyReversible = false, stopped = () => false }: WrapOptions = {},
  onProgress: (done: number) => void = () => {},
): Promise<WrapResult> {
  const result: WrapResult = { wrapped: 0, kept: 0, hashed: 0, unreadable: 0 };
  const recipeOf = makeRecipeReader();
  let walked = 0;
  for (let after = { source: '', localId: '' }; !stopped(); ) {
    const rows = await pageStored(room.database, after, source, PAGE);
    if (rows.length === 0) break;
    after = rows.at(-1)!;
    const due = rows.flatMap((row) => {
      const recipe = recipeOf(row.source, row.declaration);
      if (!recipe) return [];
      return onlyReversible && !isReversible(room.sealer, recipe, row) ? [] : [{ row, recipe }];
    });
    const settled = await settleAll(room, due, parallel, gentle);
    const written = await settlePasswords(room.database, settled, room.clock.now());
    for (const state of written) if (state in result) result[state as keyof WrapResult] += 1;
    walked += rows.length;
    onProgress(walked);
  }
  const done = result.wrapped + result.kept + result.hashed + result.unreadable;
  if (done > 0)
    await room.database.transaction((tx) =>
      room.trail.append(tx, {
        type: 'old-passwords.wrapped',
        actor: 'system',
        channel: 'cli',
        outcome: 'success',
        detail: { ...(source === undefined ? {} : { source }), ...result },
      }),
    );
  return result;
}

/** Whether a system's passwords could be read there, by its first ones: such are hashed before the import ends. */
export async function areReversible(
  room: Pick<WrapRoom, 'database' | 'sealer'>,
  source: string,
): Promise<boolean> {
  const recipeOf = makeRecipeReader();
  const rows = await pageStored(room.database, { source, localId: '' }, source, PAGE);
  return rows.some((row) => {
    const recipe = recipeOf(row.source, row.declaration);
    return recipe !== undefined && isReversible(room.sealer, recipe, row);
  });
}

async function settleAll(
  room: WrapRoom,
  due: readonly { row: PasswordRow; recipe: Recipe }[],
  parallel: number,
  gentle: boolean,
): Promise<(Settled & { was: PasswordRow })[]> {
  const settled: (Settled & { was: PasswordRow })[] = [];
  const waiting = due[Symbol.iterator]();
  const work = async () => {
    for (const { row, recipe } of waiting) {
      for (;;) {
        const began = performance.now();
        const one = await settlePassword(room, recipe, row);
        if (one.ok) {
          settled.push({ ...one.value, was: row });
          if (gentle) await pause(performance.now() - began);
          break;
        }
        // People who sign in go first.
        await pause(BUSY_PAUSE_MS);
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return settled;
}
