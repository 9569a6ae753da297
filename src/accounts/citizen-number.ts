/** Citizen numbers: GB 11643-1999, and the fifteen digits of GB 11643-1989 for migration. */
import { citizenCheck } from './check-digits.ts';
import type { DocumentFault, Reading } from './document.ts';
import { eighteenFault, isIssuingProvince, readEighteen } from './eighteen.ts';

/** Reads an 18-character citizen number. Fifteen digits get a fault of their own: they lost validity in 2013. */
export function readCitizenNumber(number: string, today: string): Reading | DocumentFault {
  if (/^\d{15}$/.test(number)) return 'document-fifteen';
  const fault = eighteenFault(number);
  if (fault) return fault;
  if (!isIssuingProvince(number.slice(0, 2))) return 'document-region';
  const read = readEighteen(number, today);
  return typeof read === 'string' ? read : { ...read, warnings: [] };
}

/** Sequences 996–999 were kept for people who were centenarians when the fifteen digits were given out. */
const CENTENARIANS = 996;

/** The 18 characters of a 15-digit number (`RRRRRR YYMMDD SSS`), or what is wrong with it. */
export function eighteenOf(fifteen: string, today: string): { number: string } | { fault: DocumentFault } {
  if (fifteen.length !== 15) return { fault: 'document-length' };
  if (!/^\d{15}$/.test(fifteen)) return { fault: 'document-character' };
  const century = Number(fifteen.slice(12)) >= CENTENARIANS ? '18' : '19';
  const body = fifteen.slice(0, 6) + century + fifteen.slice(6);
  const number = body + citizenCheck(body);
  const read = readCitizenNumber(number, today);
  return typeof read === 'string' ? { fault: read } : { number };
}
