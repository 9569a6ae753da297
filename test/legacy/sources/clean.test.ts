/** Cleaning undoes what is certain and marks what is lost. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanField, type FieldKind } from '../../../src/legacy/sources/clean.ts';

const NUMBER = '540199190001010028';

describe('numbers', () => {
  test.each<[string, string, string[]]>([
    [NUMBER, NUMBER, []],
    [`'${NUMBER}`, NUMBER, ['text-trick']],
    [`\u2019${NUMBER}`, NUMBER, ['text-trick']],
    [`\t${NUMBER}`, NUMBER, ['text-trick']],
    [`\\t${NUMBER}`, NUMBER, ['text-trick']],
    [`="${NUMBER}"`, NUMBER, ['text-trick']],
    [`\u00A0${NUMBER}\u3000`, NUMBER, ['spaces']],
    [`\uFEFF${NUMBER}\u200B`, NUMBER, ['spaces']],
    ['５４０１９９１９０００１０１００１Ｘ', '54019919000101001X', ['full-width']],
    ['54019919000101001x', '54019919000101001x', []],
    ['13800138000.0', '13800138000', ['trailing-zero']],
    ['5.40199E+17', '5.40199E+17', ['number-damaged']],
    ['1.38E+10', '1.38E+10', ['number-damaged']],
    ['540199190001010000', '540199190001010000', ['number-damaged']],
    ['540199190001105000', '540199190001105000', ['number-doubtful']],
    ['111111111111111111', '', ['placeholder']],
    ['11111111111111111X', '', ['placeholder']],
    ['123456789012345678', '', ['placeholder']],
    ['12345678901', '', ['placeholder']],
    ['000000', '', ['placeholder']],
    ['无', '', ['placeholder']],
    ['-', '', ['placeholder']],
    ['0', '', ['placeholder']],
    ['', '', []],
    ['   ', '', []],
  ])('%j becomes %j with %j', (raw, value, marks) => {
    expect(cleanField(raw, 'number')).toEqual({ value, marks });
  });
});

describe('other kinds', () => {
  test.each<[FieldKind, string, string, string[]]>([
    ['name', ' 扎西·顿珠\u3000', '扎西·顿珠', ['spaces']],
    ['name', 'ＡＢ', 'ＡＢ', []],
    ['name', "'卓玛", '卓玛', ['text-trick']],
    ['name', "D'Angelo", "D'Angelo", []],
    ['name', 'null', '', ['placeholder']],
    ['name', '\\N', '', ['placeholder']],
    ['name', '测试', '', ['placeholder']],
    ['name', '1111111', '1111111', []],
    ['text', '无', '', ['placeholder']],
    ['code', '0', '0', []],
    ['code', '-', '-', []],
    ['code', 'NULL', '', ['placeholder']],
    ['date', '43831', '43831', ['date-serial']],
    ['date', '２０２０-01-01', '2020-01-01', ['full-width']],
  ])('%s: %j becomes %j with %j', (kind, raw, value, marks) => {
    expect(cleanField(raw, kind)).toEqual({ value, marks });
  });

  test('a code of 0 means something in every old system, so it is never taken for nothing', () => {
    for (const code of ['0', '1', '2', '9', '-1', 'N']) expect(cleanField(code, 'code').value).toBe(code);
  });
});

test('anything at all: no exception, clean text stays as it is, no digit appears that was not there', () => {
  const kinds = fc.constantFrom<FieldKind>('number', 'name', 'text', 'date', 'code');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), kinds, (raw, kind) => {
      const { value } = cleanField(raw, kind);
      expect(value).toBe(value.trim());
      const digits = (text: string) => text.normalize('NFKC').replace(/\D/g, '');
      if (kind === 'number') expect(digits(raw).startsWith(digits(value))).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test('a megabyte of one sign is cleaned in no time', () => {
  for (const sign of ['0', "'", '\t', ' ', '\u3000', '１', '-', '*']) {
    expect(cleanField(sign.repeat(1_000_000), 'number').marks.length).toBeGreaterThanOrEqual(0);
  }
});
