/**
 * Excel keeps fifteen digits of a number. An 18-digit citizen number typed into a cell that is not text loses its last
 * three for good: it shows as 5.40199E+17 or ends in 000. Nothing can bring them back, so they are only ever told.
 */
import { citizenCheck } from '../../accounts/check-digits.ts';

export type DigitLoss = 'number-damaged' | 'number-doubtful';

export const SCIENTIFIC = /^[+-]?\d+(\.\d+)?[eE][+-]?\d+$/;

/**
 * What was lost in a number that reached us as text (CSV, a text cell). Scientific notation is a display, so digits
 * are gone; 000 with a wrong check digit (GB 11643) is Excel's rounding; 000 with a right one may be either.
 */
export function digitLoss(text: string): DigitLoss | undefined {
  if (SCIENTIFIC.test(text)) return 'number-damaged';
  if (!/^\d{15}000$/.test(text)) return undefined;
  return citizenCheck(text) === text[17] ? 'number-doubtful' : 'number-damaged';
}

/** A double holds every integer below this exactly. */
const EXACT_DIGITS = 15;

/**
 * A numeric cell as text: a whole number of up to fifteen digits in full, a fraction in its shortest form, more
 * digits as they are written, with what is known of their loss. A number in a cell is a double, so even well-formed
 * long digits are doubtful.
 */
export function numberToText(raw: string): { text: string; loss?: DigitLoss } {
  const whole = /^-?(\d+)$/.exec(raw);
  if (whole && whole[1]!.length <= EXACT_DIGITS) return { text: raw };
  const value = Number(raw);
  if (raw === '' || !Number.isFinite(value)) return { text: raw };
  if (Math.abs(value) < 10 ** EXACT_DIGITS) {
    return { text: Number.isInteger(value) || !/[eE]/.test(String(value)) ? String(value) : raw };
  }
  return { text: raw, loss: !whole || raw.endsWith('000') ? 'number-damaged' : 'number-doubtful' };
}
