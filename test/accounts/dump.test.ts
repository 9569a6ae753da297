import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FreshDatabase, stores } from '../support/stores.ts';
import { citizen, type Opened, open, value } from './opened.ts';

/** What must not be found, as text or as bytes, in any table. */
const SECRETS = {
  number: citizen(77).number,
  name: '仁青·旺姆',
  tibetanName: 'རིན་ཆེན་དབང་མོ',
  phone: '13812345678',
  userName: 'rinchen.wangmo',
  birthdate: '1900-01-22',
  birthday: '19000122',
  gender: 'female',
};

describe.each(stores)('a dump of the database on $name', (store) => {
  let fresh: FreshDatabase;
  /** Everything as text, and what is binary as bytes: as hexadecimal text it would hold any eight digits by chance. */
  let dump = '';
  let bytes = Buffer.alloc(0);

  const register = async (room: Opened) => {
    const { number, birthday: _, ...rest } = SECRETS;
    const person = {
      ...rest,
      document: { type: 'citizen-number' as const, number },
      gender: 'female' as const,
      identityLevel: 3 as const,
    };
    await fresh.database.transaction((tx) => room.accounts.pending.create(tx, person));
    const { id } = value(await room.register(person));
    await room.register(person);
    value(await room.accounts.changeState(id, 'frozen', { actor: 'operator:1', reason: 'loss of the card' }));
    const changes = { userName: 'another.name', phone: null };
    value(await fresh.database.transaction((tx) => room.accounts.change(tx, id, changes)));
    await room.accounts.rotate('fingerprint');
  };

  beforeAll(async () => {
    fresh = await store.fresh();
    const room = open(fresh.database);
    await register(room);
    await room.audit.close();
    const tables = await fresh.database.query<{ name: string }>(
      `SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    for (const { name } of tables) {
      const rows = await fresh.database.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
      dump += rows.map((row) => row.row).join('\n');
    }
    const RANDOM = /\\\\x([0-9a-f]+)|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;
    bytes = Buffer.concat([...dump.matchAll(RANDOM)].map(([, hex]) => Buffer.from(hex ?? '', 'hex')));
    dump = dump.replace(RANDOM, '');
  });

  afterAll(() => fresh.drop());

  test('holds the account', () => {
    expect(dump).toContain('citizen-number');
    expect(dump).toContain('person.frozen');
    expect(bytes.length).toBeGreaterThan(500);
  });

  test.each(Object.entries(SECRETS))('shows no %s in the clear', (_, secret) => {
    const encoded = Buffer.from(secret);
    for (const form of [secret, secret.toUpperCase(), encoded.toString('hex'), encoded.toString('base64')]) {
      expect(dump.includes(form), form).toBe(false);
      expect(bytes.includes(form), form).toBe(false);
    }
  });

  test('does not tell men from women by the length of what is sealed', async () => {
    const room = open(fresh.database);
    for (const [n, gender] of (['male', 'female'] as const).entries()) {
      value(await room.register({ document: citizen(900 + n), name: '卓玛', identityLevel: 3, gender }));
    }
    const lengths = await fresh.database.query('SELECT DISTINCT length(gender) FROM person');
    expect(lengths).toHaveLength(1);
    await room.audit.close();
  });
});
