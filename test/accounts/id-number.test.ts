import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { citizenCheck } from '../../src/accounts/check-digits.ts';
import { keyOf } from '../../src/accounts/document.ts';
import {
  DOCUMENT_TYPES,
  type DocumentType,
  parseDocument,
  upgradeFifteen,
} from '../../src/accounts/id-number.ts';

const today = new Date('2026-11-23T04:00:00Z');

const codeOf = (type: DocumentType, raw: string): string => {
  const outcome = parseDocument(type, raw, today);
  return outcome.ok ? 'ok' : outcome.failure.code;
};

/** A date far in the future, put together so that no whole number of a living person stands in the source. */
const FUTURE = ['540199', '20990101', '0012'].join('');

describe('citizen numbers', () => {
  test.each([
    ['54019919000101001X', '1900-01-01', 'male', 'check X'],
    ['540199190001010028', '1900-01-01', 'female', 'even sequence'],
    ['540199190402290032', '1904-02-29', 'male', 'leap day'],
    ['542599190001019990', '1900-01-01', 'male', 'sequence 999 is an ordinary one on 18 characters'],
    ['500199190001010012', '1900-01-01', 'male', 'Chongqing on a birth before 1997'],
    ['542133190002280043', '1900-02-28', 'female', 'a county that is no more'],
  ])('%s is read: born %s, %s (%s)', (number, birthdate, gender) => {
    expect(parseDocument('citizen-number', number, today)).toEqual({
      ok: true,
      value: { type: 'citizen-number', number, birthdate, gender, warnings: [] },
    });
  });

  test.each([
    ['54019919000101001x', 'small x'],
    ['５４０１９９１９０００１０１００１Ｘ', 'full width'],
    ['54019919000101001Х', 'Cyrillic Х'],
    ['54019919000101001х', 'Cyrillic small х'],
    [' 540199 19000101 001X ', 'spaces'],
    ['540199-19000101-001X', 'hyphens'],
    ['540199－19000101—001X', 'wide hyphens'],
    ['540199\u200B19000101\u00A0001X\uFEFF', 'invisible characters'],
    ['540199\u300019000101001ｘ', 'ideographic space and full-width small x'],
  ])('%j is the same number (%s)', (raw) => {
    const outcome = parseDocument('citizen-number', raw, today);
    expect(outcome.ok && outcome.value.number).toBe('54019919000101001X');
  });

  test.each([
    ['540199190001010010', 'document-check-digit', 'wrong check'],
    ['540199190001010X01', 'document-character', 'X not last'],
    ['540199190102290014', 'document-date', '1901 was no leap year'],
    ['540199190013010017', 'document-date', 'month 13'],
    ['540199190001000014', 'document-date', 'day 0'],
    ['540199190004310018', 'document-date', '31 April'],
    [FUTURE, 'document-date', 'in the future'],
    ['160199190001010019', 'document-region', 'no province 16'],
    ['710000190001010014', 'document-region', '71 was never issued'],
    ['540199179901010018', 'document-date', 'nobody is that old'],
    ['810000190001010018', 'document-region', 'a residence permit is another type'],
    ['540199000101001', 'document-fifteen', 'fifteen digits are for migration'],
    ['5401991900010100', 'document-length', 'too short'],
    ['54019919000101001*', 'document-character', 'a star is not an X'],
    ['54019919000101001×', 'document-character', 'a times sign is not an X'],
    ['', 'document-empty', 'nothing typed'],
    [' \u3000-', 'document-empty', 'nothing but separators'],
    ['9'.repeat(100_000), 'document-length', 'far too long'],
  ])('%s is refused with %s (%s)', (raw, code) => {
    expect(codeOf('citizen-number', raw)).toBe(code);
  });

  test('a child born today in Asia/Shanghai can be registered, one born tomorrow cannot', () => {
    // 17:00 UTC on 31 December 1903 is 1 January 1904 in Shanghai.
    const newYear = new Date('1903-12-31T17:00:00Z');
    const number = (day: string) => {
      const body = `540199${day}001`;
      return body + citizenCheck(body);
    };
    expect(parseDocument('citizen-number', number('19040101'), newYear).ok).toBe(true);
    expect(parseDocument('citizen-number', number('19040102'), newYear).ok).toBe(false);
  });

  test('a failure names the field it was told and never carries the number', () => {
    const outcome = parseDocument('citizen-number', '540199190001010010', today, { field: 'identifier' });
    expect(outcome).toEqual({
      ok: false,
      failure: { code: 'document-check-digit', status: 422, field: 'identifier' },
    });
    const tooShort = parseDocument('citizen-number', '5401', today);
    expect(tooShort).toMatchObject({ failure: { field: 'document_number', params: { lengths: '18' } } });
  });

  test('every county code is accepted, whatever it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9999 }), fc.integer({ min: 0, max: 999 }), (county, sequence) => {
        const body = `54${String(county).padStart(4, '0')}19000101${String(sequence).padStart(3, '0')}`;
        expect(codeOf('citizen-number', body + citizenCheck(body))).toBe('ok');
      }),
    );
  });

  test('one mistyped digit is always noticed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 999 }),
        fc.nat(16),
        fc.integer({ min: 1, max: 9 }),
        (sequence, at, shift) => {
          const body = `54019919000101${String(sequence).padStart(3, '0')}`;
          const number = body + citizenCheck(body);
          const mistyped = number.slice(0, at) + ((Number(number[at]) + shift) % 10) + number.slice(at + 1);
          expect(codeOf('citizen-number', mistyped)).toBe('document-check-digit');
        },
      ),
    );
  });

  test('two neighbours exchanged are always noticed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999 }), fc.nat(15), (sequence, at) => {
        const body = `54019919000101${String(sequence).padStart(3, '0')}`;
        const number = body + citizenCheck(body);
        fc.pre(number[at] !== number[at + 1]);
        const exchanged = number.slice(0, at) + number[at + 1] + number[at] + number.slice(at + 2);
        expect(codeOf('citizen-number', exchanged)).not.toBe('ok');
      }),
    );
  });
});

describe('fifteen digits, for migration', () => {
  test.each([
    ['540199000101001', '54019919000101001X'],
    ['540199040229003', '540199190402290032'],
    ['542599000228004', '54259919000228004X'],
    ['540199840101996', '540199188401019969'],
    ['540199840101999', '540199188401019993'],
    ['540199840101995', ['540199', '19840101', '995X'].join('')],
    ['540199 000101 001', '54019919000101001X'],
  ])('%s becomes %s', (raw, number) => {
    expect(upgradeFifteen(raw, today)).toEqual({ ok: true, value: { type: 'citizen-number', number } });
  });

  test.each([
    ['540199010229001', 'document-date'],
    ['540199001301001', 'document-date'],
    ['54019900010100X', 'document-character'],
    ['54019900010100', 'document-length'],
    ['710000000101001', 'document-region'],
    ['1'.repeat(1000), 'document-length'],
  ])('%s is refused with %s', (raw, code) => {
    expect(upgradeFifteen(raw, today)).toMatchObject({ ok: false, failure: { code } });
  });
});

describe('residence permits of people from Hong Kong, Macao and Taiwan', () => {
  test.each([
    '810000190001010018',
    '82000019000101001X',
    '830000190001010011',
    '810000190402290022',
    '820000190402290024',
    '830000190402290026',
  ])('%s is accepted', (number) => {
    expect(codeOf('residence-permit', number)).toBe('ok');
  });

  test.each([
    ['810000190102290012', 'document-date'],
    ['820000190102290014', 'document-date'],
    ['83010219000101001X', 'document-region'],
    ['710000190001010014', 'document-region'],
    ['54019919000101001X', 'document-region'],
  ])('%s is refused with %s', (number, code) => {
    expect(codeOf('residence-permit', number)).toBe(code);
  });
});

describe('foreigner permanent residence cards', () => {
  test.each([
    ['954840190001010017', 'ok', 'USA', []],
    ['954392190002280026', 'ok', 'JPN', []],
    ['954524190012310019', 'ok', 'NPL', []],
    ['95484019000101005X', 'ok', 'USA', []],
    ['913156190402290042', 'ok', 'CHN', ['nationality-china']],
    ['USA540000010101', 'ok', 'USA', []],
    ['NPL542500022805', 'ok', 'NPL', []],
    ['JPN110000123133', 'ok', 'JPN', []],
    ['IND540000022922', 'ok', 'IND', []],
    ['DEU540000010100', 'ok', 'DEU', []],
    ['XXA540000010107', 'ok', 'XXA', ['nationality-unlisted']],
    ['911000190001010039', 'document-nationality', undefined, undefined],
    ['954840190001010018', 'document-check-digit', undefined, undefined],
    ['900840190001010014', 'document-region', undefined, undefined],
    ['954840190102290011', 'document-date', undefined, undefined],
    ['954000190001010012', 'document-nationality', undefined, undefined],
    ['USA540000010102', 'document-check-digit', undefined, undefined],
    ['USA540000130104', 'document-date', undefined, undefined],
    ['US1540000010101', 'document-character', undefined, undefined],
    ['54019919000101001X', 'document-region', undefined, undefined],
    ['9548401900010100', 'document-length', undefined, undefined],
  ])('%s: %s (country %s, warnings %j)', (number, code, country, warnings) => {
    const outcome = parseDocument('foreigner-permanent-residence', number, today);
    expect(outcome.ok ? 'ok' : outcome.failure.code).toBe(code);
    if (outcome.ok) expect(outcome.value).toMatchObject({ number, country, warnings });
  });

  test('the published specimen passes', () => {
    expect(parseDocument('foreigner-permanent-residence', '932682198501010017', today)).toMatchObject({
      value: { country: 'SAU', birthdate: '1985-01-01', gender: 'male' },
    });
  });

  test('a card of 2017 does not tell the century, so no birth date is read', () => {
    const outcome = parseDocument('foreigner-permanent-residence', 'IND540000022922', today);
    expect(outcome.ok && outcome.value.birthdate).toBeUndefined();
  });
});

describe('passports and travel permits', () => {
  test.each<[DocumentType, string, string]>([
    ['hk-macao-travel-permit', 'H12345678', 'ok'],
    ['hk-macao-travel-permit', 'h12345678', 'ok'],
    ['hk-macao-travel-permit', 'H1234567801', 'ok'],
    ['hk-macao-travel-permit', 'M00000001', 'ok'],
    ['hk-macao-travel-permit', 'HA1234567', 'ok'],
    ['hk-macao-travel-permit', 'H1234567', 'document-length'],
    ['hk-macao-travel-permit', 'T12345678', 'document-form'],
    ['taiwan-travel-permit', '12345678', 'ok'],
    ['taiwan-travel-permit', '1234567801', 'ok'],
    ['taiwan-travel-permit', '123456789', 'document-length'],
    ['taiwan-travel-permit', '1234567A', 'document-character'],
    ['prc-passport', 'E00000010', 'ok'],
    ['prc-passport', 'EA0000001', 'ok'],
    ['prc-passport', 'G00000010', 'ok'],
    ['prc-passport', 'EI0000001', 'document-form'],
    ['prc-passport', 'EO0000001', 'document-form'],
    ['prc-passport', 'X00000010', 'document-form'],
    ['prc-passport', 'E0000001', 'document-length'],
    ['foreign-passport', 'C01X00T47', 'ok'],
    ['foreign-passport', 'c01x 00t47', 'ok'],
    ['foreign-passport', 'C01X00T471', 'document-length'],
    ['foreign-passport', 'C01X00<47', 'document-character'],
  ])('%s %s: %s', (type, raw, code) => {
    expect(codeOf(type, raw)).toBe(code);
  });

  test('a foreign passport keeps its country where one is given', () => {
    const with_ = parseDocument('foreign-passport', 'C01X00T47', today, { country: 'deu' });
    expect(with_).toMatchObject({ value: { number: 'C01X00T47', country: 'DEU' } });
    const without = parseDocument('foreign-passport', 'C01X00T47', today, { country: 'Germany' });
    expect(without.ok && 'country' in without.value).toBe(false);
  });

  test('the count of issues on an old travel permit does not make another person', () => {
    expect(keyOf({ type: 'hk-macao-travel-permit', number: 'H1234567801' })).toBe('H12345678');
    expect(keyOf({ type: 'hk-macao-travel-permit', number: 'H12345678' })).toBe('H12345678');
    expect(keyOf({ type: 'taiwan-travel-permit', number: '1234567801' })).toBe('12345678');
    expect(keyOf({ type: 'foreigner-permanent-residence', number: 'USA540000010101' })).toBe(
      'USA540000010101',
    );
  });
});

describe('the type is chosen, never guessed', () => {
  test('a string that is valid as two types is read as the one that was said', () => {
    const raw = '12345678';
    expect(codeOf('taiwan-travel-permit', raw)).toBe('ok');
    expect(codeOf('foreign-passport', raw)).toBe('ok');
    expect(codeOf('prc-passport', raw)).toBe('document-length');
  });

  test('a type that does not exist is refused, not tried', () => {
    const outcome = parseDocument('id-card' as DocumentType, '54019919000101001X', today);
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'document-type', field: 'document_type' } });
    expect(parseDocument('constructor' as DocumentType, '1', today).ok).toBe(false);
  });
});

describe('whatever is typed', () => {
  const anything = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...'0123456789XxХ５Ｘ -EGHMUSA\u200B') }),
  );

  test.each(DOCUMENT_TYPES)('%s answers with a value, and reads its own reading again', (type) => {
    fc.assert(
      fc.property(anything, (raw) => {
        const outcome = parseDocument(type, raw, today);
        if (!outcome.ok) return;
        expect(outcome.value.number).toMatch(/^[0-9A-Z]{1,18}$/);
        expect(parseDocument(type, outcome.value.number, today, outcome.value)).toEqual(outcome);
      }),
    );
  });

  test('what is not text is refused, not thrown at', () => {
    for (const raw of [undefined, null, 5, {}, []]) {
      expect(codeOf('citizen-number', raw as unknown as string)).toBe('document-length');
    }
  });
});
