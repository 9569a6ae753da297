/**
 * Applying a verdict and undoing it, side by side: what one writes the other takes back. An old account never raises
 * anybody's assurance and brings nothing that is not proven: an account that it opens has the number and the name that
 * the register agreed to, at the lowest level, and neither phone nor user name.
 */
import type { Accounts } from '../accounts/accounts.ts';
import { type Document, keyOf } from '../accounts/document.ts';
import type { Evidence, PersonId } from '../accounts/person.ts';
import type { AuditTrail } from '../audit/trail.ts';
import type { Clock } from '../platform/clock.ts';
import { done, type Failure, failed, type Outcome } from '../platform/failure.ts';
import { type Database, rollingBack, type Transaction } from '../platform/postgres.ts';
import type { Sealer } from '../platform/seal/sealer.ts';
import type { Comparison } from '../registries/registry.ts';
import { endDecisions, endProposals, setAside } from './cases/cases-store.ts';
import { contest, contestAgain, endContest } from './claims/claim-store.ts';
import { type Judged, judgeRows, toVerdictRow } from './judging.ts';
import { applyOrganisationPage } from './link-organisation.ts';
import type { Reason } from './matching.ts';
import * as store from './matching-store.ts';
import type { TellNews } from './news.ts';
import { claimPassword, whenUsed } from './old-password-store.ts';
import { refreshStatistics, subjectKindOfSource } from './staging-store.ts';

export interface LinkRoom {
  database: Database;
  accounts: Accounts;
  sealer: Sealer;
  trail: AuditTrail;
  clock: Clock;
  /** Tells departments' applications; nobody is told without it. */
  tell?: TellNews | undefined;
  /** Forgets what applications were told to call somebody whose account is taken back; nothing was told without it. */
  forgetTold?: ((tx: Transaction, personId: PersonId) => Promise<void>) | undefined;
}

export interface ApplyResult {
  source: string;
  /** Accounts that were tied to a person who was there, and to one who was opened for it. */
  linked: number;
  opened: number;
  /** What changed since it was judged, and is judged anew. */
  changed: number;
}

export const PAGE = 500;

/**
 * Links whatever was judged `same` or `new`, page by page, each judged once more in the transaction that acts. Safe to
 * run twice, at once, and after a kill.
 */
export async function applySource(
  room: LinkRoom,
  source: string,
  actor: string,
  onProgress: (done: number) => void | Promise<void> = () => {},
): Promise<ApplyResult> {
  const result: ApplyResult = { source, linked: 0, opened: 0, changed: 0 };
  const organisations = (await subjectKindOfSource(room.database, source)) === 'organisation';
  const applyNext = organisations ? applyOrganisationPage : applyPage;
  await refreshStatistics(room.database);
  for (let after = ''; ; ) {
    const page = await room.database.transaction((tx) => applyNext(room, tx, source, after, actor));
    if (!page) return result;
    after = page.last;
    for (const name of ['linked', 'opened', 'changed'] as const) result[name] += page[name];
    await onProgress(result.linked + result.opened + result.changed);
  }
}

export type Page = Omit<ApplyResult, 'source'> & { last: string };

async function applyPage(
  room: LinkRoom,
  tx: Transaction,
  source: string,
  after: string,
  actor: string,
): Promise<Page | undefined> {
  const last = await store.endOfPage(tx, source, after, PAGE);
  if (last === undefined) return undefined;
  const page: Page = { linked: 0, opened: 0, changed: 0, last };
  const rows = await store.lockReady(tx, source, after, last);
  if (rows.length === 0) return page;
  // Nobody is closed, renamed or merged between the verdict and the link.
  const held = new Set<PersonId>();
  const hold = async (ids: readonly PersonId[]) => {
    for (const id of ids) held.add(id);
    await room.accounts.hold(tx, ids);
  };
  const judged = await judgeRows(room, tx, source, rows, { hold });
  const { links, changed } = await settle(room, tx, source, judged, held);
  await linkAndTell(room, tx, { source, actor }, links);
  await endProposals(
    tx,
    source,
    links.map(({ localId }) => localId),
  );
  if (changed.length > 0) await store.writeVerdicts(tx, source, changed.map(toVerdictRow), room.clock.now());
  page.opened = links.filter(({ opened }) => opened).length;
  page.linked = links.length - page.opened;
  page.changed = changed.length;
  await room.trail.append(tx, {
    type: 'old-accounts.linked',
    actor,
    channel: 'cli',
    outcome: 'success',
    detail: { source, linked: page.linked, opened: page.opened },
  });
  return page;
}

interface Opening {
  document: Document;
  name: string;
  register: NonNullable<Judged['register']>;
  /** One number may have several old accounts: the first opens the account, the others come to it. */
  old: Judged[];
}

/** Whose each old account is, opening the accounts that are missing; and those that were judged otherwise now. */
async function settle(
  { accounts }: LinkRoom,
  tx: Transaction,
  source: string,
  judged: readonly Judged[],
  held: ReadonlySet<PersonId>,
): Promise<{ links: store.NewLink[]; changed: Judged[] }> {
  const links: store.NewLink[] = [];
  const changed: Judged[] = [];
  const openings = new Map<string, Opening>();
  for (const one of judged) {
    const { record, standing, verdict, register } = one;
    const { localId, number, name } = record;
    // Who came, or was merged into somebody, between the two looks is not held: judged anew in the next run.
    if (verdict.outcome === 'same' && standing && held.has(standing.survivorId)) {
      const { personId, reasons } = verdict;
      links.push({ localId, personId, holderId: standing.survivorId, opened: false, reasons });
    } else if (verdict.outcome === 'new' && number.state === 'valid' && name !== undefined && register) {
      const key = `${number.document.type}/${keyOf(number.document)}`;
      const opening = openings.get(key);
      if (opening) opening.old.push(one);
      else openings.set(key, { document: number.document, name, register, old: [one] });
    } else changed.push(one);
  }
  const all = [...openings.values()];
  const ids = await accounts.createMany(
    tx,
    all.map(({ document, name }) => ({ document, name, identityLevel: 1 })),
  );
  const evidence: Evidence[] = [];
  for (const [at, { register, old }] of all.entries()) {
    const personId = ids[at];
    if (personId === undefined) {
      // Somebody registered this number a moment ago: judged anew in the next run.
      changed.push(...old);
      continue;
    }
    const { source: from, reference, at: when } = register;
    const detail = { old_system: source };
    evidence.push({ personId, source: from, outcome: 'match', reference, at: when, detail });
    for (const [nth, { record, verdict }] of old.entries())
      links.push({ localId: record.localId, personId, opened: nth === 0, reasons: verdict.reasons });
  }
  await accounts.addEvidence(tx, ...evidence);
  return { links, changed };
}

async function linkAndTell(
  { clock, tell }: Pick<LinkRoom, 'clock' | 'tell'>,
  tx: Transaction,
  { source, actor }: { source: string; actor: string },
  links: readonly store.NewLink[],
): Promise<void> {
  await store.link(tx, { source, actor, now: clock.now() }, links);
  await tell?.(
    tx,
    links.map(({ localId, personId, holderId = personId }) => ({
      ...{ kind: 'linked', source, localId, personId: holderId },
    })),
  );
}

/**
 * Ties one old account to the person that people decided on, or to an account that is opened for it because the register
 * agreed. The caller has locked it, and the person. @returns whose it is; undefined when the number has an account already
 */
export async function linkDecided(
  room: LinkRoom,
  tx: Transaction,
  decided: {
    source: string;
    localId: string;
    actor: string;
    reasons: readonly string[];
    to: PersonId | { document: Document; name: string; comparison: Comparison };
    /** The merged account under the number, for which `to` answers. */
    under?: PersonId | undefined;
  },
): Promise<PersonId | undefined> {
  const { source, localId, actor, reasons, to } = decided;
  let personId: PersonId | undefined;
  if (typeof to === 'string') personId = to;
  else {
    const { accounts } = room;
    const { document, name, comparison } = to;
    [personId] = await accounts.createMany(tx, [{ document, name, identityLevel: 1 }]);
    if (personId === undefined) return undefined;
    const { source: from, reference, at } = comparison;
    const detail = { old_system: source };
    await accounts.addEvidence(tx, { personId, source: from, outcome: 'match', reference, at, detail });
  }
  const link = {
    ...{ localId, personId: decided.under ?? personId, holderId: personId },
    ...{ opened: typeof to !== 'string', reasons },
  };
  await linkAndTell(room, tx, { source, actor }, [link]);
  return personId;
}

/**
 * Ties one old account to the person who has proven it. What rests of its password goes: it has done what it could do.
 * The caller has locked it, not linked, and the person.
 */
export async function linkClaimed(
  room: Pick<LinkRoom, 'clock' | 'tell'>,
  tx: Transaction,
  claimed: { source: string; localId: string; personId: PersonId; reasons: readonly Reason[] },
): Promise<void> {
  const { source, localId, personId, reasons } = claimed;
  await linkAndTell(room, tx, { source, actor: 'self' }, [{ localId, personId, opened: false, reasons }]);
  await claimPassword(tx, source, localId, room.clock.now());
  await endContest(tx, source, localId);
  await endDecisions(tx, source, localId, 'proposed');
}

/**
 * Takes a link back because its person says that the old account is not theirs, and leaves the account to people. One
 * that opened the person's account stays until people decide: what was opened may have become more than it. The caller
 * has locked the account and its link. @returns whether it was taken back
 */
export async function disputeLink(
  { clock, tell }: Pick<LinkRoom, 'clock' | 'tell'>,
  tx: Transaction,
  given: { source: string; localId: string; personId: PersonId; opened: boolean },
): Promise<boolean> {
  const { source, localId, personId, opened } = given;
  const now = clock.now();
  if (!opened) {
    await store.unlink(tx, { source, localId, actor: 'self', reason: 'disputed-by-owner', now });
    await endDecisions(tx, source, localId, 'done');
  }
  const reasons = ['disputed-by-owner'] as const;
  await contest(tx, { source, localId }, 'disputed', { reasons, claimant: undefined, now });
  // Also where the link stands for now: its department is told of it no more.
  await tell?.(tx, [{ kind: 'unlinked', source, localId, personId }]);
  return !opened;
}

/**
 * What else stands on an account, in words for the operator; asked before an opened account is taken back. Answered
 * outside of the transaction, because rooms of their own answer it.
 */
export type WhatStands = (personId: PersonId) => Promise<string[]>;

/** Days within which a link can be undone. */
export const UNDO_DAYS = 30;
export const DAY_MS = 86_400_000;

export interface UndoFailure extends Failure {
  /** What stands in the way. */
  faults?: { setting: string; right: string }[];
}

/**
 * Takes a link back, and with it the account where the link had opened it; the next `plan` judges the old account as if it had never
 * been linked. `forGood`: it is not linked again, until a later dump changes the row. Failures: `old-account-not-linked` 404, `undo-late`
 * 409 (params.days), `undo-blocked` 409 with what stands in the way.
 */
export async function undoLink(
  room: LinkRoom,
  given: { source: string; localId: string; actor: string; reason: string; forGood?: boolean | undefined },
  whatStands: WhatStands,
): Promise<Outcome<{ personId: PersonId; closed: boolean }> | { ok: false; failure: UndoFailure }> {
  const { database, accounts, trail, clock } = room;
  const { source, localId, actor, reason } = given;
  const found = await store.readLink(database, source, localId);
  const more = found?.opened ? await whatStands(found.personId) : [];
  return rollingBack(database, async (tx) => {
    // First the person: a merge of theirs locks in that order too.
    if (found?.opened) await accounts.lock(tx, [found.personId]);
    const standing = await store.readLink(tx, source, localId, { lock: true });
    if (!standing || standing.entry !== found?.entry) return failed('old-account-not-linked', 404);
    const { personId: linkedTo, holderId: personId, opened, disputed, at } = standing;
    const now = clock.now();
    if (now.getTime() - at.getTime() > UNDO_DAYS * DAY_MS)
      return failed('undo-late', 409, { params: { days: UNDO_DAYS } });
    const used = await whenUsed(tx, source, localId);
    // Perhaps it was this one's: then whoever knew it has the account's password.
    if (!opened && used && used >= at)
      return blocked([
        {
          setting: 'the password',
          right: `an old one was taken over on ${used.toISOString().slice(0, 10)}: freeze the account and lead its owner to a hall`,
        },
      ]);
    if (opened && linkedTo !== personId)
      return blocked([
        {
          setting: `account ${linkedTo}`,
          right: `which the link opened, was merged into ${personId}: \`legacy merges\` lists it, undo that first`,
        },
      ]);
    if (opened) {
      const others = await store.otherLinks(tx, personId, source, localId);
      const faults = [
        ...others.map((other) => ({ setting: other, right: 'must be undone first' })),
        // The password may have come since the question was asked.
        ...[...new Set([...(used ? ['a password'] : []), ...more])].map((what) => ({
          setting: what,
          right: 'stands on the account that the link opened',
        })),
      ];
      if (faults.length > 0) return blocked(faults);
    }
    await store.unlink(tx, { source, localId, actor, reason, now });
    // Of a disputed one its department was told when its person said so.
    if (!disputed) await room.tell?.(tx, [{ kind: 'unlinked', source, localId, personId }]);
    // Behind the news, which still needs them.
    if (opened) await room.forgetTold?.(tx, personId);
    await endDecisions(tx, source, localId, 'done');
    if (given.forGood) await setAside(tx, source, localId, 'rejected', undefined);
    await contestAgain(tx, standing.entry);
    if (opened && !(await accounts.withdraw(tx, personId)))
      return blocked([
        { setting: 'account', right: 'was changed since it was opened; close it by hand instead' },
      ]);
    await trail.append(tx, {
      type: 'old-accounts.unlinked',
      personId,
      actor,
      channel: 'cli',
      outcome: 'success',
      detail: { source, reason, closed: opened },
    });
    return done({ personId, closed: opened });
  });
}

export const blocked = (faults: NonNullable<UndoFailure['faults']>): { ok: false; failure: UndoFailure } => ({
  ok: false,
  failure: { ...failed('undo-blocked', 409, { params: { count: faults.length } }).failure, faults },
});
