/**
 * Numbers of organisations: unified social credit code (GB 32100-2015), organisation code (GB 11714) and business
 * registration number (GS15-2006). They are public; nothing here is masked or sealed.
 */
import { done, failed, type Outcome } from '../platform/failure.ts';
import { foldNumber } from './characters.ts';
import {
  CREDIT_CODE_CHARACTERS,
  creditCodeCheck,
  organisationCheck,
  registrationCheck,
} from './check-digits.ts';
import { kindOfCode } from './organisation-kind.ts';

export type OrganisationWarning = 'kind-undefined' | 'unverified';

export interface OrganisationNumber {
  number: string;
  /** Unusual but possible; migration accepts it, self-registration asks an operator. */
  warnings: OrganisationWarning[];
}

const CREDIT_CODE = new RegExp(`^[${CREDIT_CODE_CHARACTERS}]{2}\\d{6}[${CREDIT_CODE_CHARACTERS}]{10}$`);

/**
 * Reads a unified social credit code, both check characters included: characters 9 to 17 are the organisation code.
 * The authority's region digits refuse nothing, because they are not updated when an organisation moves.
 * Failures (422): organisation-length, organisation-character, organisation-check-digit.
 */
export function parseCreditCode(raw: string): Outcome<OrganisationNumber> {
  const number = foldNumber(raw);
  if (number?.length !== 18) return refused('length');
  if (!CREDIT_CODE.test(number)) return refused('character');
  const inner = codeInside(number);
  if (creditCodeCheck(number) !== number[17] || organisationCheck(inner) !== inner[8])
    return refused('check-digit');
  const known = kindOfCode(number) !== 'undefined-kind';
  return done({ number, warnings: known ? [] : ['kind-undefined'] });
}

/** The organisation code inside a credit code, by which older systems know the same organisation. */
export const codeInside = (creditCode: string): string => creditCode.slice(8, 17);

/** Reads an organisation code, with or without the hyphen before its check character. */
export function parseOrganisationCode(raw: string): Outcome<OrganisationNumber> {
  const number = foldNumber(raw);
  if (number?.length !== 9) return refused('length');
  if (!/^[0-9A-Z]{8}[0-9X]$/.test(number)) return refused('character');
  return organisationCheck(number) === number[8] ? done({ number, warnings: [] }) : refused('check-digit');
}

/** Reads a business registration number: 15 digits with a check, or the 13 digits from before 2007 without one. */
export function parseRegistrationNumber(raw: string): Outcome<OrganisationNumber> {
  const number = foldNumber(raw);
  if (number?.length !== 15 && number?.length !== 13) return refused('length');
  if (!/^\d+$/.test(number)) return refused('character');
  if (number.length === 13) return done({ number, warnings: ['unverified'] });
  return registrationCheck(number) === number[14] ? done({ number, warnings: [] }) : refused('check-digit');
}

const refused = (what: 'length' | 'character' | 'check-digit') =>
  failed(`organisation-${what}`, 422, { field: 'organisation_number' });
