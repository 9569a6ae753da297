/** Workbooks: the text of each cell, dates by their style, and digits that Excel has eaten told as eaten. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isDateFormat, serialToDate } from '../../../src/legacy/sources/workbook-dates.ts';
import { readAll, refusalOf } from './files.ts';
import { inline, number, row, workbook, workbookMembers } from './workbook-writer.ts';
import { zip } from './zip-writer.ts';

const HEADER = row(1, inline('A1', '号'), inline('B1', '名'), inline('C1', '注'));
const sheet = (...rows: string[]) => ({ sheets: { 名单: HEADER + rows.join('') } });

test('shared, rich, inline and formula texts, booleans, errors and empty cells', async () => {
  const read = await readAll(
    workbook({
      ...sheet(
        row(2, '<c r="A2" t="s"><v>0</v></c>', '<c r="B2" t="s"><v>1</v></c>', inline('C2', 'a & <b>')),
        row(4, '<c r="A4" t="str"><f>A2&amp;""</f><v>x</v></c>', '<c r="C4" t="b"><v>1</v></c>'),
        row(5, '<c r="A5" t="e"><v>#N/A</v></c>', inline('B5', '卓玛')),
        row(6, '<c r="A6" s="0"/>', '<c r="B6"><v></v></c>'),
      ),
      strings: [
        '540199190001010028',
        '<si><r><t>扎西</t></r><r><t>·顿珠</t></r><rPh sb="0" eb="1"><t>zhaxi</t></rPh></si>',
      ],
      after: '<mergeCells count="1"><mergeCell ref="B4:B5"/></mergeCells>',
    }),
  );
  expect(read.columns).toEqual(['号', '名', '注']);
  expect(read.values).toEqual([
    ['540199190001010028', '扎西·顿珠', 'a & <b>'],
    ['x', '', 'true'],
    ['', '卓玛', ''],
  ]);
  expect(read.rows.map(({ at, marks }) => [at, marks])).toEqual([
    [2, []],
    [4, [{ code: 'formula', column: '号' }]],
    [5, [{ code: 'cell-error', column: '号' }]],
  ]);
  expect(read.facts).toMatchObject({ shape: 'workbook', sheet: '名单', mergedRanges: 1, rows: 3 });
});

test.each([
  ['5.4019919000101E+17', '5.4019919000101E+17', 'number-damaged'],
  ['540199190001010000', '540199190001010000', 'number-damaged'],
  ['540199190001010028', '540199190001010028', 'number-doubtful'],
  ['540199000101001', '540199000101001', undefined],
  ['13800138000', '13800138000', undefined],
  ['1.3800138E10', '13800138000', undefined],
  ['0.10000000000000001', '0.1', undefined],
  ['-7', '-7', undefined],
])('the numeric cell %s is given as %s, with %s', async (value, text, mark) => {
  const read = await readAll(workbook(sheet(row(2, number('A2', value)))));
  expect(read.values[0]![0]).toBe(text);
  expect(read.rows[0]!.marks).toEqual(mark ? [{ code: mark, column: '号' }] : []);
});

describe('dates', () => {
  test('are told by built-in and by own formats, numbers stay numbers', async () => {
    const read = await readAll(
      workbook({
        ...sheet(
          row(2, number('A2', '43831', 1), number('B2', '43831.5', 2), number('C2', '43831')),
          row(3, number('A3', '60', 1), number('B3', '-1', 2), number('C3', '43831', 3)),
        ),
        styles: [0, 14, 'yyyy"年"m"月"d"日" h:mm', '0.00"days"'],
      }),
    );
    expect(read.values).toEqual([
      ['2020-01-01', '2020-01-01 12:00:00', '43831'],
      ['60', '-1', '43831'],
    ]);
    expect(read.rows.map(({ marks }) => marks.map(({ code }) => code))).toEqual([
      ['date-converted', 'date-converted'],
      ['date-unreadable', 'date-unreadable'],
    ]);
  });

  test('count from 1904 where the workbook says so', async () => {
    const read = await readAll(
      workbook({
        ...sheet(row(2, number('A2', '0', 1), number('B2', '42369', 1))),
        styles: [0, 14],
        since1904: true,
      }),
    );
    expect(read.values).toEqual([['1904-01-01', '2020-01-01', '']]);
  });

  test.each([
    [1, '1900-01-01'],
    [59, '1900-02-28'],
    [60, undefined],
    [61, '1900-03-01'],
    [0.75, '18:00:00'],
    [36526.999999, '2000-01-02'],
    [2958465, '9999-12-31'],
    [2958466, undefined],
    [Number.NaN, undefined],
  ])('serial %d is %s', (serial, date) => {
    expect(serialToDate(serial, false)).toBe(date);
  });

  test.each([
    [0, undefined, false],
    [14, undefined, true],
    [31, undefined, true],
    [49, undefined, false],
    [164, '[$-804]yyyy/m/d', true],
    [164, '[Red]0.0', false],
    [164, '"dmy"0', false],
    [164, '[h]:mm', true],
    [164, 'General', false],
    [164, '#,##0_);\\d0', false],
  ])('format %d %s shows a date: %s', (id, code, shows) => {
    expect(isDateFormat(id, code)).toBe(shows);
  });
});

test('the sheet is the first one, or the one that is named', async () => {
  const two = workbook({
    sheets: { 说明: row(1, inline('A1', 'x')), 名单: HEADER + row(2, inline('A2', '1')) },
  });
  expect((await readAll(two)).columns).toEqual(['x']);
  expect((await readAll(two, { sheet: '名单' })).values).toEqual([['1', '', '']]);
  expect(await refusalOf(two, { sheet: '不在' })).toEqual({ code: 'source-no-sheet', sheets: '说明, 名单' });
});

test('cells and rows without references count on, prefixes do not matter', async () => {
  const members = workbookMembers({ sheets: { a: '' } }).map((member) =>
    member.name.endsWith('sheet1.xml')
      ? {
          ...member,
          content:
            '<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData><x:row><x:c t="inlineStr"><x:is><x:t>a</x:t></x:is></x:c><x:c t="str"><x:v>b</x:v></x:c></x:row><x:row><x:c><x:v>1</x:v></x:c><x:c><x:v>2</x:v></x:c></x:row></x:sheetData></x:worksheet>',
        }
      : member,
  );
  const read = await readAll(zip(members));
  expect(read.columns).toEqual(['a', 'b']);
  expect(read.rows).toMatchObject([{ at: 2, fields: { a: '1', b: '2' } }]);
});

test('faulty rows are told and cost only themselves', async () => {
  const read = await readAll(
    workbook({
      ...sheet(
        row(2, inline('A2', '1'), inline('D2', 'beyond')),
        row(3, inline('B3', '1'), inline('A3', '2')),
        row(4, '<c r="A4" t="s"><v>99</v></c>'),
        row(5, '<c r="A5" t="str"><v>x_x0000_y</v></c>'),
        row(6, inline('A6', 'z'.repeat(70_000))),
        row(7, inline('XFD7', 'far')),
        row(8, '<c r="7" t="str"><v>x</v></c>'),
        row(9, inline('A9', '9')),
      ),
    }),
  );
  expect(read.faults).toEqual([
    { at: 2, fault: 'row-fields' },
    { at: 3, fault: 'row-cell' },
    { at: 4, fault: 'row-cell' },
    { at: 5, fault: 'row-nul' },
    { at: 6, fault: 'row-length' },
    { at: 7, fault: 'row-fields' },
    { at: 8, fault: 'row-cell' },
  ]);
  expect(read.values).toEqual([['9', '', '']]);
});

test('texts that a spreadsheet stores come back as they were', async () => {
  const text = fc.string({
    unit: fc.constantFrom('a', '<', '&', '"', ' ', '卓', '𠀀', "'", '·'),
    minLength: 1,
    maxLength: 9,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(text, text, text), { minLength: 1, maxLength: 6 }), async (table) => {
      const strings = table.flat();
      const rows = table.map((cells, at) =>
        row(
          at + 2,
          ...cells.map((_, column) => `<c r="${'ABC'[column]}${at + 2}" t="s"><v>${at * 3 + column}</v></c>`),
        ),
      );
      expect(
        (
          await readAll(
            workbook({
              ...sheet(...rows),
              strings: strings.map((each) => (each.startsWith('<') ? ` ${each}` : each)),
            }),
          )
        ).values,
      ).toEqual(table.map((cells) => cells.map((each) => (each.startsWith('<') ? ` ${each}` : each))));
    }),
    { numRuns: 60 },
  );
});
