/** Flows, client authentication, algorithms and keys of an application. */
import type { AuthMethod } from './client.ts';
import { present, type Reader } from './definition.ts';

interface Grants {
  response_types: string[];
  grant_types: string[];
  token_endpoint_auth_method: AuthMethod;
}

interface Keys {
  id_token_signed_response_alg: string;
  [name: string]: unknown;
}

const SIGNING = ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'] as const;
const KEY_WRAPPING = ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A256KW', 'RSA-OAEP', 'RSA-OAEP-256'] as const;
const CONTENT = ['A128CBC-HS256', 'A256CBC-HS512', 'A128GCM', 'A256GCM'] as const;
const FLOWS = ['authorization_code', 'refresh_token', 'client_credentials'] as const;
/** Parameters that make a JWK private or symmetric (RFC 7518 section 6). */
const PRIVATE_PARTS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
const KEY_TYPE: Record<string, string> = { E: 'EC', R: 'RSA', P: 'RSA' };

/** Code with PKCE, refresh, client credentials; nothing that hands tokens through the browser. */
export function judgeGrants(read: Reader, redirects: readonly string[]): Grants {
  const grants = read.texts('grant_types') ?? ['authorization_code'];
  for (const grant of grants) {
    if (!(FLOWS as readonly string[]).includes(grant))
      read.fault('grant_types', `must be of ${FLOWS.join(', ')}: ${grant.slice(0, 60)}`);
  }
  const people = grants.includes('authorization_code');
  const responses = read.texts('response_types') ?? (people ? ['code'] : []);
  if (responses.some((type) => type !== 'code')) read.fault('response_types', 'must be code');
  if (people !== responses.includes('code'))
    read.fault('response_types', 'must hold code exactly when grant_types holds authorization_code');
  if (people && redirects.length === 0) read.fault('redirect_uris', 'must hold at least one address');
  if (!people && redirects.length > 0) read.fault('redirect_uris', 'are of use with authorization_code only');
  if (!people && grants.includes('refresh_token'))
    read.fault('grant_types', 'refresh_token needs authorization_code beside it');

  const method = read.oneOf('token_endpoint_auth_method', [
    'client_secret_basic',
    'client_secret_post',
    'private_key_jwt',
    'none',
  ]);
  if (method === 'none' && grants.includes('client_credentials')) {
    read.fault('token_endpoint_auth_method', 'must not be none with client_credentials');
  }
  return {
    response_types: responses,
    grant_types: grants,
    token_endpoint_auth_method: method ?? 'client_secret_basic',
  };
}

/** Signing, encryption, sender constraints and the application's public keys. New applications get ES256. */
export function judgeKeys(read: Reader, grants: Grants): Keys {
  const keys: Keys = {
    id_token_signed_response_alg: read.oneOf('id_token_signed_response_alg', SIGNING) ?? 'ES256',
    userinfo_signed_response_alg: read.oneOf('userinfo_signed_response_alg', SIGNING),
    token_endpoint_auth_signing_alg: read.oneOf('token_endpoint_auth_signing_alg', SIGNING),
    ...judgeEncryption(read, 'id_token'),
    ...judgeEncryption(read, 'userinfo'),
    require_pushed_authorization_requests: read.yesNo('require_pushed_authorization_requests'),
    dpop_bound_access_tokens: read.yesNo('dpop_bound_access_tokens'),
    jwks: judgeJwks(read),
  };
  if (keys.userinfo_encrypted_response_alg !== undefined) keys.userinfo_signed_response_alg ??= 'ES256';
  if (
    grants.token_endpoint_auth_method !== 'private_key_jwt' &&
    keys.token_endpoint_auth_signing_alg !== undefined
  ) {
    read.fault('token_endpoint_auth_signing_alg', 'is of use with private_key_jwt only');
  }
  const byUri = read.raw('jwks_uri') !== undefined;
  if (byUri && keys.jwks !== undefined) read.fault('jwks', 'must not be given together with jwks_uri');
  const needed =
    grants.token_endpoint_auth_method === 'private_key_jwt' ||
    keys.userinfo_encrypted_response_alg !== undefined ||
    keys.id_token_encrypted_response_alg !== undefined;
  if (needed && !byUri && keys.jwks === undefined) {
    read.fault('jwks', 'or jwks_uri must give the public keys for private_key_jwt and for encryption');
  }
  if (keys.jwks !== undefined) checkEncryptionKey(read, keys);
  return present(keys);
}

function judgeEncryption(read: Reader, what: 'id_token' | 'userinfo'): Record<string, unknown> {
  const alg = read.oneOf(`${what}_encrypted_response_alg`, KEY_WRAPPING);
  const enc = read.oneOf(`${what}_encrypted_response_enc`, CONTENT);
  if (enc !== undefined && alg === undefined) {
    read.fault(`${what}_encrypted_response_alg`, `must be given with ${what}_encrypted_response_enc`);
  }
  return { [`${what}_encrypted_response_alg`]: alg, [`${what}_encrypted_response_enc`]: enc };
}

function judgeJwks(read: Reader): { keys: Record<string, unknown>[] } | undefined {
  const jwks = read.raw('jwks') as { keys?: unknown } | undefined;
  if (jwks === undefined) return undefined;
  const keys = jwks?.keys;
  if (
    !Array.isArray(keys) ||
    keys.length === 0 ||
    keys.length > 20 ||
    keys.some((key) => typeof key !== 'object' || key === null)
  ) {
    read.fault('jwks', 'must be {"keys": [1 to 20 public keys]}');
    return undefined;
  }
  for (const [at, key] of (keys as Record<string, unknown>[]).entries()) {
    if (!['EC', 'RSA', 'OKP'].includes(key.kty as string))
      read.fault(`jwks.keys.${at}`, 'must be an EC, RSA or OKP key');
    // Never repeated in the fault: it would put the key into a log.
    if (PRIVATE_PARTS.some((part) => part in key))
      read.fault(`jwks.keys.${at}`, 'must be a public key; treat this private key as lost and make another');
  }
  return { keys: keys as Record<string, unknown>[] };
}

function checkEncryptionKey(read: Reader, keys: Record<string, unknown>): void {
  const list = (keys.jwks as { keys: Record<string, unknown>[] }).keys;
  for (const what of ['id_token', 'userinfo']) {
    const alg = keys[`${what}_encrypted_response_alg`] as string | undefined;
    if (alg === undefined) continue;
    const types = alg.startsWith('ECDH') ? ['EC', 'OKP'] : [KEY_TYPE[alg[0]!]!];
    const fits = list.some(
      (key) => types.includes(key.kty as string) && (key.use ?? 'enc') === 'enc' && (key.alg ?? alg) === alg,
    );
    if (!fits) read.fault('jwks', `must hold a key for ${what}_encrypted_response_alg ${alg}`);
  }
}
