/** What the citizen's own pages are built from. */
import type { Middleware } from 'koa';
import type { Accounts } from '../accounts/accounts.ts';
import type { Disclosures } from '../audit/disclosures.ts';
import type { AuditTrail } from '../audit/trail.ts';
import type { Clients } from '../clients/clients.ts';
import type { OldAccountClaims } from '../legacy/claims/claims.ts';
import type { Notices } from '../notices/notice.ts';
import type { Oidc } from '../oidc/oidc.ts';
import type { OidcSettings } from '../oidc/settings.ts';
import type { Clock } from '../platform/clock.ts';
import type { AppState } from '../platform/http/context.ts';
import type { Pages } from '../platform/page/render.ts';

export interface ProfileRooms {
  /** Public address of this server, without a trailing slash. */
  issuer: string;
  /** Trial shows where to click, and the messages that would have been sent. */
  trial: boolean;
  accounts: Accounts;
  clients: Clients;
  disclosures: Disclosures;
  oldAccounts: OldAccountClaims;
  clock: Clock;
  audit: AuditTrail;
  notices: Pick<Notices, 'listTrialMessages'>;
  oidc: Pick<Oidc, 'signedIn' | 'sessionsOf' | 'listGrants' | 'revokeGrant' | 'endSessions'>;
  settings: { oidc: Pick<OidcSettings, 'lifetimes'> };
  pages: Pages;
  csrf: Middleware<AppState>;
}
