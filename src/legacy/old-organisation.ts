/**
 * A row of an old system that holds organisations, read by its declaration: cleaned, never guessed, like a person's row
 * (old-record.ts). Its numbers are public; everything is sealed as a whole all the same, for a row also says who
 * represents the organisation and how to reach it.
 */

import { foldNumber } from '../accounts/characters.ts';
import type { Document } from '../accounts/document.ts';
import { parseDocument, upgradeFifteen } from '../accounts/id-number.ts';
import { normaliseName } from '../accounts/name.ts';
import type { OrganisationKey, OrganisationNumberKind } from '../accounts/organisation.ts';
import { normaliseOrganisationName } from '../accounts/organisation-name.ts';
import {
  codeInside,
  parseCreditCode,
  parseOrganisationCode,
  parseRegistrationNumber,
} from '../accounts/organisation-number.ts';
import type { Declaration, OrganisationCodeColumn, OrganisationColumns } from './declaration.ts';
import { code, DAMAGE, LONGEST_LOCAL_ID, type NumberState } from './old-record.ts';
import { cleanField, type FieldKind } from './sources/clean.ts';
import type { SourceRow } from './sources/source.ts';

/** What is kept of a row, sealed as a whole. */
export interface OldOrganisation {
  subject: 'organisation';
  localId: string;
  /** Its place in the dump. */
  at: number;
  /** `valid` as soon as one of its numbers is. */
  numberState: NumberState;
  /** The valid numbers in the order in which the declaration names their columns; the first says which organisation it is. */
  numbers: OrganisationKey[];
  /** Of a row without a valid one. */
  numberAsWritten?: string | undefined;
  userName?: string | undefined;
  /** Normalised; as written where that failed. */
  name?: string | undefined;
  nameValid: boolean;
  nameAtLimit: boolean;
  representative?: { name: string; document?: Document } | undefined;
  phone?: string | undefined;
  disabled: boolean;
  deleted: boolean;
  createdAt?: string | undefined;
  lastSignInAt?: string | undefined;
  /** Words of rejects.ts. */
  marks: string[];
}

type Raw = (column: string | undefined) => string;

/** Of a declaration of organisations. @returns the record, or the reason why the row cannot be staged */
export function readOrganisation(
  declaration: Declaration,
  { at, fields, marks: noticed }: SourceRow,
  now: Date,
): OldOrganisation | 'local-id-absent' | 'local-id-long' {
  const columns = declaration.organisation!;
  const raw: Raw = (column) => (column === undefined ? '' : (fields[column] ?? ''));
  const text = (column: string | undefined, kind: FieldKind = 'text') =>
    cleanField(raw(column), kind).value || undefined;
  const localId = text(columns.localId, 'code');
  if (localId === undefined) return 'local-id-absent';
  if (localId.length > LONGEST_LOCAL_ID) return 'local-id-long';

  const marks = new Set<string>();
  const codes = [columns.code ?? []].flat();
  for (const { code: mark, column } of noticed)
    if (mark === 'several-values' || (codes.some((one) => one.column === column) && DAMAGE.has(mark)))
      marks.add(mark);
  return {
    subject: 'organisation',
    ...{ localId, at },
    ...readNumbers(codes, raw, marks),
    userName: text(columns.userName),
    ...readName(raw(columns.name), declaration.nameWidth, marks),
    representative: readRepresentative(columns.representative, raw, now, marks),
    phone: text(columns.phone),
    // An unknown code fails closed.
    disabled: code(columns.status, raw, 'status-unknown', marks, 'disabled') === 'disabled',
    deleted: code(columns.deleted, raw, 'deleted-unknown', marks, 'yes') === 'yes',
    createdAt: text(columns.createdAt, 'date'),
    lastSignInAt: text(columns.lastSignInAt, 'date'),
    marks: [...marks],
  };
}

const PARSERS = {
  'credit-code': parseCreditCode,
  'organisation-code': parseOrganisationCode,
  'registration-number': parseRegistrationNumber,
} as const;

const KIND_BY_LENGTH: Record<number, OrganisationNumberKind> = {
  18: 'credit-code',
  9: 'organisation-code',
  15: 'registration-number',
  13: 'registration-number',
};

function readNumbers(
  codes: readonly OrganisationCodeColumn[],
  raw: Raw,
  marks: Set<string>,
): Pick<OldOrganisation, 'numberState' | 'numbers' | 'numberAsWritten'> {
  const numbers: OrganisationKey[] = [];
  let worst: Exclude<NumberState, 'valid'> = 'absent';
  let asWritten: string | undefined;
  const note = (state: Exclude<NumberState, 'valid'>, value: string) => {
    marks.add(`number-${state}`);
    if (worst !== 'absent') return;
    worst = state;
    asWritten = value || undefined;
  };
  for (const { column, type } of codes) {
    const { value, marks: found } = cleanField(raw(column), 'number');
    for (const mark of found) if (DAMAGE.has(mark)) marks.add(mark);
    if (found.includes('placeholder')) note('placeholder', value);
    else if (value === '') continue;
    else if (found.includes('number-damaged')) note('damaged', value);
    else {
      const kind =
        type === 'by-length'
          ? KIND_BY_LENGTH[foldNumber(value)?.length ?? 0]
          : typeof type === 'object'
            ? code(type, raw, 'number-kind-unknown', marks)
            : type;
      const parsed = kind && PARSERS[kind](value);
      if (!kind || !parsed?.ok) note('invalid', value);
      else {
        for (const warning of parsed.value.warnings) marks.add(`number-${warning}`);
        numbers.push({ kind, value: parsed.value.number });
      }
    }
  }
  if (codesDisagree(numbers)) marks.add('codes-disagree');
  return numbers.length > 0
    ? { numberState: 'valid', numbers }
    : { numberState: worst, numbers, numberAsWritten: asWritten };
}

/** Whether two numbers of one row are of different organisations, as far as the numbers themselves tell. */
function codesDisagree(numbers: readonly OrganisationKey[]): boolean {
  const inner = numbers.flatMap(({ kind, value }) =>
    kind === 'credit-code' ? [codeInside(value)] : kind === 'organisation-code' ? [value] : [],
  );
  return new Set(inner).size > 1;
}

function readName(
  raw: string,
  width: number | undefined,
  marks: Set<string>,
): Pick<OldOrganisation, 'name' | 'nameValid' | 'nameAtLimit'> {
  const { value, marks: found } = cleanField(raw, 'name');
  if (found.includes('placeholder')) marks.add('name-placeholder');
  if (value === '') return { name: undefined, nameValid: false, nameAtLimit: false };
  const nameAtLimit = width !== undefined && [...raw].length >= width;
  if (nameAtLimit) marks.add('name-at-limit');
  if (/[?\uFF1F\uFFFD]/u.test(value)) {
    marks.add('name-damaged');
    return { name: value, nameValid: false, nameAtLimit };
  }
  const name = normaliseOrganisationName(value);
  if (!name.ok) marks.add('organisation-name-invalid');
  return { name: name.ok ? name.value : value, nameValid: name.ok, nameAtLimit };
}

function readRepresentative(
  columns: OrganisationColumns['representative'],
  raw: Raw,
  now: Date,
  marks: Set<string>,
): OldOrganisation['representative'] {
  if (!columns) return undefined;
  const written = cleanField(raw(columns.name), 'name').value;
  const number = cleanField(raw(columns.document), 'number').value;
  const name = normaliseName(written);
  if (!name.ok) {
    if (written !== '' || number !== '') marks.add('representative-invalid');
    return undefined;
  }
  if (number === '') return { name: name.value };
  const parsed =
    columns.type === 'citizen-number' && number.length === 15
      ? upgradeFifteen(number, now)
      : parseDocument(columns.type, number, now);
  if (!parsed.ok) {
    marks.add('representative-invalid');
    return { name: name.value };
  }
  return { name: name.value, document: { type: columns.type, number: parsed.value.number } };
}
