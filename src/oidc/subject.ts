/**
 * Pairwise subjects (OpenID Connect Core 8.1): the applications of one sector know a person by one random value,
 * another sector by another. Stored, not computed, so no key rotation, merge or undo can ever change one.
 */
import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Database, Queryable } from '../platform/postgres.ts';
import { insertSubjects, personOfSubject, storedSubject, storedSubjects } from './subject-store.ts';

export interface Subjects {
  /** The person's `sub` in a sector; made at the first use. */
  of(personId: string, sector: string): Promise<string>;
  /** Whom an application of this sector means, for its support cases. */
  personOf(sector: string, sub: string): Promise<string | undefined>;
}

/** 144 random bits, 24 characters. */
const makeSub = (): string => randomBytes(18).toString('base64url');

/**
 * What an application of a sector may call many persons, in one statement where all have their `sub` and three where
 * some are made. Made so, a `sub` stands in nobody's way until its person signs in there. `make` false: those that are.
 */
export async function subjectsOf(
  on: Queryable,
  sector: string,
  personIds: readonly string[],
  { make = true } = {},
): Promise<Map<string, string>> {
  const wanted = [...new Set(personIds)];
  if (wanted.length === 0) return new Map();
  const known = await storedSubjects(on, sector, wanted);
  const missing = wanted.filter((id) => !known.has(id));
  if (!make || missing.length === 0) return known;
  await insertSubjects(
    on,
    sector,
    missing.map((personId) => ({ personId, sub: makeSub() })),
  );
  return new Map([...known, ...(await storedSubjects(on, sector, missing))]);
}

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
