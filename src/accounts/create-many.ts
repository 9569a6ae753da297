/** Opens many accounts in a few statements, for imports; the same promise of one account per number as create-person.ts. */
import type { Transaction } from '../platform/postgres.ts';
import { insertManyPeople, releaseOf } from './create-many-store.ts';
import { createPerson } from './create-person.ts';
import { allFingerprints } from './fingerprints.ts';
import { newPersonId, type PersonDraft, type PersonId } from './person.ts';
import { sealFields } from './person-row.ts';
import type { Room } from './room.ts';

/** A draft without what is unique beside the number. */
export type PlainDraft = Omit<PersonDraft, 'userName' | 'phone' | 'phoneVerifiedAt'>;

/**
 * The ids in the order of the drafts; undefined where the number has an account already, or stands twice among the
 * drafts. The caller writes the audit event.
 * @throws FingerprintKeyMissing when this node's keyring is out of date
 */
export async function createManyPeople(
  room: Room,
  tx: Transaction,
  drafts: readonly PlainDraft[],
): Promise<(PersonId | undefined)[]> {
  const { sealer, fingerprinter, clock } = room;
  const { currentKeyId, keyIds } = fingerprinter;
  const people = drafts.map((draft) => {
    const id = newPersonId();
    return {
      id,
      draft,
      rows: allFingerprints(fingerprinter, draft),
      sealed: sealFields(sealer, { ...draft, id }),
    };
  });
  const opened = new Set(await insertManyPeople(tx, people, { currentKeyId, keyIds, now: clock.now() }));
  const rest = people.filter(({ id }) => !opened.has(id));
  // What was claimed for somebody who was not opened is given back; the row for the person would never come.
  if (rest.length > 0)
    await releaseOf(
      tx,
      rest.map(({ id }) => id),
    );
  const ids = people.map(({ id }): PersonId | undefined => (opened.has(id) ? id : undefined));
  if (opened.size > 0 || people.length === 0) return ids;
  // Nobody at all: the first accounts of a database, or a keyring that lacks a key. One by one says which.
  for (const [at, { draft }] of people.entries()) {
    const made = await createPerson(room, tx, draft);
    if (made.ok) ids[at] = made.value.id;
  }
  return ids;
}
