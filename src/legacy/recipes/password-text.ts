/**
 * Text to bytes. Old systems hashed what their pages sent: UTF-8 mostly, GBK on older Windows servers and
 * PHP sites, UTF-16 where .NET code used Encoding.Unicode. Characters an encoding lacks give undefined, never
 * a question mark: otherwise every such character would be the same password.
 */
import { LONGEST_PASSWORD } from './ceilings.ts';

export type Encoding = 'utf8' | 'gbk' | 'utf16le';

/** Whether a password is looked at at all: not empty, at most 1024 UTF-16 units, no lone surrogate. */
export const isUsable = (password: string): boolean =>
  password.length > 0 && password.length <= LONGEST_PASSWORD && password.isWellFormed();

/** The text's bytes, or undefined when the encoding cannot express it. */
export function encodeText(text: string, encoding: Encoding): Buffer | undefined {
  if (!text.isWellFormed()) return undefined;
  return encoding === 'gbk' ? encodeGbk(text) : Buffer.from(text, encoding);
}

function encodeGbk(text: string): Buffer | undefined {
  gbk ??= invertGbk();
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) bytes.push(unit);
    else {
      const pair = gbk[unit]!;
      if (pair === 0) return undefined;
      bytes.push(pair >> 8, pair & 0xff);
    }
  }
  return Buffer.from(bytes);
}

/** Two GBK bytes by UTF-16 unit, 0 where there are none; 128 KiB, made on first use. */
let gbk: Uint16Array | undefined;

/** Node decodes GBK but does not encode it, so the decoder is asked for every pair (WHATWG Encoding 10.1). */
function invertGbk(): Uint16Array {
  const decoder = new TextDecoder('gb18030');
  const table = new Uint16Array(0x10000);
  for (let lead = 0x81; lead <= 0xfe; lead++) {
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      if (trail === 0x7f) continue;
      const text = decoder.decode(Uint8Array.of(lead, trail));
      const unit = text.charCodeAt(0);
      if (text.length === 1 && unit !== 0xfffd && table[unit] === 0) table[unit] = (lead << 8) | trail;
    }
  }
  return table;
}
