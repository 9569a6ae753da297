/**
 * The names by which people came home. Whoever signed in once with the user name of an old system goes on typing it, when
 * the password has long been changed here and the old system is gone; so it is remembered, sealed, with the old account.
 * It only leads to a person, as a user name of ours does: what opens the account is the person's own password.
 */
import type { PersonId } from '../../accounts/person.ts';
import { userNameKey } from '../../accounts/user-name.ts';
import type { TypedIdentifier } from '../../credentials/old-passwords.ts';
import type { Database, Queryable, Transaction } from '../../platform/postgres.ts';
import type { Fingerprinter } from '../../platform/seal/fingerprint.ts';
import type { Sealer } from '../../platform/seal/sealer.ts';
import * as store from './lazy-store.ts';

export interface NamesRoom {
  sealer: Sealer;
  fingerprinter: Fingerprinter;
}

const DOMAIN = 'old login name';

const placeOf = ({ source, localId }: store.AccountKey) => ({
  table: store.LOGIN_NAME_TABLE,
  column: 'content',
  row: `${source}/${localId}`,
});

/**
 * One spelling for what is the same to a person; undefined for numbers, which find the account by themselves, and for
 * the phone of several people here.
 */
const spelling = ({ kind, text, shared }: TypedIdentifier): string | undefined => {
  if (kind === 'document' || shared) return undefined;
  return kind === 'phone' ? text.normalize('NFKC').replace(/[\s-]/g, '') : userNameKey(text);
};

/** Whose name this is; nobody's where none or several people came by it. */
export async function personCalled(
  { database, fingerprinter }: NamesRoom & { database: Database },
  typed: TypedIdentifier,
): Promise<PersonId | undefined> {
  const name = spelling(typed);
  if (name === undefined) return undefined;
  const persons = await store.personsCalled(database, fingerprinter.all(DOMAIN, name));
  return persons.length === 1 ? persons[0] : undefined;
}

/** Remembers what was typed for an old account that its system has confirmed by it. */
export async function keepName(
  room: NamesRoom,
  tx: Transaction,
  account: store.AccountKey,
  typed: TypedIdentifier,
  now: Date,
): Promise<void> {
  const name = spelling(typed);
  if (name !== undefined) await store.putName(tx, { ...account, ...sealName(room, account, name) }, now);
}

const sealName = ({ sealer, fingerprinter }: NamesRoom, account: store.AccountKey, name: string) => ({
  content: sealer.seal(placeOf(account), name),
  print: fingerprinter.fingerprint(DOMAIN, name),
  keyId: fingerprinter.currentKeyId,
});

const PAGE = 500;

/** Moves names to the current keys; returns how many. */
export async function renewNames(on: Queryable, room: NamesRoom): Promise<number> {
  const { sealer, fingerprinter } = room;
  let moved = 0;
  let after: store.AccountKey = { source: '', localId: '' };
  for (;;) {
    const rows = await store.pageNames(on, after, PAGE);
    if (rows.length === 0) return moved;
    after = rows.at(-1)!;
    const renewed = rows
      .filter(
        ({ content, keyId }) =>
          keyId !== fingerprinter.currentKeyId || sealer.keyId(content) !== sealer.currentKeyId,
      )
      .map((row) => ({
        was: row.content,
        row: { ...row, ...sealName(room, row, sealer.open(placeOf(row), row.content)) },
      }));
    if (renewed.length > 0) moved += await store.replaceNames(on, renewed);
  }
}
