/** What the driver is handed as an array of bytes arrives as it was, on both databases. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { byteArray } from '../../src/platform/byte-array.ts';
import { sql } from '../../src/platform/postgres.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';

const ECHO = sql(
  'test-byte-array',
  'SELECT value FROM unnest($1::bytea[]) WITH ORDINALITY AS v(value, at) ORDER BY at',
);

describe.each(stores)('an array of bytes on $name', (store) => {
  let fresh: FreshDatabase;
  beforeAll(async () => {
    fresh = await store.fresh();
  });
  afterAll(() => fresh.drop());
  const echo = async (values: (Buffer | null)[]) =>
    (await fresh.database.query<{ value: Buffer | null }>(ECHO, [byteArray(values)])).map(
      ({ value }) => value,
    );

  test.each<[string, (Buffer | null)[]]>([
    [
      'bytes of every kind',
      [Buffer.from('\\x"{,}\0', 'latin1'), Buffer.from(Array.from({ length: 256 }, (_, n) => n))],
    ],
    ['an empty one and an absent one are two things', [Buffer.alloc(0), null, Buffer.from([0])]],
    ['only absent ones', [null, null]],
    ['none', []],
    ['many large ones', Array.from({ length: 200 }, () => randomBytes(5_000))],
  ])('%s', async (_what, values) => {
    expect(await echo(values)).toEqual(values);
  });

  test('a part of a larger buffer is that part', async () => {
    const whole = Buffer.from('abcdef');
    expect(await echo([whole.subarray(1, 3)])).toEqual([Buffer.from('bc')]);
  });
});
