/**
 * $5$ and $6$: Unix crypt using SHA-256 and SHA-512 (Ulrich Drepper, version 0.6). Step numbers are the
 * specification's. The rounds run on the event loop and give way after every thousand (see digest.ts).
 */
import { cryptDigits } from '../binary-text.ts';
import { CEILINGS, SLOW_STEPS } from '../ceilings.ts';
import { DIGEST_BYTES, digestOf, giveWay, STEPS_IN_A_ROW } from '../digest.ts';
import { fits } from '../stored.ts';
import { selfDescribing, tooCostly } from './self-describing.ts';

type Sha = 'sha256' | 'sha512';

const STORED = /^(\$[56]\$(?:rounds=\d{1,9}\$)?[^$:\s]{0,16}\$)([./0-9A-Za-z]{43}|[./0-9A-Za-z]{86})$/;
const SETTING = /^\$([56])\$(?:rounds=(\d{1,9})\$)?([^$:\s]{0,16})\$$/;
const HASH_CHARACTERS: Record<Sha, number> = { sha256: 43, sha512: 86 };
const DEFAULT_ROUNDS = 5000;
/** crypt(3) never writes fewer: it raises the number first. */
const LEAST_ROUNDS = 1000;

const shaOf = (setting: string): Sha => (setting.startsWith('$5$') ? 'sha256' : 'sha512');

export const shaCrypt = selfDescribing({
  shape: '$5$salt$hash or $6$salt$hash, perhaps with rounds=',
  marks: ['$5$', '$6$'],
  cut(stored) {
    const [, setting, hash] = STORED.exec(stored) ?? [];
    if (!setting || hash?.length !== HASH_CHARACTERS[shaOf(setting)]) return undefined;
    return { setting, hash };
  },
  open(setting) {
    const [, , written, salt] = SETTING.exec(setting) ?? [];
    const rounds = Number(written ?? DEFAULT_ROUNDS);
    if (salt === undefined || rounds < LEAST_ROUNDS) return undefined;
    if (rounds > CEILINGS.cryptRounds) return tooCostly('rounds', CEILINGS.cryptRounds);
    return fits({
      slow: rounds > SLOW_STEPS,
      derive: (password) => shaCryptOf(shaOf(setting), password, Buffer.from(salt), rounds),
    });
  },
});

async function shaCryptOf(sha: Sha, password: Buffer, salt: Buffer, rounds: number): Promise<string> {
  const size = DIGEST_BYTES[sha];
  const inner = digestOf(sha, Buffer.concat([password, salt, password])); // steps 4 to 8
  const start = [password, salt, stretch(inner, password.length)]; // steps 1 to 3, 9, 10
  for (let bits = password.length; bits > 0; bits >>= 1) start.push(bits & 1 ? inner : password); // step 11
  let last = digestOf(sha, Buffer.concat(start)); // step 12
  const p = stretch(digestOf(sha, repeated(password, password.length)), password.length); // steps 13 to 16
  const s = stretch(digestOf(sha, repeated(salt, 16 + last[0]!)), salt.length); // steps 17 to 20
  const room = Buffer.alloc(2 * p.length + s.length + size);
  for (let round = 0; round < rounds; round++) {
    // Step 21; written into one buffer, since a million rounds would make a million others.
    let end = 0;
    const add = (part: Buffer) => {
      end += part.copy(room, end);
    };
    add(round & 1 ? p : last);
    if (round % 3) add(s);
    if (round % 7) add(p);
    add(round & 1 ? last : p);
    last = digestOf(sha, room.subarray(0, end));
    if ((round + 1) % STEPS_IN_A_ROW === 0) await giveWay();
  }
  return sha === 'sha256' ? spell256(last) : spell512(last); // step 22
}

/** `length` bytes of a digest repeated as often as needed. */
const stretch = (digest: Buffer, length: number) => Buffer.alloc(length, digest);

const repeated = (bytes: Buffer, times: number) => Buffer.alloc(bytes.length * times, bytes);

const group = (bytes: Buffer, [a, b, c]: readonly [number, number, number]) =>
  cryptDigits((bytes[a]! << 16) | (bytes[b]! << 8) | bytes[c]!, 4);

/** Each group of three takes the next byte of each third, the thirds changing places. */
function spell256(bytes: Buffer): string {
  let text = '';
  let at: [number, number, number] = [0, 10, 20];
  for (let turn = 0; turn < 10; turn++) {
    text += group(bytes, at);
    at = [at[2] + 1, at[0] + 1, at[1] + 1];
  }
  return text + cryptDigits((bytes[31]! << 8) | bytes[30]!, 3);
}

function spell512(bytes: Buffer): string {
  let text = '';
  let at: [number, number, number] = [0, 21, 42];
  for (let turn = 0; turn < 21; turn++) {
    text += group(bytes, at);
    at = [at[1] + 1, at[2] + 1, at[0] + 1];
  }
  return text + cryptDigits(bytes[63]!, 2);
}
