/** What the interface for departments' servers is built from. */
import type { Disclosures } from '../audit/disclosures.ts';
import type { KnownAccounts } from '../legacy/known.ts';
import type { Oidc } from '../oidc/oidc.ts';
import type { Clock } from '../platform/clock.ts';
import type { Limits } from '../platform/limits.ts';
import type { Database } from '../platform/postgres.ts';
import type { DepartmentsSettings } from './settings.ts';

export interface DepartmentRooms {
  database: Database;
  disclosures: Pick<Disclosures, 'recordMany'>;
  knownAccounts: KnownAccounts;
  oidc: Pick<Oidc, 'readOwnToken'>;
  limits: Pick<Limits, 'take'>;
  clock: Clock;
  settings: { departments: DepartmentsSettings };
}
