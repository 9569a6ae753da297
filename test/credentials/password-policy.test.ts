/** Which passwords are refused, and that the person is told why. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  EASY_CHARACTERS,
  EASY_NUMBERS,
  EASY_WORDS,
  KEY_ROWS,
  NAME_SYLLABLES,
} from '../../src/credentials/easy-words.ts';
import { guessBits } from '../../src/credentials/guessing.ts';
import { judgePassword, type PersonFacts } from '../../src/credentials/password-policy.ts';
import { settings } from './room.ts';

const nobody: PersonFacts = {};
const judge = (password: string, facts = nobody) => judgePassword(password, facts, settings.password);
const codeOf = (password: string, facts = nobody) => judge(password, facts)?.code;

describe('length and kinds', () => {
  test('7 code points are too few and the person is told how many are needed', () => {
    expect(judge('Gr7-lm3')).toEqual({
      code: 'password-short',
      status: 422,
      field: 'new_password',
      params: { least: 8 },
    });
  });

  test('8 are enough; characters outside the basic plane count once', () => {
    expect(codeOf('Gr7-lm3x')).toBeUndefined();
    expect(codeOf('𠮷7𠮷x𠮷K𠮷')).toBe('password-short');
    expect(codeOf('𠮷7𠮷x𠮷K𠮷𠮷')).toBeUndefined();
  });

  test('a letter and its accent count once, as they are stored', () => {
    expect(codeOf('e\u0301e\u0301e\u0301e\u0301e\u03017K')).toBe('password-short');
  });

  test('128 are allowed, 129 are not', () => {
    const long = 'Moss7-kettle'.repeat(11);
    expect(codeOf(long.slice(0, 128))).toBeUndefined();
    expect(judge(long.slice(0, 129))?.params).toEqual({ most: 128 });
  });

  test.each([
    ['glacierlamp', { small: '✓', capital: '✗', digits: '✗', others: '✗' }],
    ['glacier7lamp', { small: '✓', capital: '✗', digits: '✓', others: '✗' }],
    ['GLACIER-LAMP', { small: '✗', capital: '✓', digits: '✗', others: '✓' }],
    ['雪山下的灯塔与湖', { small: '✗', capital: '✗', digits: '✗', others: '✓' }],
  ])('%s is told which kinds it has and which it lacks', (password, marks) => {
    expect(judge(password)).toMatchObject({ code: 'password-kinds', params: { least: 3, ...marks } });
  });

  test.each(['glacier-7lamp', 'Glacier7lamp', 'GLACIER-7', 'གངས་རི་7Kx', '雪山灯塔7k湖水边'])(
    '%s has three kinds',
    (password) => {
      expect(codeOf(password)).toBeUndefined();
    },
  );

  test.each(['Gr7-lamp\u0000', 'Gr7-lamp\n', 'Gr7-lamp\ud800'])(
    'what no keyboard types again is refused',
    (password) => {
      expect(codeOf(password)).toBe('password-characters');
    },
  );
});

describe('the person’s own facts', () => {
  const facts: PersonFacts = {
    documentNumber: '54019919000101001X',
    name: '扎西·次仁',
    phone: '13800000123',
    birthdate: '1900-01-01',
    userName: 'Zhaxi_lake',
  };

  test.each([
    ['Moss-54019919000101001X', 'password-own-number'],
    ['Moss-01001x-lake', 'password-own-number'],
    ['Moss-０１００１Ｘ-lake', 'password-own-number'],
    ['Mo01-001-Xss', 'password-own-number'],
    ['Moss#19000101', 'password-own-birthday'],
    ['Moss#1900/01/01', 'password-own-birthday'],
    ['Moss#01011900', 'password-own-birthday'],
    ['Moss#190011', 'password-own-birthday'],
    ['Moss#000101', 'password-own-birthday'],
    ['Moss13800000123', 'password-own-phone'],
    ['Moss-000123', 'password-own-phone'],
    ['Moss7扎西次仁k', 'password-own-name'],
    ['Moss7扎西·次仁k', 'password-own-name'],
    ['zhaxi-LAKE-77', 'password-own-user-name'],
  ])('%s is refused: %s', (password, code) => {
    expect(codeOf(password, facts)).toBe(code);
  });

  test('the birthday is known from a citizen number alone', () => {
    expect(codeOf('Moss#19000101', { documentNumber: '54019919000101001X' })).toBe('password-own-birthday');
    expect(codeOf('Moss#19040229', { documentNumber: '810000190402290022' })).toBe('password-own-birthday');
  });

  test('the same passwords are fine for somebody else', () => {
    expect(codeOf('Moss-01001x-lake')).toBeUndefined();
    expect(codeOf('zhaxi-LAKE-77', { userName: 'pasang' })).toBeUndefined();
  });

  test('a name of one character and a user name of two refuse nothing', () => {
    expect(codeOf('Gr7-李-lamp', { name: '李', userName: 'gr' })).toBeUndefined();
  });

  test('the answer never carries the fact itself', () => {
    const answer = JSON.stringify(judge('Moss-01001x-lake', facts));
    expect(answer).not.toContain('01001');
  });
});

describe('easy to guess', () => {
  test.each([
    'P@ssw0rd',
    'Passw0rd!',
    'Admin@123',
    'Aa123456',
    'Aa123456!',
    'Abc@1234',
    'Qwer1234',
    '1qaz@WSX',
    '!QAZ2wsx',
    'Q1w2e3r4',
    'Woaini1314',
    'Woaini520!',
    'Wodemima123!',
    'Zhangwei@123',
    'Wangfang1990!',
    'Lhasa@2024',
    'Xizang@2025',
    'Zhaxi@1990',
    'Tashidelek2024!',
    'Zhuoma666!',
    'Ss19980203',
    'Ａａ１２３４５６！',
    '密码Aa123456',
    'བོད་ལྗོངས་Aa1',
    'Aaaa1111!',
    'Abcabc123!',
    'Sh12345.',
  ])('%s is refused', (password) => {
    expect(codeOf(password)).toBe('password-common');
  });

  test.each([
    'Kp7!mai2',
    'Gr7-lm3x',
    'Lake!9moss',
    'Zz8#kettle',
    'Butter-tea under 7 stars',
    'གངས་རི་དང་མཚོ་7Kx',
    '雪山Yak-7灯塔',
  ])('%s is accepted', (password) => {
    expect(codeOf(password)).toBeUndefined();
  });

  test('no word of the list becomes a good password by a capital and the usual endings', () => {
    const words = [...EASY_WORDS, ...NAME_SYLLABLES, ...EASY_CHARACTERS, ...EASY_NUMBERS];
    const endings = ['1!', '123', '@123', '123456', '123456!', '@2024', '1990', '666!', '520.', '@1234'];
    const good = words.flatMap((word) => {
      const large = word.slice(0, 1).toUpperCase() + word.slice(1);
      return endings
        .flatMap((ending) => [large + ending, ending + large, word + ending])
        .filter((made) => guessBits(made) >= 26);
    });
    expect(good).toEqual([]);
  });

  test('no walk over the keyboard is a good password, whatever its length', () => {
    const walks = KEY_ROWS.flatMap((row) => [row, row.toUpperCase(), [...row].reverse().join(''), row + row]);
    expect(walks.filter((walk) => guessBits(walk) >= 26)).toEqual([]);
  });

  test('hardly any random password of ten characters is refused', () => {
    const alphabet = [...'abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789#%&+?'];
    const random = fc
      .array(fc.constantFrom(...alphabet), { minLength: 10, maxLength: 10 })
      .map((part) => part.join(''));
    const refused = fc
      .sample(random, { numRuns: 3_000, seed: 1 })
      .filter((password) => guessBits(password) < 26);
    expect(refused).toEqual([]);
  });

  test('judging never throws and is quick, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (password) => {
        judge(password, { name: password.slice(0, 4), userName: password.slice(2, 6) });
      }),
    );
    const began = performance.now();
    for (const password of ['a1'.repeat(64), '!'.repeat(128), 'Aa1!'.repeat(32)]) judge(password);
    // Milliseconds; trying all compositions would take years.
    expect(performance.now() - began).toBeLessThan(20_000);
  });
});
