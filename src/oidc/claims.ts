/**
 * What is said about a person, to whom, and when. Seals are opened only when something is really released, and
 * the release is in the disclosure log before the answer leaves: if the log cannot be written, there is no answer.
 */
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { parseAcr } from '../accounts/assurance.ts';
import type { Person, PersonSummary } from '../accounts/person.ts';
import { type Client, claimsAllowed, SCOPE_CLAIMS } from '../clients/client.ts';
import { Refused } from '../platform/failure.ts';
import { DEFAULT_CHANNEL, type WithChannel } from './grants.ts';
import { clientRecord } from './library-clients.ts';
import type { OidcParts } from './parts.ts';

export type ReleaseParts = Pick<OidcParts, 'accounts' | 'oldAccountsOf' | 'disclosures' | 'clock'>;

export interface Release {
  use: 'id_token' | 'userinfo';
  /** Scopes granted and asked for. */
  scope: string;
  /** Claims asked for one by one. */
  asked: readonly string[];
  rejected: readonly string[];
}

/** Claims that need the person's own data; the others are known without opening a seal. */
const SEALED: Record<string, (person: Person) => unknown> = {
  name: (person) => person.name,
  'name#bo': (person) => person.tibetanName,
  gender: (person) => person.gender,
  birthdate: (person) => person.birthdate,
  locale: (person) => person.locale,
  // E.164; numbers are those of the mainland, see accounts/phone.ts.
  phone_number: (person) => (person.phone === undefined ? undefined : `+86${person.phone}`),
  phone_number_verified: (person) =>
    person.phone === undefined ? undefined : person.phoneVerifiedAt !== undefined,
  id_number_type: (person) => person.document.type,
  id_number: (person) => person.document.number,
  id_number_country: (person) => person.document.country,
};

/** Always in an ID Token, from the sign-in itself. */
const OF_THE_SIGN_IN = ['acr', 'amr', 'auth_time'];

/** The names the library is going to let through, as far as the application may have them at all. */
export function releasedNames(release: Release, client: Client, ofResource: boolean): string[] {
  // An ID Token beside a token for userinfo holds only what was asked for by name (conformIdTokenClaims).
  const byScope =
    release.use === 'userinfo' || ofResource
      ? release.scope.split(' ').flatMap((scope) => SCOPE_CLAIMS[scope] ?? [])
      : [];
  const allowed = claimsAllowed(client);
  const names = new Set([...byScope, ...release.asked].filter((name) => name !== 'sub' && allowed.has(name)));
  for (const name of release.rejected) names.delete(name);
  return [...names];
}

/** Collects the claims of one answer and writes down that they were given. */
export async function releaseClaims(
  parts: ReleaseParts,
  ctx: KoaContextWithOIDC,
  summary: PersonSummary,
  release: Release,
): Promise<Record<string, unknown>> {
  const client = clientRecord(ctx.oidc.client);
  const names = releasedNames(release, client, ctx.oidc.entities.AccessToken?.aud !== undefined);
  const person = names.some((name) => name in SEALED) ? await parts.accounts.recent(summary.id) : undefined;
  const values: Record<string, unknown> = {};
  for (const name of names) {
    const value = name in SEALED ? person && SEALED[name]!(person) : ofTheSignOn(name, ctx, summary);
    if (value !== undefined) values[name] = value;
  }
  // Told also when there are none, so that an application need not guess.
  if (names.includes('legacy_accounts'))
    values.legacy_accounts = await parts.oldAccountsOf(summary.id, client.id);
  await disclose(parts, summary.id, client, {
    via: release.use,
    claims: ['sub', ...(release.use === 'id_token' ? OF_THE_SIGN_IN : []), ...Object.keys(values)],
  });
  return values;
}

/** Writes one release into the disclosure log; when too much waits there, the application is told to come again. */
export async function disclose(
  parts: Pick<ReleaseParts, 'disclosures' | 'clock'>,
  personId: string,
  client: Client,
  what: { via: 'id_token' | 'userinfo' | 'introspection'; claims: string[] },
): Promise<void> {
  try {
    await parts.disclosures.record({
      ...what,
      personId,
      clientId: client.id,
      basis: client.legalBasis,
      purpose: client.purpose['zh-CN'],
      at: parts.clock.now(),
    });
  } catch (error) {
    if (error instanceof Refused) throw busy();
    throw error;
  }
}

function ofTheSignOn(name: string, ctx: KoaContextWithOIDC, summary: PersonSummary): unknown {
  if (name === 'channel')
    return (ctx.oidc.entities.Grant as WithChannel<object> | undefined)?.channel ?? DEFAULT_CHANNEL;
  if (name === 'assurance') {
    const authentication = parseAcr(acrInHand(ctx) ?? '')?.aal;
    return {
      identity_level: summary.identityLevel,
      ...(authentication && { authentication_level: authentication }),
    };
  }
  return undefined;
}

/** The acr of the sign-in behind this answer: from the code or refresh token, or kept with the access token. */
export function acrInHand(ctx: KoaContextWithOIDC): string | undefined {
  const { AuthorizationCode: code, RefreshToken: refresh, AccessToken: access } = ctx.oidc.entities;
  const acr = code?.acr ?? refresh?.acr ?? access?.extra?.acr;
  return typeof acr === 'string' ? acr : undefined;
}

function busy(): errors.OIDCProviderError {
  const error = new errors.TemporarilyUnavailable('too busy to answer, try again in a moment');
  error.status = 503;
  error.statusCode = 503;
  return error;
}
