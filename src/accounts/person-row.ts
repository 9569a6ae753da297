/** Between the person and the row: which column is sealed, and how it opens. */
import type { Sealer } from '../platform/seal/sealer.ts';
import type { Document, DocumentType, Gender } from './document.ts';
import type { IdentityLevel, Person, PersonId, PersonState, PersonSummary } from './person.ts';

export const PERSON_TABLE = 'person';

/** The sealed columns, in the order in which stores write them. */
export const SEALED_COLUMNS = [
  'document_number',
  'document_country',
  'name',
  'tibetan_name',
  'phone',
  'user_name',
  'birthdate',
  'gender',
] as const;
export type SealedColumn = (typeof SEALED_COLUMNS)[number];

export interface SummaryRow {
  id: string;
  state: PersonState;
  identity_level: number;
  version: number;
}

export type PersonRow = SummaryRow &
  Record<SealedColumn, Buffer | null> & {
    document_type: DocumentType;
    phone_verified_at: Date | null;
    locale: string | null;
    merged_into: string | null;
    created_at: Date;
  };

export const toSummary = (row: SummaryRow): PersonSummary => ({
  id: row.id as PersonId,
  state: row.state,
  identityLevel: row.identity_level as IdentityLevel,
  version: row.version,
});

/** One letter, because a sealed value is as long as what it holds and would tell `male` from `female`. */
const GENDER_LETTERS: Record<Gender, string> = { male: 'm', female: 'f' };

/** The person's sealed columns, in the order of {@link SEALED_COLUMNS}. */
export function sealFields(
  sealer: Sealer,
  person: Omit<Person, keyof PersonSummary | 'createdAt'> & { id: PersonId },
) {
  const plain: Record<SealedColumn, string | undefined> = {
    document_number: person.document.number,
    document_country: person.document.country,
    name: person.name,
    tibetan_name: person.tibetanName,
    phone: person.phone,
    user_name: person.userName,
    birthdate: person.birthdate,
    gender: person.gender && GENDER_LETTERS[person.gender],
  };
  return SEALED_COLUMNS.map((column) => {
    const value = plain[column];
    return value === undefined ? null : sealer.seal({ table: PERSON_TABLE, column, row: person.id }, value);
  });
}

export function openPerson(sealer: Sealer, row: PersonRow): Person {
  const open = (column: SealedColumn) => openField(sealer, row, column);
  const country = open('document_country');
  const document: Document = { type: row.document_type, number: open('document_number')! };
  if (country !== undefined) document.country = country;
  return withoutUndefined({
    ...toSummary(row),
    document,
    name: open('name')!,
    tibetanName: open('tibetan_name'),
    phone: open('phone'),
    phoneVerifiedAt: row.phone_verified_at ?? undefined,
    userName: open('user_name'),
    gender: genderOf(open('gender')),
    birthdate: open('birthdate'),
    locale: row.locale ?? undefined,
    mergedInto: (row.merged_into as PersonId | null) ?? undefined,
    createdAt: row.created_at,
  });
}

/** The same, but each field is opened when it is asked for: whoever wants a name pays for no number. */
export function openOnDemand(sealer: Sealer, row: PersonRow): Person {
  const open = (column: SealedColumn) => openField(sealer, row, column);
  return {
    ...toSummary(row),
    document: {
      type: row.document_type,
      get number() {
        return open('document_number')!;
      },
      get country() {
        return open('document_country');
      },
    },
    get name() {
      return open('name')!;
    },
    get tibetanName() {
      return open('tibetan_name');
    },
    get phone() {
      return open('phone');
    },
    phoneVerifiedAt: row.phone_verified_at ?? undefined,
    get userName() {
      return open('user_name');
    },
    get gender() {
      return genderOf(open('gender'));
    },
    get birthdate() {
      return open('birthdate');
    },
    locale: row.locale ?? undefined,
    createdAt: row.created_at,
  };
}

const genderOf = (letter: string | undefined): Gender | undefined =>
  letter === undefined ? undefined : letter === GENDER_LETTERS.male ? 'male' : 'female';

export function openField(
  sealer: Sealer,
  row: { id: string } & Partial<Record<SealedColumn, Buffer | null>>,
  column: SealedColumn,
): string | undefined {
  const sealed = row[column];
  return sealed ? sealer.open({ table: PERSON_TABLE, column, row: row.id }, sealed) : undefined;
}

/** Absent fields are absent, so that a person compares and prints as one expects. */
export function withoutUndefined<Value extends object>(value: Value): Value {
  for (const key of Object.keys(value) as (keyof Value)[]) if (value[key] === undefined) delete value[key];
  return value;
}
