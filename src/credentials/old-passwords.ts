/**
 * What this room wants to know of passwords that people had in older systems. Another room keeps them, or has a line to
 * where they are kept. Who has no password here may sign in with one of them, once, and it becomes the person's own.
 */
import type { Document } from '../accounts/document.ts';
import type { PersonId } from '../accounts/person.ts';
import type { Failure, Outcome } from '../platform/failure.ts';
import type { Transaction } from '../platform/postgres.ts';
import type { PersonFacts } from './password-policy.ts';

/** Who wants to come in. */
export interface Comer {
  /** Whose identifier it is; nobody's where it leads to nobody here. */
  personId: PersonId | undefined;
  /** What was typed to sign in with; without it no other system can be asked. */
  typed?: TypedIdentifier | undefined;
}

export interface TypedIdentifier {
  /** As the person typed it. */
  text: string;
  kind: 'document' | 'phone' | 'user-name';
  /** The number, where it is one. */
  document?: Document | undefined;
  /** Several people here go by it: one of them may have a password here, which is no other system's business. */
  shared?: boolean;
  /** The application that the person comes from: its own old systems are asked first. */
  client?: string | undefined;
}

export interface OldPassword {
  /**
   * Whether this is it; waits for its own turn in the hash queue. Failures (503): `busy`, `old-system-unreachable`;
   * what was found wrong all the same is told by {@link NotChecked}.
   */
  matches(password: string): Promise<Outcome<boolean> | { ok: false; failure: NotChecked }>;
  /** Could be read by others in the old system, so that it must be changed. */
  readonly wasReadable: boolean;
  /** What a new password of its owner must not contain. */
  facts(): Promise<PersonFacts>;
  /**
   * It has matched: whose it is. Where nobody was meant, the account may be opened by this. Undefined where it may open
   * nothing any more.
   */
  owner(tx: Transaction): Promise<OldPasswordOwner | undefined>;
  /** It has become the person's own: every old one of the person is taken away, and it is written down. */
  takenOver(tx: Transaction, personId: PersonId): Promise<void>;
}

export interface OldPasswordOwner {
  personId: PersonId;
  /** Whether it may become the person's own password; otherwise only the one that the person has here counts. */
  anew: boolean;
}

/** Why a password was not checked. */
export interface NotChecked extends Failure {
  /** Another place did check it, and found it wrong: the attempt counts. */
  wrongElsewhere?: true;
}

export interface OldPasswords {
  /** Who came home by this name before, where nobody here is called so: whose own password is meant then. */
  knownAs(typed: TypedIdentifier): Promise<PersonId | undefined>;
  /** Those that may let this person in: none where the owner opened the account, few at most. */
  of(comer: Comer): Promise<readonly OldPassword[]>;
  /**
   * What is told instead of "wrong" while old systems do not answer: to everybody alike, since it would tell otherwise
   * who is known here. Undefined while they do.
   */
  silence(): Failure | undefined;
}
