/**
 * The organisation: one per unified social credit code, under an id that says nothing. What is public about it (code,
 * name, state, older numbers) stands in the clear; who represents it is a person, and sealed like one.
 */
import { randomUUIDv7 } from 'node:crypto';
import type { Document } from './document.ts';
import type { OrganisationKind } from './organisation-kind.ts';
import type { Evidence } from './person.ts';

/** A UUID version 7, as persons have. */
export type OrganisationId = string & { readonly brand: 'OrganisationId' };

export const newOrganisationId = (): OrganisationId => randomUUIDv7() as string as OrganisationId;

export const ORGANISATION_STATES = ['active', 'closed'] as const;
export type OrganisationState = (typeof ORGANISATION_STATES)[number];

/** The numbers by which an organisation is known: its credit code, and what older systems call it by. */
export const ORGANISATION_NUMBER_KINDS = ['credit-code', 'organisation-code', 'registration-number'] as const;
export type OrganisationNumberKind = (typeof ORGANISATION_NUMBER_KINDS)[number];

/** One such number, as organisation-number.ts gives it. */
export interface OrganisationKey {
  kind: OrganisationNumberKind;
  value: string;
}

/** A number beside the credit code. An old credit code is one that the organisation had before it was given another. */
export interface OrganisationAlias {
  kind: 'organisation-code' | 'registration-number' | 'old-credit-code';
  value: string;
}

/** Who stands for the organisation, as a register told or agreed. */
export interface Representative {
  name: string;
  document?: Document;
}

export interface OrganisationSummary {
  id: OrganisationId;
  creditCode: string;
  name: string;
  state: OrganisationState;
  /** Grows by one with every change of the row. */
  version: number;
}

export interface Organisation extends OrganisationSummary {
  kind: OrganisationKind;
  representative?: Representative;
  createdAt: Date;
}

/** What an organisation is opened with; code and name as their own parsers give them. */
export interface OrganisationDraft {
  creditCode: string;
  name: string;
  representative?: Representative | undefined;
}

/** What a source said about an organisation. */
export type OrganisationEvidence = Omit<Evidence, 'personId'> & { organisationId: OrganisationId };
