/** The identity documents an account can stand on. Which one it is, the person or the source system says. */
import type { Outcome } from '../platform/failure.ts';

export const DOCUMENT_TYPES = [
  'citizen-number',
  'residence-permit',
  'foreigner-permanent-residence',
  'prc-passport',
  'foreign-passport',
  'hk-macao-travel-permit',
  'taiwan-travel-permit',
] as const;

export type DocumentType = (typeof DOCUMENT_TYPES)[number];

export const isDocumentType = (value: unknown): value is DocumentType =>
  DOCUMENT_TYPES.some((type) => type === value);

export interface Document {
  type: DocumentType;
  /** Normalised: upper case, half width, nothing between the characters. */
  number: string;
  /** Nationality or issuing country, ISO 3166-1 alpha-3 or an ICAO code, where the document tells it. */
  country?: string;
}

export type Gender = 'male' | 'female';

/** What a document's number says by itself. Birth date as YYYY-MM-DD. */
export interface Reading {
  birthdate?: string;
  gender?: Gender;
  country?: string;
  /** Unusual but allowed: shown to an operator, never a reason to refuse. */
  warnings: DocumentWarning[];
}

export type DocumentWarning = 'nationality-china' | 'nationality-unlisted';

/** The codes a number is refused with. */
export type DocumentFault =
  | 'document-length'
  | 'document-fifteen'
  | 'document-character'
  | 'document-form'
  | 'document-check-digit'
  | 'document-date'
  | 'document-region'
  | 'document-nationality';

/** Reads one type's normalised number on a day (YYYY-MM-DD in Asia/Shanghai), or says what is wrong with it. */
export type ReadNumber = (number: string, today: string) => Reading | DocumentFault;

export type ParsedDocument = Outcome<Document & Reading>;

/**
 * The number as the key of an account. Older travel permits append a two-digit count of issues to the holder's
 * number for life; the person with `H1234567801` is the person with `H12345678`.
 *
 * A passport's country is not part of the key, so that people can sign in without it. Two countries may give
 * the same number; the second holder is then refused here and registers with the residence card or at a counter.
 */
export function keyOf({ type, number }: Document): string {
  if (type === 'hk-macao-travel-permit' && number.length === 11) return number.slice(0, 9);
  if (type === 'taiwan-travel-permit' && number.length === 10) return number.slice(0, 8);
  return number;
}
