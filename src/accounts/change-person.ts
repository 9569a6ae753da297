/** Changes an account: its fields in the caller's transaction, its state in one of its own. */
import type { AuditEvent } from '../audit/events.ts';
import { done, failed, type Outcome } from '../platform/failure.ts';
import type { Transaction } from '../platform/postgres.ts';
import { allFingerprints, FingerprintKeyMissing, findableValue } from './fingerprints.ts';
import {
  isPersonId,
  NEXT_STATES,
  type Person,
  type PersonChanges,
  type PersonId,
  type PersonState,
} from './person.ts';
import { openPerson, sealFields, withoutUndefined } from './person-row.ts';
import type { Room } from './room.ts';
import {
  claimFingerprints,
  lockPerson,
  releaseFingerprints,
  requiredKeys,
  updatePerson,
  updateState,
} from './store.ts';

const notFound = () => failed('person-not-found', 404);

/**
 * Changes fields; the row is locked until the caller commits, and every sealed field is sealed anew under the current
 * key. The caller writes the audit event. Failures: person-not-found (404), user-name-taken, person-merged (409).
 */
export async function changePerson(
  room: Room,
  tx: Transaction,
  id: PersonId,
  changes: PersonChanges,
): Promise<Outcome<Person>> {
  const { sealer, clock } = room;
  const row = isPersonId(id) ? await lockPerson(tx, id) : undefined;
  if (!row) return notFound();
  if (row.state === 'merged') return failed('person-merged', 409);
  const before = openPerson(sealer, row);
  const after = withChanges(before, changes);
  if (!(await moveFingerprints(room, tx, before, after))) {
    return failed('user-name-taken', 409, { field: 'user_name' });
  }
  const version = await updatePerson(tx, id, { ...after, now: clock.now() }, sealFields(sealer, after));
  return done({ ...after, version });
}

/** A field set to null goes, a field left undefined stays. */
function withChanges(before: Person, changes: PersonChanges): Person {
  const entries = Object.entries(changes).filter(([, value]) => value !== undefined);
  const after = {
    ...before,
    ...Object.fromEntries(entries.map(([key, value]) => [key, value ?? undefined])),
  };
  return withoutUndefined(after);
}

/** Replaces the fingerprints of what changed; false when the user name belongs to somebody else. */
async function moveFingerprints(
  room: Room,
  tx: Transaction,
  before: Person,
  after: Person,
): Promise<boolean> {
  const kinds = (['user-name', 'phone'] as const).filter(
    (kind) => findableValue(before, kind) !== findableValue(after, kind),
  );
  if (kinds.length === 0) return true;
  const { currentKeyId, keyIds } = room.fingerprinter;
  const rows = allFingerprints(room.fingerprinter, after).filter((row) =>
    kinds.some((kind) => kind === row.kind),
  );
  // The old rows must be gone before the new ones come, and back when the new ones cannot.
  await tx.query('SAVEPOINT move_fingerprints');
  await releaseFingerprints(tx, after.id, kinds);
  const { wanted, claimed } = await claimFingerprints(tx, { personId: after.id, rows, currentKeyId, keyIds });
  if (wanted !== claimed) await tx.query('ROLLBACK TO SAVEPOINT move_fingerprints');
  await tx.query('RELEASE SAVEPOINT move_fingerprints');
  if (rows.length > 0 && wanted === 0) throw new FingerprintKeyMissing(await missingKeys(room, tx));
  return wanted === claimed;
}

async function missingKeys({ fingerprinter }: Room, tx: Transaction): Promise<string[]> {
  return (await requiredKeys(tx)).filter((keyId) => !fingerprinter.keyIds.includes(keyId));
}

/** Who changes a state, and why. The reason is kept in the audit trail: no personal data in it. */
export interface StateChange {
  /** `self`, `system`, `operator:<id>` … */
  actor: string;
  reason: string;
  channel?: string;
  source?: string;
}

/** Told inside the transaction of a state change, before it commits. Must not call the network. */
export type StateListener = (
  tx: Transaction,
  person: Person,
  from: PersonState,
  to: PersonState,
) => Promise<void>;

/**
 * Moves an account to another state, tells the listeners and writes the audit event, all in one transaction.
 * Failures: person-not-found (404), person-state-refused (409, params from and to).
 */
export async function changePersonState(
  { database, sealer, audit, clock }: Room,
  listeners: Iterable<StateListener>,
  id: PersonId,
  to: PersonState,
  by: StateChange,
): Promise<Outcome<Person>> {
  if (!isPersonId(id)) return notFound();
  return database.transaction(async (tx) => {
    const row = await lockPerson(tx, id);
    if (!row) return notFound();
    const from = row.state;
    if (!NEXT_STATES[from].includes(to)) return failed('person-state-refused', 409, { params: { from, to } });
    const version = await updateState(tx, id, to, clock.now());
    const person = openPerson(sealer, { ...row, state: to, version });
    for (const tell of listeners) await tell(tx, person, from, to);
    const { reason, ...who } = by;
    await audit.append(tx, {
      type: eventOf(from, to),
      personId: id,
      outcome: 'success',
      ...who,
      detail: { from, to, reason },
    });
    return done(person);
  });
}

function eventOf(from: PersonState, to: PersonState): AuditEvent {
  if (to === 'frozen') return 'person.frozen';
  if (to === 'closed') return 'person.closed';
  return from === 'frozen' && to === 'active' ? 'person.unfrozen' : 'person.state-changed';
}
