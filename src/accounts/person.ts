/** The person: one account per identity document, under an id that says nothing. */
import { randomUUIDv7 } from 'node:crypto';
import type { AuthenticationLevel, IdentityLevel } from './assurance.ts';
import type { Document, Gender } from './document.ts';

export type { AuthenticationLevel, IdentityLevel };

/** Opaque; a UUID version 7, so that new rows lie beside each other in the index. */
export type PersonId = string & { readonly brand: 'PersonId' };

export const newPersonId = (): PersonId => randomUUIDv7() as string as PersonId;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a text can be a person's id; what cannot is never sent to the database. */
export const isPersonId = (text: unknown): text is PersonId => typeof text === 'string' && UUID.test(text);

export const PERSON_STATES = ['active', 'frozen', 'closed', 'deceased', 'merged'] as const;
export type PersonState = (typeof PERSON_STATES)[number];

/**
 * Which states may follow which. A person reported dead by mistake comes back; a closed account may be reopened. Into and
 * out of `merged` leads no change of state, only a merge and its undoing (merged.ts).
 */
export const NEXT_STATES: Record<PersonState, readonly PersonState[]> = {
  active: ['frozen', 'closed', 'deceased'],
  frozen: ['active', 'closed', 'deceased'],
  closed: ['active', 'deceased'],
  deceased: ['active', 'closed'],
  merged: [],
};

/** What hot paths need; reading it opens no seal. */
export interface PersonSummary {
  id: PersonId;
  state: PersonState;
  identityLevel: IdentityLevel;
  /** Grows by one with every change of the row. */
  version: number;
  /** Of one that was looked for: the merged account that it was found under, for which this one answers. */
  under?: PersonId;
}

export interface Person extends PersonSummary {
  document: Document;
  name: string;
  tibetanName?: string;
  /** 11 digits, see phone.ts. */
  phone?: string;
  phoneVerifiedAt?: Date;
  userName?: string;
  gender?: Gender;
  /** YYYY-MM-DD */
  birthdate?: string;
  /** BCP 47 tag of the person's language. */
  locale?: string;
  /** Of a merged one: the account that answers for it. */
  mergedInto?: PersonId;
  createdAt: Date;
}

/** What an account is opened with. Everything is normalised by its own parser before. */
export interface PersonDraft {
  document: Document;
  name: string;
  tibetanName?: string;
  phone?: string;
  phoneVerifiedAt?: Date;
  userName?: string;
  identityLevel: IdentityLevel;
  gender?: Gender;
  birthdate?: string;
  locale?: string;
}

/** What may change later; `undefined` leaves a field as it is, `null` removes it. */
export interface PersonChanges {
  name?: string;
  tibetanName?: string | null;
  phone?: string | null;
  phoneVerifiedAt?: Date | null;
  userName?: string | null;
  identityLevel?: IdentityLevel;
  gender?: Gender | null;
  birthdate?: string | null;
  locale?: string | null;
}

/** What a source said about a person, kept with its age. Holds no personal data of its own. */
export interface Evidence {
  personId: PersonId;
  source: string;
  outcome: 'match' | 'mismatch' | 'unknown' | 'unreachable';
  /** The source's transaction number. */
  reference: string;
  at: Date;
  detail?: Record<string, string | number | boolean>;
}
