/**
 * Texts: views/texts/<language>/<room>.json, nested objects of strings, found by `room.path.to.key`. Whole
 * sentences with `{placeholders}`; parts are never joined, because word order and Tibetan particles differ.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { LANGUAGES, type Language } from './language.ts';

export type TextParams = Record<string, string | number>;

export interface Texts {
  /** The text, with its placeholders filled. Throws on a missing key or placeholder when strict; else shows the key. */
  t(language: Language, key: string, params?: TextParams): string;
  /** The text as written, with its placeholders. */
  raw(language: Language, key: string): string | undefined;
  has(language: Language, key: string): boolean;
  /** All keys of one language, sorted. */
  keys(language: Language): string[];
}

const PLACEHOLDER = /\{([a-z][A-Za-z0-9_]*)\}/g;

/** Names of the placeholders in a text, sorted, each once. */
export const placeholdersOf = (text: string): string[] =>
  [...new Set([...text.matchAll(PLACEHOLDER)].map((match) => match[1]!))].sort();

/** Reads all texts once. `strict` is for tests and development: a missing text is a fault there, never in front of a citizen. */
export function loadTexts(folder: string, options: { strict: boolean }): Texts {
  const books = new Map(LANGUAGES.map((language) => [language, readBook(join(folder, language))]));
  const find = (language: Language, key: string) => books.get(language)!.get(key);
  return {
    raw: find,
    has: (language, key) => find(language, key) !== undefined,
    keys: (language) => [...books.get(language)!.keys()].sort(),
    t(language, key, params = {}) {
      const text = find(language, key) ?? find('zh-CN', key);
      if (text === undefined) {
        if (options.strict) throw new Error(`no text ${key} in ${language}`);
        return key;
      }
      return fillText(text, key, params, options.strict);
    },
  };
}

/** Puts values into placeholders; without `strict` a missing one becomes nothing. */
export function fillText(text: string, key: string, params: TextParams, strict: boolean): string {
  return text.replace(PLACEHOLDER, (_, name: string) => {
    const value = params[name];
    if (value === undefined && strict) throw new Error(`text ${key} wants {${name}}`);
    return value === undefined ? '' : String(value);
  });
}

function readBook(folder: string): Map<string, string> {
  const book = new Map<string, string>();
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()) {
    flatten(basename(file, '.json'), JSON.parse(readFileSync(join(folder, file), 'utf8')), book);
  }
  return book;
}

function flatten(path: string, node: unknown, into: Map<string, string>): void {
  if (typeof node === 'string') into.set(path, node);
  else if (typeof node === 'object' && node !== null && !Array.isArray(node)) {
    for (const [key, value] of Object.entries(node)) flatten(`${path}.${key}`, value, into);
  } else throw new Error(`text ${path} must be a string or an object of texts`);
}
