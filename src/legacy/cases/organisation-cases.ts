/** A case of an organisation's old account, as the person who decides sees it; cases.ts has those of persons. */

import { maskDocument, maskName, maskPhone } from '../../accounts/mask.ts';
import type { Organisation } from '../../accounts/organisation.ts';
import { sameOrganisationName } from '../../accounts/organisation-name.ts';
import type { StandingOrganisation } from '../../accounts/organisations.ts';
import { done, failed, type Outcome } from '../../platform/failure.ts';
import type { Queryable } from '../../platform/postgres.ts';
import { creditCodeOf } from '../judging-organisation.ts';
import type { OldOrganisation } from '../old-organisation.ts';
import { openOldOrganisation } from '../staged-organisation.ts';
import { type CaseRoom, type CaseView, isCase, toWaiting } from './cases.ts';
import * as store from './cases-store.ts';
import { type CaseAction, propose } from './rules.ts';
import { type PreviewLine, REASON_WORDS } from './view.ts';

export const ORGANISATION_FIELDS = ['number', 'name', 'representative', 'phone', 'state'] as const;
type Field = (typeof ORGANISATION_FIELDS)[number];

export interface OrganisationSide {
  /** `old` accounts by system and id, the `organisation` by its id. */
  kind: 'old' | 'organisation';
  key: string;
  fields: Record<Field, string>;
  /** Fields that are not as in the case's own row. */
  differs: Field[];
  /** The decision that waits for a second person would link to this one. */
  target?: true;
}

export interface GatheredOrganisation {
  row: store.CaseRow;
  record: OldOrganisation;
  /** The row's credit code, its own or the one that the register gave for its old number. */
  creditCode: string | undefined;
  /** What one of the numbers found. */
  standing: StandingOrganisation | undefined;
}

/** A case's row, opened, with the organisation that its numbers find. Failure `case-unknown` 404. */
export async function gatherOrganisationCase(
  { accounts, sealer }: Pick<CaseRoom, 'accounts' | 'sealer'>,
  on: Queryable,
  { source, localId, lock = false }: { source: string; localId: string; lock?: boolean },
): Promise<Outcome<GatheredOrganisation>> {
  const row = await store.readCase(on, source, localId, { lock });
  if (!row || !isCase(row)) return failed('case-unknown', 404);
  const record = openOldOrganisation(sealer, source, row);
  const found = await accounts.organisations.standing(numbersOf(row, record), on);
  return done({
    ...{ row, record },
    creditCode: creditCodeOf(record) ?? row.resolved_code ?? undefined,
    standing: bestOf(found),
  });
}

const numbersOf = ({ resolved_code }: store.CaseRow, { numbers }: OldOrganisation) => [
  ...numbers,
  ...(resolved_code === null ? [] : [{ kind: 'credit-code' as const, value: resolved_code }]),
];

const bestOf = (found: readonly (StandingOrganisation | undefined)[]): StandingOrganisation | undefined =>
  found.find((one) => one?.by === 'code') ??
  found.find((one) => one?.by === 'inside') ??
  found.find((one) => one !== undefined);

/** Of a page of cases, those of organisations whose numbers find one here. */
export async function casesOfStanding(
  { accounts, sealer }: Pick<CaseRoom, 'accounts' | 'sealer'>,
  rows: readonly store.CaseRow[],
): Promise<Set<store.CaseRow>> {
  const asked = rows
    .filter(({ subject_kind }) => subject_kind === 'organisation')
    .flatMap((row) =>
      numbersOf(row, openOldOrganisation(sealer, row.source, row)).map((number) => ({ row, number })),
    );
  const found = await accounts.organisations.standing(asked.map(({ number }) => number));
  return new Set(asked.filter((_, at) => found[at] !== undefined).map(({ row }) => row));
}

/** One case, with persons masked; what is public of the organisation is not. Failure `case-unknown` 404. */
export async function viewOrganisationCase(
  room: CaseRoom,
  at: { source: string; localId: string },
  client: string | undefined,
): Promise<Outcome<CaseView>> {
  const { database, accounts, sealer } = room;
  const gathered = await gatherOrganisationCase(room, database, at);
  if (!gathered.ok) return gathered;
  const { row, record, standing } = gathered.value;
  const organisation = standing && (await accounts.organisations.get(standing.id));
  const others = (await store.sameNumber(database, row)).filter(
    ({ subject_kind }) => subject_kind === 'organisation',
  );
  const side = (kind: OrganisationSide['kind'], key: string, facts: Facts): OrganisationSide => ({
    ...{ kind, key, fields: factsInWords(facts) },
    differs: differences(factsOfRecord(record), facts),
  });
  const reasons = row.reasons ?? [];
  const proposed = propose(reasons, organisation !== undefined);
  const waiting = await store.proposalOf(database, at.source, at.localId);
  const target = waiting?.organisation_id
    ? await accounts.organisations.get(waiting.organisation_id)
    : undefined;
  const organisations = new Map(
    [organisation, target].flatMap((one) => (one ? [[one.id, one] as const] : [])),
  );
  return done({
    ...at,
    state: waiting ? 'awaiting-approval' : row.set_aside ? 'set-aside' : 'open',
    reasons: reasons.map((reason) => ({ reason, words: REASON_WORDS[reason] })),
    register: [row.register_said ?? 'not asked', row.resolved_code].filter(Boolean).join(', '),
    fields: ORGANISATION_FIELDS,
    sides: [
      side('old', `${at.source}/${at.localId}`, factsOfRecord(record)),
      ...[...organisations.values()].map((one) => ({
        ...side('organisation', one.id, factsOfOrganisation(one)),
        ...(one.id === target?.id ? { target: true as const } : {}),
      })),
      ...others.map((other) =>
        side(
          'old',
          `${other.source}/${other.local_id}`,
          factsOfRecord(openOldOrganisation(sealer, other.source, other)),
        ),
      ),
    ],
    proposed,
    preview: previewOfOrganisation(waiting?.action ?? proposed.action, client),
    waiting: waiting && toWaiting(waiting),
  });
}

interface Facts {
  numbers: string[];
  name: string | undefined;
  representative: Organisation['representative'];
  phone: string | undefined;
  state: string;
}

const factsOfRecord = ({
  numbers,
  numberAsWritten,
  name,
  representative,
  phone,
  deleted,
  disabled,
}: OldOrganisation): Facts => ({
  // What is no organisation's number may be a person's.
  numbers:
    numbers.length > 0
      ? numbers.map(({ value }) => value)
      : numberAsWritten
        ? [maskDocument('citizen-number', numberAsWritten, 'owner')]
        : [],
  ...{ name, representative, phone },
  state: deleted ? 'deleted there' : disabled ? 'disabled there' : 'in use there',
});

const factsOfOrganisation = ({ creditCode, name, representative, state, kind }: Organisation): Facts => ({
  ...{ numbers: [creditCode], name, representative, phone: undefined },
  state: `${state}, ${kind}`,
});

const factsInWords = ({ numbers, name, representative, phone, state }: Facts): Record<Field, string> => ({
  number: numbers.join(' ') || '-',
  name: name ?? '-',
  representative: representative
    ? [
        maskName(representative.name),
        representative.document &&
          maskDocument(representative.document.type, representative.document.number, 'owner'),
      ]
        .filter(Boolean)
        .join(' ')
    : '-',
  phone: phone === undefined ? '-' : maskPhone(phone),
  state,
});

function differences(own: Facts, other: Facts): Field[] {
  const representedBy = ({ representative: by }: Facts) => `${by?.name} ${by?.document?.number}`;
  const same: Record<Field, boolean> = {
    number:
      own.numbers.join() === other.numbers.join() ||
      own.numbers.some((number) => other.numbers.includes(number)),
    name: sameOrganisationName(own.name ?? '', other.name ?? ''),
    representative: representedBy(own) === representedBy(other),
    phone: own.phone === other.phone,
    state: true,
  };
  return ORGANISATION_FIELDS.filter((field) => !same[field]);
}

/** What becomes of an action. Nothing that the register did not agree to is ever copied. */
export function previewOfOrganisation(action: CaseAction, client: string | undefined): PreviewLine[] {
  const known: PreviewLine = {
    what: 'application',
    becomes: client
      ? `${client} keeps the old id for the organisation`
      : 'none: the declaration names no application',
  };
  switch (action) {
    case 'link':
      return [
        {
          what: 'number',
          becomes:
            'stays; the row’s old numbers find the organisation from now on, where another one was named',
        },
        { what: 'name', becomes: 'stays; the old one is not copied' },
        known,
      ];
    case 'create':
      return [
        { what: 'number', becomes: 'the row’s credit code, or the one that is named' },
        { what: 'name', becomes: 'the one that the register agrees to, or that two people agree to' },
        { what: 'representative', becomes: 'the old one, where the register agrees to it too; else none' },
        known,
      ];
    case 'reject':
      return [
        {
          what: 'case',
          becomes: 'kept for the department; not proposed again until a later dump changes the row',
        },
      ];
    case 'wait':
      return [{ what: 'case', becomes: 'comes back on the day given' }];
  }
}
