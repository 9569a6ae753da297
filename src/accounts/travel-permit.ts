/**
 * Travel permits to the mainland (GA/T 2000.156-2016 codes 516, 511, 512). The number is its holder's for life;
 * older booklets print a two-digit count of issues behind it, which `keyOf` (document.ts) leaves out.
 */
import type { DocumentFault, Reading } from './document.ts';

/** Hong Kong and Macao: `H` or `M` with 8 digits; for residents of foreign nationality a second letter and 7 digits. */
export function readHongKongMacaoPermit(number: string): Reading | DocumentFault {
  if (number.length !== 9 && number.length !== 11) return 'document-length';
  return /^[HM](\d{8}|\d{10}|[A-Z]\d{7})$/.test(number) ? { warnings: [] } : 'document-form';
}

/** Taiwan: 8 digits, or 10 in the older form. */
export function readTaiwanPermit(number: string): Reading | DocumentFault {
  if (number.length !== 8 && number.length !== 10) return 'document-length';
  return /^\d+$/.test(number) ? { warnings: [] } : 'document-character';
}
