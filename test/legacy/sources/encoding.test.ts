/** A wrong guess about the encoding corrupts names silently; so every file is judged as a whole. */
import { describe, expect, test } from 'vitest';
import { gb18030, readAll, refusalOf } from './files.ts';

const TABLE = '证件号,姓名\n540199190001010028,扎西·顿珠\n540199190402290032,卓玛\n';
const VALUES = [
  ['540199190001010028', '扎西·顿珠'],
  ['540199190402290032', '卓玛'],
];
const wide = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le');

describe('the same table reads the same', () => {
  test.each([
    ['UTF-8', 'utf-8', Buffer.from(TABLE)],
    ['UTF-8 with its mark', 'utf-8', Buffer.from(`\uFEFF${TABLE}`)],
    ['GB 18030 as Excel writes it', 'gb18030', gb18030(TABLE)],
    ['UTF-16, low byte first', 'utf-16le', wide(TABLE)],
    ['UTF-16, high byte first', 'utf-16be', wide(TABLE).swap16()],
  ])('in %s', async (_, encoding, content) => {
    const read = await readAll(content);
    expect(read.columns).toEqual(['证件号', '姓名']);
    expect(read.values).toEqual(VALUES);
    expect(read.facts.encoding).toBe(encoding);
    expect(read.facts.bytesRead).toBe(content.length);
  });

  test('with characters beyond the basic plane and Tibetan in four bytes of GB 18030', async () => {
    const bytes = Buffer.concat([
      gb18030('a,b\n中文,'),
      Buffer.from('9532823681318132', 'hex'),
      gb18030('\n'),
    ]);
    const read = await readAll(bytes);
    expect(read.values).toEqual([['中文', new TextDecoder('gb18030').decode(bytes).split(',')[2]!.trim()]]);
    expect(read.values[0]![1]).toMatch(/^𠀀/);
  });
});

describe('GB 18030 that looks like UTF-8 for a while', () => {
  test('a header of two bytes that are one Hebrew letter in UTF-8 does not decide', async () => {
    // 证 is D6 A4, and 学 is D1 A7: each a valid pair in UTF-8.
    const read = await readAll(gb18030('证,学\n1,学\n2,姓名\n'));
    expect(read.facts.encoding).toBe('gb18030');
    expect(read.columns).toEqual(['证', '学']);
  });
});

describe('names of all common characters, without anything else to go by', () => {
  /** The 6,763 characters of GB 2312, two to four to a name, from a fixed sequence. */
  const characters = new TextDecoder('gb18030')
    .decode(
      Buffer.from(
        Array.from({ length: 0xf8 - 0xb0 }, (_, row) =>
          Array.from({ length: 94 }, (_, cell) => [0xb0 + row, 0xa1 + cell]),
        ).flat(2),
      ),
    )
    .replace(/[\uE000-\uF8FF]/g, '');
  let state = 20_180_101;
  const below = (limit: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const names = Array.from({ length: 60_000 }, () =>
    Array.from({ length: 2 + below(3) }, () => characters[below(characters.length)]).join(''),
  );
  const table = `a,b\n${names.map((name) => `1,${name}\n`).join('')}`;

  test('GB 18030 is never taken for a mixture, nor UTF-8', async () => {
    const opened = await readAll(gb18030(table));
    expect(opened.facts.encoding).toBe('gb18030');
    expect(opened.values.map(([, name]) => name)).toEqual(names);
    expect((await readAll(table)).facts.encoding).toBe('utf-8');
  });

  test('a few joined lines of the other kind are found', async () => {
    const few = names
      .slice(0, 40)
      .map((name) => `1,${name}\n`)
      .join('');
    expect(await refusalOf(Buffer.concat([gb18030(table), Buffer.from(few)]))).toMatchObject({
      code: 'source-encoding-mixed',
    });
    expect(await refusalOf(Buffer.concat([Buffer.from(table), gb18030(few)]))).toMatchObject({
      code: 'source-encoding-mixed',
      line: names.length + 2,
    });
  });
});

describe('a mixture is refused with the line where it breaks', () => {
  test('UTF-8 first, GB 18030 later', async () => {
    const content = Buffer.concat([Buffer.from(TABLE), gb18030('1,扎西\n')]);
    expect(await refusalOf(content)).toEqual({
      code: 'source-encoding-mixed',
      line: 4,
      first: 'UTF-8',
      second: 'GB 18030',
    });
  });

  test('GB 18030 first, UTF-8 later, although those bytes are valid GB 18030 too', async () => {
    const content = Buffer.concat([gb18030(TABLE), Buffer.from('1,卓玛\n')]);
    expect(() => new TextDecoder('gb18030', { fatal: true }).decode(content)).not.toThrow();
    expect(await refusalOf(content)).toMatchObject({ code: 'source-encoding-mixed', line: 4 });
  });

  test('behind a UTF-8 mark', async () => {
    const content = Buffer.concat([Buffer.from('\uFEFFa,b\n1,2\n'), gb18030('1,扎西\n')]);
    expect(await refusalOf(content)).toMatchObject({ code: 'source-encoding-mixed', line: 3 });
  });

  test('far into the file, beyond the first block, with CRLF counted once', async () => {
    const lines = 30_000;
    const content = Buffer.concat([
      Buffer.from(`a,b\r\n${'540199190001010028,卓玛央宗\r\n'.repeat(lines)}`),
      gb18030('1,扎西\r\n'),
    ]);
    expect(await refusalOf(content)).toMatchObject({ code: 'source-encoding-mixed', line: lines + 2 });
  });

  test('a declared encoding reads on: the broken line is a fault of its row', async () => {
    const content = Buffer.concat([Buffer.from(TABLE), gb18030('1,扎西\n'), Buffer.from('2,卓玛\n')]);
    const read = await readAll(content, { encoding: 'utf-8' });
    expect(read.faults).toEqual([{ at: 4, fault: 'row-encoding' }]);
    expect(read.values.at(-1)).toEqual(['2', '卓玛']);
  });
});

test('a declared encoding does not overrule the mark in the file', async () => {
  expect(await refusalOf(`\uFEFF${TABLE}`, { encoding: 'gb18030' })).toEqual({
    code: 'source-encoding-declared',
    found: 'utf-8',
    declared: 'gb18030',
  });
  expect((await readAll(`\uFEFF${TABLE}`, { encoding: 'utf-8' })).columns[0]).toBe('证件号');
});

describe('broken characters', () => {
  test('half a character at the end of a short GB 18030 column costs that row only', async () => {
    const half = gb18030('扎西').subarray(0, -1);
    const content = Buffer.concat([gb18030(TABLE), half, gb18030(',x\n4,卓玛\n')]);
    const read = await readAll(content);
    expect(read.faults).toEqual([{ at: 4, fault: 'row-encoding' }]);
    expect(read.values).toEqual([...VALUES, ['4', '卓玛']]);
  });

  test('a lone surrogate in UTF-16 costs that row only', async () => {
    const read = await readAll(wide('a,b\n1,\uD800\n2,卓玛\n'));
    expect(read.faults).toEqual([{ at: 2, fault: 'row-encoding' }]);
    expect(read.values).toEqual([['2', '卓玛']]);
  });

  test('text in neither encoding is refused, not read as rubbish', async () => {
    const content = Buffer.concat([Buffer.from('a,b\n'), Buffer.from('é\xff,ü\n'.repeat(50), 'latin1')]);
    expect(await refusalOf(content)).toEqual({ code: 'source-encoding-unknown', line: 2 });
  });

  test('UTF-32 is refused by its mark', async () => {
    expect(await refusalOf(Buffer.from('fffe000061000000', 'hex'))).toEqual({ code: 'source-utf-32' });
  });

  test('what an earlier conversion lost is counted and marked where it stands', async () => {
    const read = await readAll('号,名\n1,扎西?顿珠\n2,卓\uFFFD\n3,卓玛\n');
    expect(read.faults).toEqual([]);
    expect(read.rows.map((row) => row.marks)).toEqual([
      [{ code: 'question-mark', column: '名' }],
      [{ code: 'replacement-character', column: '名' }],
      [],
    ]);
    expect(read.facts).toMatchObject({ questionMarks: 1, replacementCharacters: 1 });
  });
});

describe('private-use characters of GB 18030-2005', () => {
  /** Two-byte codes, and where the edition of 2005 put them. */
  const MOVED: [string, number][] = [
    ['a6d9', 0xe78d],
    ['a6da', 0xe78e],
    ['a6db', 0xe78f],
    ['a6dc', 0xe790],
    ['a6dd', 0xe791],
    ['a6de', 0xe792],
    ['a6df', 0xe793],
    ['a6ec', 0xe794],
    ['a6ed', 0xe795],
    ['a6f3', 0xe796],
    ['fe59', 0xe81e],
    ['fe61', 0xe826],
    ['fe66', 0xe82b],
    ['fe67', 0xe82c],
    ['fe6d', 0xe832],
    ['fe7e', 0xe843],
    ['fe90', 0xe854],
    ['fea0', 0xe864],
  ];

  test('become what the edition of 2022 says, as the decoder does with the bytes', async () => {
    const old = MOVED.map(([, code]) => String.fromCharCode(code)).join('');
    const today = new TextDecoder('gb18030').decode(Buffer.from(MOVED.map(([hex]) => hex).join(''), 'hex'));
    const read = await readAll(`号,名\n1,${old}\n`);
    expect(read.values).toEqual([['1', today]]);
    expect(read.facts).toMatchObject({ privateUseMapped: 18, privateUseKept: 0 });
  });

  test('others stay and are counted', async () => {
    const read = await readAll('号,名\n1,\uE816\uE7C7\uF123\n');
    expect(read.values).toEqual([['1', '\uE816\uE7C7\uF123']]);
    expect(read.facts).toMatchObject({ privateUseMapped: 0, privateUseKept: 3 });
  });
});
