/**
 * The port to a register of people, and the rules of comparing that need no network. A register answers a
 * question "does this number belong to this name?"; it never says what name it holds.
 */
import type { Document } from '../accounts/document.ts';
import { DOT_VARIANTS, NAME_DOT } from '../accounts/name.ts';
import type { Evidence, PersonId } from '../accounts/person.ts';
import type { PartnerHealth } from '../platform/partner/partner.ts';

/**
 * match: number and name belong together. mismatch: they do not; which of the two is wrong is never said.
 * unknown: the register holds no such document. unreachable: there is no answer now, whatever the cause.
 */
export type Outcome4 = 'match' | 'mismatch' | 'unknown' | 'unreachable';

export interface Subject {
  document: Document;
  /** As normalised by accounts/name.ts. */
  name: string;
}

export interface Comparison {
  outcome: Outcome4;
  /** Only on a match, and only where the register tells. */
  status?: 'alive' | 'deceased';
  source: string;
  /** The register's transaction number; of an unreachable register, the number of our question. */
  reference: string;
  at: Date;
}

export interface PopulationRegister {
  /**
   * Compares. Never throws and never takes longer than the configured deadline, or `within` ms where given
   * (a background job has more patience than a person).
   */
  compare(subject: Subject, options?: { within?: number }): Promise<Comparison>;
  /** Asks the register nothing but whether it answers us. */
  check(): Promise<PartnerHealth>;
}

/** One question, answered once: what an adapter brings. Never throws; `within` is the longest wait in ms. */
export type AskRegister = (subject: Subject, within: number) => Promise<RegisterAnswer>;

export interface RegisterAnswer {
  outcome: Outcome4;
  status?: 'alive' | 'deceased';
  reference: string;
}

const ANY_DOT = new RegExp(`[${NAME_DOT}${DOT_VARIANTS.join('')}]`, 'gu');

/**
 * The spellings to ask for, in order: as given, with U+00B7 for its dot, without the dot; the last two only
 * where there is a dot. Nothing else is ever varied: characters that look alike are different names.
 */
export function nameVariants(name: string): string[] {
  if (name.search(ANY_DOT) < 0) return [name];
  return [...new Set([name, name.replace(ANY_DOT, NAME_DOT), name.replace(ANY_DOT, '')])];
}

/** Whether what a register holds and what was asked are the same name: code point by code point. */
export const sameName = (registered: string, asked: string): boolean => registered === asked;

/** When evidence is too old to rely on; see settings.ts. */
export interface ComparisonAge {
  maxAgeDays: number;
  retryHours: number;
}

const HOUR_MS = 3_600_000;

/**
 * Whether a person should be compared (again). A match holds for `maxAgeDays`; any other outcome is asked
 * again after `retryHours`, so that a person who signs in often does not cost a question each time. Evidence
 * from the future cannot be trusted, beyond what clocks differ.
 */
export function needsComparison(
  evidence: Pick<Evidence, 'outcome' | 'at'> | undefined,
  settings: ComparisonAge,
  now: Date,
): boolean {
  if (!evidence) return true;
  const age = now.getTime() - evidence.at.getTime();
  if (age < -HOUR_MS) return true;
  const holds =
    evidence.outcome === 'match' ? settings.maxAgeDays * 24 * HOUR_MS : settings.retryHours * HOUR_MS;
  return age >= holds;
}

/** What is kept of a comparison. */
export const evidenceOf = (personId: PersonId, comparison: Comparison): Evidence => ({
  personId,
  source: comparison.source,
  outcome: comparison.outcome,
  reference: comparison.reference,
  at: comparison.at,
  ...(comparison.status ? { detail: { status: comparison.status } } : {}),
});
