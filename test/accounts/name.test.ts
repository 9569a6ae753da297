import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DOT_VARIANTS,
  hasPrivateUse,
  NAME_DOT,
  normaliseName,
  normaliseTibetanName,
  sameTibetanName,
} from '../../src/accounts/name.ts';

const nameOf = (raw: string): string => {
  const outcome = normaliseName(raw);
  return outcome.ok ? outcome.value : outcome.failure.code;
};

describe('names', () => {
  test.each([NAME_DOT, ...DOT_VARIANTS].map((dot) => [dot, dot.codePointAt(0)!.toString(16)]))(
    'the dot %s (U+%s) is stored as U+00B7',
    (dot) => {
      expect(nameOf(`扎西${dot}顿珠`)).toBe('扎西·顿珠');
      expect(nameOf(` ${dot}扎西 ${dot}${dot} 顿珠${dot} `)).toBe('扎西·顿珠');
    },
  );

  test.each([
    ['卓玛', '卓玛'],
    ['旺', '旺'],
    ['扎西 顿珠', '扎西·顿珠'],
    ['王\u3000明', '王明'],
    ['买买提・艾力', '买买提·艾力'],
    ['约翰·F.肯尼迪', '约翰·F·肯尼迪'],
    ['𠀀𫝀', '𠀀𫝀'],
    ['〇一', '〇一'],
    ['\u{E83D}玛', '\u{E83D}玛'],
    ['\u{F0001}玛', '\u{F0001}玛'],
    ['\uF92C玛', '\uF92C玛'],
    ['葛\u{E0100}城', '葛城'],
    ['扎\u200B西\uFEFF', '扎西'],
    ['JOHN  SMITH', 'JOHN SMITH'],
    ['ＪＯＨＮ SMITH', 'JOHN SMITH'],
    ['J. R. SMITH', 'J R SMITH'],
    ['O’BRIEN', "O'BRIEN"],
    ['ANNE‐MARIE', 'ANNE-MARIE'],
    ['Jose\u0301', 'José'],
  ])('%j is stored as %j', (raw, name) => {
    expect(nameOf(raw)).toBe(name);
  });

  test.each([
    ['', 'name-empty'],
    ['  \u3000', 'name-empty'],
    ['···', 'name-empty'],
    ['扎西?顿珠', 'name-character'],
    ['扎西1', 'name-character'],
    ['<b>扎西</b>', 'name-character'],
    ['扎西\u0000', 'name-character'],
    ['扎西\uD800', 'name-character'],
    ['🙂', 'name-character'],
    ["-'", 'name-character'],
    ['བཀྲ་ཤིས', 'name-tibetan'],
    ['扎'.repeat(201), 'name-length'],
    ['扎'.repeat(1_000_000), 'name-length'],
  ])('%j is refused with %s', (raw, code) => {
    expect(nameOf(raw)).toBe(code);
  });

  test('200 characters of four bytes each fit', () => {
    expect(nameOf('𠀀'.repeat(200))).toBe('𠀀'.repeat(200));
    expect(nameOf('𠀀'.repeat(201))).toBe('name-length');
  });

  test('private-use characters are kept and can be told', () => {
    expect(hasPrivateUse('\u{E83D}玛')).toBe(true);
    expect(hasPrivateUse('卓玛')).toBe(false);
  });

  test('a stored name stays the same when it is read again', () => {
    const part = fc.string({ unit: fc.constantFrom(..."扎西顿珠𠀀〇\u{E83D}aB.·•・ 　-'é?1\u200B") });
    fc.assert(
      fc.property(part, (raw) => {
        const outcome = normaliseName(raw);
        if (!outcome.ok) return;
        expect(nameOf(outcome.value)).toBe(outcome.value);
        expect([...outcome.value].length).toBeLessThanOrEqual(200);
        expect(outcome.value).not.toMatch(/^·|·$|··|· | ·/);
      }),
    );
  });
});

describe('Tibetan names', () => {
  test('stored as typed, composed and with the plain tsheg', () => {
    expect(normaliseTibetanName(' བཀྲ་ཤིས\u0F0Cདོན་གྲུབ། ')).toEqual({ ok: true, value: 'བཀྲ་ཤིས་དོན་གྲུབ།' });
    expect(normaliseTibetanName('\u0F77')).toMatchObject({ ok: false });
    expect(normaliseTibetanName('ཀ\u0F77')).toEqual({ ok: true, value: 'ཀ\u0FB2\u0F81' });
  });

  test.each(['', '扎西', 'Tashi', '་', '༢༠', '<ཀ>'])('%j is no Tibetan name', (raw) => {
    expect(normaliseTibetanName(raw)).toMatchObject({
      failure: { code: 'name-tibetan-character', field: 'tibetan_name' },
    });
  });

  test('a closing tsheg or shad makes no difference', () => {
    expect(sameTibetanName('བཀྲ་ཤིས་', 'བཀྲ་ཤིས།')).toBe(true);
    expect(sameTibetanName('བཀྲ་ཤིས', 'བཀྲ་ཤིས་དོན་གྲུབ')).toBe(false);
  });

  test('too long is said with the limit', () => {
    expect(normaliseTibetanName('ཀ'.repeat(201))).toMatchObject({
      failure: { code: 'name-length', params: { most: 200 } },
    });
  });
});
