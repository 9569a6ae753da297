/**
 * What an old system's dump is and what its columns mean: one YAML file per system, read and judged as a whole. Codes
 * mean different things in different systems (0 is male here and unstated there), so each says its own.
 */
import { parse } from 'yaml';
import { z } from 'zod';
import { DOCUMENT_TYPES } from '../accounts/document.ts';
import { ORGANISATION_NUMBER_KINDS } from '../accounts/organisation.ts';
import { type Fault, faultsOf } from '../platform/config/load.ts';
import { type Failure, failed } from '../platform/failure.ts';
import { databasePlace, directoryPlace, filePlace, placeFaults } from './declared-place.ts';
import { readRecipe } from './recipes/recipe.ts';

const column = z.string({ error: 'must name a column' }).min(1).max(200);
/** A column whose values are codes: each code of the old system and what it means. */
const coded = <Meaning extends string>(...meanings: Meaning[]) =>
  z.strictObject({
    column,
    codes: z.record(z.string(), z.enum(meanings, { error: `must be one of ${meanings.join(', ')}` })),
    /** What an empty or unlisted code means; left out, such a row waits for an operator. */
    otherwise: z.enum(meanings).optional(),
  });

const person = z.strictObject({
  /** The old system's own id of the account; with the system's name it is the key for ever. */
  localId: column,
  userName: column.optional(),
  name: column.optional(),
  /** The number of an identity document, and of which kind: always the same one, or by a code. */
  document: z
    .strictObject({
      column,
      type: z.union([z.enum(DOCUMENT_TYPES), coded(...DOCUMENT_TYPES)]).default('citizen-number'),
    })
    .optional(),
  phone: column.optional(),
  gender: coded('male', 'female', 'unstated').optional(),
  birthdate: column.optional(),
  status: coded('active', 'disabled').optional(),
  deleted: coded('no', 'yes').optional(),
  createdAt: column.optional(),
  lastSignInAt: column.optional(),
  password: column.optional(),
  salt: column.optional(),
});

export const IDENTIFIERS = ['document', 'phone', 'user-name'] as const;
const organisationCode = z.strictObject({
  column,
  /** How to read the column; `by-length` where several kinds stand in it: their lengths tell them apart. */
  type: z
    .union([z.enum(ORGANISATION_NUMBER_KINDS), z.literal('by-length'), coded(...ORGANISATION_NUMBER_KINDS)])
    .default('credit-code'),
});

const organisation = z.strictObject({
  localId: column,
  userName: column.optional(),
  name: column.optional(),
  /** The number that says which organisation it is. Of several columns the first that holds a valid one counts. */
  code: z.union([organisationCode, z.array(organisationCode).min(1).max(4)]).optional(),
  /** Who stands for it, as the old system has it: taken over only where a register agrees. */
  representative: z
    .strictObject({
      name: column,
      document: column.optional(),
      type: z.enum(DOCUMENT_TYPES).default('citizen-number'),
    })
    .optional(),
  phone: column.optional(),
  status: coded('active', 'disabled').optional(),
  deleted: coded('no', 'yes').optional(),
  createdAt: column.optional(),
  lastSignInAt: column.optional(),
});

const declaration = z.strictObject({
  /** Short name of the old system, for ever: it is in the key of each of its accounts. */
  source: z
    .string({ error: 'must be a short name' })
    .regex(/^[a-z][a-z0-9-]{1,39}$/, 'must be 2 to 40 of a-z 0-9 - and begin with a letter'),
  title: z.strictObject({
    'zh-CN': z.string().min(1).max(60),
    bo: z.string().max(120).optional(),
    en: z.string().max(60).optional(),
  }),
  /** The application whose old accounts these are, and which alone is told of them. */
  client: z.string().min(1).max(64).optional(),
  /** Where the rows are: one of the three, a file when none is named. */
  file: filePlace.optional(),
  database: databasePlace.optional(),
  directory: directoryPlace.optional(),
  /** Whose accounts these are: one of the two. Persons act for organisations, so those bring no passwords. */
  person: person.optional(),
  organisation: organisation.optional(),
  /** How the passwords were made, by the name of a recipe or by a formula; see docs/legacy-recipes.md. */
  recipe: z.string().min(1).max(500).optional(),
  /** The last day on which an old password opens an account; a year after the first dump without one. */
  expires: z.iso.date('must be a day, like 2027-06-30').optional(),
  /** The interface of `legacy.logins` in the settings that says whether a password is right. */
  login: z
    .string()
    .regex(/^[a-z][a-z0-9-]{1,39}$/, 'must be the name of an interface in legacy.logins')
    .optional(),
  /** What people sign in with there, any of the three without it. */
  identifiers: z.array(z.enum(IDENTIFIERS)).min(1).optional(),
  /** How long the name's column is, in characters, where names may have been cut. */
  nameWidth: z.int().min(2).max(200).optional(),
});

export type Declaration = z.output<typeof declaration>;
export type PersonColumns = NonNullable<Declaration['person']>;
export type OrganisationColumns = NonNullable<Declaration['organisation']>;
export type OrganisationCodeColumn = z.output<typeof organisationCode>;

/** Whose accounts an old system holds. */
export type SubjectKind = 'person' | 'organisation';

export const subjectKindOf = ({ organisation: columns }: Declaration): SubjectKind =>
  columns ? 'organisation' : 'person';
export interface Coded<Meaning extends string> {
  column: string;
  codes: Record<string, Meaning>;
  otherwise?: Meaning | undefined;
}

/** Failure `old-declaration` 422 (params.count); `faults` names every member that is wrong and what would be right. */
export interface DeclarationFailure extends Failure {
  faults: Fault[];
}

const LONGEST = 100_000;

/** Reads a declaration. @param text YAML; aliases and tags that make objects are refused */
export function readDeclaration(
  text: string,
): { ok: true; value: Declaration } | { ok: false; failure: DeclarationFailure } {
  if (text.length > LONGEST) return refused([{ setting: '(whole)', right: 'must be shorter than 100 KB' }]);
  let tree: unknown;
  try {
    tree = parse(text, { maxAliasCount: 0, prettyErrors: false });
  } catch (error) {
    return refused([{ setting: '(whole)', right: `must be YAML: ${(error as Error).message}` }]);
  }
  const judged = declaration.safeParse(withTold(tree), { reportInput: false });
  if (!judged.success) return refused(judged.error.issues.flatMap(faultsOf));
  const faults = contradictions(judged.data);
  return faults.length > 0 ? refused(faults) : { ok: true, value: judged.data };
}

/** What a login interface calls the members of its answer. */
export const TOLD = { localId: 'localId', name: 'name', phone: 'phone', document: { column: 'number' } };

/** A system that only says whether a password is right has no columns to name. */
const withTold = (tree: unknown): unknown =>
  typeof tree === 'object' &&
  tree !== null &&
  'login' in tree &&
  !('person' in tree || 'organisation' in tree)
    ? { ...tree, person: TOLD }
    : tree;

/** What no single member shows. */
function contradictions(declared: Declaration): Fault[] {
  const { recipe, login } = declared;
  const faults = placeFaults(declared);
  if (!declared.person && !declared.organisation)
    faults.push({ setting: 'person', right: 'must be there, or organisation instead' });
  if (declared.person && declared.organisation)
    faults.push({
      setting: 'organisation',
      right: 'must be left out beside person: a system of both is declared twice, each with its own rows',
    });
  if (declared.organisation) return [...faults, ...organisationFaults(declared)];
  const columns: Partial<PersonColumns> = declared.person ?? {};
  if (recipe && login)
    faults.push({
      setting: 'login',
      right: 'must be left out beside recipe: passwords are checked in one way',
    });
  if (declared.identifiers && !login)
    faults.push({ setting: 'identifiers', right: 'is of no use without login' });
  const read = recipe === undefined ? undefined : readRecipe(recipe);
  // Otherwise nobody of that system could ever sign in, and nothing would say why.
  if (read && !read.ok) faults.push({ setting: 'recipe', right: `must be a recipe: ${read.fault.message}` });
  if (columns.password && !recipe)
    faults.push({ setting: 'recipe', right: 'must say how the passwords were made' });
  if (recipe && !columns.password)
    faults.push({ setting: 'person.password', right: 'must name the column of the passwords' });
  if (columns.salt && !columns.password)
    faults.push({ setting: 'person.salt', right: 'is of no use without person.password' });
  return faults;
}

/** Passwords open accounts of persons: an organisation's are not asked for, and never taken. */
const organisationFaults = (declared: Declaration): Fault[] =>
  (['recipe', 'login', 'identifiers', 'expires'] as const)
    .filter((setting) => declared[setting] !== undefined)
    .map((setting) => ({
      setting,
      right: 'must be left out: old passwords of organisations are not taken over, persons act for them',
    }));

/** Every column that a declaration names, with the member that names it. */
export function declaredColumns(declared: Declaration): [member: string, column: string][] {
  if (declared.organisation) return organisationColumns(declared.organisation);
  const columns: Partial<PersonColumns> = declared.person ?? {};
  return Object.entries(columns).flatMap(([member, value]): [string, string][] => {
    if (typeof value === 'string') return [[`person.${member}`, value]];
    if (value === undefined) return [];
    const named: [string, string][] = [[`person.${member}.column`, value.column]];
    if ('type' in value && typeof value.type === 'object')
      named.push([`person.${member}.type.column`, value.type.column]);
    return named;
  });
}

function organisationColumns({
  code,
  representative,
  ...columns
}: OrganisationColumns): [member: string, column: string][] {
  const codes = [code ?? []].flat();
  return [
    ...Object.entries(columns).flatMap(([member, value]): [string, string][] =>
      value === undefined
        ? []
        : [
            typeof value === 'string'
              ? [`organisation.${member}`, value]
              : [`organisation.${member}.column`, value.column],
          ],
    ),
    ...codes.flatMap((one, at): [string, string][] => {
      const member = Array.isArray(code) ? `organisation.code.${at}` : 'organisation.code';
      const named: [string, string][] = [[`${member}.column`, one.column]];
      if (typeof one.type === 'object') named.push([`${member}.type.column`, one.type.column]);
      return named;
    }),
    ...(['name', 'document'] as const).flatMap((member): [string, string][] =>
      representative?.[member] === undefined
        ? []
        : [[`organisation.representative.${member}`, representative[member]]],
    ),
  ];
}

/** The failure of a declaration, for these faults. */
export const refused = (faults: Fault[]): { ok: false; failure: DeclarationFailure } => ({
  ok: false,
  failure: { ...failed('old-declaration', 422, { params: { count: faults.length } }).failure, faults },
});
