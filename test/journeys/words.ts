/** What the pages say, by the names of their texts: journeys hold however the wording is polished. */
import { join } from 'node:path';
import type { Language } from '../../src/platform/page/language.ts';
import { loadTexts, type TextParams } from '../../src/platform/page/texts.ts';

const texts = loadTexts(join(import.meta.dirname, '../../views/texts'), { strict: true });

/** The text in English, or in another language. */
export const say = (key: string, params: TextParams = {}, language: Language = 'en'): string =>
  texts.t(language, key, params);

/** The beginning of a text, up to its first placeholder. */
export const begins = (key: string, language: Language = 'en'): string =>
  (texts.raw(language, key) ?? '').split('{')[0]!.trim();

/** Title of a failure, up to its first placeholder. */
export const failure = (code: string): string => begins(`failures.${code}.title`);
