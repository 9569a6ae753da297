/** The measurement of imports measures what it says: the same old system again, in either encoding, and a wrong result noticed. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faultsOf } from '../../bench/legacy/check.ts';
import { type Expected, writeDump } from '../../bench/legacy/dump.ts';
import { citizen, deceasedCitizen, FIRST } from '../../bench/legacy/people.ts';
import { COLUMNS, declarationOf, type Rule, rowAt } from '../../bench/legacy/rows.ts';
import { readDeclaration } from '../../src/legacy/declaration.ts';
import { value } from '../accounts/opened.ts';

const RULE: Rule = { seed: 'test', persons: 1_000, recipe: 'discuz' };
const ROWS = 3_000;

describe('the synthetic old system', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'yihao-bench-test-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const dump = (name: string, rule: Rule, encoding: 'utf-8' | 'gb18030') => {
    const path = join(folder, name);
    return { expected: writeDump(path, rule, ROWS, encoding), bytes: readFileSync(path) };
  };

  test('is the same for the same seed and another for another', () => {
    const one = dump('one.csv', RULE, 'utf-8');
    expect(dump('two.csv', RULE, 'utf-8')).toEqual(one);
    expect(dump('three.csv', { ...RULE, seed: 'other' }, 'utf-8').bytes.equals(one.bytes)).toBe(false);
  });

  test('says the same in both encodings', () => {
    const decode = (bytes: Buffer, encoding: string) =>
      new TextDecoder(encoding, { fatal: true }).decode(bytes);
    const national = decode(dump('g.csv', RULE, 'gb18030').bytes, 'gb18030');
    expect(national).toBe(decode(dump('u.csv', RULE, 'utf-8').bytes, 'utf-8'));
    // Of the basic plane and of those behind it.
    expect(national).toMatch(/\p{Script=Han}/u);
    expect(national).toMatch(/[\u{20000}-\u{3FFFF}]/u);
  });

  test('holds every fault, and knows what becomes of each row', () => {
    const rows = Array.from({ length: ROWS }, (_, n) => rowAt(RULE, n));
    const numbers = rows.map(({ fields }) => fields[3] ?? '');
    const holds = (pattern: RegExp) => numbers.filter((number) => pattern.test(number)).length;
    expect(holds(/^\d{15}$/)).toBeGreaterThan(20);
    expect(holds(/E\+17$/)).toBeGreaterThan(5);
    expect(holds(/^(\d)\1{17}$/)).toBeGreaterThan(10);
    expect(numbers.filter((number) => number === '').length).toBeGreaterThan(60);
    const clerk = citizen(RULE.seed, FIRST.clerk).document.number;
    expect(numbers.filter((number) => number === clerk).length).toBeGreaterThan(5);
    expect(
      rows.filter(({ fields }) => fields.length !== COLUMNS.length).every(({ fate }) => fate === 'rejected'),
    ).toBe(true);
    expect(new Set(rows.map(({ fate }) => fate)).size).toBe(7);
    expect(deceasedCitizen(RULE.seed, 1).status).toBe('deceased');
  });

  test.each(['discuz', 'bcrypt', 'spring'] as const)(
    'has a declaration that can be used, with %s',
    (recipe) => {
      expect(value(readDeclaration(declarationOf({ ...RULE, recipe }))).recipe).toBe(recipe);
    },
  );
});

describe('the check', () => {
  const expected: Expected = {
    ...{ rows: 10, rejected: 1, repeated: 1, accounts: 8, asked: 3 },
    ...{ same: 2, new: 3, 'person-decides': 1, claim: 1, unusable: 1, linked: 3, opened: 2 },
  };
  const tally = [
    { outcome: 'same', tier: 'A', rows: 2, linked: true },
    { outcome: 'new', tier: 'A', rows: 3, linked: true },
    { outcome: 'doubtful', tier: 'B', rows: 1, linked: false },
    { outcome: 'doubtful', tier: 'C', rows: 1, linked: false },
    { outcome: 'unusable', tier: 'D', rows: 1, linked: false },
  ];
  const applied = { linked: 3, opened: 2, changed: 0, tally };

  test('is content with what is right', () => {
    expect(faultsOf('apply', applied, expected)).toEqual([]);
    expect(faultsOf('plan', { judged: 8, asked: 3, tally }, expected)).toEqual([]);
    const counts = { rows: 10, rejected: 1, repeated: 1, added: 8 };
    expect(faultsOf('stage', { counts }, expected)).toEqual([]);
  });

  test('notices one account too few, and one on the wrong side', () => {
    expect(faultsOf('apply', { ...applied, opened: 1 }, expected)).toEqual(['apply: opened 1, not 2']);
    const wrong = tally.map((row) => (row.outcome === 'same' ? { ...row, outcome: 'new' } : row));
    expect(faultsOf('plan', { judged: 8, asked: 3, tally: wrong }, expected)).toHaveLength(2);
  });
});

test('a whole small run comes to what was written, and leaves nothing behind', { timeout: 240_000 }, () => {
  const arguments_ = [
    'bench/legacy/run.ts',
    '--rows',
    '1000',
    '--persons',
    '300',
    '--stores',
    'embedded',
    '--register-ms',
    '0',
    '--json',
  ];
  const ran = spawnSync(process.execPath, arguments_, {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  expect(ran.stderr).toBe('');
  const { lines } = JSON.parse(ran.stdout) as {
    lines: { phase: string; faults: string[]; peakMb: number }[];
  };
  expect(lines.map(({ phase, faults }) => [phase, faults])).toEqual([
    ['stage', []],
    ['plan', []],
    ['apply', []],
  ]);
  expect(lines.every(({ peakMb }) => peakMb > 50)).toBe(true);
  expect(ran.status).toBe(0);
});
