import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { internationalPhone, parsePhone } from '../../src/accounts/phone.ts';
import { parseUserName, userNameKey } from '../../src/accounts/user-name.ts';

describe('mobile numbers', () => {
  test.each([
    '13800000000',
    '138 0000 0000',
    '138-0000-0000',
    '+8613800000000',
    '+86 138 0000 0000',
    '008613800000000',
    '8613800000000',
    '(+86) 138 0000 0000',
    '１３８００００００００',
    '\u200E13800000000',
  ])('%j is 13800000000', (raw) => {
    expect(parsePhone(raw)).toEqual({ ok: true, value: '13800000000' });
  });

  test.each(['19200000000', '16700000000', '17100000000'])('%s: no carrier table refuses it', (raw) => {
    expect(parsePhone(raw).ok).toBe(true);
  });

  test.each([
    '12800000000',
    '1380000000',
    '138000000000',
    '+8513800000000',
    '08916330000',
    'phone',
    '1380000000O',
  ])('%s is refused', (raw) => {
    expect(parsePhone(raw)).toEqual({
      ok: false,
      failure: { code: 'phone-form', status: 422, field: 'phone' },
    });
  });

  test('nothing typed is said as such', () => {
    expect(parsePhone(' ', 'identifier')).toMatchObject({
      failure: { code: 'phone-empty', field: 'identifier' },
    });
  });

  test('whatever is typed gets an answer', () => {
    fc.assert(
      fc.property(fc.string(), (raw) => {
        const outcome = parsePhone(raw);
        if (outcome.ok) expect(parsePhone(internationalPhone(outcome.value))).toEqual(outcome);
      }),
    );
  });
});

describe('user names', () => {
  test.each([
    ['Tashi.D', 'tashi.d'],
    [' zhaxi_88 ', 'zhaxi_88'],
    ['ＴＡＳＨＩ', 'tashi'],
    ['扎西顿珠1', '扎西顿珠1'],
    ['བཀྲ་ཤིས', 'བཀྲ་ཤིས'],
  ])('%j is compared as %j', (raw, key) => {
    expect(parseUserName(raw)).toMatchObject({ ok: true, value: { key } });
    expect(userNameKey(raw)).toBe(key);
  });

  test.each([
    'abc',
    'a'.repeat(31),
    '1tashi',
    '_tashi',
    'ta shi',
    'tashi@home',
    '',
    'tashi\u0000',
    'x'.repeat(1_000_000),
  ])('%j is refused', (raw) => {
    expect(parseUserName(raw)).toMatchObject({
      ok: false,
      failure: { code: 'user-name-form', params: { least: 4, most: 30 } },
    });
  });

  test.each(['E00000010', 'H-12345678', 'EA0000001', 'USA540000010101', 'a12345'])(
    '%s could be taken for a document number',
    (raw) => {
      expect(parseUserName(raw)).toMatchObject({ failure: { code: 'user-name-number' } });
    },
  );

  test('the compared form is stable', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (raw) => {
        expect(userNameKey(userNameKey(raw))).toBe(userNameKey(raw));
      }),
    );
  });
});
