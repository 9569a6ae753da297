/**
 * Persons' rows (as they rest, sealed) for a few seconds, so that a frozen person is stopped on every node within five while single sign-on
 * does not ask the database again and again. All entries live equally long, so the order of entry is the order of age.
 */
import type { Clock } from '../platform/clock.ts';
import type { PersonId } from './person.ts';

interface Entry<Found> {
  at: number;
  found: Promise<Found | undefined>;
}

export interface SummaryCache<Found> {
  /** What is cached, or one reading shared by all who ask meanwhile. */
  get(id: PersonId): Promise<Found | undefined>;
  /** Forgets a person whose row this process has changed; also a reading that is still under way. */
  forget(id: PersonId): void;
}

export interface SummaryCacheOptions<Found> {
  seconds: number;
  /** Entries at most; the oldest go first. */
  size: number;
  clock: Clock;
  read(id: PersonId): Promise<Found | undefined>;
}

export function makeSummaryCache<Found>({
  seconds,
  size,
  clock,
  read,
}: SummaryCacheOptions<Found>): SummaryCache<Found> {
  const entries = new Map<PersonId, Entry<Found>>();
  const remember = (id: PersonId, at: number): Promise<Found | undefined> => {
    const entry: Entry<Found> = { at, found: read(id) };
    // Age counts from before the reading: what it found may have changed right after.
    entries.delete(id);
    entries.set(id, entry);
    if (entries.size > size) entries.delete(entries.keys().next().value!);
    // Failures are not kept, and neither is "not there": the person may be registered in the next moment.
    entry.found.then(
      (found) => found === undefined && entries.get(id) === entry && entries.delete(id),
      () => entries.get(id) === entry && entries.delete(id),
    );
    return entry.found;
  };
  return {
    get(id) {
      const now = clock.now().getTime();
      const entry = entries.get(id);
      const age = entry ? now - entry.at : Number.NaN;
      return entry && age >= 0 && age < seconds * 1000 ? entry.found : remember(id, now);
    },
    forget(id) {
      entries.delete(id);
    },
  };
}
