/** What every 18-character number shares: GB 11643-1999, `RRRRRR YYYYMMDD SSS C`. */
import { birthDate } from './calendar.ts';
import { citizenCheck } from './check-digits.ts';
import type { DocumentFault, Gender } from './document.ts';

export interface Eighteen {
  birthdate: string;
  gender: Gender;
}

/**
 * Length, characters, then the check digit: a mistyped digit is the likeliest fault, so it is named before
 * what the mistyped digits happen to say.
 */
export function eighteenFault(number: string): DocumentFault | undefined {
  if (number.length !== 18) return 'document-length';
  if (!/^\d{17}[\dX]$/.test(number)) return 'document-character';
  return citizenCheck(number) === number[17] ? undefined : 'document-check-digit';
}

/** Birth date and gender, after {@link eighteenFault}. An odd sequence number was given to men, an even one to women. */
export function readEighteen(number: string, today: string): Eighteen | 'document-date' {
  const birthdate = birthDate(number.slice(6, 14), today);
  if (!birthdate) return 'document-date';
  return { birthdate, gender: Number(number[16]) % 2 === 1 ? 'male' : 'female' };
}

/**
 * The provinces that issue: 11–15, 21–23, 31–37, 41–46, 50–54, 61–65. The four digits after them are for display
 * and statistics; a county code refuses nobody, because people keep the code of their first registration for life.
 */
export const isIssuingProvince = (digits: string): boolean =>
  /^(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5])$/.test(digits);
