/** JSON Lines: one object per line, and no digit of a long number rounded. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readMembers } from '../../../src/legacy/sources/json-members.ts';
import { readAll, refusalOf } from './files.ts';

test('values arrive as text, an 18-digit number with all its digits', async () => {
  const read = await readAll(
    '{"id":540199190001010028,"name":"卓\\u739b","on":true,"none":null,"dec":1.50}\r\n\n{"name":"扎西"}\n',
  );
  expect(read.columns).toEqual(['id', 'name', 'on', 'none', 'dec']);
  expect(read.values).toEqual([
    ['540199190001010028', '卓玛', 'true', '', '1.50'],
    ['', '扎西', '', '', ''],
  ]);
  expect(read.rows.map(({ at }) => at)).toEqual([1, 3]);
  expect(read.facts.shape).toBe('json-lines');
});

test('nested values are kept as JSON text and marked', async () => {
  const read = await readAll('{"a":{"b":[1,{"c":"}"}]},"d":["x"]}\n');
  expect(read.values).toEqual([['{"b":[1,{"c":"}"}]}', '["x"]']]);
  expect(read.rows[0]!.marks).toEqual([
    { code: 'nested-value', column: 'a' },
    { code: 'nested-value', column: 'd' },
  ]);
});

test('a key that no early line had is marked, not lost', async () => {
  const read = await readAll(`${'{"a":1}\n'.repeat(150)}{"a":1,"b":"x"}\n`);
  expect(read.columns).toEqual(['a']);
  expect(read.rows.at(-1)).toMatchObject({
    fields: { b: 'x' },
    marks: [{ code: 'new-column', column: 'b' }],
  });
});

test('__proto__ and constructor are keys like others', async () => {
  const read = await readAll('{"__proto__":"x","constructor":{"y":1}}\n');
  expect(Object.entries(read.rows[0]!.fields)).toEqual([
    ['__proto__', 'x'],
    ['constructor', '{"y":1}'],
  ]);
  expect(({} as Record<string, unknown>).y).toBeUndefined();
});

test('faulty lines are told and cost only themselves', async () => {
  const lines = [
    '{"a":"1"}',
    '{"a":"1","a":"2"}',
    '{"a":"1","\\u0061":"2"}',
    '[1]',
    '{"a":',
    'null',
    '{"a":"\\u0000"}',
    `{"a":"${'x'.repeat(1_000_001)}"}`,
    `${'['.repeat(500_000)}`,
    `{"a":"${'y'.repeat(70_000)}"}`,
    '{"a":"3"}',
  ];
  const read = await readAll(lines.join('\n'));
  expect(read.faults).toEqual([
    { at: 2, fault: 'row-duplicate-key' },
    { at: 3, fault: 'row-duplicate-key' },
    { at: 4, fault: 'row-json' },
    { at: 5, fault: 'row-json' },
    { at: 6, fault: 'row-json' },
    { at: 7, fault: 'row-nul' },
    { at: 8, fault: 'row-length' },
    { at: 9, fault: 'row-json' },
    { at: 10, fault: 'row-length' },
  ]);
  expect(read.values).toEqual([['1'], ['3']]);
});

test('an object with more members than columns are allowed, and one with none', async () => {
  const many = JSON.stringify(Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`k${at}`, at])));
  expect(await refusalOf(`${many}\n`)).toEqual({ code: 'source-too-many-columns', limit: 500 });
  expect(await refusalOf('{}\n')).toMatchObject({ code: 'source-header' });
});

test('a megabyte of escapes in one string is read', () => {
  expect(readMembers(`{"a":"${'\\n'.repeat(400_000)}"}`)).toMatchObject([
    { key: 'a', value: '\n'.repeat(400_000) },
  ]);
});

describe('whatever a writer of JSON writes', () => {
  test('is read with its keys and values', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.jsonValue())), (object) => {
        const read = readMembers(JSON.stringify(object));
        const expected = Object.entries(object).map(([key, value]) => ({
          key,
          value: typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value),
          nested: typeof value === 'object' && value !== null,
        }));
        expect(read).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});
