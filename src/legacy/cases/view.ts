/** A case as the person who decides sees it: everything beside each other, masked, with what would become of it. */
import { type DocumentType, keyOf } from '../../accounts/document.ts';
import { maskDocument, maskName, maskPhone } from '../../accounts/mask.ts';
import type { Person } from '../../accounts/person.ts';
import type { Reason } from '../matching.ts';
import { matchNames } from '../name-match.ts';
import type { OldRecord } from '../old-record.ts';
import type { CaseAction } from './rules.ts';

/** One column of the comparison. */
export interface Side {
  /** `old` accounts by system and id, the `account` by its id. */
  kind: 'old' | 'account';
  key: string;
  fields: Record<Field, string>;
  /** Fields that are not as in the case's own row. Told from the whole values: masks of two may look alike. */
  differs: Field[];
  /** The decision that waits for a second person would link to this one. */
  target?: true;
}

export const FIELDS = ['number', 'name', 'phone', 'birthdate', 'gender', 'state'] as const;
export type Field = (typeof FIELDS)[number];

interface Facts {
  number: { type: DocumentType; number: string; key: string } | undefined;
  name: string | undefined;
  phone: string | undefined;
  birthdate: string | undefined;
  gender: string | undefined;
  state: string;
}

const factsOfRecord = ({ number, name, phone, birthdate, gender, deleted, disabled }: OldRecord): Facts => ({
  number:
    number.state === 'valid'
      ? { type: number.document.type, number: number.document.number, key: keyOf(number.document) }
      : undefined,
  ...{ name, phone, birthdate, gender },
  state: deleted ? 'deleted there' : disabled ? 'disabled there' : 'in use there',
});

const factsOfPerson = ({
  document,
  name,
  phone,
  birthdate,
  gender,
  state,
  identityLevel,
}: Person): Facts => ({
  number: { type: document.type, number: document.number, key: keyOf(document) },
  ...{ name, phone, birthdate, gender },
  state: `${state}, level ${identityLevel}`,
});

const masked = ({ number, name, phone, birthdate, gender, state }: Facts): Side['fields'] => ({
  number: number ? maskDocument(number.type, number.number, 'owner') : '-',
  name: name === undefined ? '-' : maskName(name),
  phone: phone === undefined ? '-' : maskPhone(phone),
  birthdate: birthdate === undefined ? '-' : `${birthdate.slice(0, 4)}-**-**`,
  gender: gender ?? '-',
  state,
});

/** One old account by itself, masked. */
export const maskedRecord = (record: OldRecord): Side['fields'] => masked(factsOfRecord(record));

function differences(own: Facts, other: Facts): Field[] {
  const same: Record<Field, boolean> = {
    number: own.number?.key === other.number?.key,
    name:
      own.name === other.name ||
      (own.name !== undefined && other.name !== undefined && matchNames(own.name, other.name) === 'same'),
    phone: own.phone === other.phone,
    birthdate: own.birthdate === other.birthdate,
    gender: own.gender === other.gender,
    state: true,
  };
  return FIELDS.filter((field) => !same[field]);
}

/**
 * The case's own row first, then the account under its number, who claimed it, whose it would be by the decision that
 * waits, and other old accounts of the number. Nobody stands there twice.
 */
export function sidesOf(
  own: { key: string; record: OldRecord },
  account: Person | undefined,
  others: readonly { key: string; record: OldRecord }[],
  { claimant, target }: { claimant?: Person | undefined; target?: Person | undefined } = {},
): Side[] {
  const mine = factsOfRecord(own.record);
  const side = (kind: Side['kind'], key: string, facts: Facts): Side => ({
    ...{ kind, key, fields: masked(facts) },
    differs: differences(mine, facts),
  });
  const people = new Map([account, claimant, target].flatMap((one) => (one ? [[one.id, one] as const] : [])));
  return [
    { ...side('old', own.key, mine), differs: [] },
    ...[...people.values()].map((one) => ({
      ...side('account', one.id, factsOfPerson(one)),
      ...(one.id === target?.id ? { target: true as const } : {}),
    })),
    ...others.map(({ key, record }) => side('old', key, factsOfRecord(record))),
  ];
}

/** Two accounts that may be one person's; differences are told of the second. */
export function sidesOfAccounts(first: Person, second: Person): Side[] {
  const [own, other] = [factsOfPerson(first), factsOfPerson(second)];
  return [
    { kind: 'account', key: first.id, fields: masked(own), differs: [] },
    { kind: 'account', key: second.id, fields: masked(other), differs: differences(own, other) },
  ];
}

export interface PreviewLine {
  what: 'number' | 'name' | 'representative' | 'phone' | 'level' | 'application' | 'old-password' | 'case';
  becomes: string;
}

/** What every field and the application's link become of an action. Nothing that is not proven is ever copied. */
export function previewOf(
  action: CaseAction,
  {
    account,
    client,
    until,
  }: { account: Person | undefined; client: string | undefined; until?: Date | undefined },
): PreviewLine[] {
  const seen = client
    ? `${client} finds its old user: it receives the old id with the next sign-in`
    : 'no application is told: the declaration names none';
  switch (action) {
    case 'link':
      return [
        { what: 'number', becomes: 'stays the account’s' },
        { what: 'name', becomes: 'stays the account’s' },
        { what: 'phone', becomes: 'stays the account’s; the old one is not copied' },
        { what: 'level', becomes: `stays ${account?.identityLevel ?? '-'}` },
        { what: 'old-password', becomes: 'does not open the account' },
        { what: 'application', becomes: seen },
      ];
    case 'create':
      return [
        { what: 'number', becomes: 'the row’s, when the register agrees' },
        { what: 'name', becomes: 'the one that the register agrees to' },
        { what: 'phone', becomes: 'none: the old one is not proven' },
        { what: 'level', becomes: '1' },
        { what: 'old-password', becomes: 'opens the account once, and becomes its password' },
        { what: 'application', becomes: seen },
      ];
    case 'reject':
      return [
        {
          what: 'case',
          becomes: 'kept for the department; not proposed again until a later dump changes the row',
        },
      ];
    case 'wait':
      return [
        { what: 'case', becomes: `comes back ${until?.toISOString().slice(0, 10) ?? 'on the day given'}` },
      ];
  }
}

/** Reasons in words, for whoever decides. */
export const REASON_WORDS: Record<Reason, string> = {
  'number-and-name-agree': 'number and name agree',
  'register-agrees': 'the register agrees with number and name',
  'deleted-at-source': 'deleted in the old system',
  'number-absent': 'no number',
  'number-invalid': 'the number is wrong',
  'number-damaged': 'the number was damaged by a spreadsheet',
  'number-placeholder': 'a placeholder instead of a number',
  'number-of-several-names': 'the number stands under several names in this system',
  'number-unresolved': 'the register knows nobody under this old number',
  'codes-disagree': 'the numbers of the row are of different organisations',
  'code-of-another': 'another credit code here has the same organisation code inside',
  'name-absent': 'no name',
  'name-of-nobody': 'the name is an organisation’s, a function’s or a test’s',
  'name-cut': 'the name was perhaps cut off',
  'name-damaged': 'the name has lost characters',
  'name-differs': 'the name differs from the account’s',
  'account-frozen': 'the account is frozen',
  'account-closed': 'the account is closed',
  'person-deceased': 'the person has died',
  'organisation-closed': 'the organisation is closed here',
  'organisation-revoked': 'the organisation’s licence was revoked',
  'organisation-dissolved': 'the organisation was dissolved',
  'register-mismatch': 'the register knows the number under another name',
  'register-unknown': 'the register does not know the number',
  'register-unreachable': 'the register did not answer',
  'register-not-asked': 'the register was not asked yet',
  'claimed-by-password': 'somebody claimed it with its password',
  'claimed-by-phone': 'somebody claimed it with a code to its phone',
  'number-of-another': 'the number is another person’s than who claimed it',
  'rejected-before': 'it was decided before that it is not to be linked',
  'disputed-by-owner': 'whom it was linked to says that it is not theirs',
};
