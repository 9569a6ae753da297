/**
 * A row of an old system, read by its declaration: cleaned, never guessed. What is doubtful is marked and kept; only a
 * row without an id of its own is refused, since nothing could ever refer to it.
 */
import { birthDate, dayInShanghai } from '../accounts/calendar.ts';
import type { Document, DocumentType, Gender } from '../accounts/document.ts';
import { parseDocument, upgradeFifteen } from '../accounts/id-number.ts';
import { normaliseName } from '../accounts/name.ts';
import { parsePhone } from '../accounts/phone.ts';
import type { Coded, Declaration } from './declaration.ts';
import { cleanField, type FieldKind } from './sources/clean.ts';
import type { SourceRow } from './sources/source.ts';

export type NumberState = 'valid' | 'invalid' | 'damaged' | 'placeholder' | 'absent';

/** What is kept of a row, sealed as a whole. */
export interface OldRecord {
  localId: string;
  /** Its place in the dump. */
  at: number;
  number:
    | { state: 'valid'; document: Document }
    | { state: Exclude<NumberState, 'valid'>; asWritten?: string | undefined };
  userName?: string | undefined;
  /** Normalised; as written where that failed. */
  name?: string | undefined;
  nameValid: boolean;
  nameAtLimit: boolean;
  phone?: string | undefined;
  gender?: Gender | undefined;
  birthdate?: string | undefined;
  disabled: boolean;
  deleted: boolean;
  createdAt?: string | undefined;
  lastSignInAt?: string | undefined;
  /** Only while it is staged: rests apart. */
  password?: { hash: string; salt?: string | undefined } | undefined;
  /** Whether its owner could prove it later, by its password or its phone. */
  provable: boolean;
  /** Words of rejects.ts. */
  marks: string[];
}

export const LONGEST_LOCAL_ID = 200;
/** What a spreadsheet did to a number: lost for good, or perhaps. */
export const DAMAGE: ReadonlySet<string> = new Set(['number-damaged', 'number-doubtful']);

/** Of a declaration of persons. @returns the record, or the reason why the row cannot be staged: `local-id-absent`, `local-id-long` */
export function readRecord(
  declaration: Declaration,
  { at, fields, marks: noticed }: SourceRow,
  now: Date,
): OldRecord | 'local-id-absent' | 'local-id-long' {
  const columns = declaration.person!;
  const raw = (column: string | undefined) => (column === undefined ? '' : (fields[column] ?? ''));
  const text = (column: string | undefined, kind: FieldKind = 'text') =>
    cleanField(raw(column), kind).value || undefined;
  // Not as text: an id may be 0, and a placeholder elsewhere.
  const localId = text(columns.localId, 'code');
  if (localId === undefined) return 'local-id-absent';
  if (localId.length > LONGEST_LOCAL_ID) return 'local-id-long';

  const marks = new Set<string>();
  for (const { code, column } of noticed)
    if (code === 'several-values' || (column === columns.document?.column && DAMAGE.has(code)))
      marks.add(code);
  const type = documentType(columns.document?.type, raw, marks);
  const number = readNumber(raw(columns.document?.column), type, now, marks);
  const name = readName(raw(columns.name), declaration.nameWidth, marks);
  const told =
    number.state === 'valid' ? parseDocument(number.document.type, number.document.number, now) : undefined;
  const birthdate = readBirthdate(text(columns.birthdate, 'date'), now, marks);
  const gender = code(columns.gender, raw, 'gender-unknown', marks);
  if (told?.ok) {
    if (birthdate && told.value.birthdate && birthdate !== told.value.birthdate)
      marks.add('birthdate-differs');
    if (gender && gender !== 'unstated' && told.value.gender && gender !== told.value.gender)
      marks.add('gender-differs');
  }
  const phone = text(columns.phone, 'number');
  const mobile = phone === undefined ? undefined : parsePhone(phone);
  if (mobile && !mobile.ok) marks.add('phone-invalid');
  // A password is never cleaned: a space in it may be part of it.
  const hash = raw(columns.password);
  const salt = raw(columns.salt);
  return {
    localId,
    at,
    number,
    userName: text(columns.userName),
    ...name,
    phone: mobile?.ok ? mobile.value : undefined,
    gender: gender === 'male' || gender === 'female' ? gender : undefined,
    birthdate,
    // An unknown code fails closed.
    disabled: code(columns.status, raw, 'status-unknown', marks, 'disabled') === 'disabled',
    deleted: code(columns.deleted, raw, 'deleted-unknown', marks, 'yes') === 'yes',
    createdAt: text(columns.createdAt, 'date'),
    lastSignInAt: text(columns.lastSignInAt, 'date'),
    password: hash === '' ? undefined : { hash, ...(salt === '' ? {} : { salt }) },
    provable: hash !== '' || declaration.login !== undefined || mobile?.ok === true,
    marks: [...marks],
  };
}

type Raw = (column: string | undefined) => string;

/** The meaning of a code; `unlisted` for one that the declaration does not have. Undefined without a column. */
export function code<Meaning extends string>(
  coded: Coded<Meaning> | undefined,
  raw: Raw,
  mark: string,
  marks: Set<string>,
  unlisted?: Meaning,
): Meaning | undefined {
  if (!coded) return undefined;
  const { value } = cleanField(raw(coded.column), 'code');
  if (Object.hasOwn(coded.codes, value)) return coded.codes[value];
  if (coded.otherwise !== undefined) return coded.otherwise;
  marks.add(mark);
  return unlisted;
}

function documentType(
  declared: DocumentType | Coded<DocumentType> | undefined,
  raw: Raw,
  marks: Set<string>,
): DocumentType | undefined {
  return typeof declared === 'object' ? code(declared, raw, 'document-type-unknown', marks) : declared;
}

function readNumber(
  raw: string,
  type: DocumentType | undefined,
  now: Date,
  marks: Set<string>,
): OldRecord['number'] {
  const { value, marks: found } = cleanField(raw, 'number');
  for (const mark of found) if (DAMAGE.has(mark)) marks.add(mark);
  const state = (kind: Exclude<NumberState, 'valid'>): OldRecord['number'] => {
    if (kind !== 'absent') marks.add(`number-${kind}`);
    return { state: kind, asWritten: value || undefined };
  };
  if (found.includes('placeholder')) return state('placeholder');
  if (value === '') return state('absent');
  if (marks.has('number-damaged')) return state('damaged');
  if (type === undefined) return state('invalid');
  if (type === 'citizen-number' && value.length === 15) {
    const upgraded = upgradeFifteen(value, now);
    if (!upgraded.ok) return state('invalid');
    marks.add('number-fifteen');
    return { state: 'valid', document: upgraded.value };
  }
  const parsed = parseDocument(type, value, now);
  if (!parsed.ok) return state('invalid');
  const { number, country } = parsed.value;
  return { state: 'valid', document: { type, number, ...(country === undefined ? {} : { country }) } };
}

function readName(
  raw: string,
  width: number | undefined,
  marks: Set<string>,
): Pick<OldRecord, 'name' | 'nameValid' | 'nameAtLimit'> {
  const { value, marks: found } = cleanField(raw, 'name');
  if (found.includes('placeholder')) marks.add('name-placeholder');
  if (value === '') return { name: undefined, nameValid: false, nameAtLimit: false };
  const nameAtLimit = width !== undefined && [...raw].length >= width;
  if (nameAtLimit) marks.add('name-at-limit');
  if (/[?\uFF1F\uFFFD]/u.test(value)) {
    marks.add('name-damaged');
    return { name: value, nameValid: false, nameAtLimit };
  }
  const name = normaliseName(value);
  if (!name.ok) marks.add('name-invalid');
  return { name: name.ok ? name.value : value, nameValid: name.ok, nameAtLimit };
}

function readBirthdate(text: string | undefined, now: Date, marks: Set<string>): string | undefined {
  if (text === undefined) return undefined;
  const parts = /^(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[ T].*)?$/.exec(text);
  const date =
    parts &&
    birthDate(`${parts[1]}${parts[2]!.padStart(2, '0')}${parts[3]!.padStart(2, '0')}`, dayInShanghai(now));
  if (!date) marks.add('birthdate-invalid');
  return date ?? undefined;
}
