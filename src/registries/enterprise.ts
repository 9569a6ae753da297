/**
 * The port to a register of organisations, and the rules around it that need no network. What such a register holds is
 * public; the number of a representative is not, so it too answers questions only and tells nobody's.
 */
import { randomUUID } from 'node:crypto';
import type { Document } from '../accounts/document.ts';
import type { OrganisationEvidence, OrganisationId } from '../accounts/organisation.ts';
import type { Clock } from '../platform/clock.ts';
import type { PartnerHealth } from '../platform/partner/partner.ts';
import type { Outcome4 } from './registry.ts';

export interface OrganisationSubject {
  /** Unified social credit code. */
  code: string;
  /** As normalised by accounts/organisation-name.ts. */
  name: string;
  /** Who is said to represent it; asked on the side, and never a reason for a mismatch. */
  representative?: { name: string; document?: Document };
}

/** operating; revoked (吊销): may do nothing but wind up; dissolved (注销): is no more. */
export type OrganisationStatus = 'operating' | 'revoked' | 'dissolved';

export interface OrganisationAnswer {
  /** Whether code and name belong together. Organs and institutions have no market record: `unknown`. */
  outcome: Outcome4;
  /** Only on a match, and only where the register tells. */
  status?: OrganisationStatus;
  /** Only on a match, and only where a representative was asked for: whether all that was said of them is right. */
  representative?: 'match' | 'mismatch';
  reference: string;
}

export interface OrganisationComparison extends OrganisationAnswer {
  source: string;
  at: Date;
}

/** A number from before credit codes. */
export interface OldNumber {
  kind: 'organisation-code' | 'registration-number';
  value: string;
}

/** `found` with the credit code that the organisation has now. */
export type CodeAnswer =
  | { outcome: 'found'; code: string; reference: string }
  | { outcome: 'unknown' | 'unreachable'; reference: string };

export type CodeLookUp = CodeAnswer & { source: string; at: Date };

export interface EnterpriseRegister {
  /** Compares. Never throws and never takes longer than the configured deadline, or `within` ms where given. */
  compare(subject: OrganisationSubject, options?: { within?: number }): Promise<OrganisationComparison>;
  /** The credit code of whoever had an old number; as patient as {@link compare}. */
  lookUp(number: OldNumber, options?: { within?: number }): Promise<CodeLookUp>;
  check(): Promise<PartnerHealth>;
}

/** One question, answered once: what an adapter brings. Never throws; `within` is the longest wait in ms. */
export interface AskEnterprise {
  compare(subject: OrganisationSubject, within: number): Promise<OrganisationAnswer>;
  lookUp(number: OldNumber, within: number): Promise<CodeAnswer>;
}

export interface EnterpriseOptions {
  ask: AskEnterprise;
  /** Kept with the evidence. */
  source: string;
  deadlineMs: number;
  clock: Clock;
  check(): Promise<PartnerHealth>;
}

export function makeEnterpriseRegister(options: EnterpriseOptions): EnterpriseRegister {
  const { ask, source, deadlineMs, clock, check } = options;
  return {
    async compare(subject, { within = deadlineMs } = {}) {
      return { ...settle(subject, await ask.compare(subject, within)), source, at: clock.now() };
    },
    async lookUp(number, { within = deadlineMs } = {}) {
      return { ...(await ask.lookUp(number, within)), source, at: clock.now() };
    },
    check,
  };
}

/** Of an answer, what holds: nothing is said about whoever was not asked for, or beside a mismatch. */
function settle(
  subject: OrganisationSubject,
  { outcome, status, representative, reference }: OrganisationAnswer,
): OrganisationAnswer {
  if (outcome !== 'match') return { outcome, reference };
  return {
    ...{ outcome, reference },
    ...(status ? { status } : {}),
    ...(subject.representative && representative ? { representative } : {}),
  };
}

/** Where nobody may be asked: no register is contracted, or it was not started. Whatever hangs on it waits. */
export function silentEnterpriseRegister(fault: string, source: string, clock: Clock): EnterpriseRegister {
  const silent = async () => ({ outcome: 'unreachable' as const, reference: randomUUID() });
  return makeEnterpriseRegister({
    ask: { compare: silent, lookUp: silent },
    ...{ source, deadlineMs: 0, clock },
    check: async () => ({ reachable: false, fault, seconds: 0 }),
  });
}

/** What is kept of a comparison. */
export const organisationEvidenceOf = (
  organisationId: OrganisationId,
  { source, outcome, reference, at, status, representative }: OrganisationComparison,
): OrganisationEvidence => ({
  ...{ organisationId, source, outcome, reference, at },
  ...(status || representative
    ? { detail: { ...(status ? { status } : {}), ...(representative ? { representative } : {}) } }
    : {}),
});
