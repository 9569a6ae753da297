/** An operator brings an old system home: looks at the dump, stages it, plans, links, and takes one link back. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { personAt } from '../../src/registries/stand-in-population.ts';
import { type RunningYihao, startYihao } from '../support/server.ts';
import { runCli } from './cli.ts';

// Each command is a process of its own: a dozen of them take a busy machine long.
vi.setConfig({ testTimeout: 300_000 });

let yihao: RunningYihao;
let folder: string;
/** Beside the running server, whose stand-in register it finds by itself. */
const legacy = (...args: string[]) => runCli(yihao.env, ['legacy', ...args]);

beforeAll(async () => {
  yihao = await startYihao();
  folder = mkdtempSync(join(tmpdir(), 'yihao-old-'));
});
afterAll(async () => {
  await yihao.close();
  rmSync(folder, { recursive: true, force: true });
});

const people = Array.from({ length: 200 }, (_, n) => personAt('yihao', n)).filter(
  ({ status, document }) => status === 'alive' && document.type === 'citizen-number',
);

test('the whole way, in the words of the command line', async () => {
  const dump = join(folder, 'old.csv');
  const declaration = join(folder, 'old.yaml');
  const rows = people.slice(0, 3).map(({ name, document }, n) => `${n},${name},${document.number}`);
  writeFileSync(
    dump,
    ['yhbh,xm,sfzh', ...rows, `9,达娃,${people[3]!.document.number}`, '10,拉巴', ''].join('\r\n'),
  );
  writeFileSync(
    declaration,
    'source: talent\ntitle: { zh-CN: 人才 }\nperson: { localId: yhbh, name: xm, document: { column: sfzh } }\n',
  );

  const seen = await legacy('inspect', dump);
  expect(seen, seen.err).toMatchObject({ code: 0 });
  expect(seen.out).toContain('yhbh: localId');
  expect(seen.out).toContain('sfzh: document');
  expect((await legacy('declare', 'check', declaration)).code).toBe(0);

  const staged = await legacy('stage', declaration, dump, '--json');
  expect(staged.json()).toMatchObject({ dump: 1, counts: { rows: 5, added: 4, rejected: 1 } });
  expect((await legacy('rejects', 'talent')).out).toMatch(/^6,row-fields,/m);

  const planned = await legacy('plan', 'talent', '--json');
  expect(planned, planned.err).toMatchObject({ code: 0 });
  expect(planned.json()).toMatchObject({
    asked: 4,
    tally: [
      { outcome: 'new', rows: 3 },
      { outcome: 'doubtful', tier: 'B', reasons: ['register-mismatch'], rows: 1 },
    ],
  });
  const told = (await legacy('rows', 'talent')).out.split('\r\n');
  expect(told[0]).toBe('row,local id,becomes,tier,why,account');
  expect(told.slice(1, -1).map((row) => row.split(',').slice(1, 5))).toEqual([
    ...[0, 1, 2].map((n) => [String(n), 'to open an account and be linked to it', 'A', 'register-agrees']),
    ['9', 'a person decides', 'B', 'register-mismatch'],
  ]);
  expect((await legacy('apply', 'talent')).out).toMatch(/ 3 {2}linked to accounts opened/);
  expect((await legacy('rows', 'talent', '--json')).json()).toMatchObject({
    rows: [{ localId: '0', becomes: 'linked to the account that it opened' }, {}, {}, {}],
    more: false,
  });
  expect((await legacy('rows', 'nobody')).code).toBe(3);
  const undone = await legacy('undo', 'talent', '1', '--reason', 'the wrong dump');
  expect(undone.out).toContain('which the link had opened, is gone');
  expect((await legacy('status', 'talent')).out).toContain('accounts of talent');

  const queue = await legacy('cases');
  expect(queue.out).toContain('1  talent  the register knows the number under another name');
  const seen9 = await legacy('cases', 'talent', '9');
  expect(seen9.out).toContain('proposed: wait, because the register knows the number under another name');
  expect((await legacy('decide', 'talent', '9', '--link', '--reason', 'x')).err).toContain('case-no-account');
  const proper = await legacy(
    'decide',
    'talent',
    '9',
    '--create',
    '--name',
    people[3]!.name,
    '--reason',
    'asked',
    '--json',
  );
  expect(proper.json()).toMatchObject({ state: 'done', personId: expect.any(String) });
  expect((await legacy('undo', 'talent', '9', '--reason', 'again')).code).toBe(0);
  const many = await legacy(
    'decide',
    'talent',
    '--for-reason',
    'register-mismatch',
    '--reject',
    '--reason',
    'a test',
  );
  expect(many.out).toContain('1 decided, 0 wait for a second person, 0 refused');
  expect((await legacy('undo', 'talent', '9', '--reason', 'again')).out).toContain('is an open case again');

  const audit = await runCli(yihao.env, ['audit', 'verify']);
  expect(audit.out).toContain('intact');
  for (const said of [seen, staged, planned, undone, queue, seen9, proper, many])
    for (const { document, name } of people.slice(0, 4)) {
      expect(said.out).not.toContain(document.number);
      expect(said.out).not.toContain(name);
    }
});

test('what cannot be done is said, with what to do, and leaves with its code', async () => {
  for (const [args, code, why] of [
    [['stage', join(folder, 'none.yaml'), 'x'], 2, 'cannot read'],
    [['plan', 'nothing'], 3, 'no such old system'],
    [['plan', 'talent', '--parallel', '0'], 2, 'from 1 to 1000'],
    [['decide', 'talent', '9', '--reason', 'x'], 2, 'name a case and one of'],
    [['decide', 'talent', '9', '--reject'], 2, '--reason is required'],
    [['decide', '--approve', '99'], 3, 'no such proposal'],
    [['cases', '--reason', 'none'], 2, 'Known are'],
    [['undo', 'talent', '999', '--reason', 'x'], 3, 'not linked'],
    [['inspect', join(folder, 'none.csv')], 3, 'no such file'],
    [['declare', 'check', join(folder, 'old.csv')], 3, 'old-declaration'],
  ] as const) {
    const said = await legacy(...args);
    expect([args, said.code]).toEqual([args, code]);
    expect(said.err).toContain(why);
  }
});

test('the old system of the examples comes home as the page of the trial says', async () => {
  const example = join(import.meta.dirname, '../../examples/old-system');
  const known = join(folder, 'known.csv');
  writeFileSync(known, '10005,Yak-river-14\n');
  const seen = await legacy('inspect', join(example, 'talent.csv'), '--known', known, '--json');
  expect(seen.json()).toMatchObject({
    facts: { encoding: 'gb18030' },
    rowsRead: 40,
    passwords: { sure: 'discuz' },
    codes: [{ member: 'gender', codes: { 1: 'male', 2: 'female' } }, { member: 'status' }],
  });
  const staged = await legacy('stage', join(example, 'talent.yaml'), join(example, 'talent.csv'), '--json');
  expect(staged.json(), staged.err).toMatchObject({ counts: { rows: 40, added: 40, rejected: 0 } });
  expect((await legacy('plan', 'talent-2016')).code).toBe(0);
  const applied = (await legacy('apply', 'talent-2016', '--json')).json<{ linked: number; opened: number }>();
  // The trial's own sample people have accounts already.
  expect(applied.linked + applied.opened).toBeGreaterThan(30);
  const id = (
    await yihao.yihao.accounts.findByDocument({ type: 'citizen-number', number: '540596188511308035' })
  )?.id;
  expect(await yihao.yihao.credentials.passwords.verify(id, 'Yak-river-14')).toMatchObject({ ok: true });
});
