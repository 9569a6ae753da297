/**
 * Which sign-in a request asks for. `acr_values` and the `acr` claim count whether essential or not (RFC 9470),
 * and beside them the least the application accepts at all.
 */
import { parseAcr, satisfies } from '../accounts/assurance.ts';

/** The `acr` member of `claims.id_token` (OpenID Connect Core 5.5.1.1), as far as it is well-formed. */
interface AcrRequest {
  essential?: unknown;
  value?: unknown;
  values?: unknown;
}

export interface WantedAcr {
  /** Any one of these is enough; empty when the request names none. */
  anyOf: string[];
  /** The application's own minimum. */
  least: string | undefined;
  /** Essential, and not one value is known here: it can never be met. */
  impossible: boolean;
}

/** @param acrClaim `claims.id_token.acr` of the request, where the library has put `acr_values` too. */
export function wantedAcr(
  acrValues: string | undefined,
  acrClaim: unknown,
  least: string | undefined,
): WantedAcr {
  const claim = (typeof acrClaim === 'object' && acrClaim !== null ? acrClaim : {}) as AcrRequest;
  const values = [
    ...(acrValues ?? '').split(' '),
    ...(typeof claim.value === 'string' ? [claim.value] : []),
    ...(Array.isArray(claim.values) ? claim.values.filter((value) => typeof value === 'string') : []),
  ].filter((value) => value !== '');
  const known = [...new Set(values)].filter((value) => parseAcr(value) !== undefined);
  // Values of another vocabulary are a wish that cannot be judged: ignored, unless they are essential.
  return {
    anyOf: known,
    least,
    impossible: claim.essential === true && values.length > 0 && known.length === 0,
  };
}

/** Whether a sign-in of this acr is enough. */
export function isEnough(have: string | undefined, wanted: WantedAcr): boolean {
  const reaches = (value: string): boolean => have !== undefined && satisfies(have, value);
  if (wanted.least !== undefined && !reaches(wanted.least)) return false;
  return wanted.anyOf.length === 0 || wanted.anyOf.some(reaches);
}

/**
 * The `acr` to state: the first value asked for that is reached, because applications compare by equality;
 * without a request, what the sign-in really was.
 */
export function statedAcr(have: string | undefined, wanted: WantedAcr): string | undefined {
  if (have === undefined) return undefined;
  return wanted.anyOf.find((value) => satisfies(have, value)) ?? have;
}
