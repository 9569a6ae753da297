/** Systems that only say whether a password is right, asked at sign-in: who comes in by them, and who does not. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PersonId } from '../../src/accounts/person.ts';
import { decideCase } from '../../src/legacy/cases/decide.ts';
import { renewOldAccounts } from '../../src/legacy/key-change.ts';
import { personCalled } from '../../src/legacy/lazy/login-names.ts';
import { undoLink } from '../../src/legacy/link.ts';
import { citizen, draft, open, sampleRing, value } from '../accounts/opened.ts';
import { type OldAccountThere, type OldLoginServer, startOldLogin } from '../support/old-login.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';
import { declareLogin, type LazyRoom, NAME, openLazyRoom } from './lazy-room.ts';

const STRONG = 'Lake!9moss-yak';
const right = { ok: true, value: { mustChange: false } };
const wrong = { ok: false, failure: { code: 'sign-in-failed', status: 422, field: 'password' } };
const later = { ok: false, failure: { code: 'old-system-unreachable', status: 503 } };
/** As a system whose table was handed out without passwords. */
const STAGED = declareLogin(
  'talent',
  'talent',
  `person: { localId: id, name: xm, document: { column: sfzh }, deleted: { column: sc, codes: { "0": no, "1": yes } } }`,
);

describe.each(stores)('a system that checks passwords itself, on $name', (store) => {
  let fresh: FreshDatabase;
  let old: OldLoginServer;
  let lazy: LazyRoom;
  const there = (identifier: string, localId: string, n: number, more: Partial<OldAccountThere> = {}) =>
    old.accounts.set(identifier, {
      password: STRONG,
      localId,
      number: citizen(n).number,
      name: NAME,
      ...more,
    });

  beforeEach(async () => {
    fresh = await store.fresh();
    old = await startOldLogin();
    lazy = await openLazyRoom(fresh.database, { talent: old });
    await lazy.declare(declareLogin('talent'));
  });
  afterEach(async () => {
    await lazy.close();
    await old.close();
    await fresh.drop();
  });

  const rows = () =>
    fresh.database.query<{ local_id: string; outcome: string; tier: string; linked: boolean }>(
      `SELECT local_id, outcome, tier, linked_by IS NOT NULL AS linked FROM old_account ORDER BY local_id`,
    );
  const resting = async () =>
    JSON.stringify(
      await fresh.database.query(
        `SELECT encode(o.content, 'escape') AS account, encode(p.content, 'escape') AS password
         FROM old_account o LEFT JOIN old_password p USING (source, local_id)`,
      ),
    );

  test('the first sign-in opens the account and links it, the second asks nobody', async () => {
    there(citizen(1).number, '10017', 1, { phone: '15400000000' });
    expect(await lazy.come(1, STRONG)).toMatchObject(right);
    const id = (await lazy.personOf(1))!;
    const person = (await lazy.accounts.get(id))!;
    expect([person.name, person.identityLevel, person.phone, person.userName]).toEqual([
      NAME,
      1,
      undefined,
      undefined,
    ]);
    expect(lazy.register.asked).toEqual([NAME]);
    expect(await rows()).toEqual([{ local_id: '10017', outcome: 'new', tier: 'A', linked: true }]);
    expect(await lazy.events('old-password.taken-over')).toEqual([{ source: 'talent' }]);
    expect(await lazy.events('old-accounts.linked')).toEqual([{ source: 'talent', linked: 0, opened: 1 }]);
    expect(await resting()).not.toContain(STRONG);

    expect(await lazy.come(1, STRONG)).toEqual(right);
    expect(await lazy.come(1, `${STRONG}x`)).toEqual(wrong);
    expect(old.asked).toHaveLength(1);
  });

  const change = (id: PersonId, password: string) =>
    fresh.database.transaction(async (tx) => value(await lazy.passwords.set(tx, id, password, {})));

  test('a user name of the old system goes on leading to the account, with the password that counts here', async () => {
    there('Zhaxi.D', '10017', 1);
    const first = await lazy.come('Zhaxi.D', STRONG);
    const id = (await lazy.personOf(1))!;
    expect(first).toEqual({ ok: true, value: { mustChange: false, personId: id } });
    expect(await lazy.come('zhaxi.d', STRONG)).toEqual(first);
    expect(old.asked).toHaveLength(1);
    await change(id, 'Other!2-goose-pond');
    expect(await lazy.come('Zhaxi.D', 'Other!2-goose-pond')).toEqual(first);
    expect(old.asked).toHaveLength(1);
    // The old password is right there, and no key here any more.
    expect(await lazy.come('Zhaxi.D', STRONG)).toEqual(wrong);
    expect(await lazy.come(1, STRONG)).toEqual(wrong);
    const names = JSON.stringify(
      await fresh.database.query(`SELECT encode(content, 'escape') AS c FROM old_login_name`),
    );
    expect(names.toLowerCase()).not.toContain('zhaxi');
  });

  test('a wrong password by such a name is no free try while the old system is away', async () => {
    there('zhaxi', '1', 1);
    expect(await lazy.come('zhaxi', STRONG)).toMatchObject(right);
    old.behave = (response) => void response.writeHead(500).end();
    expect(await lazy.come('zhaxi', `${STRONG}x`)).toMatchObject({
      failure: { code: 'old-system-unreachable', wrongElsewhere: true },
    });
    expect(await lazy.come('zhaxi', STRONG)).toMatchObject(right);
  });

  test('who came by number first may come by the name later; one name of two people is nobody’s', async () => {
    there(citizen(1).number, '1', 1);
    expect(await lazy.come(1, STRONG)).toMatchObject(right);
    there('zhaxi', '1', 1);
    const mine = await lazy.come('zhaxi', STRONG);
    expect(mine).toMatchObject(right);
    expect(old.asked).toHaveLength(2);
    // Another one of another system, called so too.
    await lazy.declare(declareLogin('housing'));
    const again = await openLazyRoom(fresh.database, { talent: old });
    there('zhaxi', '7', 2, { password: 'Second!2-goose-pond' });
    const theirs = await again.come('zhaxi', 'Second!2-goose-pond');
    expect(theirs).toMatchObject(right);
    expect(theirs).not.toEqual(mine);
    expect(await again.come('zhaxi', 'Second!2-goose-pond')).toEqual(theirs);
    await again.close();
  });

  test('names move with the keys', async () => {
    there('zhaxi', '1', 1);
    const mine = await lazy.come('zhaxi', STRONG);
    const renewed = open(fresh.database, { keyring: sampleRing(2) });
    expect(await renewOldAccounts(fresh.database, renewed)).toBe(2);
    expect(await renewOldAccounts(fresh.database, renewed)).toBe(0);
    const typed = { text: 'zhaxi', kind: 'user-name' as const };
    const room = { ...renewed, database: fresh.database };
    expect(await personCalled(room, typed)).toBe(mine.ok && mine.value.personId);
    await renewed.audit.close();
  });

  test('a password that today’s rules refuse signs in once and must be changed', async () => {
    there(citizen(1).number, '1', 1, { password: '123456' });
    there(citizen(2).number, '2', 2, { password: `${citizen(2).number}Aa!` });
    expect(await lazy.come(1, '123456')).toMatchObject({ ok: true, value: { mustChange: true } });
    expect(await lazy.come(2, `${citizen(2).number}Aa!`)).toMatchObject({
      ok: true,
      value: { mustChange: true },
    });
  });

  test('no is wrong, and leaves nothing', async () => {
    there(citizen(1).number, '1', 1);
    expect(await lazy.come(1, 'Wrong!1-goose')).toEqual(wrong);
    expect(await lazy.come(2, STRONG)).toEqual(wrong);
    expect(await rows()).toEqual([]);
    expect(lazy.register.asked).toEqual([]);
  });

  test('an old system opens nothing that its owner opened here, with or without a password', async () => {
    const owner = value(await lazy.open(draft(1)));
    there(citizen(1).number, '1', 1);
    there('zhaxi', '1', 1);
    // Known here and not from there: it is not even asked.
    expect(await lazy.come(1, STRONG)).toEqual(wrong);
    expect(old.asked).toEqual([]);
    expect(await lazy.come('zhaxi', STRONG)).toEqual(wrong);
    expect(await rows()).toEqual([{ local_id: '1', outcome: 'same', tier: 'A', linked: false }]);
    expect(await lazy.passwords.has(owner.id)).toBe(false);
    // Nor once it is linked.
    await lazy.link('talent');
    expect(await rows()).toMatchObject([{ linked: true }]);
    expect(await lazy.come('zhaxi', STRONG)).toEqual(wrong);
    expect(await lazy.come(1, STRONG)).toEqual(wrong);
    expect(await lazy.passwords.has(owner.id)).toBe(false);
    expect((await lazy.events('old-login.refused')).map(({ why }) => why)).toEqual([
      'number-and-name-agree',
      'opened-by-its-owner',
    ]);
  });

  test.each([
    ['another name', { outcome: 'mismatch' as const }, 'B'],
    ['no such number', { outcome: 'unknown' as const }, 'B'],
    ['the person has died', { outcome: 'match' as const, status: 'deceased' as const }, 'B'],
  ])('the register says: %s. A case, and the usual refusal', async (_what, says, tier) => {
    lazy.register.says = says;
    there(citizen(1).number, '1', 1);
    expect(await lazy.come(1, STRONG)).toEqual(wrong);
    expect(await rows()).toEqual([{ local_id: '1', outcome: 'doubtful', tier, linked: false }]);
    expect(await lazy.personOf(1)).toBeUndefined();
    // It is asked anew each time: what was put right there counts at once.
    lazy.register.says = {};
    expect(await lazy.come(1, STRONG)).toMatchObject(right);
  });

  test('without a number, or with a wrong one, nobody comes in; its owner may claim it', async () => {
    there('bare', '1', 1, { number: undefined as never });
    there('odd', '2', 1, { number: '540199190001010010' });
    expect(await lazy.come('bare', STRONG)).toEqual(wrong);
    expect(await lazy.come('odd', STRONG)).toEqual(wrong);
    expect(await rows()).toEqual([
      { local_id: '1', outcome: 'doubtful', tier: 'C', linked: false },
      { local_id: '2', outcome: 'doubtful', tier: 'C', linked: false },
    ]);
  });

  test('a register that does not answer is no wrong password, and costs no attempt', async () => {
    lazy.register.says = { outcome: 'unreachable' };
    there(citizen(1).number, '1', 1);
    const answer = await lazy.come(1, STRONG);
    expect(answer).toMatchObject(later);
    expect(answer).not.toHaveProperty('failure.wrongElsewhere');
    expect(await rows()).toMatchObject([{ outcome: 'waiting', linked: false }]);
    lazy.register.says = {};
    expect(await lazy.come(1, STRONG)).toMatchObject(right);
  });

  test('a system that lies gains nothing: another account, another number', async () => {
    await lazy.stage(STAGED, ['victim', 5], ['other', 6]);
    await lazy.link('talent');
    const victim = (await lazy.personOf(5))!;
    // Of somebody who came from there: yes with the account of somebody else.
    there(citizen(6).number, 'victim', 6);
    expect(await lazy.come(6, STRONG)).toEqual(wrong);
    // Of somebody unknown, by number: yes with another number, or with an account that has another.
    there(citizen(7).number, 'new', 5);
    expect(await lazy.come(7, STRONG)).toEqual(wrong);
    there(citizen(7).number, 'victim', 7);
    expect(await lazy.come(7, STRONG)).toEqual(wrong);
    there(citizen(7).number, 'victim', 7, { number: undefined as never });
    expect(await lazy.come(7, STRONG)).toEqual(wrong);
    // By user name: an account of its own with a number that stands for another account.
    there('liar', 'victim', 8);
    expect(await lazy.come('liar', STRONG)).toEqual(wrong);
    expect(await lazy.passwords.has(victim)).toBe(false);
    expect((await lazy.events('old-login.refused')).map(({ why }) => why)).toEqual([
      'number-told-otherwise',
      'another-number',
      'number-told-otherwise',
      'another-number',
      'number-told-otherwise',
    ]);
  });

  test('who came from there in a dump without passwords signs in by its word', async () => {
    await lazy.stage(STAGED, ['1', 1], ['2', 2]);
    await lazy.link('talent');
    const id = (await lazy.personOf(1))!;
    there(citizen(1).number, '1', 1, { name: 'another by now', number: undefined as never });
    expect(await lazy.come(1, 'Wrong!1-goose')).toEqual(wrong);
    expect(await lazy.passwords.has(id)).toBe(false);
    expect(await lazy.come(1, STRONG)).toEqual(right);
    expect(await lazy.passwords.has(id)).toBe(true);
    const { length } = old.asked;
    expect(await lazy.come(1, STRONG)).toEqual(right);
    expect(old.asked).toHaveLength(length);
    // The other one is asked about as itself.
    there(citizen(2).number, '1', 2);
    expect(await lazy.come(2, STRONG)).toEqual(wrong);
  });

  describe('what was decided stays decided', () => {
    const refusedFor = async (why: string) => {
      expect(await lazy.come('zhaxi', STRONG)).toEqual(wrong);
      expect((await lazy.events('old-login.refused')).at(-1)).toEqual({ source: 'talent', why });
      expect(await rows()).toMatchObject([{ linked: false }]);
    };

    test('a link that was undone', async () => {
      await lazy.stage(STAGED, ['1', 1]);
      await lazy.link('talent');
      const given = { source: 'talent', localId: '1', actor: 'operator:test', reason: 'wrong person' };
      value(await undoLink(lazy.room, given, async () => []));
      there('zhaxi', '1', 1);
      there(citizen(1).number, '1', 1);
      await refusedFor('link-undone');
      expect(await lazy.come(1, STRONG)).toEqual(wrong);
      expect(await lazy.personOf(1)).toBeUndefined();
      // An operator may link it again, and then it counts.
      await lazy.link('talent');
      expect(await lazy.come(1, STRONG)).toEqual(right);
    });

    test('a case that was rejected, or waits', async () => {
      lazy.register.says = { outcome: 'mismatch' };
      there('zhaxi', '1', 1);
      expect(await lazy.come('zhaxi', STRONG)).toEqual(wrong);
      const decision = { source: 'talent', localId: '1', reason: 'not the person', actor: 'operator:test' };
      value(await decideCase(lazy.room, { ...decision, action: 'reject' }));
      lazy.register.says = {};
      await refusedFor('case-decided');
      // Not even when its owner changes something there.
      there('zhaxi', '1', 2);
      await refusedFor('number-told-otherwise');
      there('zhaxi', '1', 1, { name: '达娃' });
      await refusedFor('case-decided');
    });

    test('one that a later dump marks deleted, also where it was linked before', async () => {
      await lazy.stage(STAGED, ['1', 1]);
      await lazy.link('talent');
      await lazy.stage(STAGED, ['1', 1, NAME, '1']);
      there('zhaxi', '1', 1);
      there(citizen(1).number, '1', 1);
      expect(await lazy.come(1, STRONG)).toEqual(wrong);
      expect(await lazy.come('zhaxi', STRONG)).toEqual(wrong);
      expect(await lazy.passwords.has((await lazy.personOf(1))!)).toBe(false);
    });

    test.each(['frozen', 'closed', 'deceased'] as const)('of somebody who is %s', async (state) => {
      await lazy.stage(STAGED, ['1', 1]);
      await lazy.link('talent');
      const id = (await lazy.personOf(1))!;
      const by = { actor: 'operator:test', channel: 'cli', reason: 'x' };
      value(await lazy.accounts.changeState(id, state, by));
      there('zhaxi', '1', 1);
      there(citizen(1).number, '1', 1);
      there('again', '2', 1);
      for (const what of [1, 'zhaxi', 'again']) expect(await lazy.come(what, STRONG)).toEqual(wrong);
      expect(await lazy.passwords.has(id)).toBe(false);
    });
  });

  test('twelve sign-ins of one person at once: one account, one link, one password; all come in', async () => {
    there(citizen(1).number, '1', 1);
    there('zhaxi', '1', 1);
    const second = await openLazyRoom(fresh.database, { talent: old });
    const tries = await Promise.all(
      Array.from({ length: 12 }, (_, n) => (n % 2 ? lazy : second).come(n % 3 ? 1 : 'zhaxi', STRONG)),
    );
    expect(tries.filter(({ ok }) => !ok)).toEqual([]);
    expect(await rows()).toMatchObject([{ linked: true }]);
    expect(await fresh.database.query('SELECT FROM person')).toHaveLength(1);
    expect(await fresh.database.query('SELECT FROM legacy_journal')).toHaveLength(1);
    expect(await fresh.database.query('SELECT FROM password_credential')).toHaveLength(1);
    expect(await lazy.events('old-password.taken-over')).toHaveLength(1);
    await second.close();
  });

  test('two old accounts of one number at once: one opens the account, the other does not come into it', async () => {
    there('one', '1', 1, { password: 'First!1-goose-pond' });
    there('two', '2', 1, { password: 'Second!2-goose-pond' });
    const tries = await Promise.all([
      lazy.come('one', 'First!1-goose-pond'),
      lazy.come('two', 'Second!2-goose-pond'),
    ]);
    expect(tries.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await fresh.database.query('SELECT FROM person')).toHaveLength(1);
    const again = await Promise.all([
      lazy.come(1, 'First!1-goose-pond'),
      lazy.come(1, 'Second!2-goose-pond'),
    ]);
    expect(again.filter(({ ok }) => ok)).toHaveLength(1);
  });

  test('past its day it is not asked any more', async () => {
    await lazy.declare(declareLogin('talent', 'talent', 'expires: 2020-01-31'));
    const again = await openLazyRoom(fresh.database, { talent: old });
    there(citizen(1).number, '1', 1);
    expect(await again.come(1, STRONG)).toEqual(wrong);
    expect(old.asked).toEqual([]);
    await again.close();
  });
});
