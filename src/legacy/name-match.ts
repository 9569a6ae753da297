/**
 * How two names of one identity number go together. Only `same` may link without a human; everything else tells the
 * human what to look at. Characters are never converted between variants: 於 and 于 are different names.
 */
import { NAME_DOT } from '../accounts/name.ts';

/**
 * - `same`: code point by code point, but for the dot between the parts of a name, which registers and forms leave out.
 * - `cut`: one is the beginning of the other, and may have been cut by a short column or a card's chip.
 * - `damaged`: they fit where one has `?` or U+FFFD, which stand for a character that an encoding lost.
 * - `different`: anything else.
 */
export type NameMatch = 'same' | 'cut' | 'damaged' | 'different';

/** Shorter beginnings are shared by too many names to mean anything. */
const LEAST_BEGINNING = 2;
const LOST = /[?\uFF1F\uFFFD]/u;

/** Both names as normalised by accounts/name.ts; one that could not be normalised as it stands in the old system. */
export function matchNames(one: string, other: string): NameMatch {
  const [first, second] = [partsOf(one), partsOf(other)];
  if (first.length > 0 && first.join('') === second.join('')) return 'same';
  if (LOST.test(one) || LOST.test(other)) return fits(first, second) ? 'damaged' : 'different';
  return isBeginning(first, second) || isBeginning(second, first) ? 'cut' : 'different';
}

/** The characters that count, by code points. */
const partsOf = (name: string): string[] => [...name.replaceAll(NAME_DOT, '')];

function isBeginning(short: string[], long: string[]): boolean {
  return (
    short.length >= LEAST_BEGINNING &&
    short.length < long.length &&
    short.every((part, at) => part === long[at])
  );
}

/** A lost character stands for one character, or for a dot that was already taken away. */
function fits(one: string[], other: string[]): boolean {
  const dotless = (parts: string[]) => parts.filter((part) => !LOST.test(part)).join('');
  if (dotless(one) === '' || dotless(other) === '') return false;
  if (dotless(one) === dotless(other)) return true;
  return (
    one.length === other.length &&
    one.every((part, at) => part === other[at] || LOST.test(part) || LOST.test(other[at]!))
  );
}
