/**
 * What this room wants to know of passwords that people had in older systems. Another room keeps them; a person who
 * has no password here may sign in with one of them, once, and it becomes the person's own.
 */
import type { PersonId } from '../accounts/person.ts';
import type { Outcome } from '../platform/failure.ts';
import type { Transaction } from '../platform/postgres.ts';
import type { PersonFacts } from './password-policy.ts';

export interface OldPassword {
  /** Whether this is it; waits for its own turn in the hash queue. Failure `busy` (503). */
  matches(password: string): Promise<Outcome<boolean>>;
  /** Could be read by others in the old system, so that it must be changed. */
  readonly wasReadable: boolean;
}

export interface OldPasswords {
  /** Those that may open this person's account: none where its owner opened it, few at most. */
  of(personId: PersonId): Promise<readonly OldPassword[]>;
  /** What a new password must not contain. */
  factsOf(personId: PersonId): Promise<PersonFacts>;
  /** `right` has become the person's own password: every old one is removed, and written down. */
  takeOver(tx: Transaction, personId: PersonId, right: OldPassword): Promise<void>;
  /** None of them was right. */
  refused(personId: PersonId, tried: readonly OldPassword[]): Promise<void>;
}
