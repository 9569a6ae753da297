/** What a text must be before it is signed and stored: well-formed, bounded, without identifying numbers. */

/**
 * Numbers that identify a person: 18-digit citizen, residence and permanent-residence numbers (GB 11643 and
 * its relatives: region, date, sequence, check), 15-digit ones, mobile numbers, passports and travel permits.
 * A net under the rule that use-cases write none of them, not a substitute for it.
 */
const PERSONAL_NUMBER =
  /(?<![0-9A-Za-z])(?:[1-9]\d{5}(?:1[89]|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]|[1-9]\d{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}|(?:\+?86)?1[3-9]\d{9}|[DEGHMPS][A-Z]?\d{7,10})(?![0-9A-Za-z])/g;

export const withoutPersonalNumbers = (text: string): string => text.replace(PERSONAL_NUMBER, '[number]');

/** PostgreSQL's text holds no NUL and no half of a surrogate pair; a column is bounded. */
export function forText(text: string | undefined, longest: number): string | null {
  if (text === undefined) return null;
  const short = text.length <= longest ? text : text.slice(0, longest);
  const whole = short.isWellFormed() ? short : short.toWellFormed();
  return whole.includes('\0') ? whole.replaceAll('\0', '\ufffd') : whole;
}
