/**
 * ASP.NET Identity's PasswordHash column, base64 of: version 2: 00, salt (16), PBKDF2-HMAC-SHA1 of 1000
 * iterations (32). Version 3: 01, then big-endian numbers of four bytes for function, iterations and length
 * of the salt, then salt and key.
 */
import { decodeBase64 } from '../binary-text.ts';
import type { PasswordFormat } from '../stored.ts';
import { openPbkdf2, type Pbkdf2Parameters } from './pbkdf2.ts';
import { selfDescribing } from './self-describing.ts';

const V2_BYTES = 1 + 16 + 32;
const V3_HEAD = 13;
const FUNCTIONS = ['sha1', 'sha256', 'sha512'] as const;
/** Salt and key are 16 and 32 bytes by default; ASP.NET takes nothing below sixteen either. */
const LEAST_BYTES = 16;
const MOST_BYTES = 128;

/** Where the key begins, or undefined when the bytes are neither version. */
function keyStart(bytes: Buffer): number | undefined {
  if (bytes[0] === 0) return bytes.length === V2_BYTES ? 17 : undefined;
  if (bytes[0] !== 1 || bytes.length < V3_HEAD) return undefined;
  const salt = bytes.readUInt32BE(9);
  const key = bytes.length - V3_HEAD - salt;
  const isSound = [salt, key].every((each) => each >= LEAST_BYTES && each <= MOST_BYTES);
  return isSound ? V3_HEAD + salt : undefined;
}

function parametersOf(head: Buffer, bytes: number): Pbkdf2Parameters | undefined {
  if (head[0] === 0) return { digest: 'sha1', iterations: 1000, salt: head.subarray(1), bytes };
  const digest = FUNCTIONS[head.readUInt32BE(1)];
  return digest && { digest, iterations: head.readUInt32BE(5), salt: head.subarray(V3_HEAD), bytes };
}

export const aspnetIdentity: PasswordFormat = selfDescribing({
  shape: 'base64 of ASP.NET Identity version 2 or 3',
  // Base64 of 00 and 01 begins so; settings repeat it.
  marks: ['A'],
  cut(stored) {
    const bytes = decodeBase64(stored);
    const start = bytes && keyStart(bytes);
    if (!start) return undefined;
    const setting = `${bytes.toString('base64', 0, start)}$${bytes.length - start}$`;
    return { setting, hash: bytes.toString('base64', start) };
  },
  open(setting) {
    const [, text = '', length] = /^([A-Za-z0-9+/=]+)\$(\d{1,3})\$$/.exec(setting) ?? [];
    const head = decodeBase64(text);
    const bytes = Number(length);
    if (
      !head ||
      !(bytes <= MOST_BYTES) ||
      keyStart(Buffer.concat([head, Buffer.alloc(bytes)])) !== head.length
    )
      return undefined;
    const parameters = parametersOf(head, bytes);
    return parameters && openPbkdf2(parameters, (derived) => derived.toString('base64'));
  },
}).format;
