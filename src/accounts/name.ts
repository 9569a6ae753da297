/**
 * Names: one field, never surname and given name. The separator in minority and foreign names is U+00B7
 * (GB 18030 A1A4; inter-ministry notice 民委发〔2016〕33号); keyboards and old systems give a dozen others, which no
 * Unicode normalisation brings together, so they stand here as a table.
 */
import { done, failed, type Outcome } from '../platform/failure.ts';

/** Longest name, in code points. */
export const LONGEST_NAME = 200;

export const NAME_DOT = '\u00B7';

/** Bullet, hyphenation point, katakana dots, full stops, operators, and what else was seen as a name's dot. */
export const DOT_VARIANTS = [
  '\u002E',
  '\u0387',
  '\u16EB',
  '\u2022',
  '\u2027',
  '\u2219',
  '\u22C5',
  '\u25CF',
  '\u2E31',
  '\u30FB',
  '\uA78F',
  '\uFF0E',
  '\uFF65',
] as const;

const DOT = new RegExp(`[${NAME_DOT}${DOT_VARIANTS.join('')}]`, 'gu');
/** Invisible characters, and variation selectors, which choose a glyph and no character. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
const FULL_WIDTH_LETTER = /[\uFF21-\uFF3A\uFF41-\uFF5A\uFF07\uFF0D]/g;
const APOSTROPHE = /[\u2018\u2019\u02BC\u00B4`]/g;
const HYPHEN = /[\u2010-\u2015\u2212]/g;
/** Han characters, and private-use ones: old card chips hold rare characters there. */
const HAN = '[\\p{Script=Han}\\p{Co}]';
const HAS_HAN = new RegExp(HAN, 'u');
const SPACE_BETWEEN_HAN = new RegExp(`(?<=${HAN}) (?=${HAN})`, 'gu');
const TWO_HAN = new RegExp(`^${HAN} ${HAN}$`, 'u');
const ALLOWED = /^[\p{Script=Han}\p{Co}\p{Script=Latin}\p{Mn}\u00B7 '-]+$/u;
const HAS_LETTER = /[\p{Script=Han}\p{Co}\p{Script=Latin}]/u;
/** NFC turns these ideographs into others that look alike; a registered name keeps its own. */
const OTHER_THAN_COMPATIBILITY = /[^\uF900-\uFAFF\u{2F800}-\u{2FA1F}]+/gu;

/**
 * A typed name in the form it is stored and compared in. Failures (422, field `name`): name-empty, name-length
 * (params.most), name-tibetan (the Tibetan form has its own field), name-character.
 */
export function normaliseName(raw: string): Outcome<string> {
  if (typeof raw !== 'string' || raw.length > LONGEST_NAME * 8) return tooLong();
  const text = raw
    .replace(INVISIBLE, '')
    .replace(OTHER_THAN_COMPATIBILITY, (part) => part.normalize('NFC'))
    .replace(FULL_WIDTH_LETTER, (character) => String.fromCharCode(character.charCodeAt(0) - 0xfee0))
    .replace(APOSTROPHE, "'")
    .replace(HYPHEN, '-')
    .replace(/\s+/g, ' ')
    .trim();
  const name = HAS_HAN.test(text) ? joinParts(text) : text.replace(DOT, ' ').replace(/ +/g, ' ').trim();
  if (name === '') return failed('name-empty', 422, { field: 'name' });
  if (countCodePoints(name) > LONGEST_NAME) return tooLong();
  if (/\p{Script=Tibetan}/u.test(name)) return failed('name-tibetan', 422, { field: 'name' });
  if (!ALLOWED.test(name) || !HAS_LETTER.test(name)) return failed('name-character', 422, { field: 'name' });
  return done(name);
}

/**
 * In a Chinese-script name every dot becomes U+00B7, and so does a space between ideographs, which old systems
 * wrote for it. Two characters with a space are an ordinary name spread out to align with longer ones.
 */
function joinParts(text: string): string {
  if (TWO_HAN.test(text)) return text.replace(' ', '');
  return text
    .replace(DOT, NAME_DOT)
    .replace(SPACE_BETWEEN_HAN, NAME_DOT)
    .replace(/ *\u00B7[ \u00B7]*/g, NAME_DOT)
    .replace(/^[ \u00B7]+|[ \u00B7]+$/g, '');
}

/** Whether a name holds private-use characters: kept as they are, shown as printed on the card where possible. */
export const hasPrivateUse = (name: string): boolean => /\p{Co}/u.test(name);

const TSHEG = '\u0F0B';

/**
 * The Tibetan form of a name, for display only: NFC, plain tsheg for the non-breaking one, the two deprecated
 * vowels written out. Failures (422, field `tibetan_name`): name-length, name-tibetan-character.
 */
export function normaliseTibetanName(raw: string): Outcome<string> {
  const field = 'tibetan_name';
  if (typeof raw !== 'string' || raw.length > LONGEST_NAME * 8) return tooLong(field);
  const name = raw
    .replace(INVISIBLE, '')
    .normalize('NFC')
    .replaceAll('\u0F77', '\u0FB2\u0F81')
    .replaceAll('\u0F79', '\u0FB3\u0F81')
    .replaceAll('\u0F0C', TSHEG)
    .replace(/\s+/g, ' ')
    .trim();
  if (countCodePoints(name) > LONGEST_NAME) return tooLong(field);
  if (!/^[\u0F00-\u0FFF ]+$/u.test(name) || !/[\u0F40-\u0F6C]/u.test(name)) {
    return failed('name-tibetan-character', 422, { field });
  }
  return done(name);
}

/** Whether two Tibetan names are the same but for spaces and a closing tsheg or shad. */
export const sameTibetanName = (one: string, other: string): boolean => bare(one) === bare(other);

const bare = (name: string) =>
  name
    .normalize('NFC')
    .replaceAll(' ', '')
    .replace(/[\u0F0B-\u0F14]+$/u, '');

const countCodePoints = (text: string): number => {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
};

const tooLong = (field = 'name') => failed('name-length', 422, { field, params: { most: LONGEST_NAME } });
