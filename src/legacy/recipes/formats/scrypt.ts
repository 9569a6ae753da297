/**
 * scrypt (RFC 7914) in three spellings: `$scrypt$ln=…,r=…,p=…$salt$hash` (passlib), `$s0$cost$salt$hash`
 * (lambdaworks for Java) and `$cost$salt$hash` (Spring, behind {scrypt}).
 */
import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { decodeBase64 } from '../binary-text.ts';
import { CEILINGS } from '../ceilings.ts';
import { fits, type Read, type RowFault } from '../stored.ts';
import { anyOf, type Opened, selfDescribing, tooCostly } from './self-describing.ts';

const derive = promisify<Buffer, Buffer, number, object, Buffer>(scrypt);

export interface ScryptParameters {
  /** log2 of N. */
  logN: number;
  r: number;
  p: number;
  salt: Buffer;
  bytes: number;
}

/** Opens a setting with these parameters. */
export function openScrypt(
  { logN, r, p, salt, bytes }: ScryptParameters,
  spell: (derived: Buffer) => string,
): Read<Opened, RowFault> | undefined {
  if (!(logN >= 1 && r >= 1 && p >= 1)) return undefined;
  if (logN + Math.log2(r / 8) > Math.log2(CEILINGS.memoryKib))
    return tooCostly('scrypt memory in KiB', CEILINGS.memoryKib);
  if (p > CEILINGS.passes) return tooCostly('scrypt p', CEILINGS.passes);
  const N = 2 ** logN;
  // OpenSSL counts the blocks of every p besides the N of the inner table.
  const maxmem = 128 * r * (N + p + 2) + 1024;
  return fits({
    slow: true,
    derive: async (password) => spell(await derive(password, salt, bytes, { N, r, p, maxmem })),
  });
}

/** passlib writes `.` for `+`. */
const BASE64 = '[A-Za-z0-9+/.]';
const PASSLIB = new RegExp(
  `^(\\$scrypt\\$ln=\\d{1,2},r=\\d{1,4},p=\\d{1,4}\\$${BASE64}{0,200}\\$)(${BASE64}{43})$`,
);
const PASSLIB_SETTING = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([^$]*)\$$/;
/** Of passlib's hash, always. */
const PASSLIB_BYTES = 32;

const passlib = selfDescribing({
  shape: '$scrypt$ln=…,r=…,p=…$salt$hash',
  marks: ['$scrypt$'],
  cut(stored) {
    const [, setting, hash] = PASSLIB.exec(stored) ?? [];
    return setting && hash ? { setting, hash: hash.replaceAll('.', '+') } : undefined;
  },
  open(setting) {
    const [, ln, r, p, text] = PASSLIB_SETTING.exec(setting) ?? [];
    const salt = text === undefined ? undefined : decodeBase64(text.replaceAll('.', '+'));
    return (
      salt &&
      openScrypt({ logN: Number(ln), r: Number(r), p: Number(p), salt, bytes: PASSLIB_BYTES }, (derived) =>
        derived.toString('base64').replace(/=+$/, ''),
      )
    );
  },
});

const PACKED = /^(\$(?:s0\$)?[0-9a-f]{1,8}\$[A-Za-z0-9+/=]{1,200}\$)([A-Za-z0-9+/=]{16,120})$/;
const PACKED_SETTING = /^\$(?:s0\$)?([0-9a-f]{1,8})\$([A-Za-z0-9+/=]+)\$(\d+)$/;

/** The parameters in one hexadecimal number: log2 N, r and p in sixteen, eight and eight bits. */
function packed(marks: readonly string[], shape: string) {
  return selfDescribing({
    shape,
    marks,
    cut(stored) {
      const [, head, text] = PACKED.exec(stored) ?? [];
      const hash = text && decodeBase64(text);
      // The length of the hash is a parameter too, though it is written nowhere.
      return head && hash
        ? { setting: `${head}${hash.length}`, hash: `$${hash.toString('hex')}` }
        : undefined;
    },
    open(setting) {
      const [, cost, text = '', length] = PACKED_SETTING.exec(setting) ?? [];
      const salt = decodeBase64(text);
      const bytes = Number(length);
      if (cost === undefined || !salt || !(bytes >= 12 && bytes <= 90)) return undefined;
      const number = Number.parseInt(cost, 16);
      const parameters = { logN: number >>> 16, r: (number >> 8) & 0xff, p: number & 0xff };
      return openScrypt({ ...parameters, salt, bytes }, (derived) => `$${derived.toString('hex')}`);
    },
  });
}

/** Spring's SCryptPasswordEncoder; only behind its {scrypt}, since a bare `$` marks nothing. */
export const springScrypt = packed(['$'], '$cost$salt$hash');

export const scryptFormats = anyOf(
  [passlib, packed(['$s0$'], '$s0$cost$salt$hash')],
  '$scrypt$ln=…,r=…,p=…$salt$hash or $s0$cost$salt$hash',
);
