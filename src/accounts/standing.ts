/** Who stands under many numbers at once, and taking back an account that an import opened. */
import type { Queryable, Transaction } from '../platform/postgres.ts';
import { type Document, keyOf } from './document.ts';
import { fingerprintsOf } from './fingerprints.ts';
import { selectSurvivors } from './merged-store.ts';
import type { PersonId, PersonState } from './person.ts';
import { openField } from './person-row.ts';
import type { Room } from './room.ts';
import { dropPerson, findStanding, holdPeople } from './standing-store.ts';

/** What matching needs of an account: its name is opened, nothing else is. */
export interface StandingPerson {
  id: PersonId;
  /** Of the account that answers for it. */
  state: PersonState;
  version: number;
  name: string;
  /** The account that answers for it: itself, unless it was merged into another. */
  survivorId: PersonId;
}

/** In the order of the documents, undefined where nobody stands. One round trip. */
export async function standingUnder(
  { sealer, fingerprinter }: Pick<Room, 'sealer' | 'fingerprinter'>,
  on: Queryable,
  documents: readonly Document[],
): Promise<(StandingPerson | undefined)[]> {
  if (documents.length === 0) return [];
  const asked = documents.flatMap((document, at) =>
    fingerprintsOf(fingerprinter, document.type, keyOf(document)).map(({ kind, fingerprint }) => ({
      kind,
      fingerprint,
      asked: at,
    })),
  );
  const found: (StandingPerson | undefined)[] = documents.map(() => undefined);
  const rows = await findStanding(on, asked);
  const merged = rows.filter(({ state }) => state === 'merged').map(({ id }) => id);
  const survivors = new Map(
    (merged.length > 0 ? await selectSurvivors(on, merged) : []).map((row) => [row.asked, row]),
  );
  for (const { asked: at, id, state, version, name } of rows) {
    const survivor = survivors.get(id);
    found[at] = {
      ...{ id, version, name: openField(sealer, { id, name }, 'name')! },
      state: survivor?.state ?? state,
      survivorId: (survivor?.id as PersonId | undefined) ?? id,
    };
  }
  return found;
}

/** Keeps people as they are until the transaction ends. */
export const holdStanding = (tx: Transaction, ids: readonly PersonId[]): Promise<void> =>
  holdPeople(tx, [...new Set(ids)].sort());

/**
 * Removes an account that nothing happened to since it was opened, with its evidence. False when something did; the
 * caller's transaction must then be rolled back. The caller writes the audit event.
 */
export const withdrawPerson = (tx: Transaction, id: PersonId): Promise<boolean> => dropPerson(tx, id);
