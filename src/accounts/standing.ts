/** Who stands under many numbers at once, and taking back an account that an import opened. */
import type { Queryable, Transaction } from '../platform/postgres.ts';
import { type Document, keyOf } from './document.ts';
import { fingerprintsOf } from './fingerprints.ts';
import type { PersonId, PersonState } from './person.ts';
import { openField } from './person-row.ts';
import type { Room } from './room.ts';
import { dropPerson, findStanding, holdPeople } from './standing-store.ts';

/** What matching needs of an account: its name is opened, nothing else is. */
export interface StandingPerson {
  id: PersonId;
  state: PersonState;
  version: number;
  name: string;
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
  for (const { asked: at, id, state, version, name } of await findStanding(on, asked))
    found[at] = { id, state, version, name: openField(sealer, { id, name }, 'name')! };
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
