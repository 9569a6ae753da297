/** Several systems behind one sign-in, some of them away: who is asked, for how long, and what people hear. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeSamePace } from '../../src/credentials/same-pace.ts';
import { declareSource } from '../../src/legacy/declare.ts';
import { openLoginDoor } from '../../src/legacy/lazy/login-door.ts';
import { openOldSignIn } from '../../src/legacy/old-sign-in.ts';
import { openOldSystems } from '../../src/legacy/old-systems.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { citizen, draft, sampleRing, value } from '../accounts/opened.ts';
import { passwordsOn } from '../credentials/room.ts';
import { type OldLoginServer, startOldLogin } from '../support/old-login.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';
import { asTyped, declareLogin, type LazyRoom, NAME, openLazyRoom } from './lazy-room.ts';

const STRONG = 'Lake!9moss-yak';
const wrong = { ok: false, failure: { code: 'sign-in-failed', status: 422, field: 'password' } };
const unreachable = { code: 'old-system-unreachable', status: 503, retryAfter: 60 };
/** Nobody checked it: the attempt is free. */
const later = { ok: false, failure: unreachable };
const counted = { ok: false, failure: { ...unreachable, wrongElsewhere: true } };

describe.each(stores)('systems that check passwords themselves, on $name', (store) => {
  let fresh: FreshDatabase;
  let olds: Record<'one' | 'two' | 'three', OldLoginServer>;
  let lazy: LazyRoom | undefined;

  beforeEach(async () => {
    fresh = await store.fresh();
    const [one, two, three] = await Promise.all([startOldLogin(), startOldLogin(), startOldLogin()]);
    olds = { one, two, three };
  });
  afterEach(async () => {
    await lazy?.close();
    for (const old of Object.values(olds)) await old.close();
    await fresh.drop();
  });

  const openRoom = async (more: Parameters<typeof openLazyRoom>[2] = {}, declarations: string[] = []) => {
    lazy = await openLazyRoom(fresh.database, olds, more);
    const all = ['one', 'two', 'three'].map((name) => declareLogin(`old-${name}`, name));
    for (const declaration of declarations.length > 0 ? declarations : all) await lazy.declare(declaration);
    return lazy;
  };
  const account = (n: number) => ({
    password: STRONG,
    localId: String(n),
    number: citizen(n).number,
    name: NAME,
  });
  const asked = () => Object.values(olds).map(({ asked: questions }) => questions.length);

  test('each is asked once, and the one that knows the person opens the account', async () => {
    const room = await openRoom();
    olds.three.accounts.set('zhaxi', account(1));
    expect(await room.come('zhaxi', 'Wrong!1-goose')).toEqual(wrong);
    expect(asked()).toEqual([1, 1, 1]);
    expect(await room.come('zhaxi', STRONG)).toMatchObject({ ok: true });
    expect(asked()).toEqual([2, 2, 2]);
    expect(await room.events('old-password.taken-over')).toEqual([{ source: 'old-three' }]);
  });

  test('those of the application that somebody comes from are asked first, the others no more than allowed', async () => {
    const room = await openRoom({ signIn: { systems: 1, atOnce: 1 } }, [
      declareLogin('old-one', 'one'),
      declareLogin('old-two', 'two', 'client: talent'),
      declareLogin('old-three', 'three', 'client: housing'),
    ]);
    await room.come('zhaxi', STRONG, 'talent');
    expect(asked()).toEqual([0, 1, 0]);
    await room.come('zhaxi', STRONG, 'housing');
    expect(asked()).toEqual([0, 1, 1]);
    await room.come('zhaxi', STRONG, 'another');
    expect(asked()).toEqual([1, 1, 1]);
  });

  test('only where the identifier could be theirs', async () => {
    const room = await openRoom({}, [
      declareLogin('old-one', 'one', 'identifiers: [user-name, phone]'),
      declareLogin('old-two', 'two', 'identifiers: [document]'),
      declareLogin(
        'old-three',
        'three',
        'person: { localId: localId, document: { column: number, type: prc-passport } }',
      ),
    ]);
    await room.come(1, STRONG);
    expect(asked()).toEqual([0, 1, 0]);
    await room.come('zhaxi', STRONG);
    expect(asked()).toEqual([1, 1, 1]);
  });

  test('only a system with a login interface is declared without a dump', async () => {
    const room = await openRoom();
    const declare = (declaration: string) =>
      declareSource(room.room, { declaration, actor: 'operator:test' });
    const bare = 'source: bare\ntitle: { zh-CN: x }\nperson: { localId: id }\n';
    expect(await declare(bare)).toMatchObject({ failure: { faults: [{ setting: 'login' }] } });
    expect(await declare(`${bare}identifiers: [phone]`)).toMatchObject({
      failure: { faults: [{ setting: 'identifiers' }] },
    });
    expect(await declare('source: bare\ntitle: { zh-CN: x }\n')).toMatchObject({
      failure: { faults: [{ setting: 'person' }] },
    });
    expect(await room.events('old-system.declared')).toHaveLength(3);
  });

  test('of people who share a phone here nobody else is asked', async () => {
    const room = await openRoom();
    const typed = { text: '15400000000', kind: 'phone' as const };
    expect(await room.passwords.verify(undefined, STRONG, { ...typed, shared: true })).toEqual(wrong);
    expect(asked()).toEqual([0, 0, 0]);
    expect(await room.passwords.verify(undefined, STRONG, typed)).toEqual(wrong);
    expect(asked()).toEqual([1, 1, 1]);
  });

  test('pages tell that names of old systems are good here as soon as one is declared', async () => {
    const log = { warn: () => {} };
    const told = async () => {
      const systems = await openOldSystems(fresh.database, log);
      return [systems.passwordsLeft(), systems.namesToo()];
    };
    expect(await told()).toEqual([false, false]);
    await openRoom();
    expect(await told()).toEqual([true, true]);
  });

  test('an interface that the settings do not know is not asked, and told in the log once', async () => {
    const room = await openRoom({}, [declareLogin('old-one', 'elsewhere')]);
    expect(await room.come('zhaxi', STRONG)).toEqual(wrong);
    expect(await room.come('zhaxi', STRONG)).toEqual(wrong);
    expect(room.warned).toHaveLength(1);
  });

  test('one that does not answer is never a wrong password; the attempt counts only where another said no', async () => {
    const room = await openRoom({}, [declareLogin('old-one', 'one')]);
    olds.one.behave = (response) => void response.writeHead(500).end();
    expect(await room.come('zhaxi', STRONG)).toEqual(later);
    await room.declare(declareLogin('old-two', 'two'));
    await room.close();
    const both = await openRoom({}, [declareLogin('old-one', 'one')]);
    expect(await both.come('zhaxi', STRONG)).toEqual(counted);
    // One that knows the person is enough.
    olds.two.accounts.set('zhaxi', account(1));
    expect(await both.come('zhaxi', STRONG)).toMatchObject({ ok: true });
  });

  test('while one is away, people who are known here and mistype hear the same as the unknown', async () => {
    const room = await openRoom({}, [declareLogin('old-one', 'one')]);
    const { id } = value(await room.open(draft(1)));
    await fresh.database.transaction(async (tx) => value(await room.passwords.set(tx, id, STRONG, {})));
    expect(await room.come(1, 'Wrong!1-goose')).toEqual(wrong);
    olds.one.behave = (response) => void response.writeHead(500).end();
    expect(await room.come(2, 'Wrong!1-goose')).toEqual(later);
    // The same words; only that this one was checked, and counts.
    expect(await room.come(1, 'Wrong!1-goose')).toEqual(counted);
    expect(await room.come(1, STRONG)).toMatchObject({ ok: true });
    olds.one.behave = undefined;
    expect(await room.come(2, 'Wrong!1-goose')).toEqual(wrong);
    expect(await room.come(1, 'Wrong!1-goose')).toEqual(wrong);
  });

  test('slow ones are waited for so long all together, and left alone after a while', async () => {
    const login = { attemptMs: 300, breakAfter: 2, breakSeconds: 3_600 };
    const room = await openRoom({ signIn: { deadlineMs: 800, atOnce: 1 }, login });
    for (const old of Object.values(olds)) old.behave = () => {};
    const took: number[] = [];
    for (let n = 0; n < 4; n += 1) {
      const began = performance.now();
      expect(await room.come(`nobody${n}`, STRONG)).toEqual(later);
      took.push(performance.now() - began);
    }
    // Two tries of 300 ms fit; whoever is third has no time for one.
    expect(took[0]).toBeLessThan(3_000);
    const before = asked();
    expect(before[0]).toBe(2);
    await room.come('nobody', STRONG);
    expect(asked()[0]).toBe(2);
  });

  test('refusals take as long for people known here as for those a slow system is asked about', async () => {
    const room = await openRoom({}, [declareLogin('old-one', 'one')]);
    const { id } = value(await room.open(draft(1)));
    await fresh.database.transaction(async (tx) => value(await room.passwords.set(tx, id, STRONG, {})));
    olds.one.behave = (_response, sign) => void setTimeout(() => sign(200, '{"outcome":"no"}'), 350);
    const pace = makeSamePace();
    const took = async (what: number) => {
      const began = performance.now();
      expect(await room.come(what, 'Wrong!1-goose')).toEqual(wrong);
      await pace.hold(began);
      return Math.round((performance.now() - began) / 100);
    };
    await took(2);
    const steps = [];
    for (let n = 0; n < 5; n += 1) steps.push(Math.abs((await took(1)) - (await took(2))));
    expect(steps.sort()[2]).toBe(0);
  });

  test('who has a password here costs no look-up more than without any old system', async () => {
    const room = await openRoom();
    const { id } = value(await room.open(draft(1)));
    await fresh.database.transaction(async (tx) => value(await room.passwords.set(tx, id, STRONG, {})));
    const statements: string[] = [];
    const query: Database['query'] = (statement, values) => {
      statements.push(typeof statement === 'string' ? statement : statement.name);
      return fresh.database.query(statement, values);
    };
    const watched = { ...fresh.database, query };
    const passwords = await passwordsOn(watched, { keyring: sampleRing(1) });
    const seen = { ...room.room, database: watched };
    passwords.welcome(openOldSignIn(seen, openLoginDoor(seen)));
    expect(await passwords.verify(id, STRONG, asTyped(1))).toMatchObject({ ok: true });
    expect(statements).toEqual(['password-of-person']);
  });

  test('a replayed answer is none', async () => {
    const room = await openRoom({}, [declareLogin('old-one', 'one')]);
    olds.one.accounts.set('zhaxi', account(1));
    let kept: { headers: Record<string, string>; body: string } | undefined;
    olds.one.behave = (response, sign) => {
      const writeHead = response.writeHead.bind(response);
      response.writeHead = ((status: number, headers: Record<string, string>) => {
        kept = { headers, body: JSON.stringify({ outcome: 'yes', ...told }) };
        return writeHead(status, headers);
      }) as typeof response.writeHead;
      const { password: _, ...told } = account(1);
      // This one never arrives as it was sent: somebody on the way keeps it.
      sign(200, JSON.stringify({ outcome: 'yes', ...told }));
    };
    lazy!.register.says = { outcome: 'unreachable' };
    expect(await room.come('zhaxi', STRONG)).toEqual(later);
    lazy!.register.says = {};
    olds.one.behave = (response) => void response.writeHead(200, kept!.headers).end(kept!.body);
    expect(await room.come('zhaxi', 'Any!1-password')).toEqual(later);
    expect(await room.personOf(1)).toBeUndefined();
  });
});
