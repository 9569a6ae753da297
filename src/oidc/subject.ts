/**
 * Pairwise subjects (OpenID Connect Core 8.1): the applications of one sector know a person by one random value,
 * another sector by another. Stored, not computed, so no key rotation, merge or undo can ever change one.
 *
 * Of two accounts that were merged each keeps its subs. The one that answers for both goes by its own; where it has none,
 * or one that no sign-in has used, by that of the other, so that an application that knew only the other one goes on knowing the person. Nothing is moved, so
 * taking the merge back in any order needs nothing put back.
 */
import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { MergedPeople } from '../accounts/merged.ts';
import type { PersonId } from '../accounts/person.ts';
import type { Database, Queryable } from '../platform/postgres.ts';
import {
  insertSubjects,
  type KnownSubject,
  ownSubject,
  personOfSubject,
  personsOfSubjects,
  storedSubject,
  storedSubjects,
  subjectAmong,
} from './subject-store.ts';

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

/**
 * By which sub a person goes: what somebody has signed in by comes before what an application was only told; among equals the
 * person's own comes first.
 */
function choose(own: KnownSubject | undefined, other: KnownSubject | undefined): KnownSubject | undefined {
  if (!own || !other) return own ?? other;
  return own.toldOnly && !other.toldOnly ? other : own;
}

/** Of many persons at once, for whoever tells a department of them. */
export interface ManySubjects {
  /**
   * What the applications of a sector may call these persons, by person. One statement where all have a `sub` of their
   * own; those of absorbed accounts are looked for before new ones are made. Made so, a `sub` stands in nobody's way until its
   * person signs in there. `make` false leaves out who has none.
   */
  of(
    on: Queryable,
    sector: string,
    personIds: readonly string[],
    options?: { make?: boolean },
  ): Promise<Map<string, string>>;
  /** Whom these subjects mean now, by subject: the accounts that answer for them. */
  personsOf(on: Queryable, sector: string, subs: readonly string[]): Promise<Map<string, string>>;
}

export function openManySubjects(merged: Pick<MergedPeople, 'survivorsOf' | 'absorbedByMany'>): ManySubjects {
  return {
    async of(on, sector, personIds, { make = true } = {}) {
      const wanted = [...new Set(personIds)];
      const own = await storedSubjects(on, sector, wanted);
      const unused = wanted.filter((id) => own.get(id)?.toldOnly !== false) as PersonId[];
      const absorbed = await merged.absorbedByMany(unused, on);
      const theirs = await storedSubjects(on, sector, [...absorbed.values()].flat());
      const known = new Map<string, string>();
      for (const id of wanted) {
        const others = (absorbed.get(id as PersonId) ?? []).flatMap((other) => theirs.get(other) ?? []);
        const chosen = choose(own.get(id), others.find(({ toldOnly }) => !toldOnly) ?? others[0]);
        if (chosen) known.set(id, chosen.sub);
      }
      const missing = wanted.filter((id) => !known.has(id));
      if (!make || missing.length === 0) return known;
      const fresh = missing.map((personId) => ({ personId, sub: makeSub() }));
      await insertSubjects(on, sector, fresh);
      for (const [id, { sub }] of await storedSubjects(on, sector, missing)) known.set(id, sub);
      return known;
    },
    async personsOf(on, sector, subs) {
      const persons = await personsOfSubjects(on, sector, subs);
      const answering = await merged.survivorsOf([...persons.values()] as PersonId[], on);
      return new Map([...persons].map(([sub, id]) => [sub, answering.get(id as PersonId) ?? id]));
    },
  };
}

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
      if (own?.toldOnly !== false) {
        const theirs = await merged.absorbedBy(personId as PersonId);
        const other = await subjectAmong(database, theirs, sector);
        if (other !== undefined && choose(own, other) === other) return other.sub;
      }
      const sub = await storedSubject(database, personId, sector, makeSub);
      kept.set(key, sub);
      return sub;
    },
    among: async (people, sector) => (await subjectAmong(database, people, sector))?.sub,
    async personOf(sector, sub) {
      const person = await personOfSubject(database, sector, sub);
      return person === undefined ? undefined : merged.survivorOf(person as PersonId);
    },
  };
}
