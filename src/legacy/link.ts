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
import { endDecisions } from './cases/cases-store.ts';
import { type Judged, judgeRows, toVerdictRow } from './judging.ts';
import * as store from './matching-store.ts';
import { whenUsed } from './old-password-store.ts';
import { refreshStatistics } from './staging-store.ts';

export interface LinkRoom {
  database: Database;
  accounts: Accounts;
  sealer: Sealer;
  trail: AuditTrail;
  clock: Clock;
}

export interface ApplyResult {
  source: string;
  /** Accounts that were tied to a person who was there, and to one who was opened for it. */
  linked: number;
  opened: number;
  /** What changed since it was judged, and is judged anew. */
  changed: number;
}

const PAGE = 500;

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
  await refreshStatistics(room.database);
  for (let after = ''; ; ) {
    const page = await room.database.transaction((tx) => applyPage(room, tx, source, after, actor));
    if (!page) return result;
    after = page.last;
    for (const name of ['linked', 'opened', 'changed'] as const) result[name] += page[name];
    await onProgress(result.linked + result.opened + result.changed);
  }
}

type Page = Omit<ApplyResult, 'source'> & { last: string };

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
  const judged = await judgeRows(room, tx, source, rows, { hold: (ids) => room.accounts.hold(tx, ids) });
  const { links, changed } = await settle(room, tx, source, judged);
  await store.link(tx, { source, actor, now: room.clock.now() }, links);
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
): Promise<{ links: store.NewLink[]; changed: Judged[] }> {
  const links: store.NewLink[] = [];
  const changed: Judged[] = [];
  const openings = new Map<string, Opening>();
  for (const one of judged) {
    const { record, verdict, register } = one;
    const { localId, number, name } = record;
    if (verdict.outcome === 'same') {
      links.push({ localId, personId: verdict.personId, opened: false, reasons: verdict.reasons });
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

/**
 * Ties one old account to the person that people decided on, or to an account that is opened for it because the register
 * agreed. The caller has locked it, and the person. @returns whose it is; undefined when the number has an account already
 */
export async function linkDecided(
  { accounts, clock }: LinkRoom,
  tx: Transaction,
  decided: {
    source: string;
    localId: string;
    actor: string;
    reasons: readonly string[];
    to: PersonId | { document: Document; name: string; comparison: Comparison };
  },
): Promise<PersonId | undefined> {
  const { source, localId, actor, reasons, to } = decided;
  let personId: PersonId | undefined;
  if (typeof to === 'string') personId = to;
  else {
    const { document, name, comparison } = to;
    [personId] = await accounts.createMany(tx, [{ document, name, identityLevel: 1 }]);
    if (personId === undefined) return undefined;
    const { source: from, reference, at } = comparison;
    const detail = { old_system: source };
    await accounts.addEvidence(tx, { personId, source: from, outcome: 'match', reference, at, detail });
  }
  const link = { localId, personId, opened: typeof to !== 'string', reasons };
  await store.link(tx, { source, actor, now: clock.now() }, [link]);
  return personId;
}

/**
 * What else stands on an account, in words for the operator; asked before an opened account is taken back. Answered
 * outside of the transaction, because rooms of their own answer it.
 */
export type WhatStands = (personId: PersonId) => Promise<string[]>;

/** Days within which a link can be undone. */
export const UNDO_DAYS = 30;
const DAY_MS = 86_400_000;

export interface UndoFailure extends Failure {
  /** What stands in the way. */
  faults?: { setting: string; right: string }[];
}

/**
 * Takes a link back, and with it the account where the link had opened it. Failures: `old-account-not-linked` 404, `undo-late`
 * 409 (params.days), `undo-blocked` 409 with what stands in the way.
 */
export async function undoLink(
  room: LinkRoom,
  given: { source: string; localId: string; actor: string; reason: string },
  whatStands: WhatStands,
): Promise<Outcome<{ personId: PersonId; closed: boolean }> | { ok: false; failure: UndoFailure }> {
  const { database, accounts, trail, clock } = room;
  const { source, localId, actor, reason } = given;
  const found = await store.readLink(database, source, localId);
  const more = found?.opened ? await whatStands(found.personId) : [];
  return rollingBack(database, async (tx) => {
    const standing = await store.readLink(tx, source, localId, { lock: true });
    if (!standing || standing.entry !== found?.entry) return failed('old-account-not-linked', 404);
    const { personId, opened, at } = standing;
    const now = clock.now();
    if (now.getTime() - at.getTime() > UNDO_DAYS * DAY_MS)
      return failed('undo-late', 409, { params: { days: UNDO_DAYS } });
    const used = opened ? undefined : await whenUsed(tx, source, localId);
    // Perhaps it was this one's: then whoever knew it has the account's password.
    if (used && used >= at)
      return blocked([
        {
          setting: 'the password',
          right: `an old one was taken over on ${used.toISOString().slice(0, 10)}: freeze the account and lead its owner to a hall`,
        },
      ]);
    if (opened) {
      const others = await store.otherLinks(tx, personId, source, localId);
      const faults = [
        ...others.map((other) => ({ setting: other, right: 'must be undone first' })),
        ...more.map((what) => ({ setting: what, right: 'stands on the account that the link opened' })),
      ];
      if (faults.length > 0) return blocked(faults);
    }
    await store.unlink(tx, { source, localId, actor, reason, now });
    await endDecisions(tx, source, localId, 'done');
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

const blocked = (faults: NonNullable<UndoFailure['faults']>): { ok: false; failure: UndoFailure } => ({
  ok: false,
  failure: { ...failed('undo-blocked', 409, { params: { count: faults.length } }).failure, faults },
});
