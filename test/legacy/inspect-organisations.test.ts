/** A look at unknown dumps of organisations proposes a declaration that can be staged as it is. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readDeclaration } from '../../src/legacy/declaration.ts';
import { inspectFile } from '../../src/legacy/inspect.ts';
import { citizen, value } from '../accounts/opened.ts';
import { creditCode, organisationCode, registrationNumber } from '../accounts/organisation-codes.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'yihao-inspect-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const inspect = async (...rows: string[]) => {
  const path = join(folder, 'old.csv');
  writeFileSync(path, rows.join('\n'));
  return value(await inspectFile(path));
};
const declared = (text: string) => {
  const read = readDeclaration(text);
  return read.ok ? read.value : undefined;
};

test('pinyin initials: names, three kinds of number, representative, and what is wrong with them', async () => {
  const found = await inspect(
    'DWBH,DWMC,TYSHXYDM,ZZJGDM,GSZCH,FRXM,FRSFZ,LXDH,CJSJ',
    `1,西藏雪莲公司,${creditCode(1)},,,扎西,${citizen(1).number},13900001234,2016-01-02`,
    `2,西藏雪莲公司,${creditCode(1)},${organisationCode(2)},,扎西,123,,`,
    `3,某寺,,,${registrationNumber(3)},,,,`,
    '4,某局,,,,,,,',
  );
  expect(declared(found.declaration)?.organisation).toEqual({
    ...{ localId: 'DWBH', name: 'DWMC', phone: 'LXDH', createdAt: 'CJSJ' },
    code: [
      { column: 'TYSHXYDM', type: 'by-length' },
      { column: 'ZZJGDM', type: 'organisation-code' },
      { column: 'GSZCH', type: 'registration-number' },
    ],
    representative: { name: 'FRXM', document: 'FRSFZ', type: 'citizen-number' },
  });
  expect(found.marks).toEqual({ 'codes-disagree': 1, 'representative-invalid': 1 });
  expect([found.sharedNumbers, found.rowsRead]).toEqual([1, 4]);
  expect(found.lines.join('\n')).toContain('passwords of organisations are not taken');
});

test.each<[string, string, 'person' | 'organisation']>([
  ['a sheet in Chinese', '编号,企业名称,统一社会信用代码,法定代表人', 'organisation'],
  ['only old numbers', 'id,mc,zzjgdm', 'organisation'],
  ['a firm and who may be reached', 'id,dwmc,tyshxydm,sfzh', 'organisation'],
  ['a name of organisations and nothing else', 'id,qymc,lxdh', 'organisation'],
  ['people and where they work', 'id,xm,sfzh,dwmc,tyshxydm', 'person'],
  ['people', 'yhbh,xm,sfzh', 'person'],
  ['people without numbers', 'uid,username,dwmc,xm', 'person'],
])('%s: %s is a table of %ss', async (_what, header, kind) => {
  const read = declared((await inspect(header, header.replace(/[^,]+/g, '1'))).declaration);
  expect([read?.person && 'person', read?.organisation && 'organisation'].filter(Boolean)).toEqual([kind]);
});
