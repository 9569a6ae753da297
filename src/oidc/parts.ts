/** What the pieces of this room are made from. */
import type { Accounts } from '../accounts/accounts.ts';
import type { PersonId } from '../accounts/person.ts';
import type { Disclosures } from '../audit/disclosures.ts';
import type { AuditTrail } from '../audit/trail.ts';
import type { Clients } from '../clients/clients.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/observe/log.ts';
import type { Database } from '../platform/postgres.ts';
import type { Consents } from './consent.ts';
import type { Logouts } from './logout.ts';
import type { OidcStore } from './oidc-store.ts';
import type { Outgoing } from './outgoing.ts';
import type { ProviderPages } from './pages.ts';
import type { OidcSettings } from './settings.ts';
import type { Subjects } from './subject.ts';

/** A person's accounts in the old systems of one application, as that application is told of them. */
export type OldAccountsOf = (
  personId: PersonId,
  clientId: string,
) => Promise<{ source: string; id: string; since: string }[]>;

export interface OidcParts {
  /** Origin of this server, such as https://id.example.gov.cn; every address in answers begins with it. */
  issuer: string;
  settings: OidcSettings;
  database: Database;
  clock: Clock;
  log: Log;
  clients: Clients;
  accounts: Accounts;
  oldAccountsOf: OldAccountsOf;
  trail: AuditTrail;
  disclosures: Disclosures;
  store: OidcStore;
  subjects: Subjects;
  consents: Consents;
  logouts: Logouts;
  outgoing: Outgoing;
  pages: ProviderPages;
}
