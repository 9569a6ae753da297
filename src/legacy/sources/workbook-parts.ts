/** What must be known of a workbook before its rows: where the sheet is, how it counts days, which styles are dates. */
import { done, type Outcome } from '../../platform/failure.ts';
import { refusal } from './refusals.ts';
import { NO_STRINGS, readSharedStrings, type SharedStrings } from './shared-strings.ts';
import type { SourceLimits } from './source.ts';
import type { Archive } from './workbook-archive.ts';
import { isDateFormat } from './workbook-dates.ts';
import { readXml } from './workbook-xml.ts';

export interface WorkbookParts {
  sheet: string;
  /** Its path within the archive. */
  path: string;
  since1904: boolean;
  isDateStyle(style: number): boolean;
  strings: SharedStrings;
}

const WORKBOOK = 'xl/workbook.xml';
const RELATIONS = 'xl/_rels/workbook.xml.rels';
const STYLES = 'xl/styles.xml';
const STRINGS = 'xl/sharedStrings.xml';
/** More sheets, relations or styles than any workbook has: the lists stay small. */
const MOST = 100_000;
const SHEETS_TOLD = 10;

/** @throws Refused when a part is damaged or over a limit. */
export async function readParts(
  archive: Archive,
  wanted: string | undefined,
  limits: SourceLimits,
): Promise<Outcome<WorkbookParts>> {
  if (!archive.has(WORKBOOK) || !archive.has(RELATIONS)) return refusal('source-not-workbook');
  const { sheets, since1904 } = await readWorkbook(archive);
  const sheet = wanted === undefined ? sheets[0] : sheets.find(({ name }) => name === wanted);
  if (!sheet) {
    const names = sheets.slice(0, SHEETS_TOLD).map(({ name }) => name.slice(0, 31));
    return refusal('source-no-sheet', { sheets: names.join(', ') });
  }
  const target = (await readRelations(archive)).get(sheet.relation);
  const path = target && partPath(target);
  if (!path || !archive.has(path))
    return refusal('source-workbook-broken', { part: sheet.name.slice(0, 31) });
  const dateStyles = archive.has(STYLES) ? await readDateStyles(archive) : [];
  const strings = archive.has(STRINGS) ? await readSharedStrings(archive.read(STRINGS), limits) : NO_STRINGS;
  return done({
    sheet: sheet.name,
    path,
    since1904,
    isDateStyle: (style) => dateStyles[style] ?? false,
    strings,
  });
}

/** Targets are relative to `xl/`, or absolute within the archive. */
const partPath = (target: string): string => (target.startsWith('/') ? target.slice(1) : `xl/${target}`);

async function readWorkbook(archive: Archive) {
  const sheets: { name: string; relation: string }[] = [];
  let since1904 = false;
  await readXml(archive.read(WORKBOOK), 'workbook.xml', {
    open: (name, attributes) => {
      if (name === 'workbookPr') since1904 = /^(1|true)$/.test(attributes.date1904 ?? '');
      if (name === 'sheet' && sheets.length < MOST) {
        const relation = Object.keys(attributes).find((key) => /^\w+:id$/.test(key));
        sheets.push({ name: attributes.name ?? '', relation: (relation && attributes[relation]) || '' });
      }
    },
    close: () => {},
    text: () => {},
  });
  return { sheets, since1904 };
}

async function readRelations(archive: Archive): Promise<Map<string, string>> {
  const targets = new Map<string, string>();
  await readXml(archive.read(RELATIONS), 'workbook.xml.rels', {
    open: (name, { Id, Target, TargetMode }) => {
      // A part outside the archive is never followed.
      if (name === 'Relationship' && TargetMode !== 'External' && targets.size < MOST) {
        targets.set(Id ?? '', Target ?? '');
      }
    },
    close: () => {},
    text: () => {},
  });
  return targets;
}

/** For each cell format, whether it shows a date. */
async function readDateStyles(archive: Archive): Promise<boolean[]> {
  const codes = new Map<number, string>();
  const formats: number[] = [];
  let inCellFormats = false;
  await readXml(archive.read(STYLES), 'styles.xml', {
    open: (name, attributes) => {
      if (name === 'numFmt' && codes.size < MOST) {
        codes.set(Number(attributes.numFmtId), (attributes.formatCode ?? '').slice(0, 255));
      } else if (name === 'cellXfs') inCellFormats = true;
      else if (name === 'xf' && inCellFormats && formats.length < MOST) {
        formats.push(Number(attributes.numFmtId ?? 0));
      }
    },
    close: (name) => {
      if (name === 'cellXfs') inCellFormats = false;
    },
    text: () => {},
  });
  return formats.map((id) => isDateFormat(id, codes.get(id)));
}
