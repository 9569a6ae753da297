/** What an operator reads of an old system and of the news about it, in the words of the command line. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { someCitizen } from '../journeys/citizen.ts';
import { type RunningYihao, startYihao } from '../support/server.ts';
import { runCli } from './cli.ts';

// Each command is a process of its own: a dozen of them take a busy machine long.
vi.setConfig({ testTimeout: 300_000 });

let yihao: RunningYihao;
let folder: string;
const people = Array.from({ length: 3 }, () => someCitizen());
const legacy = (...args: string[]) => {
  const { url, secret } = yihao.yihao.registries.standIn!;
  const register = {
    YIHAO_REGISTRIES__POPULATION__URL: url,
    YIHAO_REGISTRIES__POPULATION__SECRET: secret,
  };
  return runCli({ ...yihao.env, ...register }, ['legacy', ...args]);
};
const said = async (...args: string[]) => {
  const answer = await legacy(...args);
  expect(answer, answer.err).toMatchObject({ code: 0 });
  return answer;
};

beforeAll(async () => {
  yihao = await startYihao();
  folder = mkdtempSync(join(tmpdir(), 'yihao-report-'));
  const rows = people.map(
    ({ name, document }, n) => `=u${n},${name},${document.number},5f4dcc3b5aa765d61d8327deb882cf9${n}`,
  );
  writeFileSync(join(folder, 'old.csv'), ['id,xm,sfzh,mm', ...rows, 'broken', ''].join('\n'));
  writeFileSync(
    join(folder, 'old.yaml'),
    'source: talent\ntitle: { zh-CN: 人才 }\nperson: { localId: id, name: xm, document: { column: sfzh }, password: mm }\nrecipe: md5(p)\n',
  );
  await said('stage', join(folder, 'old.yaml'), join(folder, 'old.csv'));
});
afterAll(async () => {
  await yihao.close();
  rmSync(folder, { recursive: true, force: true });
});

test('the register is asked at the pace that is named', async () => {
  const began = performance.now();
  const planned = await said('plan', 'talent', '--rate', '2', '--json');
  expect(planned.json()).toMatchObject({ asked: 3 });
  expect(performance.now() - began).toBeGreaterThan(1_000);
  await said('apply', 'talent');
});

test('the report for people, for programs and for spreadsheets says the same', async () => {
  const { out } = await said('report', 'talent');
  expect(out).toMatch(/^ +4 {2}rows in the newest dump$/m);
  expect(out).toMatch(/^ +1 {2}row-fields: /m);
  expect(out).toMatch(/^ +3 {2}are linked, 3 of them to accounts opened for them$/m);
  expect(out).toContain('Nothing is open.');
  const { yihao: rooms } = yihao;
  await rooms.database.query(
    `INSERT INTO old_password_count (source, week, lane, tried, opened) VALUES ('talent', '2026-11-02', 0, 10, 9)`,
  );
  await rooms.database.query(
    `UPDATE old_password SET state = 'used', content = NULL, changed_at = '2026-11-03' WHERE local_id = '=u0'`,
  );
  const json = (await said('report', 'talent', '--json')).json<{
    weeks: { week: string; migrated: number }[];
    attempts: object;
  }>();
  expect(json.attempts).toEqual({ tried: 10, right: 9, rate: 0.9 });
  expect(json.weeks[0]).toMatchObject({ week: '2026-W45', migrated: 1 });
  const drawn = (await said('report', 'talent')).out;
  expect(drawn).toMatch(/^ {2}2026-W45 █{40} +1 {3}9 of 10 tries right$/m);
  const csv = (await said('report', 'talent', '--csv')).out.split('\r\n');
  expect(csv[0]).toBe('kind,what,week,rows');
  for (const line of [
    'rows,newest dump,,4',
    'rejected,row-fields,,1',
    'linked,A,,3',
    'week,right,2026-W45,9',
  ])
    expect(csv).toContain(line);
});

test('a sample is masked, safe in a spreadsheet, the same again, and written down that it was looked at', async () => {
  const first = (await said('report', 'talent', '--sample', '2', '--seed', 'x')).out;
  expect((await said('report', 'talent', '--sample', '2', '--seed', 'x')).out).toBe(first);
  const csv = (await said('report', 'talent', '--sample', '3', '--csv')).out;
  expect(csv).toContain("'=u1,");
  for (const { name, document } of people)
    for (const hidden of [name, document.number]) expect(csv + first).not.toContain(hidden);
  const looked = await yihao.yihao.database.query(
    `SELECT detail FROM audit_event WHERE type = 'operator.looked'`,
  );
  expect(looked).toHaveLength(3);
});

describe('what cannot be done is said', () => {
  test.each([
    [['report', 'no-such'], 3, 'old-system-unknown'],
    [['report', 'talent', '--seed', 'x'], 2, '--sample'],
    [['report', 'talent', '--sample', '0'], 2, 'whole number'],
    [['report', 'talent', '--sample', 'many'], 2, 'whole number'],
    [['report', 'talent', '--csv', '--json'], 2, 'not both'],
    [['plan', 'talent', '--rate', '0'], 2, 'whole number'],
    [['plan', 'talent', '--budget', 'all'], 2, 'whole number'],
    [['news', 'no-such'], 3, 'client-unknown'],
    [['news', '--retry'], 2, 'client_id'],
    [['check', 'x.yaml'], 2, "unknown command 'check'"],
    [['declare', 'check', 'no-such.yaml'], 2, 'cannot read'],
  ] as const)('%s', async (args, code, words) => {
    const answer = await legacy(...args);
    expect([answer.code, answer.err]).toEqual([code, expect.stringContaining(words)]);
    expect(answer.err).not.toMatch(/at .*\.ts:\d+/);
  });

  test('every command explains itself', async () => {
    const commands = (await said('--help')).out;
    for (const name of [
      'inspect',
      'declare',
      'stage',
      'plan',
      'apply',
      'status',
      'cases',
      'decide',
      'undo',
      'report',
      'wrap',
      'expire',
      'rejects',
      'news',
    ]) {
      expect(commands).toMatch(new RegExp(`^ {2}${name}\\b`, 'm'));
      expect((await said(name, '--help')).out).toContain('Usage: ');
    }
  });
});
