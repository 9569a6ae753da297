/** Names of old exports lie: a file is known by what it contains, and one that is not read is told what to do. */
import { appendFileSync, mkdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openFile } from '../../../src/legacy/sources/open-file.ts';
import { REFUSALS, wordsFor } from '../../../src/legacy/sources/refusals.ts';
import { Refused } from '../../../src/platform/failure.ts';
import { fileOf, folder, readAll, refusalOf } from './files.ts';
import { zip } from './zip-writer.ts';

const OLE2 = Buffer.from('d0cf11e0a1b11ae1', 'hex');

describe('shapes that are not read', () => {
  test.each([
    ['old .xls', 'source-old-workbook', Buffer.concat([OLE2, Buffer.alloc(600)])],
    [
      'workbook behind a password',
      'source-locked-workbook',
      Buffer.concat([
        OLE2,
        Buffer.alloc(1_500),
        Buffer.from('EncryptedPackage', 'utf16le'),
        Buffer.alloc(64),
      ]),
    ],
    [
      'web page called .xls',
      'source-html',
      '\r\n<html xmlns:x="urn:schemas-microsoft-com:office:excel"><table>',
    ],
    ['bare table of a web page', 'source-html', '<TABLE border=1><tr><td>1</td>'],
    ['page with XML head', 'source-html', '<?xml version="1.0"?><html>'],
    ['page in an e-mail', 'source-html', 'MIME-Version: 1.0\nContent-Type: multipart/related\n'],
    ['spreadsheet of 2003', 'source-xml', '\uFEFF<?xml version="1.0"?><Workbook/>'],
    ['JSON array', 'source-json-array', '[\n{"a":1}]'],
    ['MySQL dump', 'source-sql-dump', '-- MySQL dump 10.13\nDROP TABLE IF EXISTS `t`;\n'],
    ['statements', 'source-sql-dump', 'INSERT INTO `t` VALUES (1);\n'],
    ['gzip', 'source-compressed', Buffer.from('1f8b0800000000000003', 'hex')],
    ['picture', 'source-not-text', Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(64)])],
    ['UTF-16 without its mark', 'source-not-text', Buffer.from('a,b\n1,2\n', 'utf16le')],
    ['other archive', 'source-not-workbook', zip([{ name: 'a.csv', content: 'a,b\n' }])],
    ['empty archive', 'source-not-workbook', zip([])],
    ['empty file', 'source-empty', ''],
  ])('%s', async (_, code, content) => {
    expect(await refusalOf(content)).toEqual({ code });
  });

  test('UTF-16 without its mark is read when it is declared', async () => {
    const read = await readAll(Buffer.from('a,b\n1,卓玛\n', 'utf16le'), { encoding: 'utf-16le' });
    expect(read.values).toEqual([['1', '卓玛']]);
  });

  test('a missing file and a folder', async () => {
    mkdirSync(join(folder, 'sub'));
    const code = async (path: string) => {
      const opened = await openFile(path);
      return opened.ok ? undefined : opened.failure.code;
    };
    expect(await code(join(folder, 'none.csv'))).toBe('source-missing');
    expect(await code(join(folder, 'sub'))).toBe('source-not-a-file');
    expect(await code('/dev/null')).toBe('source-not-a-file');
  });
});

test('tables whose text begins like something else are tables', async () => {
  expect((await readAll('-- note,b\n1,2\n')).values).toEqual([['1', '2']]);
  expect((await readAll('<序号>,b\n1,2\n')).values).toEqual([['1', '2']]);
});

test.each([
  ['grows', (path: string) => appendFileSync(path, '9,9\n')],
  ['is cut', (path: string) => truncateSync(path, 4)],
])('a file that %s while it is read ends with a failure, not with half of its rows', async (_, change) => {
  const path = fileOf('a,b\n1,2\n3,4\n');
  const opened = await openFile(path);
  if (!opened.ok) throw new Error('refused');
  change(path);
  const reading = (async () => {
    for await (const _ of opened.value.rows());
  })();
  await expect(reading).rejects.toSatisfy(
    (error) => error instanceof Refused && error.failure.code === 'source-changed',
  );
});

test('every refusal says what is wrong and what to do, with its values filled in', async () => {
  for (const words of Object.values(REFUSALS)) {
    expect(words.title).toMatch(/^[A-Z].*\S$/);
    expect(words.next).toMatch(/^[A-Z].*\.$/);
  }
  const opened = await openFile(fileOf(Buffer.from('a\n卓\n\xd4\xfa\n', 'utf8')));
  expect(opened.ok).toBe(true);
  const mixed = await openFile(
    fileOf(Buffer.concat([Buffer.from('a\n卓玛\n'), Buffer.from([0xd4, 0xfa, 0x0a])])),
  );
  if (mixed.ok) throw new Error('was opened');
  expect(wordsFor(mixed.failure).title).toBe(
    'Line 3 is in another encoding (GB 18030) than the lines before it (UTF-8).',
  );
});
