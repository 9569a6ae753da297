/** Finds the delimiter of a table from its first rows. */
import { createRowReader } from './delimited-rows.ts';
import type { SourceLimits } from './source.ts';

/** In order of preference when two fit equally. */
const CANDIDATES = [',', '\t', ';', '|'];
const LOOKED_AT = 20;

/**
 * The candidate that gives most rows the first row's number of fields; among equals, more fields. A table of one
 * column has none, and is read with the comma.
 *
 * @param sample text from the start of the file, whole lines or not
 */
export function findDelimiter(sample: string, limits: SourceLimits): string {
  let best = { delimiter: ',', agree: 0, fields: 1 };
  for (const delimiter of CANDIDATES) {
    const reader = createRowReader(delimiter, limits);
    const rows = reader.write(sample);
    if (rows.length === 0) rows.push(...reader.end());
    const counts = rows.slice(0, LOOKED_AT).map((row) => row.values.length);
    const fields = counts[0] ?? 0;
    if (fields < 2) continue;
    const agree = counts.filter((count) => count === fields).length / counts.length;
    if (agree > best.agree || (agree === best.agree && fields > best.fields)) {
      best = { delimiter, agree, fields };
    }
  }
  return best.delimiter;
}

/** Whether a declared delimiter can be one. */
export const isDelimiter = (declared: string): boolean => /^[^"\r\n\0\uD800-\uDFFF]$/.test(declared);
