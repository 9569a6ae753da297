/** A workbook as the tests want it: rows as XML, the parts around them as small as Excel accepts. */
import { type ZipMember, zip } from './zip-writer.ts';

export interface WorkbookParts {
  /** The inside of `sheetData` of each sheet, by the sheet's name. */
  sheets: Record<string, string>;
  strings?: string[];
  /** Number format of each cell style: built-in id, or a format code. */
  styles?: (number | string)[];
  since1904?: boolean;
  /** Behind `sheetData`. */
  after?: string;
}

const MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
const RELATION = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

export function workbookMembers(parts: WorkbookParts): ZipMember[] {
  const names = Object.keys(parts.sheets);
  const styles = parts.styles ?? [0];
  const sheets = names.map(
    (name, at) => `<sheet name="${escaped(name)}" sheetId="${at + 1}" r:id="rId${at + 1}"/>`,
  );
  const relations = names.map(
    (_, at) =>
      `<Relationship Id="rId${at + 1}" Type="${RELATION}/worksheet" Target="worksheets/sheet${at + 1}.xml"/>`,
  );
  const formats = styles.map((style, at) =>
    typeof style === 'string' ? `<numFmt numFmtId="${164 + at}" formatCode="${escaped(style)}"/>` : '',
  );
  const cellStyles = styles.map(
    (style, at) => `<xf numFmtId="${typeof style === 'string' ? 164 + at : style}"/>`,
  );
  return [
    {
      name: 'xl/workbook.xml',
      content: `${HEAD}<workbook ${MAIN} xmlns:r="${RELATION}"><workbookPr${parts.since1904 ? ' date1904="1"' : ''}/><sheets>${sheets.join('')}</sheets></workbook>`,
    },
    {
      name: 'xl/_rels/workbook.xml.rels',
      content: `${HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${relations.join('')}</Relationships>`,
    },
    {
      name: 'xl/styles.xml',
      content: `${HEAD}<styleSheet ${MAIN}><numFmts>${formats.join('')}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>${cellStyles.join('')}</cellXfs></styleSheet>`,
    },
    {
      name: 'xl/sharedStrings.xml',
      content: `${HEAD}<sst ${MAIN}>${(parts.strings ?? []).map((text) => (text.startsWith('<') ? text : `<si><t xml:space="preserve">${escaped(text)}</t></si>`)).join('')}</sst>`,
    },
    ...names.map((name, at) => ({
      name: `xl/worksheets/sheet${at + 1}.xml`,
      content: `${HEAD}<worksheet ${MAIN}><sheetData>${parts.sheets[name]}</sheetData>${parts.after ?? ''}</worksheet>`,
    })),
  ];
}

export const workbook = (parts: WorkbookParts): Buffer => zip(workbookMembers(parts));

/** A cell with text of its own. */
export const inline = (at: string, text: string) =>
  `<c r="${at}" t="inlineStr"><is><t>${escaped(text)}</t></is></c>`;
/** A numeric cell. */
export const number = (at: string, value: string, style = 0) =>
  `<c r="${at}" s="${style}"><v>${value}</v></c>`;
export const row = (at: number, ...cells: string[]) => `<row r="${at}">${cells.join('')}</row>`;
