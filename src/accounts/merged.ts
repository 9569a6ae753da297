/**
 * A person whose account was merged into another's keeps everything that is theirs: number, user name, phone, password. Only
 * one column says that another account answers for it, and whoever needs to know follows it: so taking a merge back,
 * in whatever order, is taking that column away.
 */
import type { Queryable, Transaction } from '../platform/postgres.ts';
import {
  absorbPerson,
  lockPeople,
  releasePerson,
  selectAbsorbed,
  selectAbsorbedByMany,
  selectSurvivors,
} from './merged-store.ts';
import { isPersonId, type PersonId } from './person.ts';
import type { Room } from './room.ts';

export interface MergedPeople {
  /** Who answers for this one: itself, or the account that it was merged into, however many merges further. */
  survivorOf(id: PersonId, on?: Queryable): Promise<PersonId>;
  /** The same of many; those that do not exist are left out. */
  survivorsOf(ids: readonly PersonId[], on?: Queryable): Promise<Map<PersonId, PersonId>>;
  /** As {@link absorbedBy}, of many in one statement; those who answer for themselves alone are left out. */
  absorbedByMany(ids: readonly PersonId[], on?: Queryable): Promise<Map<PersonId, PersonId[]>>;
  /**
   * All for whom this one answers, those of those as well: what was merged into it earlier comes first. Also of one that
   * was merged itself.
   */
  absorbedBy(id: PersonId, on?: Queryable): Promise<PersonId[]>;
  /**
   * Lets `survivor` answer for `absorbed`. The caller has locked both, and knows the survivor to be active.
   * @returns what {@link release} needs to put back; undefined for one that is neither active nor closed
   */
  absorb(tx: Transaction, absorbed: PersonId, survivor: PersonId): Promise<string | undefined>;
  /** The mirror image: the row is again what it was. False for one that is not merged. */
  release(tx: Transaction, absorbed: PersonId, before: string): Promise<boolean>;
}

export function makeMergedPeople({ database, clock }: Room, forget: (id: PersonId) => void): MergedPeople {
  return {
    async survivorOf(id, on = database) {
      if (!isPersonId(id)) return id;
      const [survivor] = await selectSurvivors(on, [id]);
      return (survivor?.id as PersonId | undefined) ?? id;
    },
    survivorsOf: async (ids, on = database) =>
      new Map(
        (ids.length > 0 ? await selectSurvivors(on, ids) : []).map(({ asked, id }) => [
          asked as PersonId,
          id as PersonId,
        ]),
      ),
    async absorbedByMany(ids, on = database) {
      const found = new Map<PersonId, PersonId[]>();
      for (const { asked, id } of ids.length > 0 ? await selectAbsorbedByMany(on, ids) : [])
        found.set(asked, [...(found.get(asked) ?? []), id]);
      return found;
    },
    absorbedBy: async (id, on = database) => (isPersonId(id) ? selectAbsorbed(on, id) : []),
    absorb(tx, absorbed, survivor) {
      tx.whenOver(() => forget(absorbed));
      return absorbPerson(tx, absorbed, survivor, clock.now());
    },
    release(tx, absorbed, before) {
      tx.whenOver(() => forget(absorbed));
      return releasePerson(tx, absorbed, before, clock.now());
    },
  };
}

/** Locks people until the transaction ends, in one order for everybody. */
export const lockInOrder = (tx: Transaction, ids: readonly PersonId[]): Promise<void> =>
  lockPeople(tx, [...new Set(ids)].sort());
