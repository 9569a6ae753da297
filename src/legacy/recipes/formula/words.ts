/** Cuts a declaration into words in one pass without backtracking. */
import type { Read } from '../stored.ts';
import { type FormulaFault, fault } from './tree.ts';

export type Word =
  | { is: 'name'; text: string; at: number }
  | { is: 'number'; value: number; at: number }
  | { is: 'text'; text: string; at: number }
  | { is: 'mark'; text: string; at: number }
  | { is: 'end'; at: number };

/** Characters of one declaration. */
export const LONGEST_FORMULA = 500;

const MARKS = ['..', '(', ')', '[', ']', ',', '+'];
const BLANK = /[ \t\r\n]/;
const LETTER = /[A-Za-z]/;
const NAME_PART = /[A-Za-z0-9_-]/;
const DIGIT = /[0-9]/;
/** Far above every ceiling, far below where numbers lose digits. */
const MOST_DIGITS = 9;

/** The words with their columns, `end` last. */
export function readWords(text: string): Read<Word[], FormulaFault> {
  if (text.length > LONGEST_FORMULA)
    return fault(LONGEST_FORMULA + 1, `longer than ${LONGEST_FORMULA} characters`);
  const words: Word[] = [];
  let next = 0;
  const take = (part: RegExp) => {
    const start = next;
    while (next < text.length && part.test(text[next]!)) next++;
    return text.slice(start, next);
  };
  while (next < text.length) {
    const at = next + 1;
    const first = text[next]!;
    const mark = MARKS.find((each) => text.startsWith(each, next));
    if (BLANK.test(first)) next++;
    else if (mark) {
      words.push({ is: 'mark', text: mark, at });
      next += mark.length;
    } else if (LETTER.test(first)) words.push({ is: 'name', text: take(NAME_PART), at });
    else if (DIGIT.test(first)) {
      const digits = take(DIGIT);
      if (digits.length > MOST_DIGITS) return fault(at, 'the number is too large');
      words.push({ is: 'number', value: Number(digits), at });
    } else if (first === '"' || first === "'") {
      const quoted = readQuoted(text, next);
      if (!quoted.ok) return quoted;
      words.push({ is: 'text', text: quoted.value.text, at });
      next = quoted.value.next;
    } else return fault(at, `unexpected character ${shown(first)}`);
  }
  words.push({ is: 'end', at: text.length + 1 });
  return { ok: true, value: words };
}

/** Between two like quotes; a backslash takes the next quote or backslash as it stands. */
function readQuoted(text: string, start: number): Read<{ text: string; next: number }, FormulaFault> {
  const quote = text[start]!;
  let inside = '';
  for (let next = start + 1; next < text.length; next++) {
    const character = text[next]!;
    if (character === quote) return { ok: true, value: { text: inside, next: next + 1 } };
    if (character === '\\') {
      const escaped = text[++next];
      if (escaped !== '\\' && escaped !== '"' && escaped !== "'")
        return fault(next + 1, 'after \\ expected \\, " or \'');
      inside += escaped;
    } else inside += character;
  }
  return fault(
    text.length + 1,
    `expected a closing ${quote} for the text that begins in column ${start + 1}`,
  );
}

/** A character as it may stand in a report. */
const shown = (character: string) =>
  /[\x21-\x7e]/.test(character)
    ? `"${character}"`
    : `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;

/** A word as the reader of a fault would call it. Texts may be keys, so they are not quoted. */
export function nameOf(word: Word): string {
  if (word.is === 'end') return 'the end';
  if (word.is === 'text') return 'a text';
  return word.is === 'number' ? String(word.value) : `"${word.text}"`;
}
