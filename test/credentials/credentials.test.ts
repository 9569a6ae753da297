/** The room put together: one sign-in as the journeys will do it, on every store. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Credentials, openCredentials } from '../../src/credentials/credentials.ts';
import { evidenceOf } from '../../src/credentials/method.ts';
import { credentialsSettings } from '../../src/credentials/settings.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { type OpenLimits, openLimits } from '../../src/platform/limits.ts';
import { makeLog } from '../../src/platform/observe/log.ts';
import { draft, type Opened, open as openAccountsRoom, value } from '../accounts/opened.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';
import { newKeyring, newPerson } from './room.ts';

describe.each(stores)('the room on $name', (store) => {
  let fresh: FreshDatabase;
  let limits: OpenLimits;
  let people: Opened;
  beforeAll(async () => {
    fresh = await store.fresh();
    limits = openLimits(fresh.database, undefined, systemClock);
    people = openAccountsRoom(fresh.database);
  });
  afterAll(async () => {
    await limits.close();
    await people.audit.close();
    await fresh.drop();
  });

  const open = (settings: unknown = {}): Promise<Credentials> =>
    openCredentials({
      database: fresh.database,
      accounts: people.accounts,
      keyring: newKeyring(),
      suite: 'sm',
      limits,
      delivery: { deliver: async () => {} },
      clock: systemClock,
      log: makeLog({ level: 'silent' }),
      settings: credentialsSettings.parse(settings),
    });

  test('five wrong passwords, a wait, and the browser known from before signs in all the same', async () => {
    const { passwords, throttle, devices, hashing, sweep, close } = await open();
    const person = newPerson();
    await fresh.database.transaction((tx) => passwords.set(tx, person, 'Lake!9moss', {}));
    const device = await devices.remember(fresh.database, person);

    const signIn = async (password: string, cookie?: string) => {
      const request = {
        account: person,
        identifier: '54019919000101001X',
        source: '203.0.113.7',
        device: cookie,
      };
      const attempt = await throttle.begin({ ...request, factor: 'password' });
      if (!attempt.ok) return attempt.failure.code;
      const checked = await passwords.verify(person, password);
      if (checked.ok) await throttle.succeeded(attempt.value);
      else if (checked.failure.code === 'busy') await throttle.abandoned(attempt.value);
      else await throttle.failed(attempt.value);
      return checked.ok ? evidenceOf('password', person, systemClock.now()).method : checked.failure.code;
    };

    for (let times = 0; times < 5; times += 1) expect(await signIn('Wrong!9moss')).toBe('sign-in-failed');
    expect(await signIn('Lake!9moss')).toBe('sign-in-wait');
    expect(await signIn('Lake!9moss', device)).toBe('pwd');
    expect(hashing()).toMatchObject({ running: 0, waiting: 0, refused: 0, engine: expect.any(String) });
    expect(await sweep()).toBe(0);
    await close();
  });

  test.each(['frozen', 'closed', 'deceased'] as const)(
    'an account that becomes %s forgets its browsers in the same transaction, and nobody else’s',
    async (state) => {
      const { devices, close } = await open();
      const n = 1 + ['frozen', 'closed', 'deceased'].indexOf(state);
      const [person, other] = [
        value(await people.register(draft(n))),
        value(await people.register(draft(n + 10))),
      ];
      const device = await devices.remember(fresh.database, person.id);
      await devices.remember(fresh.database, other.id, device);
      const by = { actor: 'operator:test', reason: 'test' };
      const fail = people.accounts.onStateChanged(async () => {
        throw new Error('not now');
      });
      await expect(people.accounts.changeState(person.id, state, by)).rejects.toThrow('not now');
      fail();
      expect(await devices.isKnown(person.id, device)).toBe(true);
      value(await people.accounts.changeState(person.id, state, by));
      expect(await devices.whose([person.id, other.id], device)).toBe(other.id);
      // Coming back makes no browser known again.
      value(await people.accounts.changeState(person.id, 'active', by));
      expect(await devices.isKnown(person.id, device)).toBe(false);
      await close();
    },
  );

  test('a breached password is refused from the configured file, and a wrong file refuses the start', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'yihao-room-'));
    const file = join(folder, 'breached.txt');
    writeFileSync(file, `${createHash('sha1').update('Lake!9moss').digest('hex').toUpperCase()}:3\n`);
    const { passwords, close } = await open({ password: { breachedFile: file } });
    expect(await passwords.prepare('Lake!9moss')).toMatchObject({
      ok: false,
      failure: { code: 'password-breached' },
    });
    expect((await passwords.prepare('Other!9moss')).ok).toBe(true);
    await close();
    writeFileSync(file, 'Lake!9moss\n');
    await expect(open({ password: { breachedFile: file } })).rejects.toThrow('SHA-1');
    await expect(open({ password: { breachedFile: join(folder, 'missing') } })).rejects.toThrow();
    rmSync(folder, { recursive: true });
  });
});
