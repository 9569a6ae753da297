import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Person } from '../../src/accounts/person.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';
import {
  citizen,
  draft,
  newestOnly,
  type Opened,
  type OpenOptions,
  open,
  sampleRing,
  value,
} from './opened.ts';

const PEOPLE = 25;

describe.each(stores)('rotation on $name', (store) => {
  let fresh: FreshDatabase;
  const opened: Opened[] = [];

  beforeEach(async () => {
    fresh = await store.fresh();
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((room) => room.audit.close()));
    await fresh.drop();
  });

  const node = (options: OpenOptions): Opened => {
    const room = open(fresh.database, { ...options, settings: { rotationBatch: 10, ...options.settings } });
    opened.push(room);
    return room;
  };
  const populate = async (room: Opened): Promise<Person[]> => {
    const people: Person[] = [];
    for (let n = 0; n < PEOPLE; n += 1) {
      const more =
        n % 2 ? {} : { phone: `138000000${10 + n}`, userName: `user.name${n}`, gender: 'male' as const };
      people.push(value(await room.register(draft(n, more))));
    }
    return people;
  };
  const sealKeys = async (room: Opened) => {
    const rows = await fresh.database.query<{ name: Buffer; document_number: Buffer; phone: Buffer | null }>(
      'SELECT name, document_number, phone FROM person',
    );
    const sealed = rows.flatMap((row) => [row.name, row.document_number, ...(row.phone ? [row.phone] : [])]);
    return [...new Set(sealed.map((each) => room.sealer.keyId(each)))].sort();
  };
  const stopAfter = (pages: number) => {
    let seen = 0;
    return () => {
      seen += 1;
      if (seen === pages) throw new Error('stopped');
    };
  };

  test('after the seals are rotated the old key is needed no more, and nothing else has changed', async () => {
    const people = await populate(node({ keyring: sampleRing(1) }));
    const both = node({ keyring: sampleRing(2) });
    const waiting = await fresh.database.transaction((tx) => both.accounts.pending.create(tx, draft(500)));
    const old = await fresh.database.transaction((tx) => opened[0]!.accounts.pending.create(tx, draft(501)));
    const seen: number[] = [];
    const report = await both.accounts.rotate('seal', (progress) => seen.push(progress.seen));
    expect(report).toEqual({
      kind: 'seal',
      seen: PEOPLE,
      of: PEOPLE,
      moved: PEOPLE,
      drafts: 1,
      representatives: 0,
      keyId: 'aes:sample-1',
      complete: true,
    });
    expect(seen).toEqual([10, 20, 25]);
    const later = node({ keyring: newestOnly(2) });
    expect(await sealKeys(later)).toEqual(['aes:sample-1']);
    for (const person of people) expect(await later.accounts.get(person.id)).toEqual(person);
    expect(await later.accounts.pending.open(waiting.id)).toEqual(draft(500));
    expect(await later.accounts.pending.open(old.id)).toEqual(draft(501));
    expect(await both.accounts.rotate('seal')).toMatchObject({ seen: PEOPLE, moved: 0 });
  });

  test('stopped and run again, a rotation of seals goes on where it was', async () => {
    const people = await populate(node({ keyring: sampleRing(1) }));
    const both = node({ keyring: sampleRing(2) });
    await expect(both.accounts.rotate('seal', stopAfter(2))).rejects.toThrow('stopped');
    expect(await sealKeys(both)).toEqual(['aes:sample-0', 'aes:sample-1']);
    for (const person of people) expect(await both.accounts.get(person.id)).toEqual(person);
    expect(await both.accounts.rotate('seal')).toMatchObject({ moved: PEOPLE - 20 });
    expect(await sealKeys(both)).toEqual(['aes:sample-1']);
  });

  test('what is changed while seals are rotated is kept', async () => {
    const people = await populate(node({ keyring: sampleRing(1) }));
    const both = node({ keyring: sampleRing(2), settings: { rotationBatch: 1 } });
    const rotation = both.accounts.rotate('seal');
    const changes = people.map((person, n) =>
      fresh.database.transaction((tx) =>
        both.accounts.change(tx, person.id, { name: '卓玛', phone: `139000000${10 + n}` }),
      ),
    );
    await Promise.all([rotation, ...changes]);
    for (const [n, person] of people.entries()) {
      const after = await both.accounts.get(person.id);
      expect(after).toMatchObject({
        name: '卓玛',
        phone: `139000000${10 + n}`,
        document: person.document,
        version: 2,
      });
    }
    expect(await sealKeys(both)).toEqual(['aes:sample-1']);
  });

  test('from one suite to the other: seals and fingerprints move, nobody is lost or doubled', async () => {
    const people = await populate(node({ suite: 'aes' }));
    const sm = node({ suite: 'sm' });
    expect(await sm.accounts.findByDocument(citizen(3))).toMatchObject({ id: people[3]!.id });
    expect(await sm.register(draft(3))).toMatchObject({ failure: { code: 'account-exists' } });
    await sm.accounts.rotate('seal');
    expect(await sealKeys(sm)).toEqual(['sm:sample-0']);
    expect(await sm.accounts.rotate('fingerprint')).toMatchObject({ moved: PEOPLE, complete: true });
    for (const person of people) {
      expect(await sm.accounts.get(person.id)).toEqual(person);
      expect(await sm.accounts.findByDocument(person.document)).toMatchObject({ id: person.id });
    }
    expect(await sm.register(draft(3))).toMatchObject({ failure: { code: 'account-exists' } });
  });

  /** The proof: whatever the rotation has done so far, no keyring lets a number in a second time. */
  const admitted = async (rooms: Opened[], numbers: number[], userNames: string[]) => {
    const answers: string[] = [];
    for (const room of rooms) {
      for (const n of numbers) answers.push(await attempt(room, draft(n)));
      for (const userName of userNames)
        answers.push(await attempt(room, draft(90_000 + answers.length, { userName })));
    }
    return [...new Set(answers)].sort();
  };
  const attempt = async (room: Opened, ...args: Parameters<Opened['register']>) => {
    const outcome = await room.register(...args).catch((error: Error) => ({ refused: error.name }));
    return 'refused' in outcome ? outcome.refused : outcome.ok ? 'ADMITTED TWICE' : outcome.failure.code;
  };

  test('no number and no user name is admitted twice at any point of a rotation of fingerprints', async () => {
    const old = node({ keyring: sampleRing(1) });
    const both = node({ keyring: sampleRing(2) });
    const later = node({ keyring: newestOnly(2) });
    await populate(old);
    const taken = [0, 5, 12, PEOPLE - 1];
    const names = ['user.name0', 'user.name12', 'user.name24'];

    // Before: the two that know the old key find everybody, the one that does not is refused.
    expect(await admitted([old, both], taken, names)).toEqual(['account-exists', 'user-name-taken']);
    expect(await admitted([later], taken, names)).toEqual(['FingerprintKeyMissing']);
    expect(await later.accounts.missingKeys()).toEqual([old.fingerprinter.currentKeyId]);

    // In the middle, stopped: nodes without either key are refused. People registered now are under both keys.
    await expect(both.accounts.rotate('fingerprint', stopAfter(2))).rejects.toThrow('stopped');
    value(await both.register(draft(700, { userName: 'in.between' })));
    expect(await admitted([both], [...taken, 700], [...names, 'in.between'])).toEqual([
      'account-exists',
      'user-name-taken',
    ]);
    expect(await admitted([old, later], [...taken, 700], names)).toEqual(['FingerprintKeyMissing']);

    // After: the new key suffices.
    expect(await both.accounts.rotate('fingerprint')).toMatchObject({ moved: PEOPLE - 20, complete: true });
    expect(await admitted([both, later], [...taken, 700], [...names, 'in.between'])).toEqual([
      'account-exists',
      'user-name-taken',
    ]);
    expect(await admitted([old], taken, names)).toEqual(['FingerprintKeyMissing']);
    expect(await later.accounts.missingKeys()).toEqual([]);
    expect(await old.accounts.missingKeys()).toEqual([both.fingerprinter.currentKeyId]);
    value(await later.register(draft(701)));
    expect(await admitted([both, later], [701], [])).toEqual(['account-exists']);
  });

  test('a registration under way when the rotation begins is not forgotten', async () => {
    const old = node({ keyring: sampleRing(1) });
    const both = node({ keyring: sampleRing(2) });
    value(await old.register(draft(1)));
    let commit = () => {};
    const held = new Promise<void>((resolve) => {
      commit = resolve;
    });
    const registering = fresh.database.transaction(async (tx) => {
      value(await old.accounts.create(tx, draft(2)));
      setTimeout(commit, 300);
      await held;
    });
    const [report] = await Promise.all([both.accounts.rotate('fingerprint'), registering]);
    expect(report).toMatchObject({ moved: 2, complete: true });
    expect(await admitted([both, node({ keyring: newestOnly(2) })], [1, 2], [])).toEqual(['account-exists']);
  });

  test('everybody is found before, during and after a rotation of fingerprints', async () => {
    const old = node({ keyring: sampleRing(1) });
    const people = await populate(old);
    const both = node({ keyring: sampleRing(2) });
    const allFoundBy = async (room: Opened) => {
      for (const person of people) {
        expect(await room.accounts.findByDocument(person.document)).toMatchObject({ id: person.id });
        if (!person.userName) continue;
        expect(await room.accounts.findByUserName(person.userName)).toMatchObject({ id: person.id });
        expect(await room.accounts.findByPhone(person.phone!)).toMatchObject([{ id: person.id }]);
      }
    };
    await allFoundBy(both);
    await expect(both.accounts.rotate('fingerprint', stopAfter(1))).rejects.toThrow('stopped');
    await allFoundBy(both);
    await allFoundBy(old);
    await both.accounts.rotate('fingerprint');
    await allFoundBy(both);
    await allFoundBy(node({ keyring: newestOnly(2) }));
  });

  test('an old phone number finds nobody, under no key', async () => {
    const old = node({ keyring: sampleRing(1) });
    const [person] = await populate(old);
    const both = node({ keyring: sampleRing(2) });
    await both.accounts.rotate('fingerprint');
    value(
      await fresh.database.transaction((tx) =>
        both.accounts.change(tx, person!.id, { phone: '13900000000' }),
      ),
    );
    expect(await both.accounts.findByPhone(person!.phone!)).toEqual([]);
    expect(await old.accounts.findByPhone(person!.phone!)).toEqual([]);
    expect(await both.accounts.findByPhone('13900000000')).toMatchObject([{ id: person!.id }]);
  });

  test('fingerprints of a key that left the keyring are removed by the next rotation', async () => {
    await populate(node({ keyring: sampleRing(1) }));
    await node({ keyring: sampleRing(2) }).accounts.rotate('fingerprint');
    const later = node({ keyring: newestOnly(2) });
    expect(await later.accounts.rotate('fingerprint')).toMatchObject({ moved: 0, complete: true });
    const keys = await fresh.database.query('SELECT DISTINCT key_id FROM person_fingerprint');
    expect(keys).toEqual([{ key_id: later.fingerprinter.currentKeyId }]);
  });

  test('a rotation overtaken by one to a newer key leaves the rule to that one', async () => {
    await populate(node({ keyring: sampleRing(1) }));
    const second = node({ keyring: sampleRing(2) });
    const third = node({ keyring: sampleRing(3) });
    let overtaken = false;
    const report = await second.accounts.rotate('fingerprint', async () => {
      if (overtaken) return;
      overtaken = true;
      // Begins and is stopped: its key is in the rule, and not everybody is under it.
      await expect(third.accounts.rotate('fingerprint', stopAfter(1))).rejects.toThrow('stopped');
    });
    expect(report).toMatchObject({ moved: PEOPLE, complete: false });
    expect(await second.accounts.missingKeys()).toEqual([third.fingerprinter.currentKeyId]);
    expect(await admitted([second, node({ keyring: newestOnly(3) })], [0, 24], [])).toEqual([
      'FingerprintKeyMissing',
    ]);
    expect(await third.accounts.rotate('fingerprint')).toMatchObject({ complete: true });
    expect(await admitted([third, node({ keyring: newestOnly(3) })], [0, 12, 24], ['user.name2'])).toEqual([
      'account-exists',
      'user-name-taken',
    ]);
  });
});
