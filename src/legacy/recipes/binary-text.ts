/** Hex and base64 read strictly: Node's own decoders pass over what they do not know. */

/** Bytes of hex text in either case, or undefined. */
export function decodeHex(text: string): Buffer | undefined {
  return text.length % 2 === 0 && /^[0-9a-f]*$/i.test(text) ? Buffer.from(text, 'hex') : undefined;
}

/** Bytes of base64 text (RFC 4648 section 4 or 5), padded, unpadded, or undefined. */
export function decodeBase64(text: string): Buffer | undefined {
  const parts = /^([A-Za-z0-9+/_-]*)(={0,2})$/.exec(text);
  if (!parts || parts[1]!.length % 4 === 1) return undefined;
  if (parts[2] && text.length % 4 !== 0) return undefined;
  return Buffer.from(parts[1]!, 'base64');
}

/** crypt(3)'s own base64: `./0-9A-Za-z`, least significant six bits first. */
export const CRYPT_DIGITS = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The lowest `length` digits of a 24-bit number in crypt(3)'s base64. */
export function cryptDigits(value: number, length: number): string {
  let text = '';
  for (let left = value; text.length < length; left >>>= 6) text += CRYPT_DIGITS[left & 0x3f];
  return text;
}
