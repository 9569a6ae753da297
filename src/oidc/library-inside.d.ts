/**
 * What this room uses of the library beyond its public doors. The version is pinned exactly; the tests of event tokens
 * and of the interfaces for departments fail when something of it changes.
 */
declare module 'oidc-provider/lib/helpers/jwt.js' {
  export function sign(
    payload: Record<string, unknown>,
    key: unknown,
    alg: string,
    options: { typ?: string; audience?: string; issuer?: string; fields?: Record<string, unknown> },
  ): Promise<string>;
}

declare module 'oidc-provider/lib/helpers/weak_cache.js' {
  interface Keystore {
    selectForSign(wanted: { alg: string; use: 'sig' }): { kid: string }[];
    getKeyObject(jwk: { kid: string }): unknown;
  }
  export default function instance(provider: object): {
    keystore: Keystore;
    configuration: { dPoPSigningAlgValues: string[] };
  };
}

declare module 'oidc-provider/lib/helpers/validate_dpop.js' {
  interface Proof {
    thumbprint: string;
    jti: string;
  }
  export function checkDpopReplay(
    provider: object,
    ctx: object,
    proof: Proof | undefined,
    clientId: string,
    error: unknown,
  ): Promise<void>;
  export default function validateDpop(
    provider: object,
    ctx: object,
    token: string,
  ): Promise<Proof | undefined>;
}
