/** Organisations in the database: one per credit code whatever races, found by any of their numbers, taken back whole. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OrganisationDraft, OrganisationId } from '../../src/accounts/organisation.ts';
import { openDatabase } from '../../src/platform/postgres.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';
import { citizen, newestOnly, type Opened, open, sampleRing, value } from './opened.ts';
import { creditCode, organisationCode, registrationNumber } from './organisation-codes.ts';

const NAME = '西藏雪莲商贸有限公司';
const firm = (n: number, more: Partial<OrganisationDraft> = {}): OrganisationDraft => ({
  creditCode: creditCode(n),
  name: NAME,
  ...more,
});
const represented = (n: number, by: number): OrganisationDraft =>
  firm(n, { representative: { name: '扎西·顿珠', document: citizen(by) } });

describe.each(stores)('organisations on $name', (store) => {
  let fresh: FreshDatabase;
  const opened: Opened[] = [];
  beforeEach(async () => {
    fresh = await store.fresh();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((room) => room.audit.close()));
    await fresh.drop();
  });
  const node = (options = {}): Opened => {
    const room = open(fresh.database, options);
    opened.push(room);
    return room;
  };
  const create = ({ accounts }: Opened, draft: OrganisationDraft) =>
    fresh.database.transaction((tx) => accounts.organisations.create(tx, draft));
  const rows = async () =>
    (
      await fresh.database.query<{ organisations: number; aliases: number }>(
        `SELECT (SELECT count(*)::int FROM organisation) AS organisations, (SELECT count(*)::int FROM organisation_alias) AS aliases`,
      )
    )[0];

  test('is opened, read, and found by its code and the organisation code inside it', async () => {
    const room = node();
    const { organisations } = room.accounts;
    const made = value(await create(room, represented(1, 7)));
    expect(made).toMatchObject({
      creditCode: creditCode(1),
      name: NAME,
      kind: 'enterprise',
      state: 'active',
    });
    expect(await organisations.get(made.id)).toEqual(made);
    expect(made.representative).toEqual({ name: '扎西·顿珠', document: citizen(7) });
    const found = (kind: 'credit-code' | 'organisation-code', code: string) =>
      organisations.find({ kind, value: code });
    expect(await found('credit-code', creditCode(1))).toMatchObject({ id: made.id, by: 'code', version: 1 });
    expect(await found('organisation-code', organisationCode(1))).toMatchObject({ id: made.id, by: 'alias' });
    expect(await found('credit-code', creditCode(1, '12540000'))).toMatchObject({
      id: made.id,
      by: 'inside',
    });
    expect(await found('credit-code', creditCode(2))).toBeUndefined();
    expect(await organisations.get('nobody' as OrganisationId)).toBeUndefined();
  });

  test('nothing of its representative rests readable, and what a person represents is found by their number', async () => {
    const room = node();
    const made = value(await create(room, represented(1, 7)));
    value(await create(room, firm(2)));
    const text = JSON.stringify(
      await fresh.database.query('SELECT row_to_json(o)::text AS o FROM organisation o'),
    );
    for (const secret of ['扎西', '顿珠', citizen(7).number]) expect(text).not.toContain(secret);
    const { organisations } = room.accounts;
    expect((await organisations.representedBy(citizen(7))).map(({ id }) => id)).toEqual([made.id]);
    expect(await organisations.representedBy(citizen(8))).toEqual([]);
  });

  test('fifty who open the same one over two connections at once make one, and each is told', async () => {
    const room = node();
    const other = await openDatabase({ url: fresh.url, folder: fresh.folder, poolSize: 10 });
    try {
      const second = open(other);
      opened.push(second);
      const all = await Promise.all(
        Array.from({ length: 50 }, (_, n) =>
          (n % 2 ? other : fresh.database).transaction((tx) =>
            (n % 2 ? second : room).accounts.organisations.create(tx, represented(3, n)),
          ),
        ),
      );
      expect(all.filter(({ ok }) => ok)).toHaveLength(1);
      for (const one of all)
        if (!one.ok) expect(one.failure).toMatchObject({ code: 'organisation-exists', status: 409 });
      expect(await rows()).toEqual({ organisations: 1, aliases: 1 });
    } finally {
      await other.close();
    }
  });

  test('many at once in opposite orders: every code once, nobody waits in a circle', async () => {
    const [one, other] = [node(), node()];
    const drafts = Array.from({ length: 60 }, (_, n) => firm(n));
    const many = ({ accounts }: Opened, of: OrganisationDraft[]) =>
      fresh.database.transaction((tx) => accounts.organisations.createMany(tx, of));
    const made = await Promise.all([many(one, drafts), many(other, drafts.toReversed()), many(one, drafts)]);
    expect(made.flat().filter((id) => id !== undefined)).toHaveLength(60);
    expect(await rows()).toEqual({ organisations: 60, aliases: 60 });
    // Twice in one call, and a second credit code around one organisation code.
    const odd = await many(one, [
      firm(100),
      firm(100),
      firm(101),
      firm(101, { creditCode: creditCode(101, '12540000') }),
    ]);
    expect(odd.map((id) => id !== undefined)).toEqual([true, false, true, false]);
    expect(await many(one, [])).toEqual([]);
  });

  test('the database itself refuses a second row, and a code that is none', async () => {
    const room = node();
    const { id } = value(await create(room, firm(4)));
    const copy = (code: string) =>
      fresh.database.query(
        `INSERT INTO organisation (id, credit_code, name, state, created_at, changed_at)
         SELECT gen_random_uuid(), '${code}', name, state, created_at, changed_at FROM organisation WHERE id = '${id}'`,
      );
    await expect(copy(creditCode(4))).rejects.toThrow('organisation_credit_code');
    await expect(copy('91540199O99900016N')).rejects.toThrow('check');
  });

  test('a number belongs to one organisation, and is taken away only from the one that has it', async () => {
    const room = node();
    const { organisations } = room.accounts;
    const [a, b] = [value(await create(room, firm(5))), value(await create(room, firm(6)))];
    const alias = { kind: 'registration-number' as const, value: registrationNumber(5) };
    const give = (id: OrganisationId) =>
      fresh.database.transaction((tx) =>
        organisations.addAliases(tx, [{ ...alias, organisationId: id, source: 'register' }]),
      );
    expect(await give(a.id)).toEqual([alias]);
    expect(await give(b.id)).toEqual([]);
    expect(await organisations.find({ ...alias })).toMatchObject({ id: a.id, by: 'alias' });
    const take = (id: OrganisationId, ...more: Parameters<typeof organisations.dropAliases>[2][number][]) =>
      fresh.database.transaction((tx) => organisations.dropAliases(tx, id, [alias, ...more]));
    await take(b.id);
    expect(await organisations.find({ ...alias })).toMatchObject({ id: a.id });
    await take(a.id, { kind: 'organisation-code', value: organisationCode(5) });
    expect(await organisations.find({ ...alias })).toBeUndefined();
    expect((await organisations.aliasesOf(a.id)).map(({ kind, source }) => [kind, source])).toEqual([
      ['organisation-code', 'credit-code'],
    ]);
    const old = creditCode(77, '12540000');
    await fresh.database.transaction((tx) =>
      organisations.addAliases(tx, [
        { kind: 'old-credit-code', value: old, organisationId: a.id, source: 'decision' },
      ]),
    );
    expect(await organisations.find({ kind: 'credit-code', value: old })).toMatchObject({
      id: a.id,
      by: 'alias',
    });
  });

  test('what was opened and not touched is taken back without a trace; what changed stays', async () => {
    const room = node();
    const { organisations } = room.accounts;
    const [a, b] = [value(await create(room, represented(8, 1))), value(await create(room, firm(9)))];
    await fresh.database.transaction((tx) =>
      organisations.addEvidence(tx, {
        ...{ organisationId: a.id, source: 'enterprise-register', outcome: 'match' as const },
        ...{ reference: 'r', at: new Date() },
      }),
    );
    expect(await organisations.latestEvidence(a.id)).toMatchObject({ outcome: 'match' });
    await fresh.database.query(`UPDATE organisation SET version = 2 WHERE id = '${b.id}'`);
    const withdraw = (id: OrganisationId) =>
      fresh.database.transaction((tx) => organisations.withdraw(tx, id));
    expect(await withdraw(a.id)).toBe(true);
    await expect(
      fresh.database.transaction(async (tx) => {
        if (!(await organisations.withdraw(tx, b.id))) throw new Error('rolled back');
      }),
    ).rejects.toThrow('rolled back');
    expect(await rows()).toEqual({ organisations: 1, aliases: 1 });
    value(await create(room, represented(8, 1)));
  });

  test('representatives move to new keys, and only then the old ones may go', async () => {
    const made = value(await create(node(), represented(10, 3)));
    value(await create(node(), firm(11)));
    const both = node({ keyring: sampleRing(2) });
    expect((await both.accounts.organisations.representedBy(citizen(3))).map(({ id }) => id)).toEqual([
      made.id,
    ]);
    expect(await both.accounts.rotate('fingerprint')).toMatchObject({ representatives: 1 });
    expect(await both.accounts.rotate('seal')).toMatchObject({ representatives: 0 });
    const newest = node({ keyring: newestOnly(2) });
    expect(await newest.accounts.organisations.get(made.id)).toEqual(made);
    expect(await newest.accounts.organisations.representedBy(citizen(3))).toHaveLength(1);
  });
});
