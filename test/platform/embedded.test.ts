import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/platform/postgres.ts';

let folder: string;
let first: Database;
let second: Database;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yihao-embedded-'));
  first = await openDatabase({ folder, poolSize: 4 });
  second = await openDatabase({ folder, poolSize: 4 });
});

afterAll(async () => {
  await second.close();
  await first.close();
  rmSync(folder, { recursive: true });
});

test('parallel statements of many connections never see each other’s parameters', async () => {
  const answers = await Promise.all(
    Array.from({ length: 300 }, async (_, n) => {
      const on = n % 2 ? first : second;
      const rows = await on.query<{ n: number; twice: number }>('SELECT $1::int AS n, $1::int * 2 AS twice', [
        n,
      ]);
      return rows[0]!.n === n && rows[0]!.twice === 2 * n;
    }),
  );
  expect(answers.every(Boolean)).toBe(true);
});

test('a transaction is isolated: another connection waits and sees only what was committed', async () => {
  await first.query('CREATE TABLE seen (n int)');
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const writing = first.transaction(async (tx) => {
    await tx.query('INSERT INTO seen VALUES (1)');
    await held;
    throw new Error('changed my mind');
  });
  const reading = second.query('SELECT * FROM seen');
  setTimeout(release, 100);
  await expect(writing).rejects.toThrow('changed my mind');
  expect(await reading).toEqual([]);
});

test('an error in a statement reaches its own caller and leaves the others alone', async () => {
  const results = await Promise.allSettled([
    first.query('SELECT 1/0'),
    second.query('SELECT $1::text AS t', ['fine']),
    first.query('SELECT nothing FROM nowhere WHERE x = $1', [1]),
    second.query('SELECT $1::text AS t', ['fine too']),
  ]);
  expect(results.map((r) => r.status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
});

test('a connection that dies inside a transaction frees the others', async () => {
  const client = await second.client();
  await client.query('BEGIN');
  await client.query('INSERT INTO seen VALUES (2)');
  const waiting = first.query('SELECT * FROM seen');
  client.release(true);
  expect(await waiting).toEqual([]);
});
