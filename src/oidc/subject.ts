/**
 * Pairwise subjects (OpenID Connect Core 8.1): the applications of one sector know a person by one random value,
 * another sector by another. Stored, not computed, so no key rotation, merge or undo can ever change one.
 */
import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Database } from '../platform/postgres.ts';
import { personOfSubject, storedSubject } from './subject-store.ts';

export interface Subjects {
  /** The person's `sub` in a sector; made at the first use. */
  of(personId: string, sector: string): Promise<string>;
  /** Whom an application of this sector means, for its support cases. */
  personOf(sector: string, sub: string): Promise<string | undefined>;
}

/** 144 random bits, 24 characters. */
const makeSub = (): string => randomBytes(18).toString('base64url');

/** A sub never changes, so it may be kept as long as there is room. */
const MOST_KEPT = 50_000;

export function openSubjects(database: Database): Subjects {
  const kept = new LRUCache<string, string>({ max: MOST_KEPT });
  return {
    async of(personId, sector) {
      const key = `${sector} ${personId}`;
      const known = kept.get(key);
      if (known !== undefined) return known;
      const sub = await storedSubject(database, personId, sector, makeSub);
      kept.set(key, sub);
      return sub;
    },
    personOf: (sector, sub) => personOfSubject(database, sector, sub),
  };
}
