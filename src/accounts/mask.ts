/**
 * What may be shown of a number or name (GB/T 35273-2020, 7.2). Masking happens on the server; what a page does
 * not get cannot leak from it.
 */
import type { DocumentType } from './document.ts';
import { NAME_DOT } from './name.ts';

const STAR = '*';

/** `public`: pages anybody at the screen may see. `owner`: the person's own pages. */
export type MaskView = 'public' | 'owner';

/**
 * First and last character for the public, first three and last two for the owner. Short numbers show less: at
 * least half of any number stays hidden.
 */
export function maskDocument(_type: DocumentType, number: string, view: MaskView): string {
  const [first, last] = view === 'owner' && number.length >= 10 ? [3, 2] : shortEnds(number.length, view);
  return (
    number.slice(0, first) + STAR.repeat(number.length - first - last) + number.slice(number.length - last)
  );
}

function shortEnds(length: number, view: MaskView): [number, number] {
  if (length < 4) return [0, 0];
  return view === 'owner' && length >= 6 ? [1, 2] : [1, 1];
}

/**
 * A user name or an id of another system, for whom it belongs to: by what it looks like, as there is no telling what it
 * was made of. Characters as people see them, so that none is cut; how many are hidden is not told beyond a few.
 */
export function maskIdentifier(text: string): string {
  if (/\p{Script=Tibetan}/u.test(text)) return maskTibetanName(text);
  if (/^1\d{10}$/.test(text)) return maskPhone(text);
  const characters = [...GRAPHEMES.segment(text)].map(({ segment }) => segment);
  const count = characters.length;
  const [first, last] = count >= 10 ? [3, 2] : shortEnds(count, 'owner');
  const end = characters.slice(count - last).join('');
  return characters.slice(0, first).join('') + STAR.repeat(Math.min(MOST_STARS, count - first - last)) + end;
}

const MOST_STARS = 8;
const GRAPHEMES = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** 138****0000 */
export function maskPhone(phone: string): string {
  if (phone.length < 9) return STAR.repeat(phone.length);
  return `${phone.slice(0, 3)}${STAR.repeat(phone.length - 7)}${phone.slice(-4)}`;
}

/** All but the last character, dots and spaces kept: `*玛`, `**·*杰`; a single character is hidden. */
export function maskName(name: string): string {
  const characters = [...name];
  const last = characters.length - 1;
  return characters
    .map((character, at) => {
      if (character === NAME_DOT || character === ' ') return character;
      return at === last && at > 0 ? character : STAR;
    })
    .join('');
}

const TSHEG = '\u0F0B';

/** Whole syllables but the last, however many there are; a stack is never cut: `***་ལ`. */
export function maskTibetanName(name: string): string {
  const syllables = name.split(/[\u0F0B-\u0F14 ]+/u).filter((syllable) => syllable !== '');
  return syllables.length > 1 ? `${STAR.repeat(3)}${TSHEG}${syllables.at(-1)}` : STAR.repeat(3);
}
