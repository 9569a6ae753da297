/** Old passwords: wrapped, checked once, taken over and gone; never a key to what their owner did not have. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PersonId } from '../../src/accounts/person.ts';
import { makeHashQueue } from '../../src/credentials/hash-queue.ts';
import { type Hasher, makeHasher } from '../../src/credentials/hasher.ts';
import type { Passwords } from '../../src/credentials/password.ts';
import { makePepper } from '../../src/credentials/pepper.ts';
import { makeSamePace } from '../../src/credentials/same-pace.ts';
import { renewOldAccounts } from '../../src/legacy/key-change.ts';
import { applySource, undoLink } from '../../src/legacy/link.ts';
import { countPasswords } from '../../src/legacy/old-password-store.ts';
import { openOldSignIn } from '../../src/legacy/old-sign-in.ts';
import { openOldSystems } from '../../src/legacy/old-systems.ts';
import { expireDue, expirePasswords } from '../../src/legacy/password-expiry.ts';
import { planSource } from '../../src/legacy/plan.ts';
import { stageFile } from '../../src/legacy/stage.ts';
import { areReversible, wrapPasswords } from '../../src/legacy/wrap.ts';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import type { PopulationRegister } from '../../src/registries/registry.ts';
import { citizen, draft, type Opened, open, sampleRing, value } from '../accounts/opened.ts';
import { engine, passwordsOn, settings } from '../credentials/room.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';

const NAME = '扎西·顿珠';
const md5 = (text: string) => createHash('md5').update(text).digest('hex');
/** As the house's own rules want it, so that it need not be changed. */
const STRONG = 'Lake!9moss-yak';

const declare = (source: string, recipe: string, more = '') => `
source: ${source}
title: { zh-CN: ${source} }
person: { localId: id, userName: u, name: xm, document: { column: sfzh }, password: mm, salt: yan,
  status: { column: zt, codes: { "0": active, "1": disabled }, otherwise: active } }
recipe: ${recipe}
${more}`;

describe.each(stores)('old passwords on $name', (store) => {
  let fresh: FreshDatabase;
  let opened: Opened;
  let hasher: Hasher;
  let passwords: Passwords;
  let folder: string;
  let now: Date;
  const clock: Clock = { now: () => now };

  beforeEach(async () => {
    now = systemClock.now();
    fresh = await store.fresh();
    opened = open(fresh.database, { clock });
    const keyring = sampleRing(1);
    const queue = makeHashQueue({ concurrency: 2, length: 200, waitMs: 60_000 });
    hasher = makeHasher(engine, queue, makePepper(keyring, 'aes'), settings.hash);
    passwords = await passwordsOn(fresh.database, { keyring, clock });
    passwords.welcome(openOldSignIn(room()));
    folder = mkdtempSync(join(tmpdir(), 'yihao-old-'));
  });
  afterEach(async () => {
    await opened.audit.close();
    rmSync(folder, { recursive: true });
    await fresh.drop();
  });

  const room = () => ({ ...opened, database: fresh.database, hasher, clock, trail: opened.audit.trail });
  const population: PopulationRegister = {
    compare: async () => ({ outcome: 'match', source: 'register', reference: 'r', at: now }),
    check: () => Promise.reject(new Error('nobody asks')),
  };
  let files = 0;
  /** Rows: id, number n, password column, salt, user name, status. */
  const stage = async (declaration: string, ...rows: (string | number)[][]) => {
    files += 1;
    const path = join(folder, `${files}.csv`);
    const lines = rows.map(([id, n, hash, salt = '', user = '', status = '0']) =>
      [id, NAME, citizen(Number(n)).number, `"${hash}"`, salt, user, status].join(','),
    );
    writeFileSync(path, ['id,xm,sfzh,mm,yan,u,zt', ...lines].join('\n'));
    return value(await stageFile(room(), { declaration, path }));
  };
  const link = async (source: string) => {
    await planSource({ ...room(), population }, source);
    return applySource(room(), source, 'operator:test');
  };
  const come = async (declaration: string, ...rows: (string | number)[][]) => {
    const { source } = await stage(declaration, ...rows);
    await link(source);
  };
  const personOf = async (n: number) => (await opened.accounts.findByDocument(citizen(n)))!.id as PersonId;
  const wrap = (options = {}) => wrapPasswords(room(), options);
  const states = async (source: string) =>
    Object.fromEntries(
      (await countPasswords(fresh.database, source)).map(({ state, rows }) => [state, rows]),
    );
  const right = { ok: true, value: { mustChange: false } };
  const changing = { ok: true, value: { mustChange: true } };
  const wrong = { ok: false, failure: { code: 'sign-in-failed', status: 422, field: 'password' } };
  const resting = async () =>
    JSON.stringify(await fresh.database.query(`SELECT encode(content, 'escape') AS c FROM old_password`));

  test.each([
    ['before it is wrapped', false],
    ['after it was wrapped', true],
  ])('the old password signs in once %s, and is the person’s own then', async (_when, wrapped) => {
    await come(declare('talent', 'md5(u+p+s)'), ['7', 1, md5(`u0001${STRONG}abc`), 'abc', 'u0001']);
    if (wrapped) expect(await wrap()).toEqual({ wrapped: 1, kept: 0, hashed: 0, unreadable: 0 });
    const person = await personOf(1);
    expect(await passwords.has(person)).toBe(false);
    expect(await passwords.verify(person, 'Lake!9moss-yAk')).toEqual(wrong);
    expect(await passwords.verify(person, STRONG)).toEqual(right);
    expect(await passwords.has(person)).toBe(true);
    expect(await states('talent')).toEqual({ used: 1 });
    expect(await fresh.database.query('SELECT FROM old_password WHERE content IS NOT NULL')).toEqual([]);
    expect(await passwords.verify(person, STRONG)).toEqual(right);
    const trail = await fresh.database.query<{ type: string }>(
      `SELECT type FROM audit_event WHERE type = 'old-password.taken-over'`,
    );
    expect(trail).toHaveLength(1);
  });

  test('an undo in the instant of the sign-in: either the password stands on the account, or neither is there', async () => {
    const rows = Array.from({ length: 12 }, (_, n) => [String(n), n + 1, md5(STRONG)]);
    await come(declare('talent', 'md5(p)'), ...rows);
    const people = await Promise.all(rows.map((_, n) => personOf(n + 1)));
    const given = { source: 'talent', actor: 'operator:test', reason: 'wrong dump' };
    const came = await Promise.all(
      people.map(async (person, n) => {
        // What stands is asked before: it says nothing, as in the instant before the password is set.
        const undone = undoLink(room(), { ...given, localId: String(n) }, async () => []);
        const [signedIn, outcome] = await Promise.all([passwords.verify(person, STRONG), undone]);
        return { person, signedIn: signedIn.ok, undone: outcome.ok };
      }),
    );
    for (const { person, signedIn, undone } of came) {
      expect(signedIn).toBe(!undone);
      expect((await opened.accounts.get(person)) !== undefined).toBe(signedIn);
      expect(await passwords.has(person)).toBe(signedIn);
    }
  });

  test('pages tell of old passwords while there are any', async () => {
    const log = { warn: () => {} };
    expect((await openOldSystems(fresh.database, log)).passwordsLeft()).toBe(false);
    await come(declare('talent', 'md5(p)'), ['7', 1, md5(STRONG)]);
    expect((await openOldSystems(fresh.database, log)).passwordsLeft()).toBe(true);
    await passwords.verify(await personOf(1), STRONG);
    expect((await openOldSystems(fresh.database, log)).passwordsLeft()).toBe(false);
  });

  test('what is wrapped holds neither the hash nor anything it can be guessed from without the keyring', async () => {
    const hash = md5('Test@1234');
    await come(declare('talent', 'md5(p)'), ['7', 1, hash]);
    await wrap();
    expect(await resting()).not.toContain(hash);
    expect(await states('talent')).toEqual({ wrapped: 1 });
  });

  test('one that today’s rules refuse signs in once, and must be changed', async () => {
    await come(declare('talent', 'md5(p)'), ['7', 1, md5('123456')], ['8', 2, md5(citizen(2).number)]);
    await wrap();
    expect(await passwords.verify(await personOf(1), '123456')).toEqual(changing);
    expect(await passwords.verify(await personOf(2), citizen(2).number)).toEqual(changing);
    expect(await passwords.verify(await personOf(1), '123456')).toEqual(changing);
  });

  test('readable ones are hashed when they come and must be changed; bcrypt is kept; misfits are gone', async () => {
    const bcrypt = '$2b$10$abcdefghijklmnopqrstuu7kXHmG8OjKtatQOLmf/tLKnTDLZSYzK';
    await come(declare('plain', 'plain'), ['1', 1, STRONG]);
    expect(await areReversible(room(), 'plain')).toBe(true);
    expect(await wrap({ source: 'plain', onlyReversible: true })).toMatchObject({ hashed: 1 });
    expect(await resting()).not.toContain(STRONG);
    expect(await passwords.verify(await personOf(1), STRONG)).toEqual(changing);

    await come(declare('spring', 'bcrypt'), ['1', 2, bcrypt], ['2', 3, 'not a hash']);
    expect(await areReversible(room(), 'spring')).toBe(false);
    expect(await wrap({ parallel: 2 })).toEqual({ wrapped: 0, kept: 1, hashed: 0, unreadable: 1 });
    expect(await passwords.verify(await personOf(2), 'Test@1234')).toMatchObject({ ok: true });
    expect(await passwords.verify(await personOf(3), 'not a hash')).toEqual(wrong);
    // A declaration that was put right brings back what did not fit.
    await stage(declare('spring', 'plain'), ['2', 3, 'not a hash']);
    expect(await states('spring')).toEqual({ stored: 1, used: 1 });
  });

  test('several old accounts: each password is right until one was used, then only that one', async () => {
    await come(declare('one', 'md5(p)'), ['1', 1, md5('First!1-goose')]);
    await come(declare('two', 'sha1(p)'), [
      '1',
      1,
      createHash('sha1').update('Second!2-goose').digest('hex'),
    ]);
    await wrap();
    const person = await personOf(1);
    expect(await passwords.verify(person, 'Third!3-goose')).toEqual(wrong);
    expect(await passwords.verify(person, 'Second!2-goose')).toEqual(right);
    expect([await states('one'), await states('two')]).toEqual([{ used: 1 }, { used: 1 }]);
    expect(await passwords.verify(person, 'First!1-goose')).toEqual(wrong);
    expect(await passwords.verify(person, 'Second!2-goose')).toEqual(right);
  });

  test('a sign-in that another one overtakes between its look-ups comes in as well', async () => {
    await come(declare('one', 'md5(p)'), ['1', 1, md5(STRONG)]);
    const person = await personOf(1);
    let overtaken = false;
    const query: typeof fresh.database.query = async (statement, values) => {
      const rows = await fresh.database.query(statement, values);
      if (!overtaken && typeof statement === 'object' && statement.name === 'password-of-person') {
        overtaken = true;
        expect(await passwords.verify(person, STRONG)).toEqual(right);
      }
      return rows as never;
    };
    const slow = await passwordsOn({ ...fresh.database, query }, { keyring: sampleRing(1), clock });
    slow.welcome(openOldSignIn(room()));
    expect(await slow.verify(person, STRONG)).toEqual(right);
    expect(overtaken).toBe(true);
  });

  test('twelve sign-ins at once with two old passwords leave one password and no old one', async () => {
    await come(declare('one', 'md5(p)'), ['1', 1, md5('First!1-goose')]);
    await come(declare('two', 'md5(p)'), ['1', 1, md5('Second!2-goose')]);
    await wrap();
    const person = await personOf(1);
    const tries = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        passwords.verify(person, n % 2 === 0 ? 'First!1-goose' : 'Second!2-goose'),
      ),
    );
    expect(tries.some(({ ok }) => ok)).toBe(true);
    expect(await fresh.database.query('SELECT FROM old_password WHERE content IS NOT NULL')).toEqual([]);
    const still = await Promise.all([
      passwords.verify(person, 'First!1-goose'),
      passwords.verify(person, 'Second!2-goose'),
    ]);
    expect(still.filter(({ ok }) => ok)).toHaveLength(1);
    const taken = await fresh.database.query(
      `SELECT FROM audit_event WHERE type = 'old-password.taken-over'`,
    );
    expect(taken).toHaveLength(1);
  });

  test('a link whose password may have become the account’s is not undone as if nothing had happened', async () => {
    await come(declare('one', 'md5(p)'), ['1', 1, md5('First!1-goose')]);
    await come(declare('two', 'md5(p)'), ['1', 1, md5('Second!2-goose')]);
    const undo = () =>
      undoLink(room(), { source: 'two', localId: '1', actor: 'operator:test', reason: 'x' }, async () => []);
    expect(await passwords.verify(await personOf(1), 'Second!2-goose')).toEqual(right);
    expect(await undo()).toMatchObject({
      failure: { code: 'undo-blocked', faults: [{ setting: 'the password' }] },
    });
  });

  test('a stranger who wrote a victim’s number into an old system does not come in with the password set there', async () => {
    const victim = value(await opened.register(draft(1)));
    await come(declare('talent', 'md5(p)'), ['evil', 1, md5(STRONG)]);
    expect(await fresh.database.query('SELECT FROM old_account WHERE linked_by IS NOT NULL')).toHaveLength(1);
    for (const before of [true, false]) {
      expect(await passwords.verify(victim.id, STRONG)).toEqual(wrong);
      if (before) await wrap();
    }
    expect(await passwords.has(victim.id)).toBe(false);
  });

  test('what the old system stopped opens nothing here, also when a later dump stops it', async () => {
    const declaration = declare('talent', 'md5(p)');
    await come(declaration, ['1', 1, md5(STRONG), '', '', '1'], ['2', 2, md5(STRONG)]);
    await wrap();
    expect(await passwords.verify(await personOf(1), STRONG)).toEqual(wrong);
    await stage(declaration, ['2', 2, md5(STRONG), '', '', '1']);
    expect(await passwords.verify(await personOf(2), STRONG)).toEqual(wrong);
    expect(await states('talent')).toEqual({});
  });

  test('a later dump brings a new password before the first sign-in, and none after it', async () => {
    const declaration = declare('talent', 'md5(p)');
    await come(declaration, ['1', 1, md5(STRONG)], ['2', 2, md5(STRONG)], ['3', 3, md5(STRONG)]);
    await wrap();
    expect(await passwords.verify(await personOf(1), STRONG)).toEqual(right);
    const later = await stage(
      declaration,
      ['1', 1, md5('Other!2-goose')],
      ['2', 2, md5('Other!2-goose')],
      ['3', 3, md5(STRONG)],
    );
    // Of the two that changed, one was used.
    expect(later.counts).toMatchObject({ unchanged: 3, passwords: 1 });
    expect(await states('talent')).toEqual({ stored: 1, used: 1, wrapped: 1 });
    expect(await passwords.verify(await personOf(1), 'Other!2-goose')).toEqual(wrong);
    expect(await passwords.verify(await personOf(2), STRONG)).toEqual(wrong);
    expect(await passwords.verify(await personOf(2), 'Other!2-goose')).toEqual(right);
  });

  test('past their day old passwords open nothing, and are removed', async () => {
    await come(declare('dated', 'md5(p)', `expires: 2027-01-31`), ['1', 1, md5(STRONG)]);
    await come(declare('undated', 'md5(p)'), ['1', 2, md5(STRONG)]);
    await wrap();
    const by = { actor: 'operator:test', reason: 'cut-over' };
    expect(await expirePasswords(room(), { source: 'dated', ...by })).toMatchObject({
      failure: { code: 'old-passwords-valid', params: { day: '2027-01-31' } },
    });
    now = new Date('2027-01-31T15:59:00Z');
    expect(await expireDue(room())).toBe(0);
    now = new Date('2027-01-31T16:00:00Z');
    expect(await passwords.verify(await personOf(1), STRONG)).toEqual(wrong);
    expect(await expireDue(room())).toBe(1);
    expect([await states('dated'), await states('undated')]).toEqual([{ expired: 1 }, { wrapped: 1 }]);
    now = new Date(now.getTime() + 366 * 86_400_000);
    expect(await passwords.verify(await personOf(2), STRONG)).toEqual(wrong);
    expect(value(await expirePasswords(room(), { source: 'undated', ...by }))).toMatchObject({ removed: 1 });
    expect(await expirePasswords(room(), { source: 'nobody', ...by })).toMatchObject({
      failure: { code: 'old-system-unknown' },
    });
  });

  test('two wraps at once, stopped and begun again, wrap each once and lose none', async () => {
    const rows = Array.from({ length: 230 }, (_, n) => [String(n), n, md5(`Goose!${n}-lake`)]);
    await come(declare('talent', 'md5(p)'), ...rows);
    let pages = 0;
    await wrap({ stopped: () => pages++ > 0 });
    expect(await states('talent')).toEqual({ stored: 130, wrapped: 100 });
    const [one, two] = await Promise.all([wrap(), wrap()]);
    expect(one.wrapped + two.wrapped).toBe(130);
    expect(await passwords.verify(await personOf(229), 'Goose!229-lake')).toEqual(right);
    expect(await passwords.verify(await personOf(0), 'Goose!0-lake')).toEqual(right);
  });

  test('they move with the keys', async () => {
    await come(declare('talent', 'md5(p)'), ['1', 1, md5(STRONG)], ['2', 2, md5('Other!2-goose')]);
    await wrap();
    const renewed = open(fresh.database, { keyring: sampleRing(2), clock });
    expect(await renewOldAccounts(fresh.database, renewed)).toBeGreaterThanOrEqual(2);
    const rows = await fresh.database.query<{ content: Buffer }>('SELECT content FROM old_password');
    for (const { content } of rows) expect(renewed.sealer.keyId(content)).toBe(renewed.sealer.currentKeyId);
    passwords.welcome(openOldSignIn({ ...room(), ...renewed }));
    expect(await passwords.verify(await personOf(1), STRONG)).toEqual(right);
    await renewed.audit.close();
  });

  test('refusals take as long for the unknown as for who has three old accounts', async () => {
    for (const source of ['one', 'two', 'three'])
      await come(declare(source, 'md5(p)'), ['1', 1, md5(STRONG)]);
    await wrap();
    const person = await personOf(1);
    const pace = makeSamePace();
    const took = async (who: PersonId | undefined) => {
      const began = performance.now();
      expect(await passwords.verify(who, 'Wrong!1-goose')).toEqual(wrong);
      await pace.hold(began);
      return performance.now() - began;
    };
    await took(person);
    const pairs = [];
    for (let n = 0; n < 5; n += 1) pairs.push([await took(person), await took(undefined)]);
    // In whole steps: the same one for both, whatever the machine does in between.
    const steps = pairs.map(([known, unknown]) =>
      Math.abs(Math.round(known! / 100) - Math.round(unknown! / 100)),
    );
    expect(steps.sort()[2]).toBe(0);
  });
});
