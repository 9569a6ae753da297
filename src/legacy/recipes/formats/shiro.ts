/** Apache Shiro 1's own spelling, of DefaultPasswordService: `$shiro1$SHA-256$500000$salt$hash` in base64. */
import { decodeBase64 } from '../binary-text.ts';
import { CEILINGS, SLOW_STEPS } from '../ceilings.ts';
import { DIGEST_BYTES, type DigestName, repeatDigest } from '../digest.ts';
import { fits } from '../stored.ts';
import { selfDescribing, tooCostly } from './self-describing.ts';

const STORED = /^(\$shiro1\$[A-Z0-9-]{3,7}\$\d{1,9}\$[A-Za-z0-9+/=]{0,200}\$)([A-Za-z0-9+/=]{22,88})$/;
const SETTING = /^\$shiro1\$([A-Z0-9-]{3,7})\$(\d{1,9})\$([A-Za-z0-9+/=]*)\$$/;
const DIGESTS = new Map<string | undefined, DigestName>([
  ['MD5', 'md5'],
  ['SHA-1', 'sha1'],
  ['SHA-256', 'sha256'],
  ['SHA-384', 'sha384'],
  ['SHA-512', 'sha512'],
]);

const digestIn = (setting: string) => DIGESTS.get(SETTING.exec(setting)?.[1]);

export const shiro = selfDescribing({
  shape: '$shiro1$SHA-256$iterations$salt$hash',
  marks: ['$shiro1$'],
  cut(stored) {
    const [, setting = '', text = ''] = STORED.exec(stored) ?? [];
    const hash = decodeBase64(text);
    const digest = digestIn(setting);
    return hash && digest && hash.length === DIGEST_BYTES[digest]
      ? { setting, hash: hash.toString('base64') }
      : undefined;
  },
  open(setting) {
    const [, , written, text = ''] = SETTING.exec(setting) ?? [];
    const times = Number(written);
    const salt = decodeBase64(text);
    const digest = digestIn(setting);
    if (!digest || !salt || !(times >= 1)) return undefined;
    if (times > CEILINGS.formulaSteps) return tooCostly('Shiro iterations', CEILINGS.formulaSteps);
    return fits({
      slow: times > SLOW_STEPS,
      derive: async (password) =>
        (await repeatDigest(digest, times, Buffer.concat([salt, password]))).toString('base64'),
    });
  },
});
