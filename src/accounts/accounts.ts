/** The accounts room: opened once per process, handed to whoever needs people. */
import type { AuditTrail } from '../audit/trail.ts';
import type { Clock } from '../platform/clock.ts';
import type { Outcome } from '../platform/failure.ts';
import type { Database, Queryable, Transaction } from '../platform/postgres.ts';
import type { Fingerprinter } from '../platform/seal/fingerprint.ts';
import type { Sealer } from '../platform/seal/sealer.ts';
import { changePerson, changePersonState, type StateChange, type StateListener } from './change-person.ts';
import { createManyPeople, type PlainDraft } from './create-many.ts';
import { createPerson } from './create-person.ts';
import { type Document, keyOf } from './document.ts';
import { type FingerprintKind, fingerprintsOf } from './fingerprints.ts';
import { lockInOrder, type MergedPeople, makeMergedPeople } from './merged.ts';
import { selectSurvivors } from './merged-store.ts';
import { makeOrganisations, type Organisations, renewRepresentatives } from './organisations.ts';
import { makePending, type PendingRegistrations } from './pending.ts';
import {
  type Evidence,
  isPersonId,
  type Person,
  type PersonChanges,
  type PersonDraft,
  type PersonId,
  type PersonState,
  type PersonSummary,
} from './person.ts';
import { openOnDemand, openPerson, toSummary } from './person-row.ts';
import type { Room } from './room.ts';
import { type OnProgress, type RotationKind, type RotationReport, rotateKeys } from './rotate.ts';
import { type AccountsSettings, accountsSettings } from './settings.ts';
import { holdStanding, type StandingPerson, standingUnder, withdrawPerson } from './standing.ts';
import {
  findByPhone,
  findUnique,
  insertEvidence,
  markPhoneProven,
  requiredKeys,
  selectLatestEvidence,
  selectPerson,
} from './store.ts';
import { makeSummaryCache } from './summary-cache.ts';
import { userNameKey } from './user-name.ts';

export interface Accounts {
  /** See {@link createPerson}: failures account-exists, user-name-taken (409). The caller writes the audit event. */
  create(tx: Transaction, draft: PersonDraft): Promise<Outcome<Person>>;
  /** Many at once, for imports; see {@link createManyPeople}. Undefined where the number has an account. */
  createMany(tx: Transaction, drafts: readonly PlainDraft[]): Promise<(PersonId | undefined)[]>;
  /** The whole person, seals opened. Pass the open transaction as `on` inside one. */
  get(id: PersonId, on?: Queryable): Promise<Person | undefined>;
  /** State and level, at most a few seconds old. Not for use inside an open transaction. */
  summary(id: PersonId): Promise<PersonSummary | undefined>;
  /** As {@link get}, but up to three seconds old, and each field is unsealed when it is read. For telling claims. */
  recent(id: PersonId): Promise<Person | undefined>;
  /** The account that answers for this number; `under` says where it was found if that one was merged. */
  findByDocument(document: Document, on?: Queryable): Promise<PersonSummary | undefined>;
  /** Everybody with this phone (families share), at most as many as the settings say; of merged accounts nobody. */
  findByPhone(phone: string, on?: Queryable): Promise<PersonSummary[]>;
  /** As {@link findByDocument}. */
  findByUserName(name: string, on?: Queryable): Promise<PersonSummary | undefined>;
  /** See {@link changePerson}: failures person-not-found, user-name-taken, person-merged. The caller writes the audit event. */
  change(tx: Transaction, id: PersonId, changes: PersonChanges): Promise<Outcome<Person>>;
  /**
   * The person has just shown to hold their phone: it is as good as new. Does nothing for a phone that has become
   * another's meanwhile, and writes at most once a day.
   */
  phoneProven(id: PersonId, phone: string, at: Date): Promise<void>;
  /** See {@link changePersonState}: opens its own transaction and writes the audit event in it. */
  changeState(id: PersonId, to: PersonState, by: StateChange): Promise<Outcome<Person>>;
  /** Adds a listener for state changes; the returned function removes it. */
  onStateChanged(listener: StateListener): () => void;
  addEvidence(tx: Transaction, ...evidence: Evidence[]): Promise<void>;
  /** The newest evidence that says anything: a source that did not answer is passed over. */
  latestEvidence(personId: PersonId, on?: Queryable): Promise<Evidence | undefined>;
  /** Who stands under each number, in one round trip; see {@link standingUnder}. */
  standing(documents: readonly Document[], on?: Queryable): Promise<(StandingPerson | undefined)[]>;
  /** Keeps people as they are until the transaction ends. */
  hold(tx: Transaction, ids: readonly PersonId[]): Promise<void>;
  /** Keeps them for this transaction alone, until it ends. */
  lock(tx: Transaction, ids: readonly PersonId[]): Promise<void>;
  /** Takes back an account that nothing happened to since it was opened; see {@link withdrawPerson}. */
  withdraw(tx: Transaction, id: PersonId): Promise<boolean>;
  merged: MergedPeople;
  organisations: Organisations;
  pending: PendingRegistrations;
  /** Moves everybody to the current key of a kind, see rotate.ts; and organisations' representatives to both. */
  rotate(kind: RotationKind, onProgress?: OnProgress): Promise<RotationReport & { representatives: number }>;
  /** Fingerprint keys that the accounts need and this keyring lacks. Not empty: this node must not serve. */
  missingKeys(): Promise<string[]>;
}

export interface AccountsOptions {
  database: Database;
  sealer: Sealer;
  fingerprinter: Fingerprinter;
  audit: AuditTrail;
  clock: Clock;
  settings?: AccountsSettings;
}

export function openAccounts(options: AccountsOptions): Accounts {
  const room: Room = { settings: accountsSettings.parse({}), ...options };
  const { database, sealer, fingerprinter, clock, settings } = room;
  const listeners = new Set<StateListener>();
  const cache = makeSummaryCache({
    seconds: settings.summaryCacheSeconds,
    size: settings.summaryCacheSize,
    clock,
    read: (id) => selectPerson(database, id),
  });
  const fingerprints = (kind: FingerprintKind, value: string) =>
    fingerprintsOf(fingerprinter, kind, value).map((row) => row.fingerprint);
  const find = async (on: Queryable, kind: FingerprintKind, value: string) => {
    const row = await findUnique(on, kind, fingerprints(kind, value));
    if (row?.state !== 'merged') return row && toSummary(row);
    const [survivor] = await selectSurvivors(on, [row.id]);
    if (!survivor || survivor.id === row.id) return survivor && toSummary(survivor);
    return { ...toSummary(survivor), under: row.id as PersonId };
  };

  return {
    create: (tx, draft) => createPerson(room, tx, draft),
    createMany: (tx, drafts) => createManyPeople(room, tx, drafts),
    async get(id, on = database) {
      if (!isPersonId(id)) return undefined;
      const row = await selectPerson(on, id);
      return row && openPerson(sealer, row);
    },
    async summary(id) {
      const row = isPersonId(id) ? await cache.get(id) : undefined;
      return row && toSummary(row);
    },
    async recent(id) {
      const row = isPersonId(id) ? await cache.get(id) : undefined;
      return row && openOnDemand(sealer, row);
    },
    findByDocument: (document, on = database) => find(on, document.type, keyOf(document)),
    findByUserName: (name, on = database) => find(on, 'user-name', userNameKey(name)),
    async findByPhone(phone, on = database) {
      return (await findByPhone(on, fingerprints('phone', phone), settings.peoplePerPhone)).map(toSummary);
    },
    async change(tx, id, changes) {
      // Not before: whoever reads until the commit would remember the old state.
      tx.whenOver(() => cache.forget(id));
      return changePerson(room, tx, id, changes);
    },
    async phoneProven(id, phone, at) {
      await markPhoneProven(database, id, at, fingerprints('phone', phone));
      cache.forget(id);
    },
    async changeState(id, to, by) {
      const outcome = await changePersonState(room, listeners, id, to, by);
      cache.forget(id);
      return outcome;
    },
    onStateChanged(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    addEvidence: insertEvidence,
    latestEvidence: async (personId, on = database) =>
      isPersonId(personId) ? selectLatestEvidence(on, personId) : undefined,
    standing: (documents, on = database) => standingUnder(room, on, documents),
    hold: holdStanding,
    lock: lockInOrder,
    async withdraw(tx, id) {
      tx.whenOver(() => cache.forget(id));
      return withdrawPerson(tx, id);
    },
    merged: makeMergedPeople(room, (id) => cache.forget(id)),
    organisations: makeOrganisations(room),
    pending: makePending(room),
    async rotate(kind, onProgress) {
      // First, so that a complete rotation of people means that the old key is needed for nobody.
      const representatives = await renewRepresentatives(room);
      return { ...(await rotateKeys(room, kind, onProgress)), representatives };
    },
    async missingKeys() {
      return (await requiredKeys(database)).filter((keyId) => !fingerprinter.keyIds.includes(keyId));
    },
  };
}
