/**
 * How the library is set up. Each line that departs from its defaults is one of the points where a plain set-up
 * would be wrong, or a decision about time.
 */
import {
  type AccessToken,
  type ClientCredentials,
  type Configuration,
  errors,
  type KoaContextWithOIDC,
} from 'oidc-provider';
import { ACR_VALUES } from '../accounts/assurance.ts';
import { SCOPE_CLAIMS } from '../clients/client.ts';
import { LANGUAGES } from '../platform/page/language.ts';
import { makeFindAccount } from './account.ts';
import { acrInHand } from './claims.ts';
import type { CookieSigner } from './cookie-signing.ts';
import { showError } from './failures.ts';
import { makeGrantLoader } from './grants.ts';
import { makeIntrospectionPolicy } from './introspection.ts';
import type { SigningKeys } from './keys.ts';
import { clientRecord } from './library-clients.ts';
import type { OutgoingOptions } from './outgoing.ts';
import type { OidcParts } from './parts.ts';
import { PATHS } from './paths.ts';
import { makePolicy } from './policy.ts';
import { judgeClaims } from './request.ts';
import { makeResourceInfo } from './resources.ts';

const SIGNING = ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'] as const;
const KEY_WRAPPING = ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A256KW', 'RSA-OAEP', 'RSA-OAEP-256'] as const;
const CONTENT = ['A128CBC-HS256', 'A256CBC-HS512', 'A128GCM', 'A256GCM'] as const;

export function makeConfiguration(
  parts: OidcParts,
  jwks: ReturnType<SigningKeys['signers']>,
  signer: CookieSigner,
): Configuration {
  const { settings, issuer, pages } = parts;
  const https = issuer.startsWith('https:');
  const scopes = Object.keys(SCOPE_CLAIMS);
  return {
    adapter: (model: string) => parts.store.adapter(model),
    jwks,
    findAccount: makeFindAccount(parts),
    loadExistingGrant: makeGrantLoader(parts),
    interactions: {
      policy: makePolicy(parts),
      url: (_ctx, interaction) => `/interaction/${interaction.uid}`,
    },
    routes: PATHS,
    scopes,
    // `acr`, `amr` and `auth_time` are of the sign-in and in every ID Token.
    claims: { ...SCOPE_CLAIMS, offline_access: [], openid: ['sub', 'acr', 'amr', 'auth_time'] },
    acrValues: [...ACR_VALUES],
    subjectTypes: ['pairwise'],
    pairwiseIdentifier: (_ctx, personId, client) => parts.subjects.of(personId, clientRecord(client).sector),
    responseTypes: ['code', 'none'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    rotateRefreshToken: () => true,
    // An application that registered for refresh gets one; without offline access it ends with the session.
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: (_ctx, source) => !source.scopes.has('offline_access'),
    extraTokenClaims: signInFacts,
    clientBasedCORS: (_ctx, origin, client) =>
      client.clientAuthMethod === 'none' &&
      (client.redirectUris ?? []).some((uri) => URL.parse(uri)?.origin === origin),
    clockTolerance: settings.clockToleranceSeconds,
    assertJwtClientAuthClaimsAndHeader: async (_ctx, { exp }) => refuseLongAssertion(exp, parts.clock.now()),
    // The library hands on its own dispatcher; ours judges the address by itself.
    fetch: ((url: string, request: OutgoingOptions) => parts.outgoing(url, request)) as typeof fetch,
    renderError: (ctx, out, error) => showError(pages, ctx, out, error),
    cookies: {
      keys: signer as unknown as string[],
      names: {
        session: https ? '__Host-yihao_session' : 'yihao_session',
        interaction: 'yihao_interaction',
        resume: 'yihao_resume',
      },
      long: { httpOnly: true, sameSite: 'lax', secure: https, path: '/' },
      short: { httpOnly: true, sameSite: 'lax', secure: https },
    },
    ttl: lifetimes(parts),
    discovery: {
      claims_locales_supported: [...LANGUAGES],
      ui_locales_supported: [...LANGUAGES],
      display_values_supported: ['page'],
      prompt_values_supported: ['none', 'login', 'consent', 'create'],
    },
    enabledJWA: {
      clientAuthSigningAlgValues: [...SIGNING],
      idTokenSigningAlgValues: [...SIGNING],
      userinfoSigningAlgValues: [...SIGNING],
      dPoPSigningAlgValues: ['ES256', 'PS256', 'EdDSA', 'Ed25519'],
      idTokenEncryptionAlgValues: [...KEY_WRAPPING],
      idTokenEncryptionEncValues: [...CONTENT],
      userinfoEncryptionAlgValues: [...KEY_WRAPPING],
      userinfoEncryptionEncValues: [...CONTENT],
      requestObjectEncryptionAlgValues: [],
    },
    features: {
      devInteractions: { enabled: false },
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
      claimsParameter: { enabled: true, assertClaimsParameter: judgeClaims },
      clientCredentials: { enabled: true },
      backchannelLogout: { enabled: true },
      encryption: { enabled: true },
      jwtUserinfo: { enabled: true },
      dPoP: { enabled: true },
      introspection: { enabled: true, allowedPolicy: makeIntrospectionPolicy(parts) },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
      },
      pushedAuthorizationRequests: { enabled: true },
      resourceIndicators: { enabled: true, getResourceServerInfo: makeResourceInfo(parts.clients) },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: async (ctx) => {
          const { session, client } = ctx.oidc;
          const secret = String((session?.state as { secret?: unknown } | undefined)?.secret);
          const action = ctx.oidc.urlFor('end_session_confirm');
          await pages.renderLogout(ctx, { action, fields: { xsrf: secret } }, client && clientRecord(client));
        },
        postLogoutSuccessSource: async (ctx) => {
          await pages.renderLoggedOut(ctx, ctx.oidc.client && clientRecord(ctx.oidc.client));
        },
      },
    },
  };
}

/** Each assertion is remembered until it ends, so that it is taken once: one must not hold for ever. */
const LONGEST_ASSERTION_SECONDS = 3_600;

function refuseLongAssertion(exp: unknown, now: Date): void {
  if (typeof exp === 'number' && exp <= now.getTime() / 1_000 + LONGEST_ASSERTION_SECONDS) return;
  throw new errors.InvalidClientAuth('client assertions must end within an hour');
}

/** Kept with an access token and told on introspection, for interfaces that need a level (RFC 9470 section 6). */
function signInFacts(
  ctx: KoaContextWithOIDC,
  token: AccessToken | ClientCredentials,
): { [name: string]: unknown } | undefined {
  if (token.kind !== 'AccessToken') return undefined;
  const { AuthorizationCode: code, RefreshToken: refresh } = ctx.oidc.entities;
  const acr = acrInHand(ctx);
  const authTime = code?.authTime ?? refresh?.authTime;
  return {
    ...(acr === undefined ? {} : { acr }),
    ...(authTime === undefined ? {} : { auth_time: authTime }),
  };
}

function lifetimes({ settings, clock }: OidcParts): NonNullable<Configuration['ttl']> {
  const { lifetimes: lives } = settings;
  const untilSessionEnds = (loginTs: number | undefined): number => {
    const now = Math.floor(clock.now().getTime() / 1_000);
    return Math.max(1, (loginTs ?? now) + lives.session - now);
  };
  return {
    AuthorizationCode: lives.code,
    AccessToken: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? lives.accessToken,
    ClientCredentials: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? lives.clientCredentials,
    IdToken: lives.idToken,
    Interaction: lives.interaction,
    Session: (_ctx, session) => Math.min(lives.sessionIdle, untilSessionEnds(session.loginTs)),
    RefreshToken: (_ctx, token) =>
      token.expiresWithSession ? untilSessionEnds(token.authTime) : lives.refreshToken,
    Grant: (_ctx, grant) =>
      grant.getOIDCScope().split(' ').includes('offline_access') ? lives.offlineGrant : lives.session,
  };
}
