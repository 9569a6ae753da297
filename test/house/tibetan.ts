/**
 * What can be checked in Tibetan without knowing the words. Particles follow the last letter of the syllable
 * before them, so a sentence put together from parts gives itself away here.
 */

const VOWELS = /[\u0f71-\u0f7d\u0f80\u0f81]/;
const SUBJOINED = /[\u0f8d-\u0fbc]/;
const POST_SUFFIX = 'ས';

/** Which form each particle takes after which suffix; `''` is a syllable that ends in its vowel. */
const PARTICLES: { forms: Record<string, string[]>; names: string[] }[] = [
  {
    names: ['གི', 'ཀྱི', 'གྱི', 'ཡི'],
    forms: { གི: ['ག', 'ང'], ཀྱི: ['ད', 'བ', 'ས'], གྱི: ['ན', 'མ', 'ར', 'ལ'], ཡི: ['', 'འ'] },
  },
  {
    names: ['གིས', 'ཀྱིས', 'གྱིས', 'ཡིས'],
    forms: { གིས: ['ག', 'ང'], ཀྱིས: ['ད', 'བ', 'ས'], གྱིས: ['ན', 'མ', 'ར', 'ལ'], ཡིས: ['', 'འ'] },
  },
  {
    names: ['ཏུ', 'དུ', 'སུ', 'རུ'],
    forms: { ཏུ: ['ག', 'བ'], དུ: ['ང', 'ད', 'ན', 'མ', 'ར', 'ལ'], སུ: ['ས'], རུ: ['', 'འ'] },
  },
];

/** The last letter of a syllable that is not its root, or '' when it ends in its vowel. */
export function suffixOf(syllable: string): string {
  const letters = [...syllable.replace(/འི$|འིས$/, '')];
  const last = letters.at(-1)!;
  if (VOWELS.test(last) || SUBJOINED.test(last)) return '';
  const bases = letters.filter((letter) => !VOWELS.test(letter) && !SUBJOINED.test(letter));
  if (bases.length < 2) return '';
  // སྟོབས་: a second suffix ས after ག ང བ མ; for the particle it counts as ས itself.
  return last === POST_SUFFIX ? 'ས' : last;
}

/** Sentences in words, for a person who reads a failing test. */
export function faultsInTibetan(text: string): string[] {
  const faults: string[] = [];
  if (text !== text.normalize('NFC')) faults.push('not in NFC');
  if (/[\u0f77\u0f79]/.test(text)) faults.push('deprecated vowel sign');
  if (/[\u0f20-\u0f33]/.test(text)) faults.push('Tibetan digits; the pages use Latin ones');
  if (/\u0f0b\u0f0d/.test(text.replaceAll('ང་།', ''))) faults.push('tsheg before shad (only after ང)');
  if (/ང།/.test(text)) faults.push('ང without tsheg before shad');
  if (/\u0f0b{2,}|\u0f0d{2,}| {2,}/.test(text)) faults.push('doubled tsheg, shad or space');
  if (/\u0f0d(?=[\u0f40-\u0fbc])/.test(text)) faults.push('shad without a space after it');
  if (/[ཀགཤ]\u0f0d/.test(text)) faults.push('shad after a bare ཀ, ག or ཤ');
  if (/\u0f0b[,.;!?:，。；：]/.test(text)) faults.push('tsheg before a foreign mark');
  for (const run of text.match(/[\u0f40-\u0fbc\u0f0b]+/g) ?? []) {
    const syllables = run.split('\u0f0b').filter((syllable) => syllable !== '');
    syllables.forEach((syllable, at) => {
      const before = syllables[at - 1];
      const kind = PARTICLES.find((particle) => particle.names.includes(syllable));
      if (!before || !kind || isWord(syllables, at)) return;
      if (!kind.forms[syllable]!.includes(suffixOf(before)))
        faults.push(`${before}་${syllable}: wrong particle`);
    });
  }
  return faults;
}

/** སུ་ཡིན “who is it” and ཡི་གེ “letter” begin with words, not particles. */
const isWord = (syllables: string[], at: number) => {
  const after = syllables[at + 1] ?? '';
  return (
    (syllables[at] === 'སུ' && /^(ཡིན|ལ|ཞིག)/.test(after)) || (syllables[at] === 'ཡི' && after.startsWith('གེ'))
  );
};
