/** What can be written into the audit trail. The list is closed: a new kind of event is a new line here. */
import { forText, withoutPersonalNumbers } from './wording.ts';

export const AUDIT_EVENTS = [
  // accounts
  'person.registered',
  'person.registration-waiting',
  'person.registration-refused',
  'person.state-changed',
  'person.frozen',
  'person.unfrozen',
  'person.closed',
  'person.changed',
  'person.viewed',
  'person.merge-proposed',
  'person.merge-withdrawn',
  'person.merged',
  'person.unmerged',
  'person.keys-rotated',
  // registers
  'register.compared',
  // credentials
  'sign-in.succeeded',
  'sign-in.failed',
  'sign-in.throttled',
  'password.set',
  'password.changed',
  'password.refused',
  'sms-code.sent',
  'sms-code.refused',
  'step-up.succeeded',
  'step-up.failed',
  // sessions, consents, tokens
  'session.started',
  'session.ended',
  'consent.granted',
  'consent.refused',
  'consent.revoked',
  'tokens.issued',
  'tokens.refreshed',
  'tokens.revoked',
  'tokens.reused',
  'logout.delivered',
  'logout.undeliverable',
  'claims.disclosed',
  // clients
  'client.created',
  'client.changed',
  'client.state-changed',
  'client.suspended',
  'client.resumed',
  'client.secret-rotated',
  'client.authentication-failed',
  // accounts of old systems
  'old-system.declared',
  'old-accounts.linked',
  'old-accounts.unlinked',
  'old-accounts.proposed',
  'old-accounts.decided',
  'old-accounts.reopened',
  'old-accounts.told',
  'old-accounts.untold',
  'old-account.claimed',
  'old-account.claim-refused',
  'old-account.disputed',
  'old-password.taken-over',
  'old-login.refused',
  'old-passwords.wrapped',
  'old-passwords.expired',
  // operation
  'keys.rotated',
  'keys.retired',
  'operator.looked',
  'operator.acted',
  'audit.verified',
  'settings.changed',
] as const;

export type AuditEvent = (typeof AUDIT_EVENTS)[number];

/**
 * One event as a use-case states it. Nothing in it may be personal data in the clear: people go by their
 * opaque id, numbers and names stay out of `detail` (what looks like one is blotted out all the same).
 */
export interface AuditEntry {
  type: AuditEvent;
  personId?: string | undefined;
  clientId?: string | undefined;
  /** Who did it: `self`, `system`, `operator:<id>`, `client:<id>`. */
  actor: string;
  /** web, app, hall, kiosk, hotline, mini-program, cli … */
  channel?: string | undefined;
  /** Network address the request came from. */
  source?: string | undefined;
  outcome: 'success' | 'failure';
  /** The reference number that people are shown, or a register's transaction number. */
  reference?: string | undefined;
  detail?: Record<string, string | number | boolean | string[]> | undefined;
}

/** An event as it is stored and signed; `at` in milliseconds since 1970. */
export interface StoredEvent {
  at: number;
  type: string;
  outcome: string;
  personId: string | null;
  clientId: string | null;
  actor: string;
  channel: string | null;
  source: string | null;
  reference: string | null;
  node: string;
  /** JSON with sorted keys, or null. */
  detail: string | null;
}

/** Longest text of a column, in UTF-16 units; what clients send may be of any length. */
const LONGEST = 200;
/** Longest detail, in UTF-16 units. */
const LONGEST_DETAIL = 4_000;

/** Makes an entry storable: bounded, well-formed, free of numbers that identify people. */
export function toStoredEvent(entry: AuditEntry, at: Date, node: string): StoredEvent {
  return {
    at: at.getTime(),
    type: entry.type,
    outcome: entry.outcome,
    personId: forText(entry.personId, LONGEST),
    clientId: forText(entry.clientId, LONGEST),
    actor: forText(entry.actor, LONGEST) ?? '',
    channel: forText(entry.channel, LONGEST),
    source: forText(entry.source, LONGEST),
    reference: forText(entry.reference, LONGEST),
    node,
    detail: entry.detail === undefined ? null : toDetail(entry.detail),
  };
}

function toDetail(detail: NonNullable<AuditEntry['detail']>): string {
  const sorted = Object.entries(detail).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = withoutPersonalNumbers(JSON.stringify(Object.fromEntries(sorted)));
  return text.length <= LONGEST_DETAIL ? text : JSON.stringify({ cut: text.slice(0, LONGEST_DETAIL - 20) });
}
