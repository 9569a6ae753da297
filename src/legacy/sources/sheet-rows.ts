/** Collects the rows of a sheet from the events of its XML. */
import { refuse } from './refusals.ts';
import type { RowFault, RowNotice, SourceLimits } from './source.ts';
import { type RawCell, type ReadCell, readCell } from './workbook-cell.ts';
import type { WorkbookParts } from './workbook-parts.ts';
import type { XmlEvents } from './workbook-xml.ts';

export interface SheetRow {
  at: number;
  /** By position; empty cells are empty text, cells behind the last written one are absent. */
  values: string[];
  notices: { index: number; code: RowNotice }[];
  fault?: RowFault;
}

export interface SheetCollector extends XmlEvents {
  /** The rows completed since the last call; rows without any text are left out. */
  take(): SheetRow[];
  mergedRanges(): number;
}

/** Excel's last row; what says it is further down is no sheet. */
const LAST_ROW = 1_048_576;

export function collectRows(parts: WorkbookParts, limits: SourceLimits): SheetCollector {
  let rows: SheetRow[] = [];
  let row: SheetRow | undefined;
  let cell: RawCell | undefined;
  let lastAt = 0;
  let index = -1;
  let inValue = false;
  let phonetic = false;
  let characters = 0;
  let cells = 0;
  let merged = 0;
  const spoil = (fault: RowFault) => {
    row!.fault ??= fault;
    row!.values = [];
    row!.notices = [];
  };

  function openRow(attributes: Record<string, string>): void {
    const told = Number(attributes.r ?? lastAt + 1);
    if (!Number.isInteger(told) || told <= lastAt || told > LAST_ROW) {
      refuse('source-workbook-broken', { part: parts.path });
    }
    lastAt = told;
    row = { at: told, values: [], notices: [] };
    index = -1;
    characters = 0;
  }

  function openCell(attributes: Record<string, string>): void {
    cells += 1;
    if (cells > limits.cells) refuse('source-workbook-limit', { what: 'cells', limit: limits.cells });
    const told = attributes.r === undefined ? index + 1 : columnIndex(attributes.r);
    if (told <= index) spoil('row-cell');
    index = Math.max(index, told);
    cell = {
      type: attributes.t ?? 'n',
      style: Number(attributes.s ?? 0),
      value: '',
      formula: false,
    };
  }

  function closeCell(done: RawCell): void {
    const read = readCell(done, parts);
    if (read.fault) spoil(read.fault);
    if (row!.fault || (read.text === '' && read.notices.length === 0)) return;
    characters += read.text.length;
    if (index >= limits.columns) spoil('row-fields');
    else if (read.text.length > limits.fieldCharacters || characters > limits.rowCharacters)
      spoil('row-length');
    else keepValue(read);
  }

  function keepValue(read: ReadCell): void {
    while (row!.values.length < index) row!.values.push('');
    row!.values[index] = read.text;
    for (const code of read.notices) row!.notices.push({ index, code });
  }

  return {
    open(name, attributes) {
      if (name === 'row') openRow(attributes);
      else if (name === 'mergeCell') merged += 1;
      else if (!row) return;
      else if (name === 'c') openCell(attributes);
      else if (!cell) return;
      else if (name === 'v') inValue = true;
      else if (name === 't') inValue = !phonetic;
      else if (name === 'f') cell.formula = true;
      else if (name === 'rPh') phonetic = true;
    },
    close(name) {
      if (name === 'v' || name === 't') inValue = false;
      else if (name === 'rPh') phonetic = false;
      else if (name === 'c' && cell && row) {
        closeCell(cell);
        cell = undefined;
      } else if (name === 'row' && row) {
        if (row.fault || row.values.some((value) => value !== '')) rows.push(row);
        row = undefined;
        cell = undefined;
      }
    },
    text(piece) {
      // One character over the limit is enough to refuse the row.
      if (cell && inValue && cell.value.length <= limits.fieldCharacters) cell.value += piece;
    },
    take() {
      const taken = rows;
      rows = [];
      return taken;
    },
    mergedRanges: () => merged,
  };
}

/** `AB12` → 27; a reference without letters is before every column and so spoils its row. */
function columnIndex(reference: string): number {
  let number = 0;
  for (const letter of /^\$?([A-Z]{1,3})\$?\d+$/.exec(reference)?.[1] ?? '') {
    number = number * 26 + letter.charCodeAt(0) - 64;
  }
  return number - 1;
}
