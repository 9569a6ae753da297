/**
 * Applying a verdict on an organisation's old account and undoing it, side by side, as link.ts does for persons' and in
 * the same journal. An organisation that is opened has the code and the name that the register agreed to, and who
 * represents it only where the register agreed to that too; nothing else of the old row is taken over.
 */
import type {
  OrganisationAlias,
  OrganisationDraft,
  OrganisationEvidence,
  OrganisationId,
} from '../accounts/organisation.ts';
import { done, failed, type Outcome } from '../platform/failure.ts';
import { rollingBack, type Transaction } from '../platform/postgres.ts';
import { endDecisions, endProposals } from './cases/cases-store.ts';
import {
  creditCodeOf,
  type JudgedOrganisation,
  judgeOrganisationRows,
  toOrganisationVerdictRow,
} from './judging-organisation.ts';
import { blocked, DAY_MS, type LinkRoom, PAGE, type Page, UNDO_DAYS, type UndoFailure } from './link.ts';
import type { OldOrganisation } from './old-organisation.ts';
import * as store from './organisation-links-store.ts';

export async function applyOrganisationPage(
  room: LinkRoom,
  tx: Transaction,
  source: string,
  after: string,
  actor: string,
): Promise<Page | undefined> {
  const rows = await store.lockReadyOrganisations(tx, source, after, PAGE);
  if (rows.length === 0) return undefined;
  const first = await judgeOrganisationRows(room, tx, source, rows);
  // No organisation is closed or renamed between the verdict and the link.
  await room.accounts.organisations.hold(
    tx,
    first.flatMap(({ standing }) => (standing ? [standing.id] : [])),
  );
  const judged = await judgeOrganisationRows(room, tx, source, rows);
  const { links, changed } = await settle(room, tx, source, judged);
  const now = room.clock.now();
  await store.linkOrganisations(tx, { source, actor, now }, links);
  await endProposals(
    tx,
    source,
    links.map(({ localId }) => localId),
  );
  if (changed.length > 0)
    await store.writeOrganisationVerdicts(tx, source, changed.map(toOrganisationVerdictRow), now);
  const opened = links.filter((link) => link.opened).length;
  const linked = links.length - opened;
  await room.trail.append(tx, {
    type: 'old-accounts.linked',
    actor,
    channel: 'cli',
    outcome: 'success',
    detail: { source, linked, opened },
  });
  return { linked, opened, changed: changed.length, last: rows.at(-1)!.local_id };
}

interface Opening {
  draft: OrganisationDraft;
  register: NonNullable<JudgedOrganisation['register']>;
  /** One code may have several old accounts: the first opens the organisation, the others come to it. */
  old: JudgedOrganisation[];
}

/** Which organisation each old account is of, opening those that are missing; and those that were judged otherwise now. */
async function settle(
  room: LinkRoom,
  tx: Transaction,
  source: string,
  judged: readonly JudgedOrganisation[],
): Promise<{ links: store.NewOrganisationLink[]; changed: JudgedOrganisation[] }> {
  const { organisations } = room.accounts;
  const links: (store.NewOrganisationLink & { old: JudgedOrganisation })[] = [];
  const changed: JudgedOrganisation[] = [];
  const openings = new Map<string, Opening>();
  const linkTo = (organisationId: OrganisationId, old: JudgedOrganisation, opened: boolean) => {
    const { record, verdict } = old;
    links.push({
      localId: record.localId,
      organisationId,
      opened,
      reasons: verdict.reasons,
      aliases: [],
      old,
    });
  };
  for (const one of judged) {
    const { record, verdict, register, resolved } = one;
    const creditCode = creditCodeOf(record) ?? resolved;
    if (verdict.outcome === 'same') linkTo(verdict.organisationId, one, false);
    else if (verdict.outcome === 'new' && creditCode !== undefined && record.name !== undefined && register) {
      const opening = openings.get(creditCode);
      if (opening) opening.old.push(one);
      else openings.set(creditCode, { draft: { creditCode, name: record.name }, register, old: [one] });
    } else changed.push(one);
  }
  const all = [...openings.values()];
  const ids = await organisations.createMany(tx, all.map(withRepresentative));
  const evidence: OrganisationEvidence[] = [];
  for (const [at, { register, old }] of all.entries()) {
    const organisationId = ids[at];
    if (organisationId === undefined) {
      // Somebody opened this code a moment ago: judged anew in the next run.
      changed.push(...old);
      continue;
    }
    evidence.push(evidenceOf(organisationId, register, source));
    for (const [nth, one] of old.entries()) linkTo(organisationId, one, nth === 0);
  }
  await organisations.addEvidence(tx, ...evidence);
  await giveNumbers(room, tx, links);
  return { links, changed };
}

/** Of several rows of one code, the first whose representative the register agreed with. */
function withRepresentative({ draft, old }: Opening): OrganisationDraft {
  const agreed = old.find(({ register, record }) => register?.representative && record.representative);
  return { ...draft, representative: agreed?.record.representative };
}

const evidenceOf = (
  organisationId: OrganisationId,
  { source, reference, at, representative }: store.RegisterFacts,
  oldSystem: string,
): OrganisationEvidence => ({
  ...{ organisationId, source, outcome: 'match', reference, at },
  detail: { old_system: oldSystem, ...(representative === undefined ? {} : { representative }) },
});

/**
 * Old numbers by which the register found an organisation become its own, so that the next row need not be asked for. Each
 * link remembers which it gave, to take them away with it.
 */
async function giveNumbers(
  { accounts }: LinkRoom,
  tx: Transaction,
  links: (store.NewOrganisationLink & { old: JudgedOrganisation })[],
): Promise<void> {
  const givers = links.flatMap((link) => {
    const { record, register, resolved } = link.old;
    // Of several numbers it is not known which one the register knew.
    const [number, ...others] = record.numbers;
    if (resolved === undefined || number === undefined || others.length > 0) return [];
    const alias = aliasOf(number);
    return [
      {
        link,
        alias: { ...alias, organisationId: link.organisationId, source: register?.source ?? 'register' },
      },
    ];
  });
  const given = await accounts.organisations.addAliases(
    tx,
    givers.map(({ alias }) => alias),
  );
  for (const { kind, value } of given) {
    const giver = givers.find(({ alias }) => alias.kind === kind && alias.value === value)!;
    giver.link.aliases = [{ kind, value }];
  }
}

/** A row's number as one that an organisation has beside its credit code. */
export const aliasOf = ({ kind, value }: OldOrganisation['numbers'][number]): OrganisationAlias => ({
  kind: kind === 'credit-code' ? 'old-credit-code' : kind,
  value,
});

/** What people decided on: an organisation that stands, or one that is opened. */
export type DecidedTarget =
  | { id: OrganisationId; aliases: readonly OrganisationAlias[] }
  | { draft: OrganisationDraft; evidence: Omit<OrganisationEvidence, 'organisationId'> };

/**
 * Ties one old account to the organisation that people decided on. The caller has locked it, and the organisation.
 * @returns which it is; undefined when the code has an organisation already
 */
export async function linkDecidedOrganisation(
  { accounts, clock }: LinkRoom,
  tx: Transaction,
  decided: { source: string; localId: string; actor: string; reasons: readonly string[]; to: DecidedTarget },
): Promise<OrganisationId | undefined> {
  const { source, localId, actor, reasons, to } = decided;
  const { organisations } = accounts;
  let organisationId: OrganisationId | undefined;
  let aliases: readonly OrganisationAlias[] = [];
  if ('id' in to) {
    organisationId = to.id;
    const given = to.aliases.map((alias) => ({ ...alias, organisationId: to.id, source: 'decision' }));
    aliases = await organisations.addAliases(tx, given);
  } else {
    [organisationId] = await organisations.createMany(tx, [to.draft]);
    if (organisationId === undefined) return undefined;
    await organisations.addEvidence(tx, { ...to.evidence, organisationId });
  }
  const link = { localId, organisationId, opened: !('id' in to), reasons, aliases };
  await store.linkOrganisations(tx, { source, actor, now: clock.now() }, [link]);
  return organisationId;
}

/** What else stands on an organisation, as {@link WhatStands} for persons. */
export type WhatStandsOnOrganisation = (id: OrganisationId) => Promise<string[]>;

/** Takes a link back, with the numbers it gave, and the organisation where the link had opened it. Failures as undoLink. */
export async function undoOrganisationLink(
  { database, accounts, trail, clock }: LinkRoom,
  given: { source: string; localId: string; actor: string; reason: string },
  whatStands: WhatStandsOnOrganisation = async () => [],
): Promise<
  Outcome<{ organisationId: OrganisationId; closed: boolean }> | { ok: false; failure: UndoFailure }
> {
  const { source, localId, actor, reason } = given;
  const found = await store.readOrganisationLink(database, source, localId);
  const more = found?.opened ? await whatStands(found.organisationId) : [];
  return rollingBack(database, async (tx) => {
    const standing = await store.readOrganisationLink(tx, source, localId, { lock: true });
    if (!standing || standing.entry !== found?.entry) return failed('old-account-not-linked', 404);
    const { organisationId, opened, at, aliases } = standing;
    const now = clock.now();
    if (now.getTime() - at.getTime() > UNDO_DAYS * DAY_MS)
      return failed('undo-late', 409, { params: { days: UNDO_DAYS } });
    if (opened) {
      const others = (await store.linksOfOrganisation(tx, organisationId)).filter(
        (other) => !(other.source === source && other.local_id === localId),
      );
      const faults = [
        ...others.map((other) => ({
          setting: `${other.source}/${other.local_id}`,
          right: 'must be undone first',
        })),
        ...more.map((what) => ({ setting: what, right: 'stands on the organisation that the link opened' })),
      ];
      if (faults.length > 0) return blocked(faults);
    }
    await store.unlinkOrganisation(tx, { source, localId, actor, reason, now });
    await endDecisions(tx, source, localId, 'done');
    await accounts.organisations.dropAliases(tx, organisationId, aliases);
    if (opened && !(await accounts.organisations.withdraw(tx, organisationId)))
      return blocked([
        { setting: 'organisation', right: 'was changed since it was opened; close it by hand instead' },
      ]);
    await trail.append(tx, {
      type: 'old-accounts.unlinked',
      actor,
      channel: 'cli',
      outcome: 'success',
      detail: { source, reason, organisation: organisationId, closed: opened },
    });
    return done({ organisationId, closed: opened });
  });
}
