/** The disclosure log: each release of a person's data to a client, kept at least three years. */
import type { Database } from '../platform/postgres.ts';
import { readDisclosuresOf } from './store.ts';
import { forText } from './wording.ts';

/** Names of claims, never their values. */
export interface Disclosure {
  personId: string;
  clientId: string;
  claims: string[];
  via: 'id_token' | 'userinfo' | 'introspection' | 'look-up' | 'event';
  basis: 'consent' | 'statutory-duty';
  purpose?: string | undefined;
  at: Date;
}

/** A disclosure as read back; `cursor` marks its place for the next page. */
export interface RecordedDisclosure extends Disclosure {
  cursor: string;
}

export interface Disclosures {
  /**
   * Resolves when durable. Written together with others of this process, in a transaction of its own: never
   * await it inside an open one, which on the embedded database would wait for itself.
   */
  record(disclosure: Disclosure): Promise<void>;
  /** Many at once, such as a page of a list: gathered like single ones, and durable together when it resolves. */
  recordMany(disclosures: readonly Disclosure[]): Promise<void>;
  /** Newest first; `before` is a time or the cursor of the last one seen. */
  ofPerson(personId: string, page: { before?: Date | string; limit: number }): Promise<RecordedDisclosure[]>;
}

/** A disclosure as it is stored and signed; `at` in milliseconds since 1970. */
export interface StoredDisclosure {
  at: number;
  personId: string;
  clientId: string;
  claims: string[];
  via: string;
  basis: string;
  purpose: string | null;
}

const LONGEST = 200;

/** @throws RangeError when `at` is no time. */
export function toStoredDisclosure(disclosure: Disclosure): StoredDisclosure {
  const at = disclosure.at.getTime();
  if (Number.isNaN(at)) throw new RangeError('a disclosure needs a time');
  return {
    at,
    personId: forText(disclosure.personId, LONGEST) ?? '',
    clientId: forText(disclosure.clientId, LONGEST) ?? '',
    claims: disclosure.claims.map((claim) => forText(claim, LONGEST) ?? ''),
    via: disclosure.via,
    basis: disclosure.basis,
    purpose: forText(disclosure.purpose, LONGEST),
  };
}

/** Later than any stored time, and earlier than JavaScript's last one. */
const END_OF_TIME = new Date('9999-12-31T23:59:59.999Z');

export async function readDisclosures(
  database: Database,
  personId: string,
  { before, limit }: { before?: Date | string; limit: number },
): Promise<RecordedDisclosure[]> {
  const rows = await readDisclosuresOf(database, personId, toPlace(before), limit);
  return rows.map(({ lane, seq, content }) => ({
    personId: content.personId,
    clientId: content.clientId,
    claims: content.claims,
    via: content.via as Disclosure['via'],
    basis: content.basis as Disclosure['basis'],
    ...(content.purpose === null ? {} : { purpose: content.purpose }),
    at: new Date(content.at),
    cursor: `${content.at}.${lane}.${seq}`,
  }));
}

/** A cursor that a stranger made up reads as "from the newest". */
function toPlace(before: Date | string | undefined): { at: Date; lane: number; seq: number } {
  if (before instanceof Date) return { at: before, lane: 0, seq: 0 };
  const parts = /^(\d{1,14})\.([0-7])\.(\d{1,15})$/.exec(before ?? '');
  if (!parts) return { at: END_OF_TIME, lane: 7, seq: 0 };
  return { at: new Date(Number(parts[1])), lane: Number(parts[2]), seq: Number(parts[3]) };
}
