/** Workbooks made to harm: each is answered with what is wrong, before memory or time is spent on it. */
import { expect, test } from 'vitest';
import { openFile } from '../../../src/legacy/sources/open-file.ts';
import { Refused } from '../../../src/platform/failure.ts';
import { fileOf, readAll, refusalOf } from './files.ts';
import { inline, row, workbook, workbookMembers } from './workbook-writer.ts';
import { type ZipMember, zip } from './zip-writer.ts';

const GOOD = { sheets: { a: row(1, inline('A1', 'x')) + row(2, inline('A2', '1')) } };
const SHEET = 'xl/worksheets/sheet1.xml';
const STRINGS = 'xl/sharedStrings.xml';

/** Two megabytes that do not pack too well. */
const ENDLESS = Array.from({ length: 250_000 }, (_, at) =>
  ((at * 2_654_435_761) % 99_999_999).toString(36),
).join(' ');

/** The good workbook with one part replaced. */
const withPart = (name: string, part: Partial<ZipMember>) =>
  zip(workbookMembers(GOOD).map((member) => (member.name === name ? { ...member, ...part } : member)));

test('the workbook that the others are made from is good', async () => {
  expect((await readAll(workbook(GOOD))).values).toEqual([['1']]);
});

test('a bomb that tells its size is refused by the sum', async () => {
  expect(await refusalOf(withPart(STRINGS, { statedSize: 0xffff_fff0 }))).toMatchObject({
    code: 'source-workbook-limit',
  });
});

test('a bomb that tells its size is refused by what one byte becomes', async () => {
  const content = `<sst>${' '.repeat(3_000_000)}</sst>`;
  expect(await refusalOf(withPart(STRINGS, { content }))).toMatchObject({
    code: 'source-workbook-limit',
    what: 'bytes unpacked per byte',
  });
});

test('a bomb that lies about its size is stopped at the size it told', async () => {
  const content = `<sst>${' '.repeat(3_000_000)}</sst>`;
  expect(await refusalOf(withPart(STRINGS, { content, statedSize: 1_000 }))).toMatchObject({
    code: 'source-workbook-broken',
    part: STRINGS,
  });
});

test('limits on bytes, files inside, shared text, cells and columns hold', async () => {
  const limited = (limits: object, content = workbook(GOOD)) => refusalOf(content, { limits });
  expect(await limited({ workbookBytes: 100 })).toMatchObject({ what: 'bytes', limit: 100 });
  expect(await limited({ entries: 3 })).toMatchObject({ what: 'files inside', limit: 3 });
  expect(await limited({ unpackedBytes: 500 })).toMatchObject({ what: 'bytes unpacked' });
  const strings = Array.from({ length: 50 }, (_, at) => `text number ${at}`);
  expect(await limited({ sharedTextBytes: 200 }, workbook({ ...GOOD, strings }))).toMatchObject({
    what: 'bytes of shared text',
  });
  const empty = { content: `<sst>${'<si/>'.repeat(100)}</sst>` };
  expect(await limited({ sharedTextBytes: 200 }, withPart(STRINGS, empty))).toMatchObject({
    what: 'bytes of shared text',
  });
  const wide = workbook({ sheets: { a: row(1, inline('A1', 'x'), inline('SG1', 'y')) } });
  expect(await limited({}, wide)).toEqual({ code: 'source-too-many-columns', limit: 500 });
});

test('a limit met on the way ends the stream with its failure', async () => {
  const opened = await openFile(fileOf(workbook(GOOD)), { limits: { cells: 1 } });
  // The first row is found within the limit; both rows arrive in one piece of the file.
  expect(opened).toMatchObject({ ok: false, failure: { code: 'source-workbook-limit' } });

  const rows = Array.from({ length: 60_000 }, (_, at) => row(at + 2, inline(`A${at + 2}`, 'x'))).join('');
  const long = await openFile(
    fileOf(workbook({ sheets: { a: GOOD.sheets.a.replace(/<row r="2".*/, '') + rows } })),
    {
      limits: { cells: 50_000 },
    },
  );
  if (!long.ok) throw new Error('refused');
  const reading = (async () => {
    for await (const _ of long.value.rows());
  })();
  await expect(reading).rejects.toSatisfy(
    (error) => error instanceof Refused && error.failure.code === 'source-workbook-limit',
  );
});

test.each([
  ['an outside entity', '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><worksheet>&e;</worksheet>'],
  ['a billion laughs', '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'],
  ['a plain document type', '<!DOCTYPE worksheet><worksheet/>'],
])('a document type is refused: %s', async (_, content) => {
  expect(await refusalOf(withPart(SHEET, { content }))).toEqual({
    code: 'source-workbook-doctype',
    part: SHEET,
  });
  expect(await refusalOf(withPart(STRINGS, { content }))).toMatchObject({ code: 'source-workbook-doctype' });
});

test.each([
  ['cut off', '<worksheet><sheetData><row r="1">'],
  ['not closed in order', '<worksheet><a></worksheet></a>'],
  ['with an unknown entity', '<worksheet>&nbsp;</worksheet>'],
  ['not UTF-8', Buffer.from('<worksheet>\xff</worksheet>', 'latin1')],
  ['nested deeply', `${'<a>'.repeat(5_000)}${'</a>'.repeat(5_000)}`],
  [
    'with one endless tag',
    `<worksheet ${Array.from({ length: 90_000 }, (_, at) => `a${at * 7919}="${at}"`).join(' ')}/>`,
  ],
  ['with one endless text', `<worksheet><a>${ENDLESS}</a></worksheet>`],
  ['with one endless comment', `<worksheet><!--${ENDLESS}--></worksheet>`],
  ['with rows that go back', '<worksheet><sheetData><row r="5"/><row r="4"/></sheetData></worksheet>'],
  ['with a row that is no number', '<worksheet><sheetData><row r="x"/></sheetData></worksheet>'],
])('broken XML is told: %s', async (_, content) => {
  expect(await refusalOf(withPart(SHEET, { content }))).toEqual({
    code: 'source-workbook-broken',
    part: SHEET,
  });
});

test('an encrypted member, a name twice, a way out of the archive, a cut archive', async () => {
  expect(await refusalOf(withPart(SHEET, { encrypted: true }))).toEqual({ code: 'source-locked-workbook' });
  const members = workbookMembers(GOOD);
  expect(await refusalOf(zip([...members, members.at(-1)!]))).toMatchObject({
    code: 'source-workbook-broken',
  });
  expect(await refusalOf(zip([...members, { name: '../../etc/x', content: '' }]))).toMatchObject({
    code: 'source-workbook-broken',
  });
  const whole = workbook(GOOD);
  expect(await refusalOf(whole.subarray(0, whole.length - 30))).toMatchObject({
    code: 'source-workbook-broken',
  });
});

test('a part whose check sum is wrong is not read as if it were right', async () => {
  expect(await refusalOf(withPart(STRINGS, { statedCheck: 1 }))).toEqual({
    code: 'source-workbook-broken',
    part: STRINGS,
  });
  const opened = await openFile(fileOf(withPart(SHEET, { statedCheck: 1 })));
  // The sheet is read to its end only with its rows.
  if (!opened.ok) throw new Error('refused');
  const reading = (async () => {
    for await (const _ of opened.value.rows());
  })();
  await expect(reading).rejects.toBeInstanceOf(Refused);
});

test('a sheet that lies outside the archive, or is missing, is not followed', async () => {
  const relations = (attributes: string) => ({
    content: `<Relationships><Relationship Id="rId1" ${attributes}/></Relationships>`,
  });
  const name = 'xl/_rels/workbook.xml.rels';
  for (const attributes of [
    'Target="http://x.example/s.xml" TargetMode="External"',
    'Target="worksheets/none.xml"',
  ]) {
    expect(await refusalOf(withPart(name, relations(attributes)))).toMatchObject({
      code: 'source-workbook-broken',
    });
  }
});
