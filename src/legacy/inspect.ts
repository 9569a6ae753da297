/** A first look at an unknown dump: its form, what its columns likely mean, what is wrong with the data. Opens no database. */
import { stringify } from 'yaml';
import type { Gender } from '../accounts/document.ts';
import { parseDocument } from '../accounts/id-number.ts';
import { done, type Outcome } from '../platform/failure.ts';
import { type Meaning, type Proposal, proposeColumns } from './columns.ts';
import { type Declaration, readDeclaration } from './declaration.ts';
import { type CodeFindings, codeLines, tellCounts, watchCodes } from './inspect-codes.ts';
import {
  type KnownPassword,
  type PasswordFindings,
  passwordLines,
  watchPasswords,
} from './inspect-passwords.ts';
import { readOrganisation } from './old-organisation.ts';
import { readRecord } from './old-record.ts';
import { openFile } from './sources/open-file.ts';
import type { SourceFacts } from './sources/source.ts';

/** Enough to see what the data is like, however long the file. */
const MOST_ROWS = 100_000;

export interface Inspection {
  facts: SourceFacts;
  columns: Proposal[];
  /** Columns that say nothing to the dictionary. */
  others: string[];
  rowsRead: number;
  unusable: Record<string, number>;
  marks: Record<string, number>;
  /** Phones and numbers that stand in several rows, and in how many. */
  sharedPhones: number;
  sharedNumbers: number;
  codes: CodeFindings[];
  passwords: PasswordFindings;
  /** A declaration to begin with, as YAML; what is not known stands as a comment. */
  declaration: string;
  /** All of it for people. */
  lines: string[];
}

/**
 * Failures: those of {@link openFile}; a file that breaks off later is inspected up to there.
 * @param options.known accounts whose password is known, to find the recipe by
 */
export async function inspectFile(
  path: string,
  { known = [], ...options }: { sheet?: string; known?: readonly KnownPassword[] } = {},
  now: Date = new Date(),
): Promise<Outcome<Inspection>> {
  const opened = await openFile(path, options);
  if (!opened.ok) return opened;
  const source = opened.value;
  const columns = proposeColumns(source.columns);
  const columnOf = (meaning: Meaning) => columns.find((made) => made.meaning === meaning)?.column;
  const declaration = readDeclaration(draft(columns, options.sheet));
  const seen = { rows: 0, unusable: count(), marks: count(), phones: count(), numbers: count() };
  const codes = watchCodes(CODED.flatMap((member) => columnsOf(columnOf(member), member)));
  const passwords = watchPasswords(known);
  for await (const rows of source.rows()) {
    for (const row of rows) {
      seen.rows += 1;
      if (row.unusable) seen.unusable.add(row.unusable);
      else if (declaration.ok) codes.see(row.fields, look(declaration.value, row, now, seen));
      const value = (meaning: Meaning) => row.fields[columnOf(meaning) ?? ''] ?? '';
      const userName = value('userName').trim();
      passwords.see({ hash: value('password'), salt: value('salt'), userName }, [
        value('localId').trim(),
        userName,
      ]);
    }
    if (seen.rows >= MOST_ROWS) break;
  }
  const found = { codes: codes.findings(), passwords: await passwords.findings() };
  const inspection = {
    facts: source.facts(),
    columns,
    others: source.columns.filter((column) => !columns.some((made) => made.column === column)),
    rowsRead: seen.rows,
    unusable: seen.unusable.all(),
    marks: seen.marks.all(),
    sharedPhones: seen.phones.shared(),
    sharedNumbers: seen.numbers.shared(),
    ...found,
    declaration: draft(columns, options.sheet, found),
  };
  return done({ ...inspection, lines: toLines(inspection) });
}

const CODED = ['gender', 'status', 'deleted'] as const;
const columnsOf = (column: string | undefined, member: (typeof CODED)[number]) =>
  column === undefined ? [] : [{ column, member }];

type Seen = Record<'unusable' | 'marks' | 'phones' | 'numbers', ReturnType<typeof count>>;

/** Counts what a row is like. @returns what its number says of the sex */
function look(
  declaration: Declaration,
  row: Parameters<typeof readRecord>[1],
  now: Date,
  { unusable, marks, phones, numbers }: Seen,
): Gender | undefined {
  const record = declaration.organisation
    ? readOrganisation(declaration, row, now)
    : readRecord(declaration, row, now);
  if (typeof record === 'string') {
    unusable.add(record);
    return undefined;
  }
  for (const mark of record.marks) marks.add(mark);
  if (record.phone) phones.add(record.phone);
  if ('subject' in record) {
    for (const { value } of record.numbers.slice(0, 1)) numbers.add(value);
    return undefined;
  }
  if (record.number.state !== 'valid') return undefined;
  const { type, number } = record.number.document;
  numbers.add(number);
  const told = parseDocument(type, number, now);
  return told.ok ? told.value.gender : undefined;
}

function count() {
  const counts = new Map<string, number>();
  return {
    add: (name: string) => void counts.set(name, (counts.get(name) ?? 0) + 1),
    all: (): Record<string, number> =>
      Object.fromEntries([...counts].sort(([, one], [, other]) => other - one)),
    shared: () => [...counts.values()].filter((times) => times > 1).length,
  };
}

/** Members whose column alone says enough. */
const PLAIN: readonly Meaning[] = [
  'localId',
  'userName',
  'name',
  'phone',
  'birthdate',
  'createdAt',
  'lastSignInAt',
];

/** Whether a table is one of organisations: it has their numbers or name, and does not name persons with their own. */
function isOfOrganisations(of: (meaning: Meaning) => string | undefined): boolean {
  if (of('document') && of('name')) return false;
  return CODES.some(([meaning]) => of(meaning)) || (of('organisationName') !== undefined && !of('name'));
}

/** The surest number first: of several, the first that is valid counts. */
const CODES = [
  ['creditCode', 'credit-code'],
  ['organisationCode', 'organisation-code'],
  ['registrationNumber', 'registration-number'],
] as const;

/** Credit codes, organisation codes and registration numbers are seldom kept apart; their lengths tell which one it is. */
function draftOrganisation(of: (meaning: Meaning) => string | undefined): Record<string, unknown> {
  const codes = CODES.flatMap(([meaning, type]) => {
    const column = of(meaning);
    if (!column) return [];
    return [{ column, type: meaning === 'creditCode' ? 'by-length' : type }];
  });
  const plain = (meaning: Meaning) => (of(meaning) ? { [meaning]: of(meaning) } : {});
  const name = of('organisationName') ?? of('name');
  const [representative, document] = [of('representativeName'), of('representativeNumber')];
  return {
    localId: of('localId') ?? of('userName') ?? codes[0]?.column ?? '?',
    ...plain('userName'),
    ...(name ? { name } : {}),
    ...(codes.length > 0 ? { code: codes.length === 1 ? codes[0] : codes } : {}),
    ...(representative
      ? { representative: { name: representative, ...(document ? { document } : {}) } }
      : {}),
    ...{ ...plain('phone'), ...plain('createdAt'), ...plain('lastSignInAt') },
  };
}

function draft(
  columns: Proposal[],
  sheet: string | undefined,
  found?: Pick<Inspection, 'codes' | 'passwords'>,
): string {
  const of = (meaning: Meaning) => columns.find((made) => made.meaning === meaning)?.column;
  const head = {
    source: 'old-system',
    title: { 'zh-CN': '旧系统' },
    ...(sheet ? { file: { sheet } } : {}),
  };
  if (isOfOrganisations(of)) return stringify({ ...head, organisation: draftOrganisation(of) });
  const person: Record<string, unknown> = {};
  for (const meaning of PLAIN) if (of(meaning)) person[meaning] = of(meaning);
  // Something must stand for the id; the user name is one too.
  person.localId ??= of('userName') ?? of('document') ?? '?';
  const document = of('document');
  if (document) person.document = { column: document, type: 'citizen-number' };
  const open: string[] = [];
  for (const one of found?.codes ?? []) {
    const { column, member, codes } = one;
    if (codes) person[member] = { column, codes };
    else open.push(`${member}: { column: ${column}, codes: { … } }   # ${tellCounts(one)}`);
  }
  const [password, salt, recipe] = [of('password'), of('salt'), found?.passwords.sure];
  if (password && recipe) Object.assign(person, { password, ...(salt ? { salt } : {}) });
  else if (password) open.push(`password: ${password}`, ...(salt ? [`salt: ${salt}`] : []));
  const text = stringify({ ...head, ...(recipe ? { recipe } : {}), person });
  // `person` stands last, so that what must be filled in by hand can follow as lines of it.
  return text + open.map((line) => `  # ${line}\n`).join('');
}

function toLines(found: Omit<Inspection, 'lines'>): string[] {
  const { facts, columns, others } = found;
  const list = (counts: Record<string, number>) =>
    Object.entries(counts).map(([name, times]) => `${String(times).padStart(10)}  ${name}`);
  const form = [
    facts.shape,
    facts.encoding,
    facts.delimiter && `delimiter ${JSON.stringify(facts.delimiter)}`,
    facts.sheet && `sheet ${facts.sheet}`,
  ];
  return [
    `${form.filter(Boolean).join(', ')}; ${found.rowsRead} rows looked at`,
    ...(facts.replacementCharacters > 0
      ? [`${facts.replacementCharacters} characters were lost by an earlier conversion (U+FFFD)`]
      : []),
    ...(facts.questionMarks > 0
      ? [`${facts.questionMarks} question marks in values: some were dots or rare characters`]
      : []),
    '',
    'Columns:',
    ...columns.map(({ column, meaning, sure }) => `  ${column}: ${meaning}${sure ? '' : ' (perhaps)'}`),
    ...(others.length > 0 ? [`  not understood: ${others.slice(0, 60).join(', ')}`] : []),
    '',
    'Data:',
    ...list(found.unusable),
    ...list(found.marks),
    `${String(found.sharedNumbers).padStart(10)}  numbers in several rows`,
    `${String(found.sharedPhones).padStart(10)}  phones in several rows`,
    ...codeLines(found.codes),
    ...passwordLines(found.passwords),
    '',
    found.declaration.includes('\norganisation:')
      ? 'A declaration to begin with (status and deleted must be added by hand; passwords of organisations are not taken):'
      : 'A declaration to begin with; complete the lines behind #:',
    '',
    ...found.declaration.trimEnd().split('\n'),
  ];
}
