/**
 * Characters that older editions of GB 18030 placed in the private use area because Unicode did not have them yet.
 *
 * Sure, and replaced: the eighteen code points that GB 18030-2022 moved. GB 18030-2005 decoded these two-byte codes
 * to private use, the edition of 2022 (and `TextDecoder`) to the assigned character, so the same code point in a
 * file exported through an older converter means the same character:
 *   A6D9–A6DF, A6EC, A6ED, A6F3  vertical punctuation  U+E78D–U+E796 → U+FE10–U+FE19 (A6DA and A6DB cross over)
 *   FE59 FE61 FE66 FE67 FE6D FE7E FE90 FEA0  ideographs U+E81E … U+E864 → U+9FB4–U+9FBB
 *
 * Left: U+E816 E817 E818 E831 E83B E855 (FE51 FE52 FE53 FE6C FE76 FE91), which the edition of 2022 still maps to
 * private use; U+E7C7, which changed place with U+1E3F already in 2005, so that either reading is possible; and all
 * others, which every department has used for characters of its own.
 */
const MOVED = new Map<string, string>(
  [
    [0xe78d, 0xfe10],
    [0xe78e, 0xfe12],
    [0xe78f, 0xfe11],
    [0xe790, 0xfe13],
    [0xe791, 0xfe14],
    [0xe792, 0xfe15],
    [0xe793, 0xfe16],
    [0xe794, 0xfe17],
    [0xe795, 0xfe18],
    [0xe796, 0xfe19],
    [0xe81e, 0x9fb4],
    [0xe826, 0x9fb5],
    [0xe82b, 0x9fb6],
    [0xe82c, 0x9fb7],
    [0xe832, 0x9fb8],
    [0xe843, 0x9fb9],
    [0xe854, 0x9fba],
    [0xe864, 0x9fbb],
  ].map(([from, to]) => [String.fromCharCode(from!), String.fromCharCode(to!)]),
);

const ANY = /[\uE000-\uF8FF]/;
const EVERY = /[\uE000-\uF8FF]/g;

/** The text with the moved characters replaced; counts what was replaced and what was left. */
export function mapPrivateUse(
  text: string,
  counts: { privateUseMapped: number; privateUseKept: number },
): string {
  if (!ANY.test(text)) return text;
  return text.replace(EVERY, (character) => {
    const assigned = MOVED.get(character);
    if (assigned) counts.privateUseMapped += 1;
    else counts.privateUseKept += 1;
    return assigned ?? character;
  });
}
