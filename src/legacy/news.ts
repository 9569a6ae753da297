/**
 * News of old accounts for the applications they belong to: written down in the transaction of what happened, sent
 * afterwards (news-delivery.ts). Only applications that named an address for events have rows.
 */
import type { PersonId } from '../accounts/person.ts';
import type { Clients } from '../clients/clients.ts';
import type { Clock } from '../platform/clock.ts';
import type { Queryable, Transaction } from '../platform/postgres.ts';
import { clientsOfSources, insertNews, type NewNews } from './news-store.ts';

export type OldAccountNews =
  | { kind: 'linked' | 'unlinked'; source: string; localId: string; personId: PersonId }
  /**
   * `personId` is the account that answers for both (at `unmerged`: did), `otherId` the one that was absorbed. To be told
   * when the subjects of both are as they will be.
   */
  | { kind: 'merged' | 'unmerged'; personId: PersonId; otherId: PersonId };

/** Promises in the transaction that they will be told; whatever crashes afterwards, they are. */
export type TellNews = (tx: Transaction, news: readonly OldAccountNews[]) => Promise<void>;

/** Where nobody is to be told. */
export const tellNobody: TellNews = async () => {};

/** What the applications of a sector call these persons; `make` false leaves out those they do not know yet. */
export type SubjectsOf = (
  on: Queryable,
  sector: string,
  personIds: readonly string[],
  options?: { make?: boolean },
) => Promise<Map<string, string>>;

export interface NewsRoom {
  clients: Pick<Clients, 'takingLegacyEvents'>;
  clock: Clock;
  subjectsOf: SubjectsOf;
}

/** Subjects are looked up when it happens, not when it is sent: what comes after changes nothing of it. */
export function makeTellNews({ clients, clock, subjectsOf }: NewsRoom): TellNews {
  return async (tx, news) => {
    if (news.length === 0) return;
    // Through the transaction: it may hold the only session there is.
    const takers = await clients.takingLegacyEvents(tx);
    if (takers.length === 0) return;
    const sources = news.flatMap((one) => ('source' in one ? [one.source] : []));
    const owners = sources.length > 0 ? await clientsOfSources(tx, [...new Set(sources)]) : new Map();
    for (const { id, sector } of takers) {
      const theirs = news.filter((one) => !('source' in one) || owners.get(one.source) === id);
      if (theirs.length === 0) continue;
      const subjects = await subjectsFor(tx, subjectsOf, sector, theirs);
      const rows = theirs.flatMap((one) => toRow(one, subjects));
      if (rows.length > 0) await insertNews(tx, id, rows, clock.now());
    }
  };
}

/** Made for those who come to the application; whom it loses, or never knew, gets none. */
async function subjectsFor(
  tx: Transaction,
  subjectsOf: SubjectsOf,
  sector: string,
  news: readonly OldAccountNews[],
): Promise<Map<string, string>> {
  const others = news.flatMap((one) => ('otherId' in one ? [one.otherId] : []));
  const leaving = news.flatMap((one) => (one.kind === 'unlinked' ? [one.personId] : []));
  const known = await subjectsOf(tx, sector, [...others, ...leaving], { make: false });
  const coming = news.flatMap((one) =>
    one.kind === 'linked' || ('otherId' in one && known.has(one.otherId)) ? [one.personId] : [],
  );
  return new Map([...known, ...(await subjectsOf(tx, sector, coming))]);
}

function toRow(one: OldAccountNews, subjects: Map<string, string>): NewNews[] {
  const { kind, personId } = one;
  const sub = subjects.get(personId);
  if ('source' in one) return [{ kind, personId, sub, source: one.source, localId: one.localId }];
  const previousSub = subjects.get(one.otherId);
  // For an application that did not know both, nothing has changed.
  return previousSub === undefined || previousSub === sub ? [] : [{ kind, personId, sub, previousSub }];
}
