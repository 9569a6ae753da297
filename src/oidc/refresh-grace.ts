/**
 * A refresh token is used once. A second use means that the client lost the answer or asked twice at once, or
 * that somebody else has a copy; the library then ends the whole grant, with every token of it (RFC 9700
 * §4.14.2). For the first case that is harsh: one dropped connection, and the citizen is asked for consent
 * again and loses the other open window.
 *
 * The grace is this: for some seconds after its first use, a second one is refused like any other, never
 * answered with tokens, but it does not end the grant. Only where a copy alone is worth nothing: the client
 * proves itself with a secret or a key, or the token is bound to a key (RFC 9449), and the library has checked
 * all that before it asks here. A public client's bare token gets no grace, for there the second use is the
 * one sign of theft there is.
 */
import { errors } from 'oidc-provider';

/** The part of a presented refresh token that counts. */
export interface PresentedRefreshToken {
  kind?: string;
  /** Seconds since 1970 of its first use. */
  consumed?: unknown;
  jkt?: string | undefined;
  'x5t#S256'?: string | undefined;
}

export interface PresentingClient {
  clientAuthMethod?: string | undefined;
}

/** Whether a used refresh token may be refused without ending its grant. @param now seconds since 1970 */
export function inGrace(
  token: PresentedRefreshToken,
  client: PresentingClient,
  now: number,
  graceSeconds: number,
): boolean {
  if (token.kind !== 'RefreshToken' || typeof token.consumed !== 'number') return false;
  const copyIsUseless =
    (client.clientAuthMethod !== undefined && client.clientAuthMethod !== 'none') ||
    token.jkt !== undefined ||
    token['x5t#S256'] !== undefined;
  return copyIsUseless && now - token.consumed <= graceSeconds;
}

/**
 * To be called where the library looks up the account of a presented token (`findAccount(ctx, sub, token)`):
 * after its checks of client, expiry and key binding, just before it would end the grant.
 * @throws errors.InvalidGrant in the grace; otherwise the library goes on as it will
 */
export function refuseInGrace(
  token: PresentedRefreshToken | undefined,
  client: PresentingClient | undefined,
  now: number,
  graceSeconds: number,
): void {
  if (token && client && inGrace(token, client, now, graceSeconds)) {
    throw new errors.InvalidGrant('refresh token already used, within the grace for a lost answer');
  }
}
