/** What an application is told of its own old systems: in the claim `legacy_accounts`, and in lists. */

import type { PersonId } from '../accounts/person.ts';
import type { Client } from '../clients/client.ts';
import type { Database } from '../platform/postgres.ts';
import type { KnownAccount } from './known-store.ts';
import { knownById, knownOfPerson, knownOfPersons, knownPage, sourcesOfClient } from './known-store.ts';
import type { SubjectsOf } from './news.ts';

export type { KnownAccount } from './known-store.ts';

/** For claims: a person's accounts in the old systems of the asking application, and of no other. */
export const makeOldAccountsOf =
  (database: Database) =>
  async (personId: PersonId, clientId: string): Promise<{ source: string; id: string; since: string }[]> =>
    (await knownOfPerson(database, personId, clientId)).map(({ source, localId, since }) => ({
      ...{ source, id: localId },
      since: since!.toISOString(),
    }));

/** Lists for an application's own batch work; of another's systems there is nothing in them. */
export interface KnownAccounts {
  sourcesOf(clientId: string): Promise<string[]>;
  /** In the order of their ids, from behind `after`. */
  page(clientId: string, source: string, after: string, most: number): Promise<KnownAccount[]>;
  byIds(clientId: string, source: string, ids: readonly string[]): Promise<KnownAccount[]>;
  /** Several subs may mean one person; `without` are those whose person has none here, or that nobody has. */
  bySubs(client: Client, subs: readonly string[]): Promise<{ accounts: KnownAccount[]; without: string[] }>;
  /** What the application calls these persons; made where it has never seen them. */
  subjectsOf(client: Client, personIds: readonly PersonId[]): Promise<Map<string, string>>;
}

export function openKnownAccounts(
  database: Database,
  subjects: {
    of: SubjectsOf;
    personsOf(on: Database, sector: string, subs: readonly string[]): Promise<Map<string, string>>;
  },
): KnownAccounts {
  return {
    sourcesOf: (clientId) => sourcesOfClient(database, clientId),
    page: (clientId, source, after, most) => knownPage(database, clientId, source, after, most),
    byIds: (clientId, source, ids) => knownById(database, clientId, source, ids),
    async bySubs(client, subs) {
      const persons = await subjects.personsOf(database, client.sector, subs);
      const people = [...new Set(persons.values())] as PersonId[];
      const accounts = await knownOfPersons(database, people, client.id);
      const having = new Set<string | undefined>(accounts.map(({ personId }) => personId));
      return { accounts, without: subs.filter((sub) => !having.has(persons.get(sub) ?? '')) };
    },
    subjectsOf: (client, personIds) => subjects.of(database, client.sector, personIds),
  };
}
