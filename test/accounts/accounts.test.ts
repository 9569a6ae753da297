import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PersonDraft, PersonId } from '../../src/accounts/person.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';
import { citizen, draft, type Opened, open, value } from './opened.ts';

describe.each(stores)('accounts on $name', (store) => {
  let fresh: FreshDatabase;
  let room: Opened;
  let now = new Date('2026-11-23T04:00:00Z');

  beforeAll(async () => {
    fresh = await store.fresh();
    room = open(fresh.database, { clock: { now: () => now } });
  });

  afterAll(async () => {
    await room.audit.close();
    await fresh.drop();
  });

  const whole: PersonDraft = {
    document: { type: 'foreign-passport', number: 'C01X00T47', country: 'DEU' },
    name: '约翰·𠀀',
    tibetanName: 'བཀྲ་ཤིས',
    phone: '13800000001',
    phoneVerifiedAt: new Date('2026-11-20T01:02:03.456Z'),
    userName: 'Tashi.D',
    identityLevel: 4,
    gender: 'female',
    birthdate: '1900-01-01',
    locale: 'bo',
  };

  test('everything an account is opened with comes back', async () => {
    const person = value(await room.register(whole));
    expect(person).toEqual({ ...whole, id: person.id, state: 'active', version: 1, createdAt: now });
    expect(await room.accounts.get(person.id)).toEqual(person);
    const summary = { id: person.id, state: 'active', identityLevel: 4, version: 1 };
    expect(await room.accounts.summary(person.id)).toEqual(summary);
    expect(await room.accounts.findByDocument({ type: 'foreign-passport', number: 'C01X00T47' })).toEqual(
      summary,
    );
    expect(await room.accounts.findByUserName('ＴＡＳＨＩ.d ')).toEqual(summary);
    expect(await room.accounts.findByPhone('13800000001')).toEqual([summary]);
  });

  test('a person with nothing but a number and a name has nothing but these', async () => {
    const person = value(await room.register(draft(1)));
    expect(await room.accounts.get(person.id)).toEqual({
      ...draft(1),
      id: person.id,
      state: 'active',
      version: 1,
      createdAt: now,
    });
  });

  test('a second account on one number is refused, and the transaction stays usable', async () => {
    const first = value(await room.register(draft(2)));
    const { outcome, other } = await fresh.database.transaction(async (tx) => ({
      outcome: await room.accounts.create(tx, draft(2, { name: '卓玛' })),
      other: await room.accounts.create(tx, draft(3)),
    }));
    expect(outcome).toEqual({
      ok: false,
      failure: { code: 'account-exists', status: 409, field: 'document_number' },
    });
    expect(other.ok).toBe(true);
    expect(await room.accounts.findByDocument(citizen(2))).toMatchObject({ id: first.id });
    const people = await fresh.database.query(
      'SELECT 1 FROM person_fingerprint f LEFT JOIN person p ON p.id = f.person_id WHERE p.id IS NULL',
    );
    expect(people).toEqual([]);
  });

  test('one number under two document classes is two people', async () => {
    const number = '12345678';
    const one = value(await room.register(draft(0, { document: { type: 'taiwan-travel-permit', number } })));
    const two = value(await room.register(draft(0, { document: { type: 'foreign-passport', number } })));
    expect(one.id).not.toBe(two.id);
    expect(await room.accounts.findByDocument({ type: 'prc-passport', number })).toBeUndefined();
  });

  test('an old travel permit with its count of issues is the same person', async () => {
    const person = value(
      await room.register(draft(0, { document: { type: 'hk-macao-travel-permit', number: 'H1234567801' } })),
    );
    const again = await room.register(
      draft(0, { document: { type: 'hk-macao-travel-permit', number: 'H12345678' } }),
    );
    expect(again).toMatchObject({ failure: { code: 'account-exists' } });
    expect(
      await room.accounts.findByDocument({ type: 'hk-macao-travel-permit', number: 'H1234567802' }),
    ).toMatchObject({ id: person.id });
    expect((await room.accounts.get(person.id))!.document.number).toBe('H1234567801');
  });

  test('a user name is taken whatever its case, and leaves no half account behind', async () => {
    value(await room.register(draft(10, { userName: 'Pema_Lhamo' })));
    const outcome = await room.register(draft(11, { userName: 'PEMA_lhamo' }));
    expect(outcome).toEqual({
      ok: false,
      failure: { code: 'user-name-taken', status: 409, field: 'user_name' },
    });
    expect(await room.accounts.findByDocument(citizen(11))).toBeUndefined();
    expect((await room.register(draft(11))).ok).toBe(true);
  });

  test('a family shares one phone', async () => {
    const phone = '13800000002';
    const family = [];
    for (const n of [20, 21, 22]) family.push(value(await room.register(draft(n, { phone }))).id);
    const found = await room.accounts.findByPhone(phone);
    expect(found.map((each) => each.id)).toEqual(family.sort());
  });

  test('a registration that is rolled back leaves the number free', async () => {
    const broken = fresh.database.transaction(async (tx) => {
      value(await room.accounts.create(tx, draft(30)));
      throw new Error('the password could not be stored');
    });
    await expect(broken).rejects.toThrow('the password');
    expect((await room.register(draft(30))).ok).toBe(true);
  });

  test('what is no id is nobody', async () => {
    for (const id of [
      '',
      'nobody',
      "'; DROP TABLE person",
      '0190a000-0000-7000-8000-00000000000',
    ] as PersonId[]) {
      expect(await room.accounts.get(id)).toBeUndefined();
      expect(await room.accounts.summary(id)).toBeUndefined();
      expect(await room.accounts.latestEvidence(id)).toBeUndefined();
      expect(
        await room.accounts.changeState(id, 'frozen', { actor: 'system', reason: 'test' }),
      ).toMatchObject({
        failure: { code: 'person-not-found', status: 404 },
      });
    }
    const nobody = '0190a000-0000-7000-8000-000000000000' as PersonId;
    expect(await room.accounts.get(nobody)).toBeUndefined();
    expect(
      await room.accounts.changeState(nobody, 'frozen', { actor: 'system', reason: 'test' }),
    ).toMatchObject({
      failure: { code: 'person-not-found' },
    });
  });

  describe('changes', () => {
    const change = (id: PersonId, changes: Parameters<typeof room.accounts.change>[2]) =>
      fresh.database.transaction((tx) => room.accounts.change(tx, id, changes));

    test('a new phone and user name are found, the old ones are not', async () => {
      const person = value(await room.register(draft(40, { phone: '13800000040', userName: 'first.name' })));
      const verified = new Date('2026-11-23T05:00:00Z');
      const changes = {
        phone: '13800000041',
        phoneVerifiedAt: verified,
        userName: 'Second.Name',
        identityLevel: 4,
      } as const;
      const after = value(await change(person.id, changes));
      expect(after).toEqual({ ...person, ...changes, version: 2 });
      expect(await room.accounts.get(person.id)).toEqual(after);
      expect(await room.accounts.findByPhone('13800000040')).toEqual([]);
      expect(await room.accounts.findByUserName('first.name')).toBeUndefined();
      expect(await room.accounts.findByPhone('13800000041')).toMatchObject([
        { id: person.id, identityLevel: 4 },
      ]);
      expect(await room.accounts.findByUserName('second.name')).toMatchObject({ id: person.id });
    });

    test('fields are removed with null and left alone with undefined', async () => {
      const person = value(
        await room.register(draft(42, { phone: '13800000042', tibetanName: 'ཀ', locale: 'bo' })),
      );
      const after = value(
        await change(person.id, { phone: null, tibetanName: null, locale: undefined } as never),
      );
      expect(after).toEqual({
        ...draft(42),
        id: person.id,
        state: 'active',
        version: 2,
        createdAt: now,
        locale: 'bo',
      });
      expect(await room.accounts.findByPhone('13800000042')).toEqual([]);
    });

    test('somebody else’s user name is refused, the own one stays, and its spelling may change', async () => {
      value(await room.register(draft(43, { userName: 'taken.name' })));
      const person = value(await room.register(draft(44, { userName: 'own.name' })));
      expect(await change(person.id, { userName: 'Taken.Name' })).toMatchObject({
        failure: { code: 'user-name-taken' },
      });
      expect(await room.accounts.findByUserName('own.name')).toMatchObject({ id: person.id, version: 1 });
      expect(value(await change(person.id, { userName: 'Own.NAME' })).userName).toBe('Own.NAME');
      expect(await room.accounts.findByUserName('own.name')).toMatchObject({ id: person.id, version: 2 });
    });

    test('is felt here from its commit on, though somebody read the old state shortly before it', async () => {
      const person = value(await room.register(draft(45)));
      let before: Promise<unknown> = Promise.resolve();
      await fresh.database.transaction(async (tx) => {
        value(await room.accounts.change(tx, person.id, { identityLevel: 4 }));
        before = room.accounts.summary(person.id);
        // The embedded database lets nobody read while a transaction is open.
        if (store.name === 'postgres') expect(await before).toMatchObject({ identityLevel: 3 });
      });
      await before;
      expect(await room.accounts.summary(person.id)).toMatchObject({ identityLevel: 4, version: 2 });
    });

    test('a phone proven anew is noted, at most once a day, and only while it is this person’s', async () => {
      const first = new Date('2026-06-01T00:00:00Z');
      const person = value(await room.register(draft(46, { phone: '13800000046', phoneVerifiedAt: first })));
      const verified = async () => (await room.accounts.get(person.id))!.phoneVerifiedAt;
      await room.accounts.phoneProven(person.id, '13800000047', now);
      expect(await verified()).toEqual(first);
      await room.accounts.phoneProven(person.id, '13800000046', now);
      expect(await verified()).toEqual(now);
      expect(await room.accounts.summary(person.id)).toMatchObject({ version: 2 });
      for (const hours of [-48, 1, 23]) {
        await room.accounts.phoneProven(
          person.id,
          '13800000046',
          new Date(now.getTime() + hours * 3_600_000),
        );
        expect(await verified()).toEqual(now);
      }
      const nextDay = new Date(now.getTime() + 25 * 3_600_000);
      await room.accounts.phoneProven(person.id, '13800000046', nextDay);
      expect(await verified()).toEqual(nextDay);
    });

    test('nobody cannot be changed', async () => {
      expect(
        await change('0190a000-0000-7000-8000-000000000000' as PersonId, { locale: 'en' }),
      ).toMatchObject({
        failure: { code: 'person-not-found' },
      });
    });
  });

  describe('states', () => {
    const by = { actor: 'operator:7', reason: 'asked for by the person', channel: 'counter' };

    test('a freeze is felt here at once, told to listeners and audited in the same transaction', async () => {
      const person = value(await room.register(draft(50)));
      expect((await room.accounts.summary(person.id))!.state).toBe('active');
      const told: unknown[] = [];
      const stop = room.accounts.onStateChanged(async (tx, who, from, to) => {
        const [row] = await tx.query('SELECT state FROM person WHERE id = $1', [who.id]);
        told.push({ from, to, seen: row!.state, name: who.name });
      });
      const frozen = value(await room.accounts.changeState(person.id, 'frozen', by));
      stop();
      expect(frozen).toEqual({ ...person, state: 'frozen', version: 2 });
      expect(told).toEqual([{ from: 'active', to: 'frozen', seen: 'frozen', name: '扎西·顿珠' }]);
      expect(await room.accounts.summary(person.id)).toMatchObject({ state: 'frozen', version: 2 });
      value(await room.accounts.changeState(person.id, 'active', by));
      expect(told).toHaveLength(1);
    });

    test.each([
      ['frozen', 'person.frozen', 60],
      ['closed', 'person.closed', 61],
      ['deceased', 'person.state-changed', 62],
    ] as const)('%s is written to the trail as %s, with actor and reason', async (to, event, n) => {
      const person = value(await room.register(draft(n)));
      value(await room.accounts.changeState(person.id, to, by));
      const rows = await fresh.database.query<{
        type: string;
        actor: string;
        channel: string;
        detail: string;
      }>('SELECT type, actor, channel, detail::text AS detail FROM audit_event WHERE person_id = $1', [
        person.id,
      ]);
      expect(rows).toHaveLength(1);
      expect(rows[0]).toMatchObject({ type: event, actor: 'operator:7', channel: 'counter' });
      expect(JSON.parse(rows[0]!.detail)).toEqual({ from: 'active', to, reason: by.reason });
    });

    test('a listener that fails undoes the change and its audit entry', async () => {
      const person = value(await room.register(draft(70)));
      const stop = room.accounts.onStateChanged(async () => {
        throw new Error('sessions could not be ended');
      });
      await expect(room.accounts.changeState(person.id, 'frozen', by)).rejects.toThrow('sessions');
      stop();
      expect(await room.accounts.get(person.id)).toMatchObject({ state: 'active', version: 1 });
      const rows = await fresh.database.query('SELECT 1 FROM audit_event WHERE person_id = $1', [person.id]);
      expect(rows).toEqual([]);
    });

    test('a state cannot be entered twice or from where it makes no sense', async () => {
      const person = value(await room.register(draft(71)));
      value(await room.accounts.changeState(person.id, 'closed', by));
      for (const to of ['closed', 'frozen'] as const) {
        expect(await room.accounts.changeState(person.id, to, by)).toEqual({
          ok: false,
          failure: { code: 'person-state-refused', status: 409, params: { from: 'closed', to } },
        });
      }
      expect(value(await room.accounts.changeState(person.id, 'active', by)).state).toBe('active');
    });

    test('of two operators who freeze at once, one did it', async () => {
      const person = value(await room.register(draft(72)));
      const outcomes = await Promise.all(
        [1, 2, 3, 4].map(() => room.accounts.changeState(person.id, 'frozen', by)),
      );
      expect(outcomes.filter((outcome) => outcome.ok)).toHaveLength(1);
      expect(await room.accounts.get(person.id)).toMatchObject({ state: 'frozen', version: 2 });
    });
  });

  describe('evidence', () => {
    test('the newest answer counts, a register that did not answer does not hide it', async () => {
      const person = value(await room.register(draft(80)));
      expect(await room.accounts.latestEvidence(person.id)).toBeUndefined();
      const source = 'population-register';
      const detail = { attempts: 2 };
      await fresh.database.transaction(async (tx) => {
        const { addEvidence } = room.accounts;
        const at = (hour: number) => new Date(`2026-11-23T0${hour}:00:00Z`);
        await addEvidence(tx, {
          personId: person.id,
          source,
          outcome: 'mismatch',
          reference: 'R1',
          at: at(1),
        });
        await addEvidence(tx, {
          personId: person.id,
          source,
          outcome: 'match',
          reference: 'R2',
          at: at(2),
          detail,
        });
        await addEvidence(tx, {
          personId: person.id,
          source,
          outcome: 'unreachable',
          reference: 'R3',
          at: at(3),
        });
      });
      expect(await room.accounts.latestEvidence(person.id)).toEqual({
        personId: person.id,
        source,
        outcome: 'match',
        reference: 'R2',
        at: new Date('2026-11-23T02:00:00Z'),
        detail,
      });
    });
  });

  describe('the summary', () => {
    test('is read once by many who ask at once, kept three seconds, then read again', async () => {
      const person = value(await room.register(draft(90)));
      let reads = 0;
      const counting = {
        ...fresh.database,
        query: ((statement, values) => {
          reads += 1;
          return fresh.database.query(statement, values);
        }) as typeof fresh.database.query,
      };
      const other = open(counting, { clock: { now: () => now } });
      const begin = now;
      await Promise.all(Array.from({ length: 50 }, () => other.accounts.summary(person.id)));
      expect(reads).toBe(1);

      value(await room.accounts.changeState(person.id, 'frozen', { actor: 'system', reason: 'test' }));
      now = new Date(begin.getTime() + 2_999);
      expect((await other.accounts.summary(person.id))!.state).toBe('active');
      now = new Date(begin.getTime() + 3_000);
      expect((await other.accounts.summary(person.id))!.state).toBe('frozen');
      expect(reads).toBe(2);
      now = new Date(begin.getTime() - 60_000);
      expect((await other.accounts.summary(person.id))!.state).toBe('frozen');
      expect(reads).toBe(3);
      now = begin;
      await other.audit.close();
    });
  });
});
