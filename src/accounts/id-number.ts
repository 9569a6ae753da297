/**
 * The numbers of identity documents: one table of types, each with its own rule in its own file. The type is
 * chosen by the person or the source system and never guessed, because one string can be valid as several.
 */
import { done, type Failure, failed, type Outcome } from '../platform/failure.ts';
import { dayInShanghai } from './calendar.ts';
import { foldNumber } from './characters.ts';
import { eighteenOf, readCitizenNumber } from './citizen-number.ts';
import {
  type Document,
  type DocumentFault,
  type DocumentType,
  isDocumentType,
  type ParsedDocument,
  type ReadNumber,
} from './document.ts';
import { readForeignerCard } from './foreigner-card.ts';
import { readChinesePassport, readForeignPassport } from './passport.ts';
import { readResidencePermit } from './residence-permit.ts';
import { readHongKongMacaoPermit, readTaiwanPermit } from './travel-permit.ts';

export type { Document, DocumentType } from './document.ts';
export { DOCUMENT_TYPES, isDocumentType } from './document.ts';

const RULES: Record<DocumentType, { lengths: string; read: ReadNumber }> = {
  'citizen-number': { lengths: '18', read: readCitizenNumber },
  'residence-permit': { lengths: '18', read: readResidencePermit },
  'foreigner-permanent-residence': { lengths: '15/18', read: readForeignerCard },
  'prc-passport': { lengths: '9', read: readChinesePassport },
  'foreign-passport': { lengths: '1–9', read: readForeignPassport },
  'hk-macao-travel-permit': { lengths: '9/11', read: readHongKongMacaoPermit },
  'taiwan-travel-permit': { lengths: '8/10', read: readTaiwanPermit },
};

export interface ParseOptions {
  /** The form field at fault; `document_number` unless told (`identifier` on the sign-in page). */
  field?: string;
  /** Issuing country of a foreign passport, alpha-3. */
  country?: string | undefined;
}

/**
 * Reads a typed number as the given type. `today` is the present moment: a birth date after the day in
 * Asia/Shanghai is refused. Failures (422): `document-empty`, `document-type` and the codes of
 * {@link DocumentFault}; none of them carries the number.
 */
export function parseDocument(
  type: DocumentType,
  raw: string,
  today: Date,
  options: ParseOptions = {},
): ParsedDocument {
  const field = options.field ?? 'document_number';
  if (!isDocumentType(type)) return failed('document-type', 422, { field: 'document_type' });
  const rule = RULES[type];
  const number = foldNumber(raw);
  if (number === '') return failed('document-empty', 422, { field });
  const reading = number === undefined ? 'document-length' : rule.read(number, dayInShanghai(today));
  if (typeof reading === 'string') return refusal(reading, rule.lengths, field);
  const country = type === 'foreign-passport' ? foldCountry(options.country) : reading.country;
  return done({ type, number: number!, ...reading, ...(country ? { country } : {}) });
}

/**
 * The 18-character document of a 15-digit citizen number. For migration only: such numbers stand in old tables
 * and on old licences, and no sign-in page accepts them.
 */
export function upgradeFifteen(raw: string, today: Date = new Date()): Outcome<Document> {
  const field = 'document_number';
  const folded = foldNumber(raw);
  if (folded === undefined) return refusal('document-length', '15', field);
  const upgraded = eighteenOf(folded, dayInShanghai(today));
  if ('fault' in upgraded) return refusal(upgraded.fault, '15', field);
  return done({ type: 'citizen-number', number: upgraded.number });
}

function refusal(code: DocumentFault, lengths: string, field: string): { ok: false; failure: Failure } {
  return failed(code, 422, { field, ...(code === 'document-length' ? { params: { lengths } } : {}) });
}

function foldCountry(raw: string | undefined): string | undefined {
  const folded = foldNumber(raw ?? '');
  return folded !== undefined && /^[A-Z]{3}$/.test(folded) ? folded : undefined;
}
