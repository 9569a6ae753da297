/** What an application is told of its own old systems: in the claim `legacy_accounts`. */
import type { PersonId } from '../accounts/person.ts';
import type { Database } from '../platform/postgres.ts';
import { knownOfPerson } from './known-store.ts';

/** For claims: a person's accounts in the old systems of the asking application, and of no other. */
export const makeOldAccountsOf =
  (database: Database) =>
  async (personId: PersonId, clientId: string): Promise<{ source: string; id: string; since: string }[]> =>
    (await knownOfPerson(database, personId, clientId)).map(({ source, localId, since }) => ({
      ...{ source, id: localId },
      since: since!.toISOString(),
    }));
