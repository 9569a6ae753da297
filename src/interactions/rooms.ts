/** What this room is built from; each step takes of it what it names. */
import type { Middleware } from 'koa';
import type { Accounts } from '../accounts/accounts.ts';
import type { AuditTrail } from '../audit/trail.ts';
import type { Clients } from '../clients/clients.ts';
import type { Credentials } from '../credentials/credentials.ts';
import type { PasswordSettings } from '../credentials/settings.ts';
import type { OldSystems } from '../legacy/old-systems.ts';
import type { Notices } from '../notices/notice.ts';
import type { Oidc } from '../oidc/oidc.ts';
import type { Clock } from '../platform/clock.ts';
import type { AppState } from '../platform/http/context.ts';
import type { Limits } from '../platform/limits.ts';
import type { Outbox } from '../platform/outbox.ts';
import type { Pages } from '../platform/page/render.ts';
import type { Database } from '../platform/postgres.ts';
import type { Fingerprinter } from '../platform/seal/fingerprint.ts';
import type { Sealer } from '../platform/seal/sealer.ts';
import type { PopulationRegister } from '../registries/registry.ts';
import type { RegistriesSettings } from '../registries/settings.ts';
import type { Notes } from './notes.ts';
import type { InteractionsSettings } from './settings.ts';

export interface InteractionRooms {
  database: Database;
  sealer: Sealer;
  fingerprinter: Fingerprinter;
  clock: Clock;
  limits: Limits;
  outbox: Outbox;
  audit: AuditTrail;
  accounts: Accounts;
  clients: Clients;
  credentials: Pick<Credentials, 'passwords' | 'smsCodes' | 'throttle' | 'pace' | 'devices'>;
  register: PopulationRegister;
  notices: Notices;
  /** Whether the pages tell that passwords of old systems are good here. */
  oldSystems: OldSystems;
  oidc: Pick<Oidc, 'provider' | 'consentRequest' | 'agree' | 'refuse'>;
  notes: Notes;
  pages: Pages;
  /** The guard of every form (platform/http/csrf.ts). */
  csrf: Middleware<AppState>;
  settings: InteractionsSettings;
  /** What the password page tells beforehand. */
  passwordRules: Pick<PasswordSettings, 'leastLength' | 'leastKinds'>;
  registries: RegistriesSettings;
}
