import { describe, expect, test } from 'vitest';
import {
  negotiateLanguage,
  parseAcceptLanguage,
  parseLanguage,
  parseUiLocales,
} from '../../src/platform/page/language.ts';

describe('a tag is understood in every form that browsers and applications send', () => {
  test.each([
    ['bo', 'bo'],
    ['bo-CN', 'bo'],
    ['bo-Tibt-CN', 'bo'],
    ['bo_CN', 'bo'],
    ['BO', 'bo'],
    ['bod', 'bo'],
    ['zh', 'zh-CN'],
    ['zh-CN', 'zh-CN'],
    ['zh-Hans', 'zh-CN'],
    ['zh-Hans-CN', 'zh-CN'],
    ['zh_CN', 'zh-CN'],
    ['zh-TW', 'zh-CN'],
    ['cmn-Hans', 'zh-CN'],
    ['en', 'en'],
    ['en-GB', 'en'],
    ['EN-us', 'en'],
    ['fr', undefined],
    ['', undefined],
    ['*', undefined],
    ['constructor', undefined],
    ['__proto__', undefined],
    ['bokmål', undefined],
    ['dz', undefined],
  ])('%s → %s', (tag, language) => {
    expect(parseLanguage(tag)).toBe(language);
  });
});

test('ui_locales: the first tag we can answer', () => {
  expect(parseUiLocales('fr bo-CN zh')).toBe('bo');
  expect(parseUiLocales('fr de')).toBeUndefined();
  expect(parseUiLocales(undefined)).toBeUndefined();
});

test('Accept-Language: the heaviest tag wins, the first among equals, weight 0 excludes', () => {
  expect(parseAcceptLanguage('zh-CN,zh;q=0.9,en;q=0.8')).toBe('zh-CN');
  expect(parseAcceptLanguage('en;q=0.3, bo-CN;q=0.9, zh;q=0.5')).toBe('bo');
  expect(parseAcceptLanguage('fr, en;q=0')).toBeUndefined();
  expect(parseAcceptLanguage('de,*;q=0.5')).toBeUndefined();
  expect(parseAcceptLanguage('en;q=nonsense, bo;q=0.1')).toBe('bo');
  expect(parseAcceptLanguage(`${'x,'.repeat(5000)}bo`)).toBeUndefined();
});

test('the order of wishes: the application, the remembered choice, the browser, Chinese', () => {
  expect(negotiateLanguage({ uiLocales: 'bo', cookie: 'en', header: 'zh' })).toBe('bo');
  expect(negotiateLanguage({ uiLocales: 'fr', cookie: 'en', header: 'zh' })).toBe('en');
  expect(negotiateLanguage({ cookie: 'nonsense', header: 'bo' })).toBe('bo');
  expect(negotiateLanguage({})).toBe('zh-CN');
});
