/** Passwords on every store: set, verified at one cost for everyone, and improved without losing anything. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PersonId } from '../../src/accounts/person.ts';
import { loadHashEngine, parametersOf, workOf } from '../../src/credentials/hash-engine.ts';
import { makeHashQueue } from '../../src/credentials/hash-queue.ts';
import type { Passwords } from '../../src/credentials/password.ts';
import { makePepper } from '../../src/credentials/pepper.ts';
import { findPassword } from '../../src/credentials/store.ts';
import { generateKeyring, parseKeyring, rotateKeyring } from '../../src/platform/seal/keyring.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';
import { engine, newPerson, passwordsOn, settings } from './room.ts';

const PASSWORD = 'Lake!9moss-é';
const stronger = { ...settings, hash: { ...settings.hash, memoryKib: 32_768, passes: 3 } };

describe.each(stores)('passwords on $name', (store) => {
  let fresh: FreshDatabase;
  let keyring: string;
  let passwords: Passwords;

  beforeAll(async () => {
    fresh = await store.fresh();
    keyring = generateKeyring();
    passwords = await passwordsOn(fresh.database, { keyring: parseKeyring(keyring) });
  });
  afterAll(() => fresh.drop());

  const set = async (password = PASSWORD, by = passwords): Promise<PersonId> => {
    const person = newPerson();
    const prepared = await by.prepare(password);
    if (!prepared.ok) throw new Error(prepared.failure.code);
    await fresh.database.transaction((tx) => by.store(tx, person, prepared.value));
    return person;
  };
  const stored = async (person: PersonId) => (await findPassword(fresh.database, person))!;

  test('the right password is accepted, a wrong one and one of other case are not', async () => {
    const person = await set();
    expect(await passwords.verify(person, PASSWORD)).toEqual({ ok: true, value: { mustChange: false } });
    const refused = { ok: false, failure: { code: 'sign-in-failed', status: 422, field: 'password' } };
    expect(await passwords.verify(person, 'lake!9moss-é')).toEqual(refused);
    expect(await passwords.verify(person, '')).toEqual(refused);
    expect(await passwords.verify(person, `${PASSWORD} `)).toEqual(refused);
  });

  test('nobody, somebody unknown and somebody without a password get the same answer as a wrong password', async () => {
    const person = await set();
    const wrong = await passwords.verify(person, 'Other!7moss');
    expect(await passwords.verify(undefined, PASSWORD)).toEqual(wrong);
    expect(await passwords.verify(newPerson(), PASSWORD)).toEqual(wrong);
    await fresh.database.transaction((tx) => passwords.remove(tx, person));
    expect(await passwords.verify(person, PASSWORD)).toEqual(wrong);
    expect(await passwords.has(person)).toBe(false);
  });

  test('composed and combining accents are one password', async () => {
    const person = await set('Lake!9moss-e\u0301');
    expect((await passwords.verify(person, 'Lake!9moss-\u00e9')).ok).toBe(true);
  });

  test('the database holds neither the password nor anything that can be guessed without the keyring', async () => {
    const person = await set();
    const { hash, pepper } = await stored(person);
    expect(pepper).toBe(`sha256:${parseKeyring(keyring).current('pepper').id}`);
    expect(await engine.verify(hash, PASSWORD)).toBe(false);
    const others = await passwordsOn(fresh.database);
    expect((await others.verify(person, PASSWORD)).ok).toBe(false);
  });

  test('a pepper key taken out too early is an error that names the key, not a wrong password', async () => {
    const person = await set();
    const rotated = JSON.parse(rotateKeyring(keyring, 'pepper')) as { pepper: object[] };
    const early = parseKeyring(JSON.stringify({ ...rotated, pepper: rotated.pepper.slice(0, 1) }));
    const hasty = await passwordsOn(fresh.database, { keyring: early });
    await expect(hasty.verify(person, PASSWORD)).rejects.toThrow('which the keyring does not have');
  });

  test('set judges, and stores nothing when the password is refused or the transaction fails', async () => {
    const person = newPerson();
    const easy = await fresh.database.transaction((tx) => passwords.set(tx, person, 'Aa123456', {}));
    expect(easy).toMatchObject({ ok: false, failure: { code: 'password-common' } });
    const own = await fresh.database.transaction((tx) =>
      passwords.set(tx, person, 'Moss-01001x-lake', { documentNumber: '54019919000101001X' }),
    );
    expect(own).toMatchObject({ ok: false, failure: { code: 'password-own-number' } });
    await expect(
      fresh.database.transaction(async (tx) => {
        expect((await passwords.set(tx, person, PASSWORD, {})).ok).toBe(true);
        throw new Error('the rest of the registration failed');
      }),
    ).rejects.toThrow('registration');
    expect(await passwords.has(person)).toBe(false);
    expect((await fresh.database.transaction((tx) => passwords.set(tx, person, PASSWORD, {}))).ok).toBe(true);
    expect((await passwords.verify(person, PASSWORD)).ok).toBe(true);
  });

  test('a breached password is refused before it is hashed', async () => {
    const careful = await passwordsOn(fresh.database, {
      breaches: { has: async (password) => password === PASSWORD, close: async () => {} },
    });
    expect(await careful.prepare(PASSWORD)).toMatchObject({
      ok: false,
      failure: { code: 'password-breached', field: 'new_password' },
    });
    expect((await careful.prepare('Other!7moss')).ok).toBe(true);
  });

  test('a password that somebody else chose must be changed, until it was', async () => {
    const person = newPerson();
    const first = await passwords.prepare('First!7moss');
    const second = await passwords.prepare('Second!7moss');
    if (!first.ok || !second.ok) throw new Error('busy');
    await fresh.database.transaction((tx) => passwords.store(tx, person, first.value, { mustChange: true }));
    expect(await passwords.verify(person, 'First!7moss')).toEqual({ ok: true, value: { mustChange: true } });
    await fresh.database.transaction((tx) => passwords.store(tx, person, second.value));
    expect(await passwords.verify(person, 'Second!7moss')).toEqual({
      ok: true,
      value: { mustChange: false },
    });
    expect((await passwords.verify(person, 'First!7moss')).ok).toBe(false);
  });

  test('when the parameters rise, the next right sign-in hashes anew, and a wrong one changes nothing', async () => {
    const person = await set();
    const before = await stored(person);
    const raised = await passwordsOn(fresh.database, { keyring: parseKeyring(keyring), settings: stronger });
    expect((await raised.verify(person, 'Other!7moss')).ok).toBe(false);
    expect(await stored(person)).toEqual(before);
    expect((await raised.verify(person, PASSWORD)).ok).toBe(true);
    const after = await stored(person);
    expect(parametersOf(after.hash)).toEqual({ memoryKib: 32_768, passes: 3, lanes: 1 });
    expect((await raised.verify(person, PASSWORD)).ok).toBe(true);
    expect((await stored(person)).hash).toBe(after.hash);
    // A node that has not been restarted yet still accepts it, and does not weaken it.
    expect((await passwords.verify(person, PASSWORD)).ok).toBe(true);
    expect((await stored(person)).hash).toBe(after.hash);
  });

  test('when the pepper is rotated, the old key verifies and the new one takes over at sign-in', async () => {
    const person = await set();
    const sleeper = await set();
    const rotated = parseKeyring(rotateKeyring(keyring, 'pepper'));
    const newer = await passwordsOn(fresh.database, { keyring: rotated });
    expect((await newer.verify(person, PASSWORD)).ok).toBe(true);
    expect((await stored(person)).pepper).toBe(`sha256:${rotated.current('pepper').id}`);
    expect((await newer.verify(person, PASSWORD)).ok).toBe(true);
    const resting = await newer.peppers();
    expect(resting.find(({ pepper }) => pepper === `sha256:${rotated.current('pepper').id}`)?.passwords).toBe(
      1,
    );
    expect(
      resting.find(({ pepper }) => pepper.endsWith(parseKeyring(keyring).current('pepper').id)),
    ).toBeDefined();
    expect((await newer.verify(sleeper, PASSWORD)).ok).toBe(true);
  });

  test('SM3 peppers stand beside SHA-256 ones, and a change of suite moves people over at sign-in', async () => {
    const person = await set();
    const sm = await passwordsOn(fresh.database, { pepper: makePepper(parseKeyring(keyring), 'sm') });
    expect((await sm.verify(person, PASSWORD)).ok).toBe(true);
    expect((await stored(person)).pepper).toMatch(/^sm3:/);
    expect((await sm.verify(person, PASSWORD)).ok).toBe(true);
    expect((await passwords.verify(person, PASSWORD)).ok).toBe(true);
  });

  test('ten sign-ins in parallel during a rotation all succeed and leave one good hash', async () => {
    const person = await set();
    const newer = await passwordsOn(fresh.database, {
      keyring: parseKeyring(rotateKeyring(keyring, 'pepper')),
      settings: stronger,
    });
    const answers = await Promise.all(Array.from({ length: 10 }, () => newer.verify(person, PASSWORD)));
    expect(answers.every((answer) => answer.ok)).toBe(true);
    expect((await newer.verify(person, PASSWORD)).ok).toBe(true);
  });

  test('a password changed while an old one is being hashed anew is not overwritten', async () => {
    const person = await set();
    const change = await passwords.prepare('Second!7moss');
    if (!change.ok) throw new Error('busy');
    let decoyMade = false;
    const slow = await passwordsOn(fresh.database, {
      keyring: parseKeyring(keyring),
      settings: stronger,
      engine: {
        ...engine,
        async hash(input, parameters) {
          // The first hash is the decoy; the second is the better one, during which the person changes the password.
          if (decoyMade) await fresh.database.transaction((tx) => passwords.store(tx, person, change.value));
          decoyMade = true;
          return engine.hash(input, parameters);
        },
      },
    });
    expect((await slow.verify(person, PASSWORD)).ok).toBe(true);
    expect((await passwords.verify(person, 'Second!7moss')).ok).toBe(true);
    expect((await passwords.verify(person, PASSWORD)).ok).toBe(false);
  });

  test('a full queue answers busy for known and unknown alike, and checks nothing', async () => {
    const person = await set();
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const queue = makeHashQueue({ concurrency: 1, length: 0, waitMs: 1_000 });
    const crowded = await passwordsOn(fresh.database, { keyring: parseKeyring(keyring), queue });
    const blocker = queue.run(() => opened);
    const busy = { ok: false, failure: { code: 'busy', status: 503, retryAfter: 1 } };
    expect(await crowded.verify(person, PASSWORD)).toEqual(busy);
    expect(await crowded.verify(undefined, PASSWORD)).toEqual(busy);
    expect(await crowded.prepare(PASSWORD)).toEqual(busy);
    open();
    await blocker;
    expect((await crowded.verify(person, PASSWORD)).ok).toBe(true);
  });

  test('what one engine hashed the other verifies, so nodes may differ', async () => {
    const person = await set();
    const other = await passwordsOn(fresh.database, {
      keyring: parseKeyring(keyring),
      engine: await loadHashEngine('argon2'),
    });
    expect((await other.verify(person, PASSWORD)).ok).toBe(true);
    const theirs = await set(PASSWORD, other);
    expect((await passwords.verify(theirs, PASSWORD)).ok).toBe(true);
  });

  // Counted, not timed: on a shared machine the clock measures the neighbours. A hash costs its memory times its
  // passes (RFC 9106), and beside hash and look-up there is nothing that takes time.
  test('known, unknown and password-less people cost the same work, also after the parameters rose', async () => {
    const person = await set();
    const cost = { work: 0, queries: 0 };
    const raised = await passwordsOn(
      {
        ...fresh.database,
        query: (statement, values) => {
          cost.queries += 1;
          return fresh.database.query(statement, values);
        },
      },
      {
        keyring: parseKeyring(keyring),
        settings: stronger,
        engine: {
          ...engine,
          hash(input, parameters) {
            cost.work += workOf(parameters);
            return engine.hash(input, parameters);
          },
          verify(phc, input) {
            cost.work += workOf(parametersOf(phc)!);
            return engine.verify(phc, input);
          },
        },
      },
    );
    const people = {
      known: await set(PASSWORD, raised),
      'known by an old hash': person,
      nobody: undefined,
      'without password': newPerson(),
    };
    const full = workOf(stronger.hash);
    for (const [name, id] of Object.entries(people)) {
      Object.assign(cost, { work: 0, queries: 0 });
      expect((await raised.verify(id, 'Wrong!7moss')).ok).toBe(false);
      expect(cost.queries, name).toBe(1);
      // Paying the difference is rounded to whole blocks of memory.
      expect(Math.abs(cost.work - full) / full, name).toBeLessThan(0.001);
    }
  });
});
