import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { makeWording } from '../../src/platform/page/dates.ts';
import { Markup } from '../../src/platform/page/markup.ts';
import { describeFailure } from '../../src/platform/page/render.ts';
import { loadTexts, placeholdersOf } from '../../src/platform/page/texts.ts';
import { faultsInTibetan, suffixOf } from '../house/tibetan.ts';

const texts = loadTexts(join(import.meta.dirname, '../../views/texts'), { strict: true });
const wording = makeWording(texts);
/** Half past midnight in China, still the day before in Europe. */
const AT = new Date('2026-11-22T16:30:00Z');

test('dates are those of China, in each language’s own form, with Latin digits', () => {
  expect(wording.date('zh-CN', AT)).toBe('2026年11月23日');
  expect(wording.date('bo', AT)).toBe('2026ལོའི་ཟླ་11པའི་ཚེས་23');
  expect(wording.date('en', AT)).toBe('23 November 2026');
  expect(wording.time('bo', AT)).toBe('00:30');
  expect(wording.dateTime('zh-CN', AT)).toBe('2026年11月23日 00:30');
  expect(wording.dateTime('en', AT)).toBe('23 November 2026, 00:30');
});

test('waits are told in the largest unit that says them, rounded up', () => {
  expect([1, 59, 60, 61, 7199, 7200, 86_400].map((seconds) => wording.wait('en', seconds))).toEqual([
    '1 second',
    '59 seconds',
    '1 minute',
    '2 minutes',
    '2 hours',
    '2 hours',
    '24 hours',
  ]);
  expect(wording.wait('zh-CN', 90)).toBe('2 分钟');
  expect(wording.wait('bo', 90)).toBe('སྐར་མ་2');
  expect(wording.wait('en', 0)).toBe('1 second');
});

test('lists end as the language ends them', () => {
  expect(wording.list('zh-CN', ['姓名', '性别', '手机号'])).toBe('姓名、性别和手机号');
  expect(wording.list('en', ['name', 'sex'])).toBe('name and sex');
  expect(wording.list('en', [])).toBe('');
  const tibetan = wording.list('bo', ['མིང་།', 'ཕོ་མོ།', 'ཁ་པར་ཨང་གྲངས།']);
  expect(tibetan).toBe('མིང་། ཕོ་མོ། ཁ་པར་ཨང་གྲངས་བཅས།');
  expect(wording.list('bo', ['མིང་།', 'ཕོ་མོ།'])).toBe('མིང་དང་ཕོ་མོ་གཉིས།');
  expect(faultsInTibetan(tibetan)).toEqual([]);
});

test('a failure without words of its own is told as unexpected, never by its code', () => {
  const said = describeFailure(texts, wording, 'en', { code: 'nobody-wrote-me', status: 409 });
  expect(said.title).toBe('Something went wrong on our side');
});

test('a failure tells how long to wait', () => {
  const failure = { code: 'key-published-too-recently', status: 409, retryAfter: 3700 };
  expect(describeFailure(texts, wording, 'en', failure).title).toContain('in 62 minutes');
});

describe('texts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'yihao-texts-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  for (const language of ['zh-CN', 'bo', 'en']) {
    mkdirSync(join(folder, language));
    writeFileSync(
      join(folder, language, 'room.json'),
      JSON.stringify({ page: { hello: `${language} {name} <i> {name}` } }),
    );
  }

  test('are found by room and path, filled in, and strict about what is missing', () => {
    const strict = loadTexts(folder, { strict: true });
    expect(strict.t('bo', 'room.page.hello', { name: 'A' })).toBe('bo A <i> A');
    expect(() => strict.t('bo', 'room.page.hello')).toThrow('wants {name}');
    expect(() => strict.t('bo', 'room.page.nothing')).toThrow('no text');
    const lenient = loadTexts(folder, { strict: false });
    expect(lenient.t('bo', 'room.page.nothing')).toBe('room.page.nothing');
    expect(placeholdersOf('{b} {a} {b}')).toEqual(['a', 'b']);
  });

  test('a value that looks like a placeholder or like markup stays what it is', () => {
    const strict = loadTexts(folder, { strict: true });
    const filled = Markup.fill(strict, 'en', 'room.page.hello', {
      name: Markup.span('{name} <b>&', 'zh-CN"'),
    });
    const span = '<bdi lang="zh-CN&quot;">{name} &lt;b&gt;&amp;</bdi>';
    expect(filled.html).toBe(`en ${span} &lt;i&gt; ${span}`);
  });
});

test('the letter that decides a Tibetan particle is found', () => {
  const syllables = ['ཐོབ', 'ཨང', 'རྟགས', 'མི', 'བཟོ', 'འདི', 'མཐའ', 'བརྒྱ', 'དག', 'ལྗོངས', 'སྤྱོད', 'ཐོའི'];
  expect(syllables.map(suffixOf)).toEqual(['བ', 'ང', 'ས', '', '', '', 'འ', '', 'ག', 'ས', 'ད', '']);
});

test('wrong Tibetan is noticed', () => {
  expect(faultsInTibetan('གསང་ཨང་ཀྱི་རིང་ཚད།')).toEqual(['ཨང་ཀྱི: wrong particle']);
  expect(faultsInTibetan('མིང་གི་ཡིག་རྟགས།')).toEqual([]);
  expect(faultsInTibetan('མིང།')).toHaveLength(1);
  expect(faultsInTibetan('ཐོ་འཇུག།')).toHaveLength(1);
  expect(faultsInTibetan('རྩིས་ཐོ།མིང་།')).toHaveLength(1);
  expect(faultsInTibetan('ལོ་༡༤')).toHaveLength(1);
});
