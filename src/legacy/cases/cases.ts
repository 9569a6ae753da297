/** Looking at cases: the queue, its counts, and one case with all that speaks for and against it. */
import type { Accounts } from '../../accounts/accounts.ts';
import type { OrganisationId } from '../../accounts/organisation.ts';
import type { Person, PersonId } from '../../accounts/person.ts';
import { done, failed, type Outcome } from '../../platform/failure.ts';
import type { Database, Queryable } from '../../platform/postgres.ts';
import type { Sealer } from '../../platform/seal/sealer.ts';
import type { Reason } from '../matching.ts';
import type { OldRecord } from '../old-record.ts';
import { openRecord } from '../staged-row.ts';
import { subjectKindOfSource } from '../staging-store.ts';
import * as store from './cases-store.ts';
import { casesOfStanding, type OrganisationSide, viewOrganisationCase } from './organisation-cases.ts';
import { type CaseAction, propose } from './rules.ts';
import { FIELDS, type PreviewLine, previewOf, REASON_WORDS, type Side, sidesOf } from './view.ts';

export interface CaseRoom {
  database: Database;
  accounts: Accounts;
  sealer: Sealer;
}

export interface CaseLine {
  source: string;
  localId: string;
  reasons: Reason[];
  proposed: CaseAction;
}

/** A disputed link that opened the account is no case to reject: something may stand on the account by now. */
const STANDING: { action: CaseAction; why: string } = {
  action: 'wait',
  why: 'the link opened the account: `legacy undo` takes both back, `--link` says that it is theirs after all',
};

/** Whether a row is one that people decide. */
export const isCase = (row: store.CaseRow): boolean =>
  row.outcome === 'doubtful' &&
  row.tier === 'B' &&
  row.organisation_id === null &&
  (row.person_id === null || row.contested === 'disputed');

/** The next cases; hand the last one back as `after`. */
export async function listCases(
  { database, sealer, accounts }: CaseRoom,
  only: Parameters<typeof store.listCases>[1],
  after: { source: string; localId: string } = { source: '', localId: '' },
  most = 50,
): Promise<CaseLine[]> {
  const rows = await store.listCases(database, only, after, most);
  const persons = rows.filter(({ subject_kind }) => subject_kind === 'person');
  const records = persons.map((row) => openRecord(sealer, row.source, row));
  const documents = records.flatMap(({ number }) => (number.state === 'valid' ? [number.document] : []));
  const found = await accounts.standing(documents);
  const standing = new Map(documents.map((document, at) => [document, found[at]]));
  const there = await casesOfStanding({ sealer, accounts }, rows);
  for (const [at, { number }] of records.entries())
    if (number.state === 'valid' && standing.get(number.document)) there.add(persons[at]!);
  return rows.map((row) => {
    const reasons = row.reasons ?? [];
    return {
      source: row.source,
      localId: row.local_id,
      reasons,
      proposed: propose(reasons, there.has(row)).action,
    };
  });
}

export interface CaseView {
  source: string;
  localId: string;
  state: store.CaseState;
  reasons: { reason: Reason; words: string }[];
  register: string;
  /** What is compared, in this order. */
  fields: readonly string[];
  sides: (Side | OrganisationSide)[];
  proposed: { action: CaseAction; why: string };
  /** Of the decision that waits; else of what is proposed. */
  preview: PreviewLine[];
  /** A decision that waits for a second person. */
  waiting: WaitingDecision | undefined;
}

/** Whoever approves agrees to exactly this. */
export interface WaitingDecision {
  id: string;
  action: CaseAction;
  by: string;
  reason: string;
  /** link: to this account or organisation, which is among the sides while it is there. */
  target: PersonId | OrganisationId | undefined;
  /** create, of an organisation: with which code and name, and what the register said. All of it is public. */
  opening: store.Opening | undefined;
}

/** A proposal as the person sees it who is to approve it. */
export const toWaiting = (proposal: store.Proposal): WaitingDecision => ({
  ...{ id: proposal.id, action: proposal.action, by: proposal.proposed_by, reason: proposal.reason },
  target: proposal.person_id ?? proposal.organisation_id ?? undefined,
  opening: proposal.opening ?? undefined,
});

export interface Gathered {
  row: store.CaseRow;
  record: OldRecord;
  /** The account under the number. */
  account: Person | undefined;
  /** The merged account under the number, for which that one answers. */
  under: PersonId | undefined;
}

/** A case's row, opened, with the account under its number. Failure `case-unknown` 404. */
export async function gatherCase(
  { accounts, sealer }: Pick<CaseRoom, 'accounts' | 'sealer'>,
  on: Queryable,
  { source, localId, lock = false }: { source: string; localId: string; lock?: boolean },
): Promise<Outcome<Gathered>> {
  const row = await store.readCase(on, source, localId, { lock });
  if (!row || !isCase(row)) return failed('case-unknown', 404);
  const record = openRecord(sealer, source, row);
  const standing =
    record.number.state === 'valid' ? await accounts.findByDocument(record.number.document, on) : undefined;
  const account = standing && (await accounts.get(standing.id, on));
  return done({ row, record, account, under: standing?.under });
}

/** One case, masked. @param client the application that the declaration names. Failure `case-unknown` 404. */
export async function viewCase(
  room: CaseRoom,
  at: { source: string; localId: string },
  client: string | undefined,
): Promise<Outcome<CaseView>> {
  if ((await subjectKindOfSource(room.database, at.source)) === 'organisation')
    return viewOrganisationCase(room, at, client);
  const gathered = await gatherCase(room, room.database, at);
  if (!gathered.ok) return gathered;
  const { row, record, account } = gathered.value;
  const others = (await store.sameNumber(room.database, row)).map((other) => ({
    key: `${other.source}/${other.local_id}`,
    record: openRecord(room.sealer, other.source, other),
  }));
  const claimantId = row.contested !== null && row.proposed_id !== account?.id ? row.proposed_id : null;
  const claimant = claimantId ? await room.accounts.get(claimantId) : undefined;
  const reasons = row.reasons ?? [];
  const proposed = row.person_id === null ? propose(reasons, account !== undefined) : STANDING;
  const waiting = await store.proposalOf(room.database, at.source, at.localId);
  const target = waiting?.person_id ? await room.accounts.get(waiting.person_id) : undefined;
  return done({
    ...at,
    state: waiting ? 'awaiting-approval' : row.set_aside ? 'set-aside' : 'open',
    reasons: reasons.map((reason) => ({ reason, words: REASON_WORDS[reason] })),
    register: row.register_said ?? 'not asked',
    fields: FIELDS,
    sides: sidesOf({ key: `${at.source}/${at.localId}`, record }, account, others, { claimant, target }),
    proposed,
    preview: previewOf(waiting?.action ?? proposed.action, { account: target ?? account, client }),
    waiting: waiting && toWaiting(waiting),
  });
}
