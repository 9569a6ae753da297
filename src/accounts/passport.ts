/** Ordinary passports (GA/T 2000.156-2016 code 414). They have no check digit outside the machine-readable zone. */
import type { DocumentFault, Reading } from './document.ts';

/** PRC: `E` with 8 digits, `E` with a letter (no I, no O) and 7 digits, or the older `G` with 8 digits. */
export function readChinesePassport(number: string): Reading | DocumentFault {
  if (number.length !== 9) return 'document-length';
  return /^([EG]\d{8}|E[A-HJ-NP-Z]\d{7})$/.test(number) ? { warnings: [] } : 'document-form';
}

/** Foreign: 1 to 9 letters and digits, as the machine-readable zone holds them (ICAO 9303 part 4). */
export function readForeignPassport(number: string): Reading | DocumentFault {
  if (number.length < 1 || number.length > 9) return 'document-length';
  return /^[A-Z0-9]+$/.test(number) ? { warnings: [] } : 'document-character';
}
