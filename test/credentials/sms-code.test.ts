/** One-time codes on every store: bound, short-lived, used once, limited, and the same for everybody. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type KeyedHash, makeKeyedHash } from '../../src/credentials/keyed-hash.ts';
import {
  type CodeDelivery,
  openSmsCodes,
  type SmsCodes,
  type SmsRequest,
} from '../../src/credentials/sms-code.ts';
import { type OpenLimits, openLimits } from '../../src/platform/limits.ts';
import { generateKeyring, parseKeyring, rotateKeyring } from '../../src/platform/seal/keyring.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';
import { heldClock, settings } from './room.ts';
import { raceTwoProcesses } from './two-processes.ts';

type Message = Parameters<CodeDelivery['deliver']>[0];

let phones = 0;
const newPhone = () => `138${String(70_000_000 + 10_007 * phones++).padStart(8, '0')}`;

describe.each(stores)('codes by SMS on $name', (store) => {
  let fresh: FreshDatabase;
  let limits: OpenLimits;
  let clock: ReturnType<typeof heldClock>;
  let codes: SmsCodes;
  let sent: Message[];
  const keyring = generateKeyring();

  const open = (
    keyed: KeyedHash,
    delivery: CodeDelivery = { deliver: async (message) => void sent.push(message) },
  ) =>
    openSmsCodes({
      database: fresh.database,
      keyed,
      limits,
      delivery,
      clock,
      log: { warn: () => {} },
      settings: settings.sms,
    });

  beforeAll(async () => {
    fresh = await store.fresh();
  });
  afterAll(() => fresh.drop());
  beforeEach(async () => {
    await fresh.database.query('DELETE FROM limit_counter');
    clock = heldClock();
    limits = openLimits(fresh.database, undefined, clock);
    sent = [];
    codes = open(makeKeyedHash(parseKeyring(keyring), 'aes'));
    return () => limits.close();
  });

  const request = (more: Partial<SmsRequest> = {}): SmsRequest => ({
    phone: newPhone(),
    purpose: 'sign-in',
    binding: 'browser-1',
    language: 'zh-CN',
    source: '203.0.113.7',
    ...more,
  });
  const sendTo = async (asked: SmsRequest) => {
    const answer = await codes.send(asked);
    if (!answer.ok) throw new Error(answer.failure.code);
    const { phone, purpose, binding } = asked;
    return { phone, purpose, binding, code: sent.at(-1)!.params.code };
  };
  const other = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

  test('a code arrives in the person’s language with its purpose, and works once', async () => {
    const asked = request({ language: 'bo', purpose: 'register' });
    expect(await codes.send(asked)).toEqual({ ok: true, value: { resendAfter: 60, expiresIn: 300 } });
    expect(sent).toEqual([
      {
        phone: asked.phone,
        language: 'bo',
        template: 'code',
        params: { code: expect.stringMatching(/^\d{6}$/), purpose: 'register', minutes: 5 },
      },
    ]);
    const proof = {
      phone: asked.phone,
      purpose: asked.purpose,
      binding: asked.binding,
      code: sent[0]!.params.code,
    };
    expect(await codes.verify(proof)).toEqual({ ok: true, value: undefined });
    expect(await codes.verify(proof)).toMatchObject({
      ok: false,
      failure: { code: 'sms-code-used', status: 422, field: 'code' },
    });
  });

  test('full-width digits and spaces from a paste are understood; anything else costs no try', async () => {
    const proof = await sendTo(request());
    for (const code of ['', '12345', '1234567', 'abcdef']) {
      expect(await codes.verify({ ...proof, code })).toMatchObject({ failure: { code: 'sms-code-form' } });
    }
    const wide = [...proof.code]
      .map((digit) => String.fromCodePoint(digit.codePointAt(0)! + 0xfee0))
      .join('');
    expect((await codes.verify({ ...proof, code: ` ${wide.slice(0, 3)} ${wide.slice(3)}` })).ok).toBe(true);
  });

  test('a code is of no use for another phone, purpose or browser', async () => {
    const proof = await sendTo(request());
    for (const elsewhere of [
      { phone: newPhone() },
      { purpose: 'step-up' as const },
      { binding: 'browser-2' },
    ]) {
      expect(await codes.verify({ ...proof, ...elsewhere })).toMatchObject({
        failure: { code: 'sms-code-expired' },
      });
    }
    expect((await codes.verify(proof)).ok).toBe(true);
  });

  test('five tries, told down; then not even the right code works', async () => {
    const proof = await sendTo(request());
    const wrong = { ...proof, code: other(proof.code) };
    for (const left of [4, 3, 2, 1]) {
      expect(await codes.verify(wrong)).toMatchObject({
        failure: { code: 'sms-code-wrong', params: { left } },
      });
    }
    expect(await codes.verify(wrong)).toMatchObject({ failure: { code: 'sms-code-spent' } });
    expect(await codes.verify(proof)).toMatchObject({ failure: { code: 'sms-code-spent' } });
  });

  test('the fifth try may still be the right one', async () => {
    const proof = await sendTo(request());
    for (let wrong = 0; wrong < 4; wrong += 1) await codes.verify({ ...proof, code: other(proof.code) });
    expect((await codes.verify(proof)).ok).toBe(true);
  });

  test('after five minutes it has expired', async () => {
    const proof = await sendTo(request());
    const late = await sendTo(request());
    clock.forward(299);
    expect((await codes.verify(proof)).ok).toBe(true);
    clock.forward(1);
    expect(await codes.verify(late)).toMatchObject({ failure: { code: 'sms-code-expired' } });
  });

  test('a newer code replaces the older one, with fresh tries', async () => {
    const asked = request();
    const first = await sendTo(asked);
    for (let wrong = 0; wrong < 5; wrong += 1) await codes.verify({ ...first, code: other(first.code) });
    clock.forward(60);
    const second = await sendTo(asked);
    if (first.code !== second.code) expect((await codes.verify(first)).ok).toBe(false);
    expect((await codes.verify(second)).ok).toBe(true);
  });

  test('the same number can be asked for again after a minute, and the seconds left are told', async () => {
    const asked = request();
    await sendTo(asked);
    clock.forward(20);
    expect(await codes.send({ ...asked, binding: 'browser-2', purpose: 'register' })).toEqual({
      ok: false,
      failure: { code: 'sms-wait', status: 429, field: 'phone', params: { seconds: 40 }, retryAfter: 40 },
    });
    clock.forward(40);
    expect((await codes.send(asked)).ok).toBe(true);
    expect(sent).toHaveLength(2);
  });

  test('one source gets five codes a day for a number, all sources ten, its owner ten more', async () => {
    const phone = newPhone();
    const from = async (source: string, trusted = false) => {
      clock.forward(61);
      const answer = await codes.send(request({ phone, source, trusted }));
      return answer.ok ? 'sent' : answer.failure.code;
    };
    for (let times = 0; times < 5; times += 1) expect(await from('2001:db8::1')).toBe('sent');
    expect(await from('2001:db8::ffff')).toBe('sms-number-limit');
    for (let times = 0; times < 5; times += 1) expect(await from('2001:db8:0:1::1')).toBe('sent');
    expect(await from('2001:db8:0:2::1')).toBe('sms-number-limit');
    for (let times = 0; times < 10; times += 1) expect(await from('2001:db8:0:2::1', true)).toBe('sent');
    expect(await from('2001:db8:0:2::1', true)).toBe('sms-number-limit');
    clock.forward(86_400);
    expect(await from('2001:db8::1')).toBe('sent');
  });

  test('a source, a range of numbers and the whole server have their limits', async () => {
    const send = async (phone: string, source: string) => {
      const answer = await codes.send(request({ phone, source }));
      return answer.ok ? 'sent' : answer.failure;
    };
    for (let times = 0; times < 60; times += 1) expect(await send(newPhone(), '198.51.100.1')).toBe('sent');
    expect(await send(newPhone(), '::ffff:198.51.100.1')).toMatchObject({
      code: 'sms-limit',
      status: 429,
      params: { minutes: 60 },
    });
    for (let times = 0; times < 120; times += 1) {
      expect(await send(`1390000${String(times).padStart(4, '0')}`, `198.51.100.${2 + (times % 100)}`)).toBe(
        'sent',
      );
    }
    expect(await send('13900009999', '198.51.100.200')).toMatchObject({ code: 'sms-limit' });
    expect(await send('13900019999', '198.51.100.200')).toBe('sent');
  });

  test('when the message cannot be handed over the person is told, and may ask again at once', async () => {
    const broken = open(makeKeyedHash(parseKeyring(keyring), 'aes'), {
      deliver: () => Promise.reject(new Error('queue down')),
    });
    const asked = request();
    expect(await broken.send(asked)).toMatchObject({
      ok: false,
      failure: { code: 'sms-not-sent', status: 503 },
    });
    expect((await codes.send(asked)).ok).toBe(true);
  });

  test('neither the code nor the phone can be read from the database', async () => {
    const proof = await sendTo(request());
    const codes = await fresh.database.query<{ slot: Buffer; code: Buffer }>(
      'SELECT slot, code FROM sms_code',
    );
    const counters = await fresh.database.query<{ key: string }>('SELECT key FROM limit_counter');
    // Bytes are compared as bytes: printed in hexadecimal they would hold any six digits now and then.
    const bytes = Buffer.concat([
      ...codes.flatMap(({ slot, code }) => [slot, code]),
      ...counters.map(({ key }) => Buffer.from(key.split(':').at(-1)!, 'base64url')),
    ]);
    for (const secret of [proof.phone, proof.code, proof.binding, '203.0.113'])
      expect(bytes.includes(secret)).toBe(false);
    for (const { key } of counters)
      expect(key.replace(/:[\w-]{24}$/, '')).toMatch(
        /^sms:(again|number|number-source|source|prefix|total)$/,
      );
  });

  test('a code sent before the keys were rotated still works after', async () => {
    const proof = await sendTo(request());
    const later = open(makeKeyedHash(parseKeyring(rotateKeyring(keyring, 'token')), 'aes'));
    expect((await later.verify(proof)).ok).toBe(true);
  });

  test('what expired over an hour ago is swept in batches', async () => {
    await fresh.database.query('DELETE FROM sms_code');
    for (let times = 0; times < 5; times += 1) await sendTo(request());
    expect(await codes.sweep()).toBe(0);
    clock.forward(300 + 3_601);
    expect(await codes.sweep(3)).toBe(3);
    expect(await codes.sweep(3)).toBe(2);
  });

  test('used by forty at once over two processes, a code succeeds exactly once', async () => {
    clock.forward((Date.now() - clock.now().getTime()) / 1_000);
    for (let round = 0; round < 3; round += 1) {
      const proof = await sendTo(request());
      const order = { url: fresh.url, folder: fresh.folder, redis: undefined, keyring, times: 20 };
      const succeeded = await raceTwoProcesses({ ...order, task: { kind: 'code', proof } });
      expect(succeeded[0]! + succeeded[1]!).toBe(1);
    }
  });
});
