/** Sign-in attempts on every store: exact, growing, told, the same for everyone, and no weapon against a citizen. */
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeKeyedHash } from '../../src/credentials/keyed-hash.ts';
import { type KnownDevices, openKnownDevices } from '../../src/credentials/known-device.ts';
import {
  type AttemptRequest,
  openSignInThrottle,
  patternOf,
  type SignInThrottle,
} from '../../src/credentials/throttle.ts';
import { type OpenLimits, openLimits } from '../../src/platform/limits.ts';
import { type FastStore, openRedis } from '../../src/platform/redis.ts';
import { generateKeyring, parseKeyring, rotateKeyring } from '../../src/platform/seal/keyring.ts';
import { type FreshDatabase, stores, testRedis } from '../support/stores.ts';
import { heldClock, newPerson, settings } from './room.ts';
import { raceTwoProcesses } from './two-processes.ts';

const counters = [
  ...stores.map((store) => ({ name: store.name, store, fast: undefined as string | undefined })),
  ...(testRedis ? [{ name: 'embedded and Redis', store: stores[0]!, fast: testRedis }] : []),
];

let people = 0;
/** Fictitious county, birthday of 1900, each of another county office so that patterns differ. */
const newIdentifier = () =>
  `${540_100 + (people++ % 99)}190001${String(1 + (people % 28)).padStart(2, '0')}${String(100 + people).slice(-3)}X`;

describe.each(counters)('sign-in attempts counted in $name', ({ store, fast }) => {
  let fresh: FreshDatabase;
  let redis: FastStore | undefined;
  let limits: OpenLimits;
  let clock: ReturnType<typeof heldClock>;
  let devices: KnownDevices;
  let throttle: SignInThrottle;
  const keyring = generateKeyring();
  const keyPrefix = `test-${randomBytes(6).toString('hex')}:`;

  beforeAll(async () => {
    fresh = await store.fresh();
    redis = fast === undefined ? undefined : await openRedis({ url: fast, keyPrefix });
  });
  afterAll(async () => {
    if (redis) {
      const mine = await redis.keys(`${keyPrefix}*`);
      for (const key of mine) await redis.del(key.slice(keyPrefix.length));
      (redis as Redis).disconnect();
    }
    await fresh.drop();
  });
  beforeEach(async () => {
    await fresh.database.query('DELETE FROM limit_counter');
    for (const key of (await redis?.keys(`${keyPrefix}*`)) ?? [])
      await redis!.del(key.slice(keyPrefix.length));
    clock = heldClock(new Date());
    limits = openLimits(fresh.database, redis, clock);
    const keyed = makeKeyedHash(parseKeyring(keyring), 'aes');
    devices = openKnownDevices({ database: fresh.database, keyed, clock, settings: settings.throttle });
    throttle = openSignInThrottle({
      limits,
      keyed,
      devices,
      log: { warn: () => {} },
      settings: settings.throttle,
    });
    return () => limits.close();
  });

  const from = (source: string, identifier: string, more: Partial<AttemptRequest> = {}): AttemptRequest => ({
    identifier,
    source,
    factor: 'password',
    ...more,
  });
  /** A wrong attempt: `checked`, or the code of the refusal. */
  const wrong = async (request: AttemptRequest) => {
    const attempt = await throttle.begin(request);
    if (!attempt.ok) return attempt.failure.code;
    await throttle.failed(attempt.value);
    return 'checked';
  };
  const wrongTimes = async (times: number, request: AttemptRequest) => {
    for (let at = 0; at < times; at += 1) expect(await wrong(request)).toBe('checked');
  };

  test('after five wrong attempts one waits for the rest of fifteen minutes, and is told how long', async () => {
    const attempt = from('203.0.113.7', newIdentifier());
    await wrongTimes(5, attempt);
    clock.forward(60);
    expect(await throttle.begin(attempt)).toEqual({
      ok: false,
      failure: { code: 'sign-in-wait', status: 429, params: { minutes: 14 }, retryAfter: 840 },
    });
    clock.forward(839);
    expect(await wrong(attempt)).toBe('sign-in-wait');
    clock.forward(1);
    expect(await wrong(attempt)).toBe('checked');
  });

  test('waits grow: fifteen minutes, two hours, a day', async () => {
    const attempt = from('203.0.113.7', newIdentifier());
    await wrongTimes(5, attempt);
    clock.forward(15 * 60);
    await wrongTimes(5, attempt);
    expect(await throttle.begin(attempt)).toMatchObject({
      failure: { code: 'sign-in-wait-hours', params: { hours: 2 }, retryAfter: 6_300 },
    });
    clock.forward(6_300);
    await wrongTimes(5, attempt);
    clock.forward(15 * 60);
    await wrongTimes(5, attempt);
    expect(await throttle.begin(attempt)).toMatchObject({
      failure: { code: 'sign-in-wait-hours', params: { hours: 22 } },
    });
    clock.forward(22 * 3_600);
    expect(await wrong(attempt)).toBe('checked');
  });

  test('right attempts are given back: signing in a hundred times uses nothing up', async () => {
    const attempt = from('203.0.113.7', newIdentifier());
    for (let times = 0; times < 100; times += 1) {
      const begun = await throttle.begin(attempt);
      if (!begun.ok) throw new Error(begun.failure.code);
      await throttle.succeeded(begun.value);
      // At once here; in use within a twentieth of a second.
      if (times % 4 === 0) await throttle.flush();
    }
    await throttle.flush();
    await wrongTimes(5, attempt);
    expect(await wrong(attempt)).toBe('sign-in-wait');
  });

  test('an attempt that was never checked is given back, and none is given back twice', async () => {
    const attempt = from('203.0.113.7', newIdentifier());
    await wrongTimes(4, attempt);
    const busy = await throttle.begin(attempt);
    if (!busy.ok) throw new Error(busy.failure.code);
    await throttle.abandoned(busy.value);
    await throttle.abandoned(busy.value);
    await throttle.succeeded(busy.value);
    await throttle.flush();
    await wrongTimes(1, attempt);
    expect(await wrong(attempt)).toBe('sign-in-wait');
  });

  test('addresses of one /64 are one source; an IPv4-mapped address is the IPv4 address', async () => {
    const identifier = newIdentifier();
    for (let at = 1; at <= 5; at += 1) await wrongTimes(1, from(`2001:db8:0:7::${at}`, identifier));
    expect(await wrong(from('2001:db8:0:7:ffff::1', identifier))).toBe('sign-in-wait');
    expect(await wrong(from('2001:db8:0:8::1', identifier))).toBe('checked');
    const mapped = newIdentifier();
    await wrongTimes(5, from('::ffff:203.0.113.9', mapped));
    expect(await wrong(from('203.0.113.9', mapped))).toBe('sign-in-wait');
  });

  test('spelling does not open new attempts', async () => {
    await wrongTimes(5, from('203.0.113.7', '54019919000101001X'));
    expect(await wrong(from('203.0.113.7', '５４０１９９ 19000101 001x'))).toBe('sign-in-wait');
  });

  describe('a stranger cannot lock a citizen out', () => {
    let citizen: ReturnType<typeof newPerson>;
    let identifier: string;
    let device: string;
    beforeEach(async () => {
      citizen = newPerson();
      identifier = newIdentifier();
      device = await devices.remember(fresh.database, citizen);
      // Ten addresses use up the day of this identifier.
      for (let at = 0; at < 10; at += 1)
        await wrongTimes(5, from(`2001:db8:${at}::1`, identifier, { account: citizen }));
      expect(await wrong(from('2001:db8:aaaa::1', identifier, { account: citizen }))).toBe(
        'sign-in-wait-hours',
      );
    });

    test('a browser the citizen signed in with before still works, and has its own growing waits', async () => {
      const home = from('2001:db8:aaaa::1', identifier, { account: citizen, device });
      const begun = await throttle.begin(home);
      expect(begun).toMatchObject({ ok: true, value: { known: true } });
      if (begun.ok) await throttle.succeeded(begun.value);
      await throttle.flush();
      await wrongTimes(5, home);
      expect(await wrong(home)).toBe('sign-in-wait');
    });

    test('so it does behind the same address as the stranger', async () => {
      expect(await wrong(from('2001:db8:0::1', identifier, { account: citizen, device }))).toBe('checked');
    });

    test('the code by SMS still works, from anywhere', async () => {
      expect(await wrong(from('2001:db8:0::1', identifier, { factor: 'sms' }))).toBe('checked');
    });

    test('a stranger’s own cookie, a made-up one and a forgotten one are of no use', async () => {
      const stranger = newPerson();
      const theirs = await devices.remember(fresh.database, stranger);
      for (const cookie of [theirs, randomBytes(32).toString('base64url'), 'x', '']) {
        expect(await wrong(from('2001:db8:aaaa::1', identifier, { account: citizen, device: cookie }))).toBe(
          'sign-in-wait-hours',
        );
      }
      await fresh.database.transaction((tx) => devices.forgetAll(tx, citizen));
      expect(await wrong(from('2001:db8:aaaa::1', identifier, { account: citizen, device }))).toBe(
        'sign-in-wait-hours',
      );
    });

    test('nobody else is kept waiting', async () => {
      expect(await wrong(from('2001:db8:aaaa::1', newIdentifier()))).toBe('checked');
    });
  });

  test('one source that tries many people is stopped, and told that it is the network', async () => {
    for (let at = 0; at < 200; at += 1)
      await wrongTimes(1, from('203.0.113.7', `citizen-${at}-${'abcdefghij'[at % 10]}`));
    expect(await throttle.begin(from('203.0.113.7', newIdentifier()))).toMatchObject({
      failure: { code: 'sign-in-wait-network', params: { minutes: 60 }, retryAfter: 3_600 },
    });
    expect(await wrong(from('203.0.113.8', newIdentifier()))).toBe('checked');
  });

  test('one password tried over neighbouring numbers from many sources is stopped', async () => {
    for (let at = 0; at < 100; at += 1)
      await wrongTimes(1, from(`198.51.${at}.1`, `54019919000101${String(at).padStart(3, '0')}X`));
    expect(await throttle.begin(from('198.51.100.250', '54019919000101999X'))).toMatchObject({
      failure: { code: 'sign-in-wait-many', retryAfter: 3_600 },
    });
    expect(await wrong(from('198.51.100.250', '54019919000102999X'))).toBe('checked');
  });

  test('known and unknown identifiers are treated alike, and a wait tells nothing of whose they are', async () => {
    const person = newPerson();
    const [known, unknown] = [newIdentifier(), newIdentifier()];
    for (const [identifier, account] of [
      [known, person],
      [unknown, undefined],
    ] as const) {
      await wrongTimes(5, from('203.0.113.7', identifier, { account }));
      expect(await throttle.begin(from('203.0.113.7', identifier, { account }))).toMatchObject({
        failure: { retryAfter: 900 },
      });
    }
    // The same person's phone does not wait with their number, or one could find out that they belong together.
    expect(await wrong(from('203.0.113.7', '13800000123', { account: person }))).toBe('checked');
  });

  test('a hundred wrong attempts at once over two processes: exactly five are checked', async () => {
    const order = {
      url: fresh.url,
      folder: fresh.folder,
      redis: fast === undefined ? undefined : { url: fast, keyPrefix },
      keyring,
      times: 50,
    };
    const checked = await raceTwoProcesses({
      ...order,
      task: { kind: 'attempt', identifier: newIdentifier(), source: '203.0.113.77' },
    });
    expect(checked[0]! + checked[1]!).toBe(5);
  });

  test('counters hold no identifier and no address', async () => {
    await wrongTimes(1, from('203.0.113.7', '54019919000101001X'));
    const rows = await fresh.database.query('SELECT key FROM limit_counter');
    const keys = JSON.stringify([rows, (await redis?.keys(`${keyPrefix}*`)) ?? []]);
    for (const trace of ['54019919000101', '203.0.113']) expect(keys).not.toContain(trace);
    expect(keys).toContain('sign-in:own:password:900:');
  });
});

describe.each(stores)('known browsers on $name', (store) => {
  let fresh: FreshDatabase;
  let clock: ReturnType<typeof heldClock>;
  const keyring = generateKeyring();
  const open = (json = keyring) =>
    openKnownDevices({
      database: fresh.database,
      keyed: makeKeyedHash(parseKeyring(json), 'aes'),
      clock,
      settings: { knownDeviceDays: 180, knownDevicesPerPerson: 3 },
    });
  beforeAll(async () => {
    fresh = await store.fresh();
    clock = heldClock();
  });
  afterAll(() => fresh.drop());

  test('a family’s browser keeps one cookie for all of them', async () => {
    const [mother, son] = [newPerson(), newPerson()];
    const cookie = await open().remember(fresh.database, mother);
    expect(cookie).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await open().isKnown(son, cookie)).toBe(false);
    expect(await open().remember(fresh.database, son, cookie)).toBe(cookie);
    expect(await open().isKnown(mother, cookie)).toBe(true);
    expect(await open().isKnown(son, cookie)).toBe(true);
    expect(await open().isKnown(undefined, cookie)).toBe(false);
  });

  test('a cookie that is no token of ours is replaced', async () => {
    expect(await open().remember(fresh.database, newPerson(), 'planted')).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  test('it is forgotten half a year after the last sign-in, and swept', async () => {
    const person = newPerson();
    const cookie = await open().remember(fresh.database, person);
    clock.forward(100 * 86_400);
    await open().remember(fresh.database, person, cookie);
    clock.forward(100 * 86_400);
    expect(await open().isKnown(person, cookie)).toBe(true);
    clock.forward(80 * 86_400);
    expect(await open().isKnown(person, cookie)).toBe(false);
    expect(await open().sweep()).toBeGreaterThan(0);
    expect(await open().sweep()).toBe(0);
  });

  test('only the newest browsers of a person are kept', async () => {
    const person = newPerson();
    const cookies: string[] = [];
    for (let at = 0; at < 5; at += 1) {
      cookies.push(await open().remember(fresh.database, person));
      clock.forward(1);
    }
    const known = await Promise.all(cookies.map((cookie) => open().isKnown(person, cookie)));
    expect(known).toEqual([false, false, true, true, true]);
  });

  test('a rotation of keys forgets nobody, and the database holds no cookie', async () => {
    const person = newPerson();
    const cookie = await open().remember(fresh.database, person);
    const rotated = rotateKeyring(keyring, 'token');
    expect(await open(rotated).isKnown(person, cookie)).toBe(true);
    const rows = await fresh.database.query<{ token: Buffer }>('SELECT token FROM known_device');
    expect(rows.some(({ token }) => token.toString('base64url') === cookie)).toBe(false);
  });
});

test.each([
  ['54019919000101001X', '54019919000101'],
  ['５４０１９９19000101001x', '54019919000101'],
  ['13800000123', '1380000'],
  ['zhaxi1990', 'ZHAXI'],
  ['zhaxi77', 'ZHAXI'],
  ['zhaxi', 'ZHAXI'],
  ['E12345678', 'E1234'],
  ['77', '77'],
])('neighbours of %s share %s', (identifier, pattern) => {
  expect(patternOf(identifier)).toBe(pattern);
});
