/** Messages on real databases: kept sealed in trial, sent over real HTTP otherwise, promised in transactions. */
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Notices, openNotices, type Sms } from '../../src/notices/notices.ts';
import { noticesSettings } from '../../src/notices/settings.ts';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import { makeMetrics } from '../../src/platform/observe/metrics.ts';
import { installOutbox, type Outbox, openOutbox, outboxSettings } from '../../src/platform/outbox.ts';
import type { Database } from '../../src/platform/postgres.ts';
import type { Keyring } from '../../src/platform/seal/keyring.ts';
import { makeSealer } from '../../src/platform/seal/sealer.ts';
import { newestOnly, sampleRing } from '../accounts/opened.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';
import { SECRET, TestGateway } from './gateway.ts';

const sealer = makeSealer(sampleRing(1), 'aes');
const code = (phone: string, digits = '012345'): Sms & { template: 'code' } => ({
  phone,
  language: 'zh-CN',
  template: 'code',
  params: { code: digits, purpose: 'sign-in', minutes: 5 },
});
const finished = (phone: string): Sms => ({ phone, language: 'en', template: 'registration-finished' });
const until = async (holds: () => boolean | Promise<boolean>, seconds = 50) => {
  const end = Date.now() + seconds * 1_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`did not come about within ${seconds} s`);
    await wait(50);
  }
};

describe.each(stores)('short messages on $name', (store) => {
  let fresh: FreshDatabase;
  let database: Database;
  let outbox: Outbox;
  const open = (settings: object, clock: Clock = systemClock, metrics = makeMetrics()): Notices =>
    openNotices({ database, sealer, clock, outbox, metrics, settings: noticesSettings.parse(settings) });
  const promisedRows = async () =>
    (await database.query<{ n: number }>('SELECT count(*)::int AS n FROM notice_message'))[0]!.n;

  beforeAll(async () => {
    fresh = await store.fresh();
    database = fresh.database;
    await installOutbox(database);
    outbox = openOutbox(database, {
      settings: outboxSettings.parse({ pollSeconds: 1, superviseSeconds: 1 }),
    });
    await outbox.start();
  });
  afterAll(async () => {
    await outbox.stop();
    await fresh.drop();
  });
  afterEach(() => database.query('DELETE FROM notice_message'));

  describe('trial’s outbox', () => {
    beforeEach(() => database.query('DELETE FROM trial_message'));

    test('shows messages as they would arrive, newest first, with the phone masked', async () => {
      const notices = open({});
      expect(await notices.sms(undefined, code('15400000001'))).toEqual({ ok: true, value: undefined });
      await notices.deliver(code('15400000002', '987654'));
      const listed = await notices.listTrialMessages!();
      expect(listed.map(({ phone, text, language }) => ({ phone, text, language }))).toEqual([
        {
          phone: '154****0002',
          text: '【一号】987654（登录验证码），5分钟内有效。工作人员不会索要，请勿告诉任何人。',
          language: 'zh-CN',
        },
        {
          phone: '154****0001',
          text: '【一号】012345（登录验证码），5分钟内有效。工作人员不会索要，请勿告诉任何人。',
          language: 'zh-CN',
        },
      ]);
      expect(await notices.listTrialMessages!(1)).toHaveLength(1);
      expect(await notices.check()).toMatchObject({ reachable: true });
    });

    test('keeps no more than it is told to, also when many are sent at once', async () => {
      const notices = open({ trialMessages: 5 });
      await Promise.all(
        Array.from({ length: 20 }, (_, n) => notices.sms(undefined, code(`154000001${10 + n}`))),
      );
      await notices.sms(undefined, code('15400000999'));
      const listed = await notices.listTrialMessages!(100);
      expect(listed).toHaveLength(5);
      expect(listed[0]!.phone).toBe('154****0999');
      const rows = await database.query('SELECT seq FROM trial_message');
      expect(rows).toHaveLength(5);
    });

    test('a dump of the tables holds neither phone nor code nor text', async () => {
      const notices = open({});
      await notices.prepare();
      await notices.sms(undefined, code('15412345678', '864209'));
      await database.transaction((tx) => notices.sms(tx, code('15412345678', '864209')));
      const kept = await database.query<{ content: Buffer }>(
        'SELECT content FROM trial_message UNION ALL SELECT content FROM notice_message',
      );
      const jobs = await database.query<{ name: string; data: object }>('SELECT name, data FROM outbox.job');
      // Bytes are compared as bytes: as hexadecimal text they would hold any six digits now and then. So would ids.
      const bytes = Buffer.concat(kept.map(({ content }) => content));
      const text = JSON.stringify(jobs).replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'id');
      expect([kept.length > 1, text.includes('notice-sms')]).toEqual([true, true]);
      for (const secret of ['15412345678', '864209', '登录验证码']) {
        expect(bytes.includes(secret)).toBe(false);
        expect(text).not.toContain(secret);
      }
    });
  });

  test('after a change of keys what waits and what trial shows moves, and the old key may go', async () => {
    const notices = open({});
    await notices.prepare();
    await notices.sms(undefined, code('15400000031', '135790'));
    await database.transaction((tx) => notices.sms(tx, finished('15400000032')));
    const openedWith = (keyring: Keyring) =>
      openNotices({
        ...{ database, clock: systemClock, outbox, settings: noticesSettings.parse({}) },
        sealer: makeSealer(keyring, 'aes'),
      });
    expect(await openedWith(sampleRing(2)).reseal()).toBeGreaterThanOrEqual(2);
    expect(await openedWith(sampleRing(2)).reseal()).toBe(0);
    const newest = makeSealer(newestOnly(2), 'aes');
    expect((await openedWith(newestOnly(2)).listTrialMessages!(1))[0]!.text).toContain('135790');
    const [row] = await database.query<{ id: string; content: Buffer }>('SELECT * FROM notice_message');
    const place = { table: 'notice_message', column: 'content', row: row!.id };
    expect(newest.open(place, row!.content)).toContain('15400000032');
  });

  describe('the gateway', () => {
    let gateway: TestGateway;
    let notices: Notices;
    let ahead = 0;
    const metrics = makeMetrics();
    /** How much a count has grown since the test began; labels as Prometheus writes them. */
    const grown = async (name: string) => (await read(name)) - (before.get(name) ?? 0);
    const read = async (name: string) => {
      const line = (await metrics.registry.metrics()).split('\n').find((one) => one.startsWith(`${name} `));
      return Number(line?.slice(name.length + 1) ?? 0);
    };
    const COUNTED = [
      ...['accepted', 'number-refused', 'not-taken'].flatMap((outcome) =>
        ['code.sign-in', 'registration-finished'].map(
          (message) => `notices_total{message="${message}",outcome="${outcome}"}`,
        ),
      ),
      'notices_expired_total',
    ];
    const before = new Map<string, number>();

    beforeAll(async () => {
      gateway = await new TestGateway().listen();
      const settings = {
        kind: 'http',
        signature: '某地政务',
        templateIds: { 'zh-CN/code.sign-in': 'SMS_0001' },
        pauseSeconds: 1,
        longestPauseSeconds: 1,
        keepHours: 1,
        gateway: { url: gateway.url, secret: SECRET, deadlineMs: 1_500, attemptMs: 300, breakAfter: 50 },
      };
      notices = open(settings, { now: () => new Date(Date.now() + ahead) }, metrics);
      await notices.prepare();
      await notices.work();
    });
    beforeEach(async () => {
      gateway.forget();
      ahead = 0;
      for (const name of COUNTED) before.set(name, await read(name));
    });
    afterAll(async () => {
      notices.close();
      await gateway.close();
    });

    test('gets phone, filed signature and template, parameters and text, and confirms', async () => {
      expect((await notices.sms(undefined, code('15400000003'))).ok).toBe(true);
      expect([...gateway.messages.values()]).toEqual([
        {
          id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          phone: '15400000003',
          signature: '某地政务',
          template: 'SMS_0001',
          language: 'zh-CN',
          params: { code: '012345', minutes: '5' },
          text: '012345（登录验证码），5分钟内有效。工作人员不会索要，请勿告诉任何人。',
        },
      ]);
      expect(await grown('notices_total{message="code.sign-in",outcome="accepted"}')).toBe(1);
      expect(notices.listTrialMessages).toBeUndefined();
      expect(await notices.check()).toMatchObject({ reachable: true });
    });

    test('a lost answer is asked for again under the same id, so the person gets one message', async () => {
      gateway.loseAnswers = 1;
      expect((await notices.sms(undefined, code('15400000004'))).ok).toBe(true);
      expect(gateway.requests).toBe(2);
      expect(gateway.messages.size).toBe(1);
    });

    test('a gateway that is down or silent is said within the deadline, and a code is then not sent', async () => {
      for (const state of ['down', 'slow'] as const) {
        gateway.state = state;
        const began = performance.now();
        expect(await notices.sms(undefined, code('15400000005'))).toEqual({
          ok: false,
          failure: { code: 'sms-not-sent', status: 503, field: 'phone', retryAfter: 30 },
        });
        // The silent gateway never answers; two tries of 0.3 s are all that is waited for it.
        expect(performance.now() - began).toBeLessThan(20_000);
        await expect(notices.deliver(code('15400000005'))).rejects.toThrow(
          /^message not taken: sms-not-sent$/,
        );
      }
      expect(await grown('notices_total{message="code.sign-in",outcome="not-taken"}')).toBe(4);
      expect(await notices.check()).toMatchObject({ reachable: false, fault: 'timeout' });
    });

    test('a number that the gateway refuses is told apart', async () => {
      gateway.state = 'refusing';
      expect(await notices.sms(undefined, code('15400000006'))).toMatchObject({
        ok: false,
        failure: { code: 'sms-number-refused', status: 422, field: 'phone' },
      });
      expect(await grown('notices_total{message="code.sign-in",outcome="number-refused"}')).toBe(1);
    });

    test('a promised message is sent after its commit and then forgotten; one rolled back is never sent', async () => {
      await database.transaction(async (tx) => {
        expect((await notices.sms(tx, finished('15400000007'))).ok).toBe(true);
        expect(gateway.requests).toBe(0);
      });
      const undone = database.transaction(async (tx) => {
        await notices.sms(tx, finished('15400000008'));
        throw new Error('changed my mind');
      });
      await expect(undone).rejects.toThrow('changed my mind');
      // One that is promised later arrives: the one before it would have been sent by then.
      await database.transaction((tx) => notices.sms(tx, finished('15400000033')));
      await until(() => gateway.messages.size === 2);
      await until(async () => (await promisedRows()) === 0);
      expect([...gateway.messages.values()].map((message) => message.phone).sort()).toEqual([
        '15400000007',
        '15400000033',
      ]);
    });

    test('a promised message survives a gateway that is down and arrives once it is back', async () => {
      gateway.state = 'down';
      await database.transaction((tx) => notices.sms(tx, finished('15400000009')));
      await until(() => gateway.requests >= 2);
      expect(await promisedRows()).toBe(1);
      gateway.state = 'well';
      await until(() => [...gateway.messages.values()].some((message) => message.phone === '15400000009'));
      await until(async () => (await promisedRows()) === 0);
      expect(await grown('notices_total{message="registration-finished",outcome="accepted"}')).toBe(1);
      expect(
        await grown('notices_total{message="registration-finished",outcome="not-taken"}'),
      ).toBeGreaterThanOrEqual(1);
    });

    test('a message that is too old is not sent any more', async () => {
      gateway.state = 'down';
      await database.transaction((tx) => notices.sms(tx, finished('15400000010')));
      await until(() => gateway.requests > 0);
      // Requests signed by this clock would be refused: none must be made.
      ahead = 2 * 3_600_000;
      await until(async () => (await promisedRows()) === 0);
      expect(gateway.messages.size).toBe(0);
      expect(await grown('notices_expired_total')).toBe(1);
    });

    test('what its job never came back for is swept once it is too old', async () => {
      const keep = (until: string) =>
        database.query(`INSERT INTO notice_message VALUES (gen_random_uuid(), 'x', now() + $1::interval)`, [
          until,
        ]);
      await keep('-1 minute');
      await keep('1 minute');
      expect(await notices.sweep(new Date(), 100)).toBe(1);
      expect(await grown('notices_expired_total')).toBe(1);
      expect(await promisedRows()).toBe(1);
    });
  });
});
