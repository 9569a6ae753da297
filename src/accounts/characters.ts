/** How typed numbers arrive: full width, with spaces and hyphens, with letters that only look right. */

/** Nothing a person means to type is longer; what is longer is not folded character by character. */
const LONGEST_TYPED = 64;

/** Spaces of every kind, invisible characters, hyphens and dashes. */
const SEPARATORS = /[\s\p{Default_Ignorable_Code_Point}\-\u2010-\u2015\u2212\uFE58\uFE63\uFF0D]/gu;
const FULL_WIDTH = /[\uFF01-\uFF5E]/g;
const FULL_WIDTH_SHIFT = 0xfee0;
/** Cyrillic letter Kha, which some input methods give for X. */
const CYRILLIC_X = /[\u0425\u0445]/g;

/**
 * A typed number in one form: half width, upper case, without separators. Returns undefined when it cannot be
 * a number at all (not text, or far too long). What else is wrong stays in and is refused by the type's rule.
 */
export function foldNumber(raw: unknown): string | undefined {
  if (typeof raw !== 'string' || raw.length > LONGEST_TYPED) return undefined;
  return raw
    .replace(FULL_WIDTH, (character) => String.fromCharCode(character.charCodeAt(0) - FULL_WIDTH_SHIFT))
    .replace(SEPARATORS, '')
    .replace(CYRILLIC_X, 'X')
    .replace(/[a-z]/g, (letter) => letter.toUpperCase());
}
