/** A dump comes in: resumable, idempotent, by two at once, and nothing of it rests in the clear. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { renewOldAccounts } from '../../src/legacy/key-change.ts';
import { rejectsAsCsv } from '../../src/legacy/rejects.ts';
import { type StageResult, type StageRoom, stageFile } from '../../src/legacy/stage.ts';
import { openRecord } from '../../src/legacy/staged-row.ts';
import { listRejects, summarise } from '../../src/legacy/staging-store.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { makeFingerprinter } from '../../src/platform/seal/fingerprint.ts';
import { makeSealer } from '../../src/platform/seal/sealer.ts';
import { citizen, newestOnly, sampleRing, value } from '../accounts/opened.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';

const DECLARATION = `
source: talent
title: { zh-CN: 人才服务网 }
person:
  localId: id
  name: xm
  document: { column: sfzh }
  phone: sjh
  status: { column: zt, codes: { "0": active, "1": disabled } }
  deleted: { column: del, codes: { "0": no, "2": yes } }
  password: mm
recipe: md5(p)
nameWidth: 10
`;
const HEAD = 'id,xm,sfzh,sjh,zt,del,mm';
const HASH = '12bce374e7be15142e8172f668da00d8';
const row = (
  n: number,
  more: Partial<Record<'name' | 'number' | 'phone' | 'status' | 'deleted', string>> = {},
) =>
  [
    n,
    more.name ?? '扎西顿珠',
    more.number ?? citizen(n).number,
    more.phone ?? `139${String(n).padStart(8, '0')}`,
    more.status ?? '0',
    more.deleted ?? '0',
    HASH,
  ].join(',');

describe.each(stores)('staging on $name', (store) => {
  let fresh: FreshDatabase;
  let room: StageRoom;
  let folder: string;

  beforeEach(async () => {
    fresh = await store.fresh();
    const ring = sampleRing(1);
    room = {
      database: fresh.database,
      sealer: makeSealer(ring, 'aes'),
      fingerprinter: makeFingerprinter(ring, 'aes'),
      clock: systemClock,
    };
    folder = mkdtempSync(join(tmpdir(), 'yihao-legacy-'));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true });
    await fresh.drop();
  });

  const file = (name: string, lines: string[]): string => {
    const path = join(folder, name);
    writeFileSync(path, [HEAD, ...lines].join('\r\n'));
    return path;
  };
  const stage = async (path: string, onProgress?: () => void): Promise<StageResult> =>
    value(await stageFile(room, { declaration: DECLARATION, path }, onProgress));
  const all = () =>
    fresh.database.query<{
      local_id: string;
      at: string;
      content: Buffer;
      number_state: string;
      marks: string[];
    }>('SELECT local_id, at, content, number_state, marks FROM old_account ORDER BY local_id');

  test('rows are cleaned, what is doubtful is marked, and each opens again as it was', async () => {
    const path = file('a.csv', [
      row(1, { number: `'${citizen(1).number.toLowerCase()}` }),
      row(2, { number: '5.40199E+17' }),
      row(3, { number: '111111111111111111', name: '无' }),
      row(4, { number: citizen(60).number.replace(/.$/, (last) => (last === '0' ? '1' : '0')) }),
      row(5, { name: '达?珠', status: '7' }),
      row(6, { number: '540199000101001', name: '次仁旺堆的名字很长很长很' }),
      row(7, { number: '', phone: '12345' }),
    ]);
    const { counts } = await stage(path);
    expect(counts).toEqual({
      rows: 7,
      added: 7,
      changed: 0,
      unchanged: 0,
      repeated: 0,
      passwords: 6,
      rejected: 0,
    });
    const staged = (await all()).map((one) => [one.local_id, one.number_state, one.marks.sort().join(' ')]);
    expect(staged).toEqual([
      ['1', 'valid', ''],
      ['2', 'damaged', 'number-damaged'],
      ['3', 'placeholder', 'name-placeholder number-placeholder'],
      ['4', 'invalid', 'number-invalid'],
      ['5', 'valid', 'name-damaged status-unknown'],
      ['6', 'valid', 'name-at-limit number-fifteen'],
      ['7', 'absent', 'phone-invalid'],
    ]);
    const records = (await all()).map((one) => openRecord(room.sealer, 'talent', one));
    expect(records[0]).toMatchObject({
      localId: '1',
      name: '扎西顿珠',
      number: { state: 'valid', document: citizen(1) },
      disabled: false,
    });
    expect(records[4]!.disabled).toBe(true);
    expect(records[5]!.number).toMatchObject({ document: { number: '54019919000101001X' } });
  });

  test('nothing that says who somebody is, and no old password, rests in the clear', async () => {
    await stage(file('a.csv', [row(1), row(2)]));
    const dump = JSON.stringify(
      [
        await fresh.database.query('SELECT * FROM old_account'),
        await fresh.database.query('SELECT * FROM old_password'),
      ],
      (_name, part: unknown) =>
        (part as { type?: string })?.type === 'Buffer'
          ? Buffer.from((part as { data: number[] }).data).toString('latin1')
          : part,
    );
    for (const secret of [
      citizen(1).number,
      '13900000001',
      '扎西',
      Buffer.from('扎西').toString('latin1'),
      HASH,
    ])
      expect(dump).not.toContain(secret);
  });

  test('the same file again changes nothing; a later dump tells what it brought, changed and lacks', async () => {
    const first = file('a.csv', [row(1), row(2), row(3), row(3, { name: '达娃' })]);
    expect((await stage(first)).counts).toMatchObject({ rows: 4, added: 3, repeated: 1 });
    expect(await stage(first)).toMatchObject({ dump: 1, already: true, counts: { added: 3 } });

    const second = file('b.csv', [row(1), row(2, { phone: '13911112222' }), row(4)]);
    expect(await stage(second)).toMatchObject({
      dump: 2,
      already: false,
      counts: { rows: 3, added: 1, changed: 1, unchanged: 1, repeated: 0 },
    });
    expect((await summarise(fresh.database, 'talent', 2)).missing).toBe(1);
    const names = (await all()).map((one) => openRecord(room.sealer, 'talent', one).name);
    expect(names).toEqual(['扎西顿珠', '扎西顿珠', '达娃', '扎西顿珠']);
  });

  test('a run that was cut off goes on where it stopped, and counts nothing twice', async () => {
    const path = file(
      'a.csv',
      Array.from({ length: 3_500 }, (_, n) => row(n)),
    );
    let batches = 0;
    const broken = stage(path, () => {
      batches += 1;
      if (batches === 2) throw new Error('the power went');
    });
    await expect(broken).rejects.toThrow('the power went');
    const { length } = await all();
    expect(length).toBeGreaterThan(0);
    expect(length).toBeLessThan(3_500);
    expect(await stage(path)).toMatchObject({ dump: 1, counts: { rows: 3_500, added: 3_500, repeated: 0 } });
    expect((await all()).length).toBe(3_500);
  });

  test('two runs of one file at once share the work', async () => {
    const path = file(
      'a.csv',
      Array.from({ length: 4_000 }, (_, n) => row(n)),
    );
    const [one, other] = await Promise.all([stage(path), stage(path)]);
    expect([one!.dump, other!.dump]).toEqual([1, 1]);
    expect((await stage(path)).counts).toEqual({
      ...{ rows: 4_000, added: 4_000, changed: 0, unchanged: 0, repeated: 0, passwords: 4_000, rejected: 0 },
    });
  });

  test('rows that cannot be staged are told, row by row, in a table no spreadsheet runs', async () => {
    const path = file('a.csv', [row(1), ',扎西,,,0,0,', 'two,fields', row(2)]);
    expect((await stage(path)).counts).toMatchObject({ rows: 4, added: 2, rejected: 2 });
    let csv = '';
    for await (const text of rejectsAsCsv((after, most) =>
      listRejects(fresh.database, 'talent', 1, after, most),
    ))
      csv += text;
    expect(csv.split('\r\n').map((line) => line.split(',').slice(0, 2).join(','))).toEqual([
      'row,reason',
      '3,local-id-absent',
      '4,row-fields',
      '',
    ]);
  });

  test('a declaration that names columns the file lacks is refused before anything is staged', async () => {
    const path = file('a.csv', [row(1)]);
    const declaration = DECLARATION.replace('sjh', 'mobile').replace('column: sfzh', 'column: idno');
    const outcome = await stageFile(room, { declaration, path });
    expect(outcome).toMatchObject({
      failure: {
        code: 'old-declaration',
        faults: [{ setting: 'person.document.column' }, { setting: 'person.phone' }],
      },
    });
    expect(await all()).toEqual([]);
  });

  test('after a change of keys everything moves, opens and is found without the old ones', async () => {
    await stage(file('a.csv', [row(1), row(2), row(3, { number: '' })]));
    const both = sampleRing(2);
    const changed = { sealer: makeSealer(both, 'aes'), fingerprinter: makeFingerprinter(both, 'aes') };
    // Three accounts and their passwords.
    expect(await renewOldAccounts(fresh.database, changed)).toBe(6);
    expect(await renewOldAccounts(fresh.database, changed)).toBe(0);
    const alone = newestOnly(2);
    room = { ...room, sealer: makeSealer(alone, 'aes'), fingerprinter: makeFingerprinter(alone, 'aes') };
    expect((await all()).map((one) => openRecord(room.sealer, 'talent', one).localId)).toEqual([
      '1',
      '2',
      '3',
    ]);
    const again = await stage(file('b.csv', [row(2), row(1), row(3, { number: '' })]));
    expect(again.counts).toMatchObject({ unchanged: 3, changed: 0 });
  });

  test('columns and ids made to break it are data like any other', async () => {
    const path = join(folder, 'a.csv');
    writeFileSync(
      path,
      [
        'id,__proto__,xm,sfzh,sjh,zt,del,mm',
        `__proto__,x,=cmd|'/c calc'!A1,,,0,0,`,
        `"a,b",y,达娃,,,0,0,`,
      ].join('\n'),
    );
    expect((await stage(path)).counts).toMatchObject({ added: 2 });
    expect((await all()).map((one) => one.local_id).sort()).toEqual(['__proto__', 'a,b']);
  });
});
