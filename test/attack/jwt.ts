/** JSON Web Tokens as they should never be: any header, any payload, any signature. */
import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';

export const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const publicJwk = pair.publicKey.export({ format: 'jwk' });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });

type Json = string | object | null;

/** A text stands as it is, so that JSON that is none can be sent. */
export const part = (content: Json): string =>
  Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)).toString('base64url');

export function jws(header: Json, payload: Json, key: KeyObject = pair.privateKey): string {
  const signed = `${part(header)}.${part(payload)}`;
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

const DEEP = 20_000;

/**
 * One good token spoilt in every way: what each is, and the token. `good` makes header and payload anew each time,
 * so that nothing is refused for being a replay.
 */
export function spoilt(good: () => { header: object; payload: object }): [string, string][] {
  const { header, payload } = good();
  const head = (more: object): string => jws({ ...header, ...more }, good().payload);
  const body = (more: object): string => jws(header, { ...good().payload, ...more });
  const unsigned = (alg: string): string => `${part({ ...header, alg })}.${part(payload)}.`;
  return [
    ['empty', ''],
    ['dots', '..'],
    ['many dots', '.'.repeat(2_000)],
    ['not base64url', '*.*.*'],
    ['beyond ASCII', 'é.一.🐂'],
    ['two parts', `${part(header)}.${part(payload)}`],
    ['five parts that are no JWE', 'a.b.c.d.e'],
    ['a JWE', `${part({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.a.b.c.d`],
    ['a direct JWE', `${part({ alg: 'dir', enc: 'A256GCM' })}..a.b.c`],
    ...['none', 'None', 'nOnE', ''].map((alg): [string, string] => [`unsigned, alg "${alg}"`, unsigned(alg)]),
    ['none, with a signature', jws({ ...header, alg: 'none' }, payload)],
    ['HS256', `${unsigned('HS256')}${part('x'.repeat(32))}`],
    [
      'HS256 with the public key as secret',
      `${unsigned('HS256')}${createHash('sha256').update(JSON.stringify(publicJwk)).digest('base64url')}`,
    ],
    ['another’s signature', jws(header, payload, stranger.privateKey)],
    ['a signature too long', `${jws(header, payload)}AAAA`],
    ['a signature of nothing', `${part(header)}.${part(payload)}.${'A'.repeat(86)}`],
    [
      'a changed payload',
      jws(header, payload).replace(/\.[^.]+\./, `.${part({ ...payload, changed: true })}.`),
    ],
    ['alg a number', head({ alg: 5 })],
    ['alg a list', head({ alg: ['ES256'] })],
    ['alg of a prototype', head({ alg: '__proto__' })],
    ['an unknown critical header', head({ crit: ['x'], x: 1 })],
    ['header null', jws('null', payload)],
    ['header a list', jws('[]', payload)],
    ['header no JSON', jws('{', payload)],
    ['payload null', jws(header, 'null')],
    ['payload a list', jws(header, '[]')],
    ['payload a number', jws(header, '5')],
    ['payload no JSON', jws(header, '{"iss":')],
    ['payload no UTF-8', jws(header, Buffer.from([0x7b, 0xff, 0x7d]).toString('latin1'))],
    [
      'payload deep',
      jws(header, `${JSON.stringify(payload).slice(0, -1)},"a":${'['.repeat(DEEP)}${']'.repeat(DEEP)}}`),
    ],
    ['payload deep without an end', jws(header, '['.repeat(DEEP))],
    ['payload with prototypes', jws(header, `{"__proto__":${JSON.stringify(payload)},"constructor":{}}`)],
    ...['iss', 'sub', 'aud', 'jti', 'exp', 'iat', 'nbf'].flatMap((claim) =>
      // Any text is good for a jti.
      WRONG.filter(([what]) => `${claim} ${what}` !== 'jti a text').map(([what, value]): [string, string] => [
        `${claim} ${what}`,
        body({ [claim]: value }),
      ]),
    ),
    ['iat in the far future', body({ iat: 9e15, nbf: 9e15 })],
    ['exp long past', body({ exp: 1 })],
  ];
}

const WRONG: [string, unknown][] = [
  ['null', null],
  ['a number', 5.5],
  ['very small', -1e308],
  ['a text', '\0\ud800x'],
  ['a list', [[], {}]],
  ['an object', { a: 1 }],
];

export const soon = (): { jti: string; iat: number; exp: number } => {
  const iat = Math.floor(Date.now() / 1_000);
  return { jti: randomUUID(), iat, exp: iat + 60 };
};
