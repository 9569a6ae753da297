/** Until when old passwords count, and taking them away. */
import type { AuditTrail } from '../audit/trail.ts';
import type { Clock } from '../platform/clock.ts';
import { done, failed, type Outcome } from '../platform/failure.ts';
import type { Database } from '../platform/postgres.ts';
import { readDeclaration } from './declaration.ts';
import { expirePage, listSources } from './old-password-store.ts';

/** Months after the first dump, where the declaration names no day. */
export const EXPIRY_MONTHS = 12;

/** The moment from which on old passwords of a system open nothing. @param since when its first dump came */
export function expiryOf(declaration: string, since: Date): Date {
  const declared = readDeclaration(declaration);
  const day = declared.ok ? declared.value.expires : undefined;
  // The day that is named is the last one, in Beijing time.
  if (day !== undefined) return new Date(new Date(`${day}T00:00:00+08:00`).getTime() + 86_400_000);
  const end = new Date(since);
  end.setUTCMonth(end.getUTCMonth() + EXPIRY_MONTHS);
  return end;
}

export interface ExpireRoom {
  database: Database;
  trail: AuditTrail;
  clock: Clock;
}

const PAGE = 1_000;

/**
 * Removes the old passwords of a system that are still there. Failures: `old-system-unknown` 404, `old-passwords-valid` 409
 * (params.day) before their day, unless `early`.
 */
export async function expirePasswords(
  { database, trail, clock }: ExpireRoom,
  given: { source: string; actor: string; reason: string; early?: boolean },
): Promise<Outcome<{ source: string; removed: number }>> {
  const { source, actor, reason, early = false } = given;
  const known = (await listSources(database)).find((one) => one.source === source);
  if (!known) return failed('old-system-unknown', 404);
  const end = expiryOf(known.declaration, known.since);
  if (!early && clock.now() < end)
    return failed('old-passwords-valid', 409, { params: { day: end.toISOString().slice(0, 10) } });
  let removed = 0;
  for (let after = ''; ; ) {
    const page = await database.transaction(async (tx) => {
      const gone = await expirePage(tx, source, after, PAGE, clock.now());
      if (gone.removed > 0)
        await trail.append(tx, {
          type: 'old-passwords.expired',
          actor,
          channel: 'cli',
          outcome: 'success',
          detail: { source, reason, passwords: gone.removed },
        });
      return gone;
    });
    if (page.last === null) return done({ source, removed });
    removed += page.removed;
    after = page.last;
  }
}

/** Removes what is past its day, in every system; for housekeeping. Says how many passwords went. */
export async function expireDue(room: ExpireRoom): Promise<number> {
  let removed = 0;
  for (const { source, declaration, since } of await listSources(room.database)) {
    if (room.clock.now() < expiryOf(declaration, since)) continue;
    const gone = await expirePasswords(room, { source, actor: 'system', reason: 'past its day' });
    if (gone.ok) removed += gone.value.removed;
  }
  return removed;
}
