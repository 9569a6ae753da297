/** One cell's text, by its type ([ECMA-376-1] 18.18.11). */
import { numberToText } from './damaged-number.ts';
import type { RowFault, RowNotice } from './source.ts';
import { serialToDate } from './workbook-dates.ts';
import type { WorkbookParts } from './workbook-parts.ts';

export interface RawCell {
  /** `s`, `inlineStr`, `str`, `b`, `e`, `d`, or `n`. */
  type: string;
  style: number;
  value: string;
  formula: boolean;
}

export interface ReadCell {
  text: string;
  notices: RowNotice[];
  fault?: RowFault;
}

/** Excel writes control characters, and an underscore that could begin such an escape, as `_xHHHH_`. */
const ESCAPED = /_x([0-9A-Fa-f]{4})_/g;
const unescapeText = (text: string) =>
  text.includes('_x')
    ? text.replace(ESCAPED, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    : text;

export function readCell(cell: RawCell, parts: WorkbookParts): ReadCell {
  const read = readValue(cell, parts);
  if (cell.formula) read.notices.push('formula');
  return read;
}

function readValue({ type, style, value }: RawCell, parts: WorkbookParts): ReadCell {
  switch (type) {
    case 's': {
      if (value === '') return { text: '', notices: [] };
      const text = parts.strings.get(Number(value));
      return text === undefined
        ? { text: '', notices: [], fault: 'row-cell' }
        : { text: unescapeText(text), notices: [] };
    }
    case 'inlineStr':
    case 'str':
      return { text: unescapeText(value), notices: [] };
    case 'b':
      return { text: value.trim() === '1' ? 'true' : value === '' ? '' : 'false', notices: [] };
    case 'e':
      return { text: '', notices: ['cell-error'] };
    case 'd':
      return { text: value, notices: [] };
    default:
      return readNumber(value.trim(), style, parts);
  }
}

function readNumber(value: string, style: number, parts: WorkbookParts): ReadCell {
  if (value === '') return { text: '', notices: [] };
  if (parts.isDateStyle(style)) {
    const date = serialToDate(Number(value), parts.since1904);
    return date === undefined
      ? { text: value, notices: ['date-unreadable'] }
      : { text: date, notices: ['date-converted'] };
  }
  const { text, loss } = numberToText(value);
  return { text, notices: loss ? [loss] : [] };
}
