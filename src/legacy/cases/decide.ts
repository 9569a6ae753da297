/**
 * Deciding a case. What ties an old account to a real-name account needs a second person, who approves exactly what the
 * first one saw: when anything of it changed since, the approval is refused and nothing happens. Links go through the
 * same journal as those of `apply`, and are undone with them.
 */
import { createHash } from 'node:crypto';
import { normaliseName } from '../../accounts/name.ts';
import type { OrganisationId } from '../../accounts/organisation.ts';
import type { Person, PersonId } from '../../accounts/person.ts';
import { done, type Failure, failed, type Outcome } from '../../platform/failure.ts';
import { rollingBack, type Transaction } from '../../platform/postgres.ts';
import type { EnterpriseRegister } from '../../registries/enterprise.ts';
import type { Comparison, PopulationRegister } from '../../registries/registry.ts';
import { endContest } from '../claims/claim-store.ts';
import { type LinkRoom, linkDecided } from '../link.ts';
import { subjectKindOfSource } from '../staging-store.ts';
import { type CaseRoom, type Gathered, gatherCase } from './cases.ts';
import * as store from './cases-store.ts';
import { approveOrganisationCase, decideOrganisationCase } from './decide-organisation.ts';
import { type CaseAction, ruleOn } from './rules.ts';

export interface DecideRoom extends CaseRoom, LinkRoom {
  population: PopulationRegister;
  /** Without one, no organisation can be opened. */
  enterprise?: EnterpriseRegister | undefined;
}

export interface Decision {
  source: string;
  localId: string;
  action: CaseAction;
  /** link: another account than the one under the number. */
  personId?: PersonId | undefined;
  /** Of an organisation: link to the one with this code, or open one under it, instead of the row's own. */
  creditCode?: string | undefined;
  /** create: the name, where the old system's is not the register's. */
  name?: string | undefined;
  /** wait: until when. */
  until?: Date | undefined;
  reason: string;
  actor: string;
}

export type Decided =
  | { state: 'done'; personId: PersonId | undefined; organisationId?: OrganisationId | undefined }
  /** Waits for the approval of another person. */
  | { state: 'proposed'; proposal: string };

export const PROPOSAL_DAYS = 7;
const DAY_MS = 86_400_000;

export const isLate = ({ proposed_at }: store.Proposal, now: Date): boolean =>
  now.getTime() - proposed_at.getTime() > PROPOSAL_DAYS * DAY_MS;

/**
 * Decides a case, or proposes the decision where a second person must agree. Failures: `case-unknown` 404, `case-no-account`,
 * `case-person-stopped`, `case-number-needed`, `case-account-there`, `case-linked`, `case-proposed` (409), `case-day` 422,
 * `case-register` 409 (params.said), and those of a name.
 */
export async function decideCase(room: DecideRoom, decision: Decision): Promise<Outcome<Decided>> {
  const { database, clock, trail } = room;
  if ((await subjectKindOfSource(database, decision.source)) === 'organisation')
    return decideOrganisationCase(room, decision);
  // Whoever names an organisation for a person's account must not get another account instead.
  if (decision.creditCode !== undefined) return failed('case-no-account', 409);
  if (decision.action === 'wait' && !(decision.until && decision.until > clock.now()))
    return failed('case-day', 422);
  const compared = decision.action === 'create' ? await compareNow(room, decision) : done(undefined);
  if (!compared.ok) return compared;
  return rollingBack(database, async (tx): Promise<Outcome<Decided>> => {
    const seen = await gatherCase(room, tx, { ...decision, lock: true });
    if (!seen.ok) return seen;
    const target = await targetOf(room, tx, decision, seen.value);
    const ruling = ruleOn(decision.action, factsOf(seen.value, target));
    if (!ruling.allowed) return failed(ruling.why, 409);
    const waiting = await store.proposalOf(tx, decision.source, decision.localId);
    if (waiting && !isLate(waiting, clock.now())) return failed('case-proposed', 409);
    if (waiting) await store.settleProposal(tx, waiting.id, 'withdrawn', undefined, clock.now());
    const record = {
      ...{ source: decision.source, local_id: decision.localId, action: decision.action },
      person_id: decision.action === 'link' ? target!.id : null,
      until: decision.until ?? null,
      reason: decision.reason,
      content_hash: hashOf(seen.value, decision.action, target),
      proposed_by: decision.actor,
      now: clock.now(),
    };
    if (ruling.secondPerson) {
      const proposal = await store.addDecision(tx, { ...record, state: 'proposed' });
      await trail.append(tx, entryOf(decision, { type: 'old-accounts.proposed', proposal }));
      return done({ state: 'proposed', proposal });
    }
    const outcome = await act(room, tx, decision, seen.value, target, compared.value);
    if (!outcome.ok) return outcome;
    await store.addDecision(tx, { ...record, state: 'done' });
    await trail.append(
      tx,
      entryOf(decision, { type: 'old-accounts.decided', personId: outcome.value.personId }),
    );
    return outcome;
  });
}

/**
 * Approves a proposal of somebody else. Failures: `case-proposal-unknown` 404, `case-second-person` 403, `case-changed` 409 when
 * it is no longer what was proposed or has waited too long; then the proposal is withdrawn.
 */
export async function approveCase(
  room: DecideRoom,
  { proposal: id, actor }: { proposal: string; actor: string },
): Promise<Outcome<Decided & { source: string; localId: string }>> {
  const { database, clock, trail } = room;
  const from = /^\d{1,18}$/.test(id) ? await store.sourceOfProposal(database, id) : undefined;
  if (from !== undefined && (await subjectKindOfSource(database, from)) === 'organisation')
    return approveOrganisationCase(room, { proposal: id, actor });
  let stale = false;
  const outcome = await rollingBack(
    database,
    async (tx): Promise<Outcome<Decided & { source: string; localId: string }>> => {
      const proposal = /^\d{1,18}$/.test(id) ? await store.lockProposal(tx, id) : undefined;
      if (!proposal) return failed('case-proposal-unknown', 404);
      if (proposal.proposed_by === actor) return failed('case-second-person', 403);
      const { source, local_id: localId, action, reason } = proposal;
      const decision: Decision = {
        ...{ source, localId, action, reason, actor },
        personId: proposal.person_id ?? undefined,
        until: proposal.until ?? undefined,
      };
      const seen = await gatherCase(room, tx, { source, localId, lock: true });
      const target = seen.ok ? await targetOf(room, tx, decision, seen.value) : undefined;
      const late = clock.now().getTime() - proposal.proposed_at.getTime() > PROPOSAL_DAYS * DAY_MS;
      stale = late || !seen.ok || !hashOf(seen.value, action, target).equals(proposal.content_hash);
      if (stale || !seen.ok) return failed('case-changed', 409);
      const acted = await act(room, tx, decision, seen.value, target, undefined);
      if (!acted.ok) return acted;
      await store.settleProposal(tx, id, 'done', actor, clock.now());
      await trail.append(
        tx,
        entryOf(decision, {
          type: 'old-accounts.decided',
          personId: target?.id,
          proposal: id,
          proposedBy: proposal.proposed_by,
        }),
      );
      return done({ ...acted.value, source, localId });
    },
  );
  if (stale)
    await database.transaction((tx) => store.settleProposal(tx, id, 'withdrawn', undefined, clock.now()));
  return outcome;
}

/** Opens again what was rejected, waits, or was proposed. Failure `case-unknown` 404, `case-open` 409. */
export async function reopenCase(
  room: Pick<DecideRoom, 'database' | 'trail'>,
  { source, localId, reason, actor }: { source: string; localId: string; reason: string; actor: string },
): Promise<Outcome<void>> {
  return rollingBack(room.database, async (tx) => {
    const row = await store.readCase(tx, source, localId, { lock: true });
    if (!row) return failed('case-unknown', 404);
    const proposal = await store.proposalOf(tx, source, localId);
    if (row.set_aside === null && !proposal) return failed('case-open', 409);
    await store.endDecisions(tx, source, localId, 'proposed');
    await store.endDecisions(tx, source, localId, 'done');
    await store.setAside(tx, source, localId, null, undefined);
    await room.trail.append(tx, {
      type: 'old-accounts.reopened',
      actor,
      channel: 'cli',
      outcome: 'success',
      detail: { source, reason },
    });
    return done(undefined);
  });
}

/** The register is asked now, outside of any transaction, with the name that the person who decides has before them. */
async function compareNow(
  room: DecideRoom,
  { source, localId, name }: Decision,
): Promise<Outcome<{ comparison: Comparison; name: string } | undefined>> {
  const seen = await gatherCase(room, room.database, { source, localId });
  if (!seen.ok) return seen;
  const { record } = seen.value;
  if (record.number.state !== 'valid') return failed('case-number-needed', 409);
  const given = normaliseName(name ?? record.name ?? '');
  if (!given.ok) return given;
  const comparison = await room.population.compare({ document: record.number.document, name: given.value });
  const said = comparison.outcome === 'match' ? (comparison.status ?? 'alive') : comparison.outcome;
  return said === 'alive'
    ? done({ comparison, name: given.value })
    : failed('case-register', 409, { params: { said } });
}

async function targetOf(
  { accounts }: DecideRoom,
  tx: Transaction,
  { action, personId }: Decision,
  { account, under }: Gathered,
): Promise<Person | undefined> {
  if (action !== 'link') return undefined;
  const id = personId ?? account?.id;
  if (id === undefined) return undefined;
  const merged = id === account?.id ? under : undefined;
  await accounts.hold(tx, merged ? [id, merged] : [id]);
  if (merged && (await accounts.merged.survivorOf(merged, tx)) !== id) return undefined;
  return accounts.get(id, tx);
}

const factsOf = ({ row, record, account }: Gathered, target: Person | undefined) => ({
  linked:
    row.person_id === null
      ? undefined
      : row.person_id === target?.id
        ? ('to-target' as const)
        : ('elsewhere' as const),
  number: record.number.state,
  standing: account,
  target: target && { ...target, underNumber: target.id === account?.id },
});

/** Everything that a decision hangs on: an approval holds for exactly this. */
function hashOf({ row, account }: Gathered, action: CaseAction, target: Person | undefined): Buffer {
  const parts = [
    action,
    row.content_print.toString('hex'),
    (row.reasons ?? []).join(' '),
    account ? `${account.id} ${account.version}` : '-',
    target ? `${target.id} ${target.version}` : '-',
  ];
  return createHash('sha256').update(parts.join('\n')).digest();
}

async function act(
  room: DecideRoom,
  tx: Transaction,
  decision: Decision,
  { row, record, account, under }: Gathered,
  target: Person | undefined,
  opening: { comparison: Comparison; name: string } | undefined,
): Promise<Outcome<{ state: 'done'; personId: PersonId | undefined }>> {
  const { source, localId, action, actor, until } = decision;
  if (action === 'reject' || action === 'wait') {
    await store.setAside(tx, source, localId, action === 'wait' ? 'waits' : 'rejected', until);
    return done({ state: 'done', personId: undefined });
  }
  await endContest(tx, source, localId);
  // Disputed, and theirs after all: the link that opened the account stands as it stood.
  if (row.person_id !== null) {
    await room.tell?.(tx, [{ kind: 'linked', source, localId, personId: row.person_id }]);
    return done({ state: 'done', personId: row.person_id });
  }
  const reasons = [...(row.reasons ?? []), 'decided'];
  const personId = await linkDecided(room, tx, {
    ...{ source, localId, actor, reasons },
    // The number is the merged one's, and so is the link: it goes where that one goes.
    under: target && target.id === account?.id ? under : undefined,
    to:
      opening && record.number.state === 'valid'
        ? { document: record.number.document, name: opening.name, comparison: opening.comparison }
        : target!.id,
  });
  return personId === undefined ? failed('case-account-there', 409) : done({ state: 'done', personId });
}

function entryOf(
  { source, action, reason, actor }: Decision,
  {
    type,
    personId,
    ...more
  }: {
    type: 'old-accounts.proposed' | 'old-accounts.decided';
    personId?: PersonId | undefined;
    proposal?: string;
    proposedBy?: string;
  },
) {
  return {
    type,
    actor,
    channel: 'cli',
    outcome: 'success' as const,
    ...(personId === undefined ? {} : { personId }),
    detail: { source, action, reason, ...more },
  };
}

/** What came of many decisions alike. */
export interface BatchResult {
  done: number;
  proposed: number;
  refused: { source: string; localId: string; failure: Failure }[];
}

/** One decision for many cases, each judged, decided and journalled by itself. What is refused is told and left. */
export async function decideMany(
  room: DecideRoom,
  cases: readonly { source: string; localId: string }[],
  decision: Omit<Decision, 'source' | 'localId' | 'personId' | 'name'>,
  onProgress: (count: number) => void = () => {},
): Promise<BatchResult> {
  const result: BatchResult = { done: 0, proposed: 0, refused: [] };
  for (const [at, { source, localId }] of cases.entries()) {
    const outcome = await decideCase(room, { ...decision, source, localId });
    if (outcome.ok) result[outcome.value.state] += 1;
    else result.refused.push({ source, localId, failure: outcome.failure });
    onProgress(at + 1);
  }
  return result;
}
