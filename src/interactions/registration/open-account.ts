/**
 * Opens an account: asks the population register first, then writes person, password and evidence in one
 * transaction. Each of the register's answers has its own outcome, and its own page and next step.
 */
import type { Accounts } from '../../accounts/accounts.ts';
import { identityLevelOf } from '../../accounts/assurance.ts';
import { keyOf } from '../../accounts/document.ts';
import type { PendingDraft } from '../../accounts/pending.ts';
import type { PersonDraft, PersonId } from '../../accounts/person.ts';
import type { AuditTrail } from '../../audit/trail.ts';
import type { Passwords, PreparedHash } from '../../credentials/password.ts';
import type { Failure } from '../../platform/failure.ts';
import type { Limits, LimitUse } from '../../platform/limits.ts';
import type { Outbox } from '../../platform/outbox.ts';
import type { Language } from '../../platform/page/language.ts';
import type { Database, Transaction } from '../../platform/postgres.ts';
import type { Fingerprinter } from '../../platform/seal/fingerprint.ts';
import { COMPARISON_QUEUE } from '../../registries/registries.ts';
import { type Comparison, evidenceOf, type PopulationRegister } from '../../registries/registry.ts';
import type { InteractionsSettings } from '../settings.ts';

/** A registration with nothing missing. */
export interface Registration {
  draft: PersonDraft;
  password: PreparedHash;
  /** Version of the notice that was accepted. */
  notice: string;
  language: Language;
}

/** Who asks, from where; goes into the audit trail. */
export interface Asker {
  source?: string | undefined;
  channel: string;
  clientId?: string | undefined;
  /** The number the person is shown on error pages. */
  reference: string;
}

export type RegistrationOutcome =
  | { kind: 'opened'; personId: PersonId }
  | { kind: 'duplicate' }
  | { kind: 'mismatch' }
  | { kind: 'unknown' }
  | { kind: 'deceased' }
  | { kind: 'waiting'; ticket: string }
  | { kind: 'too-often'; failure: Failure };

/** What else is written in the transaction that opens the account or refuses it. */
export type Alongside = (tx: Transaction, outcome: RegistrationOutcome) => Promise<void>;

export interface RegistrationRooms {
  database: Database;
  accounts: Accounts;
  passwords: Passwords;
  register: PopulationRegister;
  outbox: Outbox;
  limits: Limits;
  fingerprinter: Fingerprinter;
  audit: AuditTrail;
  settings: InteractionsSettings['comparisons'];
}

/**
 * Compares and opens. Comparing is limited per proven phone, per number and per source, because each try tells
 * whether a number and a name belong together; a match gives the try back.
 */
export async function openAccount(
  rooms: RegistrationRooms,
  registration: Registration,
  asker: Asker,
  alongside: Alongside = async () => {},
): Promise<RegistrationOutcome> {
  const uses = usesOf(rooms, registration.draft, asker);
  const taken = await rooms.limits.take(uses);
  if (!taken.ok) {
    const failure: Failure = { code: 'comparison-limit', status: 429, retryAfter: taken.retryAfter };
    return { kind: 'too-often', failure };
  }
  const { document, name } = registration.draft;
  const comparison = await rooms.register.compare({ document, name });
  if (comparison.outcome === 'match') await rooms.limits.giveBack(uses);
  if (comparison.outcome === 'unreachable')
    return waitForRegister(rooms, registration, asker, comparison, alongside);
  return concludeRegistration(rooms, registration, comparison, asker, alongside);
}

/** What follows from the register's word; also for a registration that waited (`alongside` settles it then). */
export async function concludeRegistration(
  rooms: Pick<RegistrationRooms, 'database' | 'accounts' | 'passwords' | 'audit'>,
  registration: Registration,
  comparison: Comparison,
  asker: Asker,
  alongside: Alongside = async () => {},
): Promise<Exclude<RegistrationOutcome, { kind: 'waiting' | 'too-often' }>> {
  if (comparison.outcome !== 'match' || comparison.status === 'deceased') {
    const kind =
      comparison.outcome === 'match' ? 'deceased' : comparison.outcome === 'unknown' ? 'unknown' : 'mismatch';
    await rooms.database.transaction(async (tx) => {
      await alongside(tx, { kind });
      await rooms.audit.append(tx, refusal(asker, comparison, kind));
    });
    return { kind };
  }
  return rooms.database.transaction(async (tx) => {
    const opened = await rooms.accounts.create(tx, {
      ...registration.draft,
      identityLevel: identityLevelOf(['register-match', 'phone']),
    });
    if (!opened.ok) {
      await alongside(tx, { kind: 'duplicate' });
      await rooms.audit.append(tx, refusal(asker, comparison, 'duplicate'));
      return { kind: 'duplicate' };
    }
    const { id } = opened.value;
    await rooms.passwords.store(tx, id, registration.password);
    await rooms.accounts.addEvidence(tx, evidenceOf(id, comparison));
    await alongside(tx, { kind: 'opened', personId: id });
    await rooms.audit.append(tx, {
      type: 'person.registered',
      personId: id,
      clientId: asker.clientId,
      actor: 'self',
      channel: asker.channel,
      source: asker.source,
      outcome: 'success',
      reference: comparison.reference,
      detail: {
        documentType: opened.value.document.type,
        notice: registration.notice,
        source: comparison.source,
      },
    });
    return { kind: 'opened', personId: id };
  });
}

async function waitForRegister(
  rooms: RegistrationRooms,
  registration: Registration,
  asker: Asker,
  comparison: Comparison,
  alongside: Alongside,
): Promise<RegistrationOutcome> {
  const ticket = await rooms.database.transaction(async (tx) => {
    const pending = await rooms.accounts.pending.create(tx, toPending(registration));
    await rooms.outbox.send(tx, COMPARISON_QUEUE, { registration: pending.id }, { singletonKey: pending.id });
    await alongside(tx, { kind: 'waiting', ticket: pending.ticket });
    await rooms.audit.append(tx, {
      type: 'person.registration-waiting',
      clientId: asker.clientId,
      actor: 'self',
      channel: asker.channel,
      source: asker.source,
      outcome: 'success',
      reference: comparison.reference,
      detail: { registration: pending.id },
    });
    return pending.ticket;
  });
  return { kind: 'waiting', ticket };
}

/** Carries what the draft of a person has no field for through the wait. */
export const toPending = ({ draft, password, notice, language }: Registration): PendingDraft => ({
  ...draft,
  carried: { hash: password.hash, pepper: password.pepper, notice, language },
});

export function fromPending(pending: PendingDraft): Registration {
  const { carried = {}, ...draft } = pending;
  return {
    draft,
    password: { hash: carried.hash ?? '', pepper: carried.pepper ?? '' },
    notice: carried.notice ?? '',
    language: (carried.language ?? 'zh-CN') as Language,
  };
}

function usesOf(rooms: RegistrationRooms, draft: PersonDraft, asker: Asker): LimitUse[] {
  const { settings, fingerprinter } = rooms;
  const key = (kind: string, value: string) =>
    `comparison:${kind}:${fingerprinter.fingerprint(`comparison limit ${kind}`, value).toString('base64url', 0, 18)}`;
  return [
    { key: key('phone', draft.phone ?? ''), ...settings.perPhone },
    { key: key('document', `${draft.document.type} ${keyOf(draft.document)}`), ...settings.perDocument },
    { key: key('source', asker.source ?? ''), ...settings.perSource },
  ];
}

const refusal = (asker: Asker, comparison: Comparison, why: string) => ({
  type: 'person.registration-refused' as const,
  clientId: asker.clientId,
  actor: 'self',
  channel: asker.channel,
  source: asker.source,
  outcome: 'failure' as const,
  reference: comparison.reference,
  detail: { why, register: comparison.source },
});
