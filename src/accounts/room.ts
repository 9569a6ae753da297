/** What the use-cases of this room work with. */
import type { AuditTrail } from '../audit/trail.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/postgres.ts';
import type { Fingerprinter } from '../platform/seal/fingerprint.ts';
import type { Sealer } from '../platform/seal/sealer.ts';
import type { AccountsSettings } from './settings.ts';

export interface Room {
  database: Database;
  sealer: Sealer;
  fingerprinter: Fingerprinter;
  audit: AuditTrail;
  clock: Clock;
  settings: AccountsSettings;
}
