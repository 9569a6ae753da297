/**
 * Pairwise subjects (OpenID Connect Core 8.1): the applications of one sector know a person by one random value,
 * another sector by another. Stored, not computed, so no key rotation, merge or undo can ever change one.
 *
 * Of two accounts that were merged each keeps its subs. The one that answers for both goes by its own; where it has none,
 * by that of the other, so that an application that knew only the other one goes on knowing the person. Nothing is moved, so
 * taking the merge back in any order needs nothing put back.
 */
import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { MergedPeople } from '../accounts/merged.ts';
import type { PersonId } from '../accounts/person.ts';
import type { Database } from '../platform/postgres.ts';
import { ownSubject, personOfSubject, storedSubject, subjectAmong } from './subject-store.ts';

export interface Subjects {
  /** The person's `sub` in a sector; made at the first use. */
  of(personId: string, sector: string): Promise<string>;
  /** The first `sub` that one of these people, in their order, has there; none is made. */
  among(people: readonly string[], sector: string): Promise<string | undefined>;
  /** Whom an application of this sector means, for its support cases: the account that answers for that person now. */
  personOf(sector: string, sub: string): Promise<string | undefined>;
}

/** 144 random bits, 24 characters. */
const makeSub = (): string => randomBytes(18).toString('base64url');

/** A person's own sub never changes, so it may be kept as long as there is room. That of a merged one is never kept. */
const MOST_KEPT = 50_000;

export function openSubjects(
  database: Database,
  merged: Pick<MergedPeople, 'survivorOf' | 'absorbedBy'>,
): Subjects {
  const kept = new LRUCache<string, string>({ max: MOST_KEPT });
  return {
    async of(personId, sector) {
      const key = `${sector} ${personId}`;
      const known = kept.get(key);
      if (known !== undefined) return known;
      const own = await ownSubject(database, personId, sector);
      if (own === undefined) {
        const theirs = await merged.absorbedBy(personId as PersonId);
        const other = await subjectAmong(database, theirs, sector);
        if (other !== undefined) return other;
      }
      const sub = own ?? (await storedSubject(database, personId, sector, makeSub));
      kept.set(key, sub);
      return sub;
    },
    among: (people, sector) => subjectAmong(database, people, sector),
    async personOf(sector, sub) {
      const person = await personOfSubject(database, sector, sub);
      return person === undefined ? undefined : merged.survivorOf(person as PersonId);
    },
  };
}
