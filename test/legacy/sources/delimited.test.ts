/** Delimited text: whatever a writer of CSV writes is read, and a faulty row costs itself only. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRowReader } from '../../../src/legacy/sources/delimited-rows.ts';
import { LIMITS } from '../../../src/legacy/sources/source.ts';
import { readAll, refusalOf } from './files.ts';

describe('shapes', () => {
  test.each([
    ['comma', ','],
    ['tab', '\t'],
    ['semicolon', ';'],
    ['pipe', '|'],
  ])('the %s is found as delimiter', async (_, sign) => {
    const read = await readAll(`id${sign}name${sign}note\n1${sign}卓玛${sign}"a, b; c"\n`);
    expect(read.facts.delimiter).toBe(sign);
    expect(read.values).toEqual([['1', '卓玛', 'a, b; c']]);
  });

  test('a declared delimiter is taken, a nonsensical one refused', async () => {
    expect((await readAll('a:b\n1:2\n', { delimiter: ':' })).values).toEqual([['1', '2']]);
    expect(await refusalOf('a,b\n', { delimiter: '"' })).toEqual({ code: 'source-delimiter' });
    expect(await refusalOf('a,b\n', { delimiter: ',,' })).toEqual({ code: 'source-delimiter' });
  });

  test.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('%s ends lines, the file may end without one, blank lines are skipped and counted', async (_, end) => {
    const read = await readAll(['a,b', '1,2', '', '3,4', '', ''].join(end));
    expect(read.rows.map(({ at }) => at)).toEqual([2, 4]);
    expect(read.values).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
    expect((await readAll(['a,b', '1,2'].join(end))).values).toEqual([['1', '2']]);
  });

  test('quoted fields hold delimiters, quotes and line ends; lines are counted through them', async () => {
    const read = await readAll('a,b\r\n"1","x ""y"", z\r\nnext"\r\n2,plain "quote"\r\n');
    expect(read.values).toEqual([
      ['1', 'x "y", z\r\nnext'],
      ['2', 'plain "quote"'],
    ]);
    expect(read.rows.map(({ at }) => at)).toEqual([2, 4]);
  });

  test('without a header, columns are their positions and the first row is data', async () => {
    const read = await readAll('1,卓玛\n2,扎西\n', { header: false });
    expect(read.columns).toEqual(['1', '2']);
    expect(read.rows.map(({ at, fields }) => [at, fields['2']])).toEqual([
      [1, '卓玛'],
      [2, '扎西'],
    ]);
  });

  test('columns named like parts of every object are columns', async () => {
    const read = await readAll('__proto__,constructor,toString\nx,y,z\n');
    const { fields } = read.rows[0]!;
    expect(Object.entries(fields)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
      ['toString', 'z'],
    ]);
    expect(fields.hasOwnProperty).toBeUndefined();
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  test('names given twice or not at all stay apart', async () => {
    expect((await readAll(' a ,a,,a#2\n1,2,3,4\n')).columns).toEqual(['a', 'a#2', '3', 'a#2#2']);
  });

  test('a source can be read again, and its counts begin anew', async () => {
    const { openFile } = await import('../../../src/legacy/sources/open-file.ts');
    const { fileOf } = await import('./files.ts');
    const opened = await openFile(fileOf('a,b\n1,?\n'));
    if (!opened.ok) throw new Error('refused');
    for (let turn = 0; turn < 2; turn += 1) {
      const rows = [];
      for await (const batch of opened.value.rows()) rows.push(...batch);
      expect(rows).toHaveLength(1);
    }
    expect(opened.value.facts()).toMatchObject({ rows: 1, questionMarks: 1, unusable: 0 });
  });
});

describe('faults of rows', () => {
  test('too many and too few fields', async () => {
    const read = await readAll('a,b\n1\n1,2,3\n1,2\n"1",2,3\n');
    expect(read.faults).toEqual([
      { at: 2, fault: 'row-fields' },
      { at: 3, fault: 'row-fields' },
      { at: 5, fault: 'row-fields' },
    ]);
    expect(read.facts).toMatchObject({ rows: 4, unusable: 3 });
    expect(read.rows[0]!.fields).toEqual(Object.create(null));
  });

  test('an unclosed quote is told where it began and costs no other row', async () => {
    const read = await readAll('a,b\n1,"open\n2,x\n3,y\n');
    expect(read.faults).toEqual([{ at: 2, fault: 'row-quote' }]);
    expect(read.values).toEqual([
      ['2', 'x'],
      ['3', 'y'],
    ]);
  });

  test('a stray quote that meets the next quoted row costs one row, not both', async () => {
    const read = await readAll('a,b\n1,"stray\n2,"x"\n3,y\n');
    expect(read.faults).toEqual([{ at: 2, fault: 'row-quote' }]);
    expect(read.values).toEqual([
      ['2', 'x'],
      ['3', 'y'],
    ]);
  });

  test('text behind a closing quote', async () => {
    expect((await readAll('a,b\n1,"x"y\n2,z\n')).faults).toEqual([{ at: 2, fault: 'row-quote' }]);
  });

  test('NUL characters', async () => {
    const read = await readAll(`a,b\n1,x\0y\n2,z\n${'3,z\n'.repeat(50)}`);
    expect(read.faults).toEqual([{ at: 2, fault: 'row-nul' }]);
  });

  test('a row and a field over their limits; the next line is read', async () => {
    const limits = { rowCharacters: 100, fieldCharacters: 20 };
    const read = await readAll(
      `a,b\n1,${'x'.repeat(200)}\n2,${'y'.repeat(30)}\n3,"${'z'.repeat(200)}"\n4,ok\n`,
      {
        limits,
      },
    );
    expect(read.faults).toEqual([
      { at: 2, fault: 'row-length' },
      { at: 3, fault: 'row-length' },
      { at: 4, fault: 'row-length' },
    ]);
    expect(read.values).toEqual([['4', 'ok']]);
  });

  test('a quote left open for longer than a row may be: reading goes on behind its first line', async () => {
    const rows = 500;
    const read = await readAll(`a,b\n1,"open\n${'2,x\n'.repeat(rows)}`, { limits: { rowCharacters: 100 } });
    expect(read.faults).toEqual([{ at: 2, fault: 'row-quote' }]);
    expect(read.values).toHaveLength(rows);
    expect(read.rows.at(-1)!.at).toBe(rows + 2);
  });

  test('a stray quote on each of two million lines costs no more than a look at each', () => {
    // Without care each of them looks for a line end of another kind through all of the text.
    const lines = 2_000_000;
    const reader = createRowReader(',', LIMITS);
    const rows = [...reader.write('"卓\n'.repeat(lines)), ...reader.end()];
    expect(rows).toHaveLength(lines);
    expect(rows.every(({ fault }) => fault === 'row-quote')).toBe(true);
  });

  test('a million delimiters in one row', async () => {
    const read = await readAll(`a,b\n${','.repeat(900_000)}\n1,2\n`);
    expect(read.faults).toEqual([{ at: 2, fault: 'row-fields' }]);
    expect(read.values).toEqual([['1', '2']]);
  });
});

describe('refused as a whole', () => {
  test('a header that is no header', async () => {
    expect(await refusalOf('a,"b\n')).toEqual({ code: 'source-header', fault: 'row-quote' });
    expect(await refusalOf('')).toEqual({ code: 'source-empty' });
    expect(await refusalOf('\n\n\r\n')).toEqual({ code: 'source-empty' });
    expect(await refusalOf(`${','.repeat(500)}\n`)).toEqual({ code: 'source-too-many-columns', limit: 500 });
  });
});

describe('what a writer of CSV writes, the reader reads', () => {
  const value = fc.string({
    unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', '卓', '·', '0', "'", '\t'),
    maxLength: 8,
  });
  const table = fc
    .integer({ min: 2, max: 5 })
    .chain((width) =>
      fc.array(fc.array(value, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 12 }),
    );
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const needsQuotes = /["\r\n,]/;

  test('cut into pieces at any place', () => {
    fc.assert(
      fc.property(
        table,
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.boolean(),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 }),
        (rows, end, always, sizes) => {
          const text = rows
            .map(
              (row) =>
                row.map((each) => (always || needsQuotes.test(each) ? quoted(each) : each)).join(',') + end,
            )
            .join('');
          const reader = createRowReader(',', LIMITS);
          const read = [];
          for (let at = 0, turn = 0; at < text.length; turn += 1) {
            const size = sizes[turn % sizes.length]!;
            read.push(...reader.write(text.slice(at, at + size)));
            at += size;
          }
          read.push(...reader.end());
          expect(read.map(({ fault }) => fault)).toEqual(rows.map(() => undefined));
          expect(read.map(({ values }) => values)).toEqual(rows);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('any text at all: pieces make no difference, nothing is thrown, rows begin on rising lines', () => {
    const noise = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', '\0', '卓'), maxLength: 60 });
    fc.assert(
      fc.property(noise, fc.integer({ min: 1, max: 9 }), (text, size) => {
        const whole = createRowReader(',', LIMITS);
        const expected = [...whole.write(text), ...whole.end()];
        const reader = createRowReader(',', LIMITS);
        const read = [];
        for (let at = 0; at < text.length; at += size) read.push(...reader.write(text.slice(at, at + size)));
        read.push(...reader.end());
        expect(read).toEqual(expected);
        const lines = read.map(({ at }) => at);
        expect(lines).toEqual([...new Set(lines)].sort((a, b) => a - b));
      }),
      { numRuns: 1_000 },
    );
  });

  test('with a tiny limit too, only faults may differ by the pieces, and every later good line is found', () => {
    const noise = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r'), maxLength: 80 });
    fc.assert(
      fc.property(noise, fc.integer({ min: 1, max: 9 }), (text, size) => {
        // Enough quoteless lines to resynchronise, whatever the noise left open.
        const good = '\nx,y\nx,y\nx,y\nx,y\nx,y\nx,y\nx,y\nx,y\n1,2\n';
        const reader = createRowReader(',', { rowCharacters: 16, columns: 5 });
        const read = [];
        const all = text + good;
        for (let at = 0; at < all.length; at += size) read.push(...reader.write(all.slice(at, at + size)));
        read.push(...reader.end());
        expect(read.at(-1)!.values).toEqual(['1', '2']);
      }),
      { numRuns: 500 },
    );
  });
});
