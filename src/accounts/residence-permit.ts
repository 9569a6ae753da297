/**
 * Residence permits of people from Hong Kong (810000), Macao (820000) and Taiwan (830000), issued since
 * 1 September 2018. The first six digits are exactly these; 71 was never issued.
 */
import type { DocumentFault, Reading } from './document.ts';
import { eighteenFault, readEighteen } from './eighteen.ts';

export function readResidencePermit(number: string, today: string): Reading | DocumentFault {
  const fault = eighteenFault(number);
  if (fault) return fault;
  if (!/^8[123]0000/.test(number)) return 'document-region';
  const read = readEighteen(number, today);
  return typeof read === 'string' ? read : { ...read, warnings: [] };
}
