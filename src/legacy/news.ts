/** What applications are told of old accounts and merged persons, in the transaction in which it comes about. */
import type { PersonId } from '../accounts/person.ts';
import type { Transaction } from '../platform/postgres.ts';

export type OldAccountNews =
  | { kind: 'linked' | 'unlinked'; source: string; localId: string; personId: PersonId }
  /** `personId` is the account that answers for both (at `unmerged`: did), `otherId` the one that was absorbed. */
  | { kind: 'merged' | 'unmerged'; personId: PersonId; otherId: PersonId };

/** Promises in the transaction that they will be told; whatever crashes afterwards, they are. */
export type TellNews = (tx: Transaction, news: readonly OldAccountNews[]) => Promise<void>;

/** Where nobody is to be told. */
export const tellNobody: TellNews = async () => {};
