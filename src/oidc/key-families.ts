/** The kinds of signing keys, as a table: what is made, and what signs with it. */
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { ExternalSigningKey } from 'oidc-provider';

const generate = promisify(generateKeyPair);

export interface KeyFamily {
  /** JWS algorithms (RFC 7518, RFC 8037) its keys serve. */
  algorithms: readonly string[];
  make(rsaBits: number): Promise<KeyObject>;
  /** Signs in this process; absent where a signature is too slow to hold up other requests. */
  sign?(key: KeyObject, data: Uint8Array): Buffer;
}

export const KEY_FAMILIES: Readonly<Record<string, KeyFamily>> = {
  EC: {
    algorithms: ['ES256'],
    make: async () => (await generate('ec', { namedCurve: 'P-256' })).privateKey,
    sign: (key, data) => sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' }),
  },
  OKP: {
    algorithms: ['EdDSA'],
    make: async () => (await generate('ed25519')).privateKey,
    sign: (key, data) => sign(null, data, key),
  },
  RSA: {
    algorithms: ['RS256', 'PS256'],
    make: async (modulusLength) => (await generate('rsa', { modulusLength })).privateKey,
  },
};

/** A fresh private key as a JWK; its kid is the thumbprint of its public half (RFC 7638). */
export async function makeKey(family: string, rsaBits: number): Promise<JWK & { kid: string }> {
  const jwk = (await KEY_FAMILIES[family]!.make(rsaBits)).export({ format: 'jwk' }) as JWK;
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), use: 'sig' };
}

/**
 * A key that node:crypto signs with at once. The library's own way through Web Crypto costs twice as much for
 * ES256 and three times for EdDSA.
 */
export class InProcessKey extends ExternalSigningKey {
  readonly #kid: string;
  readonly #private: KeyObject;
  readonly #public: KeyObject;
  readonly #family: KeyFamily;

  constructor(jwk: JWK & { kid: string }, family: KeyFamily) {
    super();
    this.#kid = jwk.kid;
    this.#private = createPrivateKey({ key: jwk, format: 'jwk' });
    this.#public = createPublicKey(this.#private);
    this.#family = family;
  }

  override get kid(): string {
    return this.#kid;
  }

  /** Named, because an Ed25519 key could go by two names (RFC 9864). */
  override get alg(): string {
    return this.#family.algorithms[0]!;
  }

  override keyObject(): KeyObject {
    return this.#public;
  }

  override sign(data: Uint8Array): Buffer {
    return this.#family.sign!(this.#private, data);
  }
}
