/** Logout tokens (OpenID Connect Back-Channel Logout 1.0 section 2.4), signed anew for each attempt. */
import { randomUUID } from 'node:crypto';
import type Provider from 'oidc-provider';
import type { IdToken, Client as LibraryClient } from 'oidc-provider';
import type { Farewell } from './logout.ts';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** Signed (and, where the application has its ID Tokens so, encrypted); valid for two minutes. */
export function makeLogoutToken(
  provider: Provider,
  client: LibraryClient,
  farewell: Farewell,
): Promise<string> {
  const token = new provider.IdToken({ sub: farewell.personId }, { client }) as IdToken & { mask: object };
  // Not asked for where it is known: an unknown one would be made.
  if (farewell.sub === undefined) token.mask = { sub: null };
  else token.set('sub', farewell.sub);
  token.set('events', { [EVENT]: {} });
  token.set('jti', randomUUID());
  // An application whose ID Tokens had no sid could not know whom an unknown one means.
  if (client.backchannelLogoutSessionRequired) token.set('sid', farewell.sid);
  return token.issue({ use: 'logout' });
}
