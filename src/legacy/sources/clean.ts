/**
 * From the raw field of an old record to one that can be compared. Only what is certain is undone: Excel's text
 * tricks, odd spaces, full width, a trailing `.0`. What is lost is marked, never guessed. Upper case, separators and
 * check digits are the business of the number's own rules.
 */
import { type DigitLoss, digitLoss } from './damaged-number.ts';

/**
 * What a column holds. `code` is for closed lists (sex, status), where `0` and `-` may mean something; only `number`
 * has its letters and digits brought to half width, because a name is what was registered.
 */
export type FieldKind = 'number' | 'name' | 'text' | 'date' | 'code';

export type CleanMark =
  /** Said nothing: 无, NULL, -, 111111111111111111; the value is empty now. */
  | 'placeholder'
  /** An apostrophe or tab that keeps Excel from reading a number, or ="…", was taken off. */
  | 'text-trick'
  /** Spaces of other kinds, invisible characters, full width, `.0`. */
  | 'spaces'
  | 'full-width'
  | 'trailing-zero'
  /** A date as Excel's count of days; from 1900 or 1904 is not told, so it stays. */
  | 'date-serial'
  | DigitLoss;

export interface Cleaned {
  value: string;
  marks: CleanMark[];
}

const TEXT_TRICK = /^(?:[\s\uFEFF]*['\u2018\u2019`](?=.)|\t+|(?:\\t)+(?=\d))/u;
const FORMULA_TRICK = /^="(.*)"$/su;
/** Spaces other than the plain one (ideographic, no-break, …), and characters without any width. */
const ODD_SPACE = /[^\S ]+/gu;
const INVISIBLE = /[\u00AD\u200B-\u200F\u2028-\u202E\u2060\uFEFF]/gu;
const FULL_WIDTH = /[\uFF01-\uFF5E]/g;
const FULL_WIDTH_SHIFT = 0xfee0;

/** What people and programs write where there is nothing to write. */
const NOTHING = /^(?:null|\\n|\(null\)|<null>|nil|none|n\/a|#n\/a|undefined|nan)$/i;
const NOTHING_IN_WORDS =
  /^(?:无|暂无|没有|未知|不详|未填|空|待补|待定|-+|—+|－+|\/+|\.+|\*+|0+|[xX]{2,}|\?+|？+|test|测试)$/u;

/** Never throws; the same for the same input. */
export function cleanField(raw: string, kind: FieldKind): Cleaned {
  const marks: CleanMark[] = [];
  const note = (mark: CleanMark, before: string, after: string) => {
    if (before !== after && !marks.includes(mark)) marks.push(mark);
    return after;
  };
  let value = raw.trim() === '' ? '' : note('text-trick', raw, withoutTrick(raw));
  value = note('spaces', value, value.replace(INVISIBLE, '').replace(ODD_SPACE, ' ').trim());
  if (kind === 'number' || kind === 'date') {
    value = note('full-width', value, value.replace(FULL_WIDTH, toHalfWidth));
    value = note('trailing-zero', value, value.replace(/^(\d+)\.0+$/, '$1'));
  }
  if (isPlaceholder(value, kind)) return { value: '', marks: [...marks, 'placeholder'] };
  if (kind === 'number') {
    const loss = digitLoss(value);
    if (loss) marks.push(loss);
  }
  if (kind === 'date' && /^\d{5}(\.\d+)?$/.test(value)) marks.push('date-serial');
  return { value, marks };
}

function withoutTrick(raw: string): string {
  const formula = FORMULA_TRICK.exec(raw.trim());
  return formula ? formula[1]! : raw.replace(TEXT_TRICK, '');
}

const toHalfWidth = (character: string) => String.fromCharCode(character.charCodeAt(0) - FULL_WIDTH_SHIFT);

function isPlaceholder(value: string, kind: FieldKind): boolean {
  if (value === '') return false;
  if (NOTHING.test(value)) return true;
  if (kind === 'code') return false;
  return NOTHING_IN_WORDS.test(value) || (kind === 'number' && isPlaceholderNumber(value));
}

const COUNTING = '12345678901234567890123456789012';

/**
 * One digit throughout or counting up from 1 (or 0), six digits or more: `111111111111111111`, `123456789012345678`,
 * with or without a last X.
 */
function isPlaceholderNumber(value: string): boolean {
  const digits = value.replace(/[xX]$/, '');
  if (!/^\d{6,32}$/.test(digits)) return false;
  return /^(\d)\1*$/.test(digits) || COUNTING.startsWith(digits) || `0${COUNTING}`.startsWith(digits);
}
