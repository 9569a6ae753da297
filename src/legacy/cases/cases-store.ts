/** Cases and decisions in the database. */
import type { OrganisationId } from '../../accounts/organisation.ts';
import type { PersonId } from '../../accounts/person.ts';
import { type Queryable, sql, type Transaction } from '../../platform/postgres.ts';
import type { SubjectKind } from '../declaration.ts';
import type { Reason, RegisterWord } from '../matching.ts';
import type { OrganisationWord } from '../matching-organisation.ts';
import type { CaseAction } from './rules.ts';

export interface CaseRow {
  source: string;
  local_id: string;
  at: string;
  content: Buffer;
  content_print: Buffer;
  number_print: Buffer | null;
  reasons: Reason[] | null;
  outcome: string | null;
  tier: string | null;
  register_said: RegisterWord | OrganisationWord | null;
  person_id: PersonId | null;
  organisation_id: OrganisationId | null;
  resolved_code: string | null;
  subject_kind: SubjectKind;
  /** Whose it would be; of what was claimed, who claimed it. */
  proposed_id: PersonId | null;
  contested: 'claimed' | 'disputed' | null;
  set_aside: 'rejected' | 'waits' | null;
  set_aside_until: Date | null;
}

export interface Proposal {
  id: string;
  source: string;
  local_id: string;
  action: CaseAction;
  person_id: PersonId | null;
  organisation_id: OrganisationId | null;
  /** Of an organisation that would be opened: with which code and name, and what the register said. */
  opening: Opening | null;
  until: Date | null;
  reason: string;
  content_hash: Buffer;
  proposed_by: string;
  proposed_at: Date;
}

/** What an organisation would be opened with: all of it public. */
export interface Opening {
  creditCode: string;
  name: string;
  source: string;
  reference: string;
  at: string;
  outcome: 'match' | 'unknown';
  representative: boolean;
}

export type CaseState = 'open' | 'set-aside' | 'awaiting-approval';

const COLUMNS = `o.source, o.local_id, o.at, o.content, o.content_print, o.number_print, o.reasons, o.outcome, o.tier,
  o.register_said, o.person_id, o.organisation_id, o.resolved_code, o.proposed_id, o.contested, o.set_aside, o.set_aside_until,
  (SELECT s.subject_kind FROM legacy_source s WHERE s.source = o.source) AS subject_kind`;
/** A link that is disputed may still stand, where it opened the account. */
const IS_CASE = `o.outcome = 'doubtful' AND o.tier = 'B' AND (o.linked_by IS NULL OR o.contested = 'disputed')`;
const PROPOSED = `EXISTS (SELECT FROM legacy_decision d
  WHERE d.source = o.source AND d.local_id = o.local_id AND d.state = 'proposed')`;
const IN_STATE = `CASE $1 WHEN 'set-aside' THEN o.set_aside IS NOT NULL
  WHEN 'awaiting-approval' THEN ${PROPOSED} ELSE o.set_aside IS NULL AND NOT ${PROPOSED} END`;
const LIST = sql(
  'legacy-case-list',
  `SELECT ${COLUMNS} FROM old_account o WHERE ${IS_CASE} AND ${IN_STATE} AND ($2::text IS NULL OR o.source = $2)
     AND ($3::text IS NULL OR $3 = ANY (o.reasons)) AND (o.source, o.local_id) > ($4, $5)
   ORDER BY o.source, o.local_id LIMIT $6`,
);
const COUNT = sql(
  'legacy-case-count',
  `SELECT o.source, o.reasons, o.set_aside, count(*)::int AS rows FROM old_account o WHERE ${IS_CASE}
   GROUP BY o.source, o.reasons, o.set_aside ORDER BY rows DESC`,
);
const ONE = `SELECT ${COLUMNS} FROM old_account o WHERE o.source = $1 AND o.local_id = $2`;
const READ = sql('legacy-case-read', ONE);
const LOCK = sql('legacy-case-lock', `${ONE} FOR UPDATE`);
const SAME_NUMBER = sql(
  'legacy-case-same-number',
  `SELECT ${COLUMNS} FROM legacy_source s CROSS JOIN LATERAL (
     SELECT * FROM old_account o WHERE o.source = s.source AND o.number_print = $1 ORDER BY o.local_id LIMIT 20) o
   WHERE NOT (o.source = $2 AND o.local_id = $3) ORDER BY o.source, o.local_id LIMIT 20`,
);
const SET_ASIDE = sql(
  'legacy-case-set-aside',
  `UPDATE old_account SET set_aside = $3, set_aside_until = $4 WHERE source = $1 AND local_id = $2`,
);
const COME_BACK = sql(
  'legacy-case-come-back',
  `UPDATE old_account SET set_aside = NULL, set_aside_until = NULL
   WHERE source = $1 AND set_aside = 'waits' AND set_aside_until <= $2`,
);
const ADD = sql(
  'legacy-decision-add',
  `INSERT INTO legacy_decision (source, local_id, action, person_id, until, reason, content_hash, state, proposed_by, proposed_at,
     decided_at, organisation_id, opening)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING id`,
);
const DECISION = `id, source, local_id, action, person_id, organisation_id, opening, until, reason, content_hash, proposed_by,
  proposed_at`;
const PROPOSAL = sql(
  'legacy-decision-proposal',
  `SELECT ${DECISION} FROM legacy_decision WHERE id = $1 AND state = 'proposed' FOR UPDATE`,
);
const PROPOSAL_SOURCE = sql('legacy-decision-source', 'SELECT source FROM legacy_decision WHERE id = $1');
const WAITING = sql(
  'legacy-decision-waiting',
  `SELECT ${DECISION} FROM legacy_decision WHERE state = 'proposed' AND source = $1 AND local_id = $2`,
);
const SETTLE = sql(
  'legacy-decision-settle',
  `UPDATE legacy_decision SET state = $2, approved_by = $3, decided_at = $4 WHERE id = $1`,
);
const WITHDRAW = sql(
  'legacy-decision-withdraw',
  `UPDATE legacy_decision SET state = $3 WHERE source = $1 AND local_id = $2 AND state = $4`,
);
const WITHDRAW_MANY = sql(
  'legacy-decision-withdraw-many',
  `UPDATE legacy_decision SET state = 'withdrawn' WHERE source = $1 AND local_id = ANY ($2::text[]) AND state = 'proposed'`,
);

/** The next cases in one state, by system and id. */
export const listCases = (
  on: Queryable,
  only: { state: CaseState; source?: string | undefined; reason?: Reason | undefined },
  after: { source: string; localId: string },
  most: number,
): Promise<CaseRow[]> =>
  on.query(LIST, [only.state, only.source ?? null, only.reason ?? null, after.source, after.localId, most]);

/** How many cases there are, by system and reasons. One pass over the index of cases, which are few beside the accounts. */
export const countCases = (
  on: Queryable,
): Promise<{ source: string; reasons: Reason[]; set_aside: string | null; rows: number }[]> =>
  on.query(COUNT);

export async function readCase(
  on: Queryable,
  source: string,
  localId: string,
  { lock = false } = {},
): Promise<CaseRow | undefined> {
  const [row] = await on.query<CaseRow>(lock ? LOCK : READ, [source, localId]);
  return row;
}

/** Other old accounts under the same number, of all systems, at most twenty. */
export const sameNumber = (on: Queryable, row: CaseRow): Promise<CaseRow[]> =>
  row.number_print === null
    ? Promise.resolve([])
    : on.query(SAME_NUMBER, [row.number_print, row.source, row.local_id]);

export async function setAside(
  tx: Transaction,
  source: string,
  localId: string,
  how: 'rejected' | 'waits' | null,
  until: Date | undefined,
): Promise<void> {
  await tx.query(SET_ASIDE, [source, localId, how, until ?? null]);
}

/** What waited until now is a case again. */
export async function comeBack(on: Queryable, source: string, now: Date): Promise<void> {
  await on.query(COME_BACK, [source, now]);
}

/** @throws when a proposal of the same account waits already: an index allows one */
export async function addDecision(
  tx: Transaction,
  decision: Omit<Proposal, 'id' | 'proposed_at' | 'organisation_id' | 'opening'> &
    Partial<Pick<Proposal, 'organisation_id' | 'opening'>> & { state: 'proposed' | 'done'; now: Date },
): Promise<string> {
  const { source, local_id, action, person_id, until, reason, content_hash, proposed_by, state, now } =
    decision;
  const [row] = await tx.query<{ id: string }>(ADD, [
    ...[source, local_id, action, person_id, until, reason, content_hash, state, proposed_by, now],
    state === 'done' ? now : null,
    decision.organisation_id ?? null,
    decision.opening ? JSON.stringify(decision.opening) : null,
  ]);
  return row!.id;
}

/** Of which system a proposal is, before anything is locked. */
export async function sourceOfProposal(on: Queryable, id: string): Promise<string | undefined> {
  const [row] = await on.query<{ source: string }>(PROPOSAL_SOURCE, [id]);
  return row?.source;
}

/** A proposal that waits, locked until the transaction ends. */
export async function lockProposal(tx: Transaction, id: string): Promise<Proposal | undefined> {
  const [row] = await tx.query<Proposal>(PROPOSAL, [id]);
  return row;
}

export async function proposalOf(
  on: Queryable,
  source: string,
  localId: string,
): Promise<Proposal | undefined> {
  const [row] = await on.query<Proposal>(WAITING, [source, localId]);
  return row;
}

export async function settleProposal(
  tx: Transaction,
  id: string,
  state: 'done' | 'withdrawn',
  by: string | undefined,
  now: Date,
): Promise<void> {
  await tx.query(SETTLE, [id, state, by ?? null, now]);
}

/** Proposals that wait are withdrawn; decisions that were done are undone. */
export async function endDecisions(
  tx: Transaction,
  source: string,
  localId: string,
  from: 'proposed' | 'done',
): Promise<void> {
  await tx.query(WITHDRAW, [source, localId, from === 'proposed' ? 'withdrawn' : 'undone', from]);
}

/** Proposals that wait for these accounts are withdrawn: they are linked, and no cases any more. */
export async function endProposals(
  tx: Transaction,
  source: string,
  localIds: readonly string[],
): Promise<void> {
  if (localIds.length > 0) await tx.query(WITHDRAW_MANY, [source, localIds]);
}
