/**
 * One owner per table. When two rooms write the same table, no one can change it; the owner's store speaks
 * for it.
 */
import { expect, test } from 'vitest';
import { filesBelow, roomOf } from './source.ts';

const migrations = filesBelow('migrations', '.ts');
const tables = migrations.flatMap((file) =>
  [...file.text.matchAll(/CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?(?:"?)([a-z_]+)/g)].map(
    ([, name]) => name!,
  ),
);

test('every table is spoken of by one room only', () => {
  const shared = tables.flatMap((table) => {
    const mention = new RegExp(`\\b(?:FROM|JOIN|INTO|UPDATE|TABLE)\\s+(?:ONLY\\s+)?${table}\\b`);
    const rooms = new Set(
      filesBelow('src', '.ts')
        .filter((file) => mention.test(file.text))
        .map((file) => roomOf(file.path)),
    );
    return rooms.size > 1 ? [`${table}: ${[...rooms].join(', ')}`] : [];
  });
  expect(shared).toEqual([]);
});

test('SQL lives in stores and adapters only', () => {
  const statement = /\b(SELECT\s[\s\S]{1,400}?\sFROM|INSERT\s+INTO|DELETE\s+FROM|UPDATE\s+[a-z_]+\s+SET)\b/;
  const outside = filesBelow('src', '.ts').filter(
    (file) =>
      statement.test(file.text) &&
      !/(store|adapter|migrate|limits-postgres|outbox|sweeper|records)[a-z-]*\.ts$/.test(file.path) &&
      !/\/store\//.test(file.path),
  );
  expect(outside.map((file) => file.path)).toEqual([]);
});
