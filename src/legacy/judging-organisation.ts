/**
 * Judging a page of organisations' old accounts, as judging.ts does for persons': what the pure rule needs is gathered in
 * one round trip each, and the dry run and the real one both come through here. A row with an old number only is asked for
 * in two steps: whose it was, and then, where nobody stands under that code either, whether the name belongs to it.
 */
import type { Accounts } from '../accounts/accounts.ts';
import type { OrganisationKey } from '../accounts/organisation.ts';
import type { StandingOrganisation } from '../accounts/organisations.ts';
import type { Queryable } from '../platform/postgres.ts';
import type { Sealer } from '../platform/seal/sealer.ts';
import type { EnterpriseRegister, OldNumber } from '../registries/enterprise.ts';
import {
  judgeOrganisation,
  type OldOrganisationFacts,
  type OrganisationVerdict,
  type OrganisationWord,
} from './matching-organisation.ts';
import { sharedNumbers } from './matching-store.ts';
import type { OldOrganisation } from './old-organisation.ts';
import type {
  JudgeableOrganisation,
  OrganisationVerdictRow,
  RegisterFacts,
} from './organisation-links-store.ts';
import { type RationLimits, rationQuestions } from './ration.ts';
import { openOldOrganisation } from './staged-organisation.ts';

export interface JudgeOrganisationRoom {
  accounts: Pick<Accounts, 'organisations'>;
  sealer: Sealer;
}

export interface JudgedOrganisation {
  record: OldOrganisation;
  contentPrint: Buffer;
  standing: StandingOrganisation | undefined;
  verdict: OrganisationVerdict;
  register: RegisterFacts | undefined;
  /** The credit code that the register gave for the row's old number. */
  resolved: string | undefined;
}

export interface AskAboutOrganisation {
  /** Whose the row's old number is. Undefined where nobody is to be asked now. */
  resolve(record: OldOrganisation): Promise<Resolved | undefined>;
  /** Whether the row's name belongs to a credit code. */
  compare(record: OldOrganisation, creditCode: string): Promise<RegisterFacts | undefined>;
}

type Resolved = { creditCode: string } | { register: RegisterFacts };

/** The row's own credit code, where it has one. */
export const creditCodeOf = ({ numbers }: OldOrganisation): string | undefined =>
  numbers.find(({ kind }) => kind === 'credit-code')?.value;

export async function judgeOrganisationRows(
  room: JudgeOrganisationRoom,
  on: Queryable,
  source: string,
  rows: readonly JudgeableOrganisation[],
  ask?: AskAboutOrganisation,
): Promise<JudgedOrganisation[]> {
  const prints = rows.flatMap(({ number_print }) => number_print ?? []);
  const shared = await sharedNumbers(on, source, prints);
  const files = rows.map((row): File => {
    const record = openOldOrganisation(room.sealer, source, row);
    const isShared = row.number_print !== null && shared.has(row.number_print.toString('hex'));
    const resolved = row.resolved_code ?? undefined;
    const facts = factsOf(record, isShared ? 1 : 0);
    return {
      record,
      contentPrint: row.content_print,
      facts,
      register: registerOf(row),
      resolved,
      found: NOBODY,
    };
  });
  await findStanding(room, on, files);
  if (ask) {
    const old = files.filter((file) => waits(file) && codeOf(file) === undefined);
    await Promise.all(old.map((file) => resolve(ask, file)));
    await findStanding(
      room,
      on,
      old.filter(({ resolved }) => resolved !== undefined),
    );
    await Promise.all(files.filter(waits).map((file) => compare(ask, file)));
  }
  return files.map((file) => ({
    ...{
      record: file.record,
      contentPrint: file.contentPrint,
      standing: file.found.standing,
      verdict: verdictOf(file),
    },
    ...{ register: file.register, resolved: file.resolved },
  }));
}

/** A row on its way to a verdict. */
interface File {
  record: OldOrganisation;
  contentPrint: Buffer;
  facts: OldOrganisationFacts;
  register: RegisterFacts | undefined;
  resolved: string | undefined;
  found: Found;
}

interface Found {
  standing: StandingOrganisation | undefined;
  /** The row's numbers found more than one organisation, or its credit code is another than that of the one they found. */
  several: boolean;
}

const NOBODY: Found = { standing: undefined, several: false };

const codeOf = ({ record, resolved }: File): string | undefined => creditCodeOf(record) ?? resolved;

const verdictOf = ({ facts, found, register }: File): OrganisationVerdict =>
  judgeOrganisation(
    { ...facts, codesDisagree: facts.codesDisagree || found.several },
    found.standing,
    register?.said ?? 'not-asked',
  );

/** The rule itself says when it cannot go on without the register. */
const waits = (file: File): boolean => verdictOf(file).outcome === 'waiting';

async function findStanding(
  { accounts }: JudgeOrganisationRoom,
  on: Queryable,
  files: readonly File[],
): Promise<void> {
  const keys = files.map(({ record, resolved }): OrganisationKey[] => [
    ...record.numbers,
    ...(resolved === undefined ? [] : [{ kind: 'credit-code' as const, value: resolved }]),
  ]);
  const standing = await accounts.organisations.standing(keys.flat(), on);
  let at = 0;
  for (const [n, file] of files.entries()) {
    const each = standing.slice(at, at + keys[n]!.length);
    at += keys[n]!.length;
    const found = each.filter((one) => one !== undefined);
    const by = (how: StandingOrganisation['by']) => found.find((one) => one.by === how);
    const own = file.record.numbers.findIndex(({ kind }) => kind === 'credit-code');
    file.found = {
      // A credit code that only resembles this organisation's speaks louder than an old number that is its own.
      standing: by('code') ?? by('inside') ?? found[0],
      several: new Set(found.map(({ id }) => id)).size > 1 || (own >= 0 && !each[own] && found.length > 0),
    };
  }
}

async function resolve(ask: AskAboutOrganisation, file: File): Promise<void> {
  const answer = await ask.resolve(file.record);
  if (!answer) return;
  if ('creditCode' in answer) file.resolved = answer.creditCode;
  else file.register = answer.register;
}

async function compare(ask: AskAboutOrganisation, file: File): Promise<void> {
  const code = codeOf(file);
  if (code !== undefined) file.register = (await ask.compare(file.record, code)) ?? file.register;
}

function factsOf(record: OldOrganisation, otherNames: number): OldOrganisationFacts {
  const { name, nameValid, nameAtLimit, deleted, numberState: number, marks } = record;
  return {
    ...{ number, name, nameAtLimit, deleted, otherNames },
    nameDamaged: name !== undefined && !nameValid,
    codesDisagree: marks.includes('codes-disagree'),
  };
}

function registerOf(row: JudgeableOrganisation): RegisterFacts | undefined {
  const { register_said: said, register_source, register_reference, register_at } = row;
  // What did not answer is asked again.
  if (said === null || said === 'unreachable' || register_at === null) return undefined;
  return {
    ...{ said, source: register_source ?? '', reference: register_reference ?? '', at: register_at },
    representative: row.register_representative ?? undefined,
  };
}

export const toOrganisationVerdictRow = ({
  record,
  contentPrint,
  verdict,
  register,
  resolved,
}: JudgedOrganisation): OrganisationVerdictRow => ({
  localId: record.localId,
  contentPrint,
  outcome: verdict.outcome,
  tier: verdict.tier,
  reasons: verdict.reasons,
  organisationId: 'organisationId' in verdict ? verdict.organisationId : undefined,
  ...{ register, resolved },
});

/** As makeAsker does for persons; look-ups and comparisons share one budget. */
export function makeOrganisationAsker(
  register: EnterpriseRegister,
  limits: RationLimits,
): AskAboutOrganisation & { asked(): number } {
  const ration = rationQuestions(limits);
  return {
    asked: ration.asked,
    async resolve({ numbers }) {
      let last: Resolved | undefined;
      for (const number of numbers) {
        if (!isOld(number)) continue;
        const answer = await ration(() => register.lookUp(number));
        if (!answer) return undefined;
        if (answer.outcome === 'found') return { creditCode: answer.code };
        const { source, reference, at } = answer;
        // One that did not answer may still know: the row waits, whatever another number said.
        if (answer.outcome === 'unreachable')
          return { register: { said: 'unreachable', source, reference, at, representative: undefined } };
        last = { register: { said: 'unresolved', source, reference, at, representative: undefined } };
      }
      return last;
    },
    async compare({ name, representative }, code) {
      if (name === undefined) return undefined;
      const answer = await ration(() =>
        register.compare({ code, name, ...(representative ? { representative } : {}) }),
      );
      return answer && toRegisterFacts(answer);
    },
  };
}

const isOld = (number: OrganisationKey): number is OldNumber => number.kind !== 'credit-code';

/** What a comparison comes to in one word. */
export function toRegisterFacts({
  outcome,
  status,
  representative,
  source,
  reference,
  at,
}: Awaited<ReturnType<EnterpriseRegister['compare']>>): RegisterFacts {
  const said: OrganisationWord =
    outcome === 'match' && status !== undefined && status !== 'operating' ? status : outcome;
  return {
    ...{ said, source, reference, at },
    representative: representative === undefined ? undefined : representative === 'match',
  };
}
