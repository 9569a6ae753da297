/** What departments show of a claim: words of the page's language, the same as on Yihao's own pages. */
import { expect, test } from 'vitest';
import { VALUES } from '../../../examples/value-words.ts';
import { sayValue } from '../../../examples/values.ts';
import { CLAIMS, DEPARTMENTS, type Language, WORDS } from '../../../examples/words.ts';
import { faultsInTibetan } from '../../house/tibetan.ts';
import { say } from '../words.ts';

const LANGUAGES = ['zh-CN', 'bo', 'en'] as const;

test.each([
  ['gender', 'female', ['女', 'མོ།', 'Female']],
  ['birthdate', '1883-02-07', ['1883年2月7日', '1883ལོའི་ཟླ་2པའི་ཚེས་7', '7 February 1883']],
  ['locale', 'bo', ['藏文', 'བོད་ཡིག', 'Tibetan']],
  ['phone_number_verified', false, ['否', 'མིན།', 'No']],
  [
    'amr',
    ['sms', 'kba'],
    ['短信验证码、证件号码后四位', undefined, 'SMS code, last four characters of the document number'],
  ],
  ['amr', ['pwd', 'mfa'], ['密码', 'གསང་ཨང་།', 'Password']],
  // Midnight in China, which is the day before in UTC.
  ['auth_time', 1795449600, ['2026年11月24日 00:00', '2026ལོའི་ཟླ་11པའི་ཚེས་24 00:00', '24 November 2026, 00:00']],
  [
    'assurance',
    { identity_level: 1, authentication_level: 2 },
    ['实名等级：一级（手机号）；登录等级：2', undefined, 'Identity level: 1 (mobile number); Login level: 2'],
  ],
  [
    'assurance',
    { identity_level: 1 },
    ['实名等级：一级（手机号）', undefined, 'Identity level: 1 (mobile number)'],
  ],
  [
    'acr',
    'urn:yihao:acr:1:ial1:aal3',
    ['实名等级：一级（手机号）；登录等级：3', undefined, 'Identity level: 1 (mobile number); Login level: 3'],
  ],
] as const)('%s %j is said in words', (name, value, expected) => {
  LANGUAGES.forEach((language, at) => {
    const said = sayValue(name, value, language);
    expect(said).toBeTypeOf('string');
    if (expected[at] !== undefined) expect(said).toBe(expected[at]);
  });
});

test.each([
  ['name', '索朗·热杰'],
  ['id_number_country', 'NPL'],
  ['gender', 'constructor'],
  ['channel', 'kiosk'],
  ['locale', '__proto__'],
  ['acr', 'urn:yihao:acr:2:ial3:aal1'],
  ['acr', 'urn:yihao:acr:1:ial9:aal1'],
  ['amr', ['pwd', 'toString']],
  ['amr', []],
  ['assurance', null],
  ['assurance', {}],
  ['birthdate', '1883'],
  ['auth_time', Number.NaN],
  ['auth_time', Number.MAX_VALUE],
  ['something', 7],
])('%s %j stays as it is: nobody knows words for it', (name, value) => {
  for (const language of LANGUAGES) expect(sayValue(name, value, language)).toBeUndefined();
});

test.each(LANGUAGES)('the words in %s are those of Yihao’s pages', (language: Language) => {
  const words = VALUES[language];
  for (const [type, word] of Object.entries(words.id_number_type))
    expect(word).toBe(say(`interactions.documents.${type}`, {}, language));
  for (const [method, word] of Object.entries(words.methods))
    expect(word).toBe(say(`profile.sessions.methods.${method}`, {}, language));
  words.identity.forEach((word, at) => {
    expect(word).toBe(say(`interactions.levels.l${at + 1}`, {}, language));
  });
  expect(words.channel.web).toBe(say('profile.sessions.channels.web', {}, language));
  expect(words.answer).toEqual({
    yes: say('frame.answer.yes', {}, language),
    no: say('frame.answer.no', {}, language),
  });
  for (let month = 1; month <= 12; month += 1) {
    const said = say(
      'frame.date.day',
      { year: '1900', month: say(`frame.date.months.m${month}`, {}, language), day: 5 },
      language,
    );
    expect(words.day(1900, month, 5)).toBe(said);
  }
});

const wordsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(wordsIn) : [];
};
const keysIn = (value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, keysIn(one)]))
    : typeof value;

test('every word stands in all three languages, and the Tibetan ones are written as Tibetan is', () => {
  for (const table of [WORDS, CLAIMS, VALUES])
    for (const language of LANGUAGES) expect(keysIn(table[language])).toEqual(keysIn(table.en));
  const departments = Object.values(DEPARTMENTS).map(({ bo }) => bo);
  for (const word of [...wordsIn([WORDS.bo, CLAIMS.bo, VALUES.bo]), ...departments])
    expect(faultsInTibetan(word), word).toEqual([]);
});
