/** Opens an account, or says that there is one. */
import { done, failed, type Outcome } from '../platform/failure.ts';
import type { Transaction } from '../platform/postgres.ts';
import { allFingerprints, FingerprintKeyMissing } from './fingerprints.ts';
import { newPersonId, type Person, type PersonDraft } from './person.ts';
import { sealFields, withoutUndefined } from './person-row.ts';
import type { Room } from './room.ts';
import { adoptKey, insertPerson, releaseFingerprints, requiredKeys } from './store.ts';

/**
 * Inserts the person in one statement. Loses against another transaction that inserts the same number by waiting for
 * its end; the caller's transaction stays usable either way. The caller writes the audit event, because it knows the
 * actor and the channel.
 *
 * Failures (409): account-exists (field document_number), user-name-taken (field user_name).
 * @throws FingerprintKeyMissing when this node's keyring is out of date.
 */
export async function createPerson(
  room: Room,
  tx: Transaction,
  draft: PersonDraft,
): Promise<Outcome<Person>> {
  const { sealer, fingerprinter, clock } = room;
  const { currentKeyId, keyIds } = fingerprinter;
  const now = clock.now();
  const id = newPersonId();
  const rows = allFingerprints(fingerprinter, draft);
  const claim = { personId: id, rows, currentKeyId, keyIds };
  const sealed = sealFields(sealer, { ...draft, id });
  for (;;) {
    if (await insertPerson(tx, claim, { ...draft, documentType: draft.document.type, now }, sealed)) {
      return done(withoutUndefined({ ...draft, id, state: 'active', version: 1, createdAt: now }));
    }
    const claimed = await releaseFingerprints(tx, id, [draft.document.type, 'user-name', 'phone']);
    const required = await requiredKeys(tx);
    if (required.length === 0) {
      await adoptKey(tx, currentKeyId);
      continue;
    }
    const missing = required.filter((keyId) => !keyIds.includes(keyId));
    if (missing.length > 0) throw new FingerprintKeyMissing(missing);
    const keysWritten = new Set([currentKeyId, ...required]).size;
    if ((claimed.get(draft.document.type) ?? 0) < keysWritten) {
      return failed('account-exists', 409, { field: 'document_number' });
    }
    return failed('user-name-taken', 409, { field: 'user_name' });
  }
}
