/** Text to GB 18030: Node decodes it and does not encode it, so the table is made by decoding once. */

const decode = (bytes: readonly number[]) => new TextDecoder('gb18030').decode(Uint8Array.from(bytes));

let table: Map<number, readonly number[]> | undefined;

function makeTable(): Map<number, readonly number[]> {
  const made = new Map<number, readonly number[]>();
  const put = (bytes: readonly number[]) => {
    const text = decode(bytes);
    const code = text.codePointAt(0)!;
    if (text.length === 1 && code !== 0xfffd && !made.has(code)) made.set(code, bytes);
  };
  for (let lead = 0x81; lead <= 0xfe; lead += 1)
    for (let trail = 0x40; trail <= 0xfe; trail += 1) if (trail !== 0x7f) put([lead, trail]);
  for (let linear = 0; linear < 39_420; linear += 1) put(four(linear));
  return made;
}

const four = (linear: number): readonly number[] => [
  0x81 + Math.floor(linear / 12_600),
  0x30 + (Math.floor(linear / 1_260) % 10),
  0x81 + (Math.floor(linear / 10) % 126),
  0x30 + (linear % 10),
];

/** Where the supplementary planes begin, counted as four bytes. */
const SUPPLEMENTARY = 189_000;

export function encodeGb18030(text: string): Buffer {
  table ??= makeTable();
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0x80) bytes.push(code);
    else if (code > 0xffff) bytes.push(...four(SUPPLEMENTARY + code - 0x10000));
    else bytes.push(...(table.get(code) ?? [0x3f]));
  }
  return Buffer.from(bytes);
}
