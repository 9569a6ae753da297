/** Texts of short messages: three languages, one message each for codes, nothing that carriers refuse. */
import { describe, expect, test } from 'vitest';
import type { Sms } from '../../src/notices/notice.ts';
import { noticesProductionFaults, noticesSettings } from '../../src/notices/settings.ts';
import { type ComposedSms, compose, countParts, signedText } from '../../src/notices/wording.ts';
import { LANGUAGES } from '../../src/platform/page/language.ts';
import { faultsInTibetan } from '../house/tibetan.ts';

const phone = '15400000000';
const LONGEST_SIGNATURE = '一二三四五六七八九十一二';
const purposes = ['sign-in', 'register', 'step-up', 'claim'] as const;
const plain = ['registration-finished', 'registration-refused', 'password-changed'] as const;

const codeSms = (language: Sms['language'], purpose: (typeof purposes)[number], minutes = 5): Sms => ({
  phone,
  language,
  template: 'code',
  params: { code: '012345', purpose, minutes },
});
const everySms = (language: Sms['language']): Sms[] => [
  ...purposes.map((purpose) => codeSms(language, purpose)),
  ...plain.map((template) => ({ phone, language, template })),
];
const composeAll = (language: Sms['language']): ComposedSms[] =>
  everySms(language).map((sms) => compose(sms, LANGUAGES));

describe.each([...LANGUAGES])('in %s', (language) => {
  test('a code stands first, in plain digits, and every purpose has its own words', () => {
    const texts = purposes.map((purpose) => compose(codeSms(language, purpose), LANGUAGES).text);
    for (const text of texts) expect(text).toMatch(/^012345\P{L}/u);
    expect(new Set(texts).size).toBe(purposes.length);
    for (const text of texts) expect(text).toContain('5');
  });

  test('a code fits one message, also with the longest signature and a two-digit time', () => {
    for (const purpose of purposes) {
      const { text } = compose(codeSms(language, purpose, 10), LANGUAGES);
      expect(countParts(signedText(LONGEST_SIGNATURE, text)), text).toBe(1);
    }
  });

  test('other messages take three parts at most, in Chinese one', () => {
    for (const { text } of composeAll(language)) {
      expect(countParts(signedText(LONGEST_SIGNATURE, text)), text).toBeLessThanOrEqual(
        language === 'zh-CN' ? 1 : 3,
      );
    }
  });

  test('no text holds a bracket of signatures, an address or an unfilled place', () => {
    for (const { text } of composeAll(language)) {
      expect(text).not.toMatch(/[【】{}]|https?:|www\./);
      expect(text).toBe(text.normalize('NFC'));
    }
  });

  test('every message comes in the language asked for', () => {
    const script = { 'zh-CN': /\p{Script=Han}/u, bo: /\p{Script=Tibetan}/u, en: /[A-Za-z]{4}/ }[language];
    for (const message of composeAll(language)) {
      expect(message.language).toBe(language);
      expect(message.text).toMatch(script);
    }
  });
});

test('Tibetan texts keep the rules of Tibetan', () => {
  for (const { text } of composeAll('bo')) expect(faultsInTibetan(text), text).toEqual([]);
});

test('a language whose texts are not filed is answered in Chinese', () => {
  expect(compose(codeSms('bo', 'sign-in'), ['zh-CN', 'en'])).toEqual({
    ...compose(codeSms('zh-CN', 'sign-in'), LANGUAGES),
  });
});

test('a parameter of the wrong kind is a mistake of ours and its value is not told', () => {
  const odd = codeSms('en', 'sign-in');
  if (odd.template === 'code') odd.params.code = 'see http://x.example';
  expect(() => compose(odd, LANGUAGES)).toThrow(/^message: code is not of its kind$/);
});

test('parts are counted in 16-bit units: 70 alone, 67 each in a chain, no character cut in half', () => {
  expect(countParts('')).toBe(1);
  expect(countParts('字'.repeat(70))).toBe(1);
  expect(countParts('字'.repeat(71))).toBe(2);
  expect(countParts('字'.repeat(134))).toBe(2);
  expect(countParts('字'.repeat(135))).toBe(3);
  expect(countParts('𬀩'.repeat(35))).toBe(1);
  // 66 units fit 33 of them; the 34th would be cut at 67.
  expect(countParts('𬀩'.repeat(66))).toBe(2);
  expect(countParts('𬀩'.repeat(67))).toBe(3);
});

describe('settings', () => {
  const production = {
    kind: 'http',
    gateway: {
      url: 'https://sms.example/v1',
      allowedHosts: ['sms.example'],
      secret: 'q4Hn8Ys1Bk6Jx3Ud9Wm2Ev7Tc5Rg0Zf4p',
    },
  };
  const faultsOf = (settings: object) =>
    noticesProductionFaults(noticesSettings.parse(settings)).map((fault) => fault.setting);

  test('trial needs none; production refuses the trial outbox', () => {
    expect(noticesSettings.parse({}).kind).toBe('trial-outbox');
    expect(faultsOf({})).toEqual(['notices.kind']);
    expect(faultsOf(production)).toEqual([]);
  });

  test('production names every fault of the gateway at once', () => {
    expect(faultsOf({ kind: 'http', gateway: { url: 'http://sms.example' }, languages: 'bo' })).toEqual([
      'notices.gateway.secret',
      'notices.gateway.url',
      'notices.gateway.allowedHosts',
      'notices.languages',
    ]);
  });

  test('filed texts are named either not at all or all, and none that does not exist', () => {
    expect(faultsOf({ ...production, templateIds: { 'zh-CN/code.sign-in': 'SMS_1' } })).toEqual([
      'notices.templateIds',
    ]);
    const faults = noticesProductionFaults(
      noticesSettings.parse({ ...production, languages: 'zh-CN', templateIds: { 'zh-CN/nothing': 'SMS_1' } }),
    );
    expect(faults.map((fault) => fault.right)).toEqual([
      expect.stringContaining('zh-CN/code.sign-in, zh-CN/code.register'),
      'no such texts: zh-CN/nothing',
    ]);
  });

  test('a signature in Tibetan, too short or too long is refused', () => {
    for (const signature of ['བོད', '一', `${LONGEST_SIGNATURE}三`, '【一号】']) {
      expect(noticesSettings.safeParse({ signature }).success).toBe(false);
    }
    expect(noticesSettings.safeParse({ signature: LONGEST_SIGNATURE }).success).toBe(true);
  });
});
