/**
 * Deciding a case of an organisation's old account, as decide.ts does for persons'. A link to another organisation than
 * the one under its number needs a second person; so does opening one that no register of organisations keeps, and one
 * under another code than the row's own. What would be opened is written into the proposal, and approved with it.
 */
import { createHash } from 'node:crypto';
import type { Organisation, OrganisationAlias, OrganisationId } from '../../accounts/organisation.ts';
import { normaliseOrganisationName } from '../../accounts/organisation-name.ts';
import { parseCreditCode } from '../../accounts/organisation-number.ts';
import { done, failed, type Outcome } from '../../platform/failure.ts';
import { rollingBack, type Transaction } from '../../platform/postgres.ts';
import { aliasOf, type DecidedTarget, linkDecidedOrganisation } from '../link-organisation.ts';
import * as store from './cases-store.ts';
import { type Decided, type DecideRoom, type Decision, isLate } from './decide.ts';
import { type GatheredOrganisation, gatherOrganisationCase } from './organisation-cases.ts';
import { type CaseAction, ruleOnOrganisation } from './rules.ts';

/**
 * Decides a case, or proposes the decision where a second person must agree. Failures as decideCase, and
 * `case-enterprise-register` 409 (params.said), those of a credit code and of an organisation's name.
 */
export async function decideOrganisationCase(
  room: DecideRoom,
  decision: Decision,
): Promise<Outcome<Decided>> {
  const { database, clock, trail } = room;
  if (decision.action === 'wait' && !(decision.until && decision.until > clock.now()))
    return failed('case-day', 422);
  const code = await namedCode(room, decision);
  if (!code.ok) return code;
  const named = code.value;
  const compared = decision.action === 'create' ? await compareNow(room, decision, named) : done(undefined);
  if (!compared.ok) return compared;
  return rollingBack(database, async (tx): Promise<Outcome<Decided>> => {
    const seen = await gatherOrganisationCase(room, tx, { ...decision, lock: true });
    if (!seen.ok) return seen;
    const facing = await faceOf(room, tx, decision.action, seen.value, named, compared.value);
    const ruling = ruleOnOrganisation(decision.action, facing.facts);
    if (!ruling.allowed) return failed(ruling.why, 409);
    const waiting = await store.proposalOf(tx, decision.source, decision.localId);
    if (waiting && !isLate(waiting, clock.now())) return failed('case-proposed', 409);
    await store.endDecisions(tx, decision.source, decision.localId, 'proposed');
    const record = {
      ...{ source: decision.source, local_id: decision.localId, action: decision.action },
      ...{ person_id: null, organisation_id: facing.target?.id ?? null, opening: facing.opening ?? null },
      ...{ until: decision.until ?? null, reason: decision.reason, proposed_by: decision.actor },
      ...{ content_hash: hashOf(seen.value, decision.action, facing), now: clock.now() },
    };
    if (ruling.secondPerson) {
      const proposal = await store.addDecision(tx, { ...record, state: 'proposed' });
      await trail.append(tx, entryOf(decision, 'old-accounts.proposed', { proposal }));
      return done({ state: 'proposed', proposal });
    }
    const acted = await act(room, tx, decision, seen.value, facing);
    if (!acted.ok) return acted;
    await store.addDecision(tx, { ...record, state: 'done' });
    await trail.append(tx, entryOf(decision, 'old-accounts.decided', organisationOf(acted.value)));
    return acted;
  });
}

/** Approves a proposal of somebody else. Failures as approveCase. */
export async function approveOrganisationCase(
  room: DecideRoom,
  { proposal: id, actor }: { proposal: string; actor: string },
): Promise<Outcome<Decided & { source: string; localId: string }>> {
  const { database, clock, trail } = room;
  let stale = false;
  const outcome = await rollingBack(
    database,
    async (tx): Promise<Outcome<Decided & { source: string; localId: string }>> => {
      const proposal = await store.lockProposal(tx, id);
      if (!proposal) return failed('case-proposal-unknown', 404);
      if (proposal.proposed_by === actor) return failed('case-second-person', 403);
      const { source, local_id: localId, action, reason, opening } = proposal;
      const decision: Decision = { ...{ source, localId, action, reason, actor } };
      const seen = await gatherOrganisationCase(room, tx, { source, localId, lock: true });
      const target =
        proposal.organisation_id && (await room.accounts.organisations.get(proposal.organisation_id, tx));
      const facing =
        seen.ok &&
        (await faceOf(
          room,
          tx,
          action,
          seen.value,
          target ? target.creditCode : undefined,
          opening ?? undefined,
        ));
      stale =
        isLate(proposal, clock.now()) ||
        !seen.ok ||
        !facing ||
        !ruleOnOrganisation(action, facing.facts).allowed ||
        !hashOf(seen.value, action, facing).equals(proposal.content_hash);
      if (stale || !seen.ok || !facing) return failed('case-changed', 409);
      const acted = await act(room, tx, decision, seen.value, facing);
      if (!acted.ok) return acted;
      await store.settleProposal(tx, id, 'done', actor, clock.now());
      await trail.append(
        tx,
        entryOf(decision, 'old-accounts.decided', {
          ...{ ...organisationOf(acted.value), proposal: id, proposedBy: proposal.proposed_by },
        }),
      );
      return done({ ...acted.value, source, localId });
    },
  );
  if (stale)
    await database.transaction((tx) => store.settleProposal(tx, id, 'withdrawn', undefined, clock.now()));
  return outcome;
}

/** The credit code that the decision names, by itself or by the id of an organisation. */
async function namedCode(
  { accounts }: DecideRoom,
  { creditCode, personId }: Decision,
): Promise<Outcome<string | undefined>> {
  if (creditCode !== undefined) {
    const parsed = parseCreditCode(creditCode);
    return parsed.ok ? done(parsed.value.number) : parsed;
  }
  if (personId === undefined) return done(undefined);
  const named = await accounts.organisations.get(personId as string as OrganisationId);
  return named ? done(named.creditCode) : failed('case-no-account', 409);
}

/** The register is asked now, outside of any transaction, with what the person who decides has before them. */
async function compareNow(
  room: DecideRoom,
  { source, localId, name: given }: Decision,
  named: string | undefined,
): Promise<Outcome<store.Opening>> {
  const { enterprise, database } = room;
  const seen = await gatherOrganisationCase(room, database, { source, localId });
  if (!seen.ok) return seen;
  const { record } = seen.value;
  const creditCode = named ?? seen.value.creditCode;
  if (creditCode === undefined) return failed('case-number-needed', 409);
  const name = normaliseOrganisationName(given ?? record.name ?? '');
  if (!name.ok) return name;
  const { representative } = record;
  const answer = await enterprise?.compare({
    ...{ code: creditCode, name: name.value },
    ...(representative ? { representative } : {}),
  });
  const said =
    answer?.outcome === 'match' ? (answer.status ?? 'operating') : (answer?.outcome ?? 'unreachable');
  if (!answer || !(said === 'operating' || said === 'unknown'))
    return failed('case-enterprise-register', 409, { params: { said } });
  return done({
    ...{ creditCode, name: name.value, source: answer.source, reference: answer.reference },
    at: answer.at.toISOString(),
    outcome: said === 'unknown' ? 'unknown' : 'match',
    representative: said === 'operating' && answer.representative === 'match',
  });
}

/** What a decision is about to do, and what speaks about whether it may. */
interface Facing {
  facts: Parameters<typeof ruleOnOrganisation>[1];
  target: Organisation | undefined;
  opening: store.Opening | undefined;
}

async function faceOf(
  { accounts }: DecideRoom,
  tx: Transaction,
  action: CaseAction,
  { standing, creditCode, record }: GatheredOrganisation,
  named: string | undefined,
  opening: store.Opening | undefined,
): Promise<Facing> {
  const { organisations } = accounts;
  const found =
    named === undefined ? standing : await organisations.find({ kind: 'credit-code', value: named }, tx);
  const wanted = action === 'link' && (named === undefined || found?.by === 'code') ? found : undefined;
  if (wanted) await organisations.hold(tx, [wanted.id]);
  const target = wanted && (await organisations.get(wanted.id, tx));
  const there = opening && (await organisations.find({ kind: 'credit-code', value: opening.creditCode }, tx));
  return {
    ...{ target, opening },
    facts: {
      target: target && {
        state: target.state,
        underNumber:
          target.id === standing?.id && standing.by !== 'inside' && !record.marks.includes('codes-disagree'),
      },
      code: opening === undefined ? 'absent' : there ? 'taken' : 'free',
      proven: opening?.outcome === 'match' && opening.creditCode === creditCode,
    },
  };
}

/** Everything that a decision hangs on: an approval holds for exactly this. */
function hashOf(
  { row, standing }: GatheredOrganisation,
  action: CaseAction,
  { target, opening }: Facing,
): Buffer {
  const key = (one: { id: string; version: number } | undefined) => (one ? `${one.id} ${one.version}` : '-');
  const parts = [
    action,
    row.content_print.toString('hex'),
    (row.reasons ?? []).join(' '),
    key(standing),
    key(target),
    opening
      ? [opening.creditCode, opening.name, opening.outcome, opening.reference, opening.representative].join(
          ' ',
        )
      : '-',
  ];
  return createHash('sha256').update(parts.join('\n')).digest();
}

async function act(
  room: DecideRoom,
  tx: Transaction,
  { source, localId, action, actor, until }: Decision,
  { row, record }: GatheredOrganisation,
  { facts, target, opening }: Facing,
): Promise<Outcome<Extract<Decided, { state: 'done' }>>> {
  if (action === 'reject' || action === 'wait') {
    await store.setAside(tx, source, localId, action === 'wait' ? 'waits' : 'rejected', until);
    return done({ state: 'done', personId: undefined });
  }
  await store.setAside(tx, source, localId, null, undefined);
  const to: DecidedTarget = opening
    ? {
        draft: {
          ...{ creditCode: opening.creditCode, name: opening.name },
          representative: opening.representative ? record.representative : undefined,
        },
        evidence: {
          ...{ source: opening.source, outcome: opening.outcome, reference: opening.reference },
          at: new Date(opening.at),
          detail: { old_system: source, decided: true },
        },
      }
    : { id: target!.id, aliases: facts.target!.underNumber ? [] : numbersToGive(record, target!) };
  const reasons = [...(row.reasons ?? []), 'decided'];
  const organisationId = await linkDecidedOrganisation(room, tx, { source, localId, actor, reasons, to });
  return organisationId === undefined
    ? failed('case-account-there', 409)
    : done({ state: 'done', personId: undefined, organisationId });
}

/**
 * The row's numbers become those of the organisation that two people named for it, unless the row itself is in doubt about
 * them. Numbers that find another organisation stay where they are.
 */
const numbersToGive = (
  { numbers, marks }: GatheredOrganisation['record'],
  { creditCode }: Organisation,
): OrganisationAlias[] =>
  marks.includes('codes-disagree') ? [] : numbers.filter(({ value }) => value !== creditCode).map(aliasOf);

const organisationOf = ({
  organisationId,
}: {
  organisationId?: string | undefined;
}): Record<string, string> => (organisationId === undefined ? {} : { organisation: organisationId });

const entryOf = (
  { source, action, reason, actor }: Decision,
  type: 'old-accounts.proposed' | 'old-accounts.decided',
  more: Record<string, string>,
) => ({
  type,
  actor,
  channel: 'cli',
  outcome: 'success' as const,
  detail: { source, action, reason, ...more },
});
