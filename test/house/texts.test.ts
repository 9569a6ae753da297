/**
 * The three languages are equal: what one of them says, all say, with the same values to fill in. Whatever the
 * source or a view asks for is there, and Tibetan keeps its own rules.
 */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LANGUAGES } from '../../src/platform/page/language.ts';
import { loadTexts, placeholdersOf } from '../../src/platform/page/texts.ts';
import { filesBelow, ROOT } from './source.ts';
import { faultsInTibetan } from './tibetan.ts';

const texts = loadTexts(join(ROOT, 'views/texts'), { strict: true });
const keys = texts.keys('zh-CN');
const raw = (language: (typeof LANGUAGES)[number], key: string) => texts.raw(language, key) ?? '';

describe.each(LANGUAGES)('%s', (language) => {
  test('has exactly the texts that Chinese has', () => {
    const own = texts.keys(language);
    expect(keys.filter((key) => !own.includes(key)).map((key) => `missing: ${key}`)).toEqual([]);
    expect(own.filter((key) => !keys.includes(key)).map((key) => `only here: ${key}`)).toEqual([]);
  });

  test('fills in the same values', () => {
    const different = keys.filter(
      (key) => String(placeholdersOf(raw(language, key))) !== String(placeholdersOf(raw('zh-CN', key))),
    );
    expect(different).toEqual([]);
  });

  test('leaves nothing empty, untrimmed or in another script', () => {
    const SCRIPT = { 'zh-CN': /\p{Script=Han}/u, bo: /\p{Script=Tibetan}/u, en: /[A-Za-z]/ };
    // Patterns made of values and marks alone have no script.
    const wrong = keys.filter((key) => {
      const text = raw(language, key);
      const words = text.replace(/\{\w+\}/g, '').replace(/[\p{P}\p{S}\p{N}\s]/gu, '');
      if (key.startsWith('frame.error_mark') || key === 'frame.list.between') return text === '';
      return text !== text.trim() || text === '' || (words !== '' && !SCRIPT[language].test(text));
    });
    expect(wrong).toEqual([]);
  });
});

test('Tibetan keeps its rules: particles by the letter before, shad, tsheg, Latin digits', () => {
  const faults = keys.flatMap((key) => faultsInTibetan(raw('bo', key)).map((fault) => `${key}: ${fault}`));
  expect(faults).toEqual([]);
});

/** `it.t('a.b')`, `t('a.b'`, `title: 'a.b.c'` and the like, in source and views. */
const ROOMS = [...new Set(keys.map((key) => key.split('.')[0]!))];
const LITERAL = new RegExp(`['"\`]((?:${ROOMS.join('|')})\\.[A-Za-z0-9_.-]+)(\\$\\{|['"\`])`, 'g');

test('every text that the source or a view names is there', () => {
  const missing = [...filesBelow('views', '.eta'), ...filesBelow('src', '.ts')].flatMap((file) =>
    [...file.text.matchAll(LITERAL)]
      .filter(([, key, end]) =>
        // A key continued by a value: something must begin so.
        end === '${' || key!.endsWith('.') ? !keys.some((each) => each.startsWith(key!)) : !isText(key!),
      )
      .map(([, key]) => `${file.path}: ${key}`),
  );
  expect(missing).toEqual([]);
});

/** A name of audit events or settings may look like a key; only names below a room's own texts are asked for. */
const isText = (key: string) =>
  keys.includes(key) || keys.some((each) => each.startsWith(`${key}.`)) || isEvent(key);
const events = filesBelow('src/audit', 'events.ts')
  .map((file) => file.text)
  .join('');
const isEvent = (key: string) => events.includes(`'${key}'`);

test('every failure that the source can name is told in words', () => {
  const codes = filesBelow('src', '.ts').flatMap((file) =>
    [
      ...file.text.matchAll(/\bfailed\(\s*'([a-z0-9-]+)'/g),
      ...file.text.matchAll(/\bcode: '([a-z0-9-]+)',\s*status:/g),
    ].map(([, code]) => ({ code: code!, path: file.path })),
  );
  const untold = codes.filter(
    ({ code }) => !keys.includes(`failures.${code}.title`) || !keys.includes(`failures.${code}.next`),
  );
  expect([...new Set(untold.map(({ code, path }) => `${code} (${path})`))]).toEqual([]);
});

test('the list for the native reader of Tibetan shows the texts as they are', () => {
  const [list] = filesBelow('docs', 'tibetan-review.md');
  const rows = [...list!.text.matchAll(/^\| ([a-z]+\.[^ |]+) \| (.+?) \| (.+?) \|/gm)];
  const outdated = rows
    .filter(([, key, bo, en]) => raw('bo', key!) !== bo || raw('en', key!) !== en)
    .map(([, key]) => key);
  expect(rows.length).toBeGreaterThan(20);
  expect(outdated).toEqual([]);
});
