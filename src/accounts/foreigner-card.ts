/**
 * Foreigner permanent residence cards.
 *
 * 2023 edition (GA 2102-2023): `9`, province of acceptance (2), nationality (ISO 3166-1 numeric, 3), birth date (8),
 * sequence (3), check as on citizens' cards.
 * 2017 edition (valid until it expires): nationality (alpha-3), region (4), birth date YYMMDD, sequence (1), check by
 * ICAO 9303 over the first 14. The century is not in the number, so neither is a birth date.
 */
import { realDate } from './calendar.ts';
import { machineReadableCheck } from './check-digits.ts';
import { isListedCountry, numericCountry } from './country.ts';
import type { DocumentFault, DocumentWarning, Reading } from './document.ts';
import { eighteenFault, isIssuingProvince, readEighteen } from './eighteen.ts';

export function readForeignerCard(number: string, today: string): Reading | DocumentFault {
  if (number.length === 15) return read2017(number);
  return number.length === 18 ? read2023(number, today) : 'document-length';
}

function read2023(number: string, today: string): Reading | DocumentFault {
  const fault = eighteenFault(number);
  if (fault) return fault;
  if (number[0] !== '9' || !isIssuingProvince(number.slice(1, 3))) return 'document-region';
  const code = number.slice(3, 6);
  if (code === '000') return 'document-nationality';
  const read = readEighteen(number, today);
  if (typeof read === 'string') return read;
  const country = numericCountry(code);
  return { ...read, ...(country ? { country } : {}), warnings: warningsFor(country) };
}

function read2017(number: string): Reading | DocumentFault {
  if (!/^[A-Z]{3}\d{12}$/.test(number)) return 'document-character';
  if (machineReadableCheck(number.slice(0, 14)) !== number[14]) return 'document-check-digit';
  if (!isIssuingProvince(number.slice(3, 5))) return 'document-region';
  const date = number.slice(7, 13);
  if (!realDate(`19${date}`) && !realDate(`20${date}`)) return 'document-date';
  const country = number.slice(0, 3);
  return { country, warnings: warningsFor(country) };
}

/** Codes change faster than servers; stateless holders have codes outside ISO 3166. So: a warning, no refusal. */
function warningsFor(country: string | undefined): DocumentWarning[] {
  if (country === 'CHN') return ['nationality-china'];
  return country !== undefined && isListedCountry(country) ? [] : ['nationality-unlisted'];
}
