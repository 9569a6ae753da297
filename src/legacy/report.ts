/** The report on one old system, for whoever signs off its migration: what came, what became of it, what is open. */

import type { Clock } from '../platform/clock.ts';
import { done, failed, type Outcome } from '../platform/failure.ts';
import type { Database } from '../platform/postgres.ts';
import type { Sealer } from '../platform/seal/sealer.ts';
import { type FIELDS, maskedRecord, REASON_WORDS } from './cases/view.ts';
import { readDeclaration } from './declaration.ts';
import type { Tier } from './matching.ts';
import type { OldOrganisation } from './old-organisation.ts';
import { countPasswords, listSources } from './old-password-store.ts';
import { expiryOf } from './password-expiry.ts';
import { REMEDIES } from './rejects.ts';
import * as store from './report-store.ts';
import { openOldOrganisation } from './staged-organisation.ts';
import { openRecord } from './staged-row.ts';
import { listDumps } from './staging-store.ts';
import { mondayOf, mondaysBetween, weekName } from './weeks.ts';

export interface ReportRoom {
  database: Database;
  sealer: Sealer;
  clock: Clock;
}

export const TIERS = ['A', 'B', 'C', 'D'] as const;

export interface WeekLine {
  /** `2026-W49`, and the Monday it begins with. */
  week: string;
  monday: string;
  /** Old accounts whose owners came with an old password. */
  migrated: number;
  /** Sign-ins in which an old password was tried, and those it opened. */
  tried: number;
  right: number;
}

export interface SourceReport {
  /** Of organisations: their passwords are not taken. */
  organisations: boolean;
  source: string;
  client: string | null;
  recipe: string | null;
  at: string;
  dumps: number;
  /** Of the newest dump. */
  rowsIn: number;
  rejected: { reason: string; rows: number; remedy: string }[];
  accounts: number;
  linked: Record<Tier, number> & { total: number; opened: number; undone: number };
  /** What is not linked. */
  open: Record<Open, number>;
  passwords: { state: string; rows: number }[];
  weeks: WeekLine[];
  attempts: { tried: number; right: number; rate: number | null };
  /** From this moment on old passwords open nothing. */
  oldPasswordsUntil: string;
  sample?: { seed: string; rows: SampleLine[] };
}

/** `notJudged` yet; `ready` to be linked by `apply`; the others as `legacy plan` words them. */
export const OPEN = ['notJudged', 'ready', 'waiting', 'cases', 'setAside', 'claimable', 'kept'] as const;
export type Open = (typeof OPEN)[number];

export interface SampleLine extends Record<(typeof FIELDS)[number], string> {
  id: string;
  tier: Tier | null;
  became: string;
  why: string;
}

/** Failure `old-system-unknown` 404. */
export async function reportOn(
  { database, sealer, clock }: ReportRoom,
  source: string,
  sample?: { size: number; seed?: string | undefined },
): Promise<Outcome<SourceReport>> {
  const known = (await listSources(database)).find((one) => one.source === source);
  const dumps = (await listDumps(database)).filter((dump) => dump.source === source);
  const newest = dumps.at(-1);
  if (!known || !newest) return failed('old-system-unknown', 404);
  const declared = readDeclaration(known.declaration);
  const declaration = declared.ok ? declared.value : undefined;
  const tiers = await store.countTiers(database, source);
  const weeks = weekLines(
    await store.usedByWeek(database, source),
    await store.triesByWeek(database, source),
    mondayOf(clock.now()),
  );
  const tried = sum(weeks.map((week) => week.tried));
  const right = sum(weeks.map((week) => week.right));
  const rejects = await store.countRejects(database, source, newest.number);
  const organisations = declaration?.organisation !== undefined;
  const report: SourceReport = {
    source,
    organisations,
    client: declaration?.client ?? null,
    recipe: declaration?.recipe ?? null,
    at: clock.now().toISOString(),
    dumps: dumps.length,
    rowsIn: newest.counts.rows ?? 0,
    rejected: rejects.map((one) => ({ ...one, remedy: REMEDIES[one.reason] ?? 'look at the row' })),
    accounts: sum(tiers.map(({ rows }) => rows)),
    linked: { ...linkedByTier(tiers), ...(await store.countJournal(database, source)) },
    open: openCounts(tiers),
    passwords: await countPasswords(database, source),
    weeks,
    attempts: { tried, right, rate: tried === 0 ? null : right / tried },
    oldPasswordsUntil: expiryOf(known.declaration, known.since).toISOString(),
  };
  if (!sample) return done(report);
  const seed = sample.seed ?? `${source}/${newest.number}`;
  const rows = await store.sampleAccounts(database, source, seed, sample.size);
  return done({
    ...report,
    sample: { seed, rows: rows.map((row) => sampleLine(sealer, source, row, organisations)) },
  });
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

function linkedByTier(rows: readonly store.TierRow[]): Record<Tier, number> & { total: number } {
  const linked = rows.filter((row) => row.linked);
  const of = (tier: Tier) => sum(linked.filter((row) => row.tier === tier).map((row) => row.rows));
  return { A: of('A'), B: of('B'), C: of('C'), D: of('D'), total: sum(linked.map((row) => row.rows)) };
}

function openCounts(rows: readonly store.TierRow[]): Record<Open, number> {
  const counts = Object.fromEntries(OPEN.map((name) => [name, 0])) as Record<Open, number>;
  for (const row of rows) if (!row.linked) counts[openAs(row)] += row.rows;
  return counts;
}

function openAs({ outcome, tier, set_aside }: Pick<store.TierRow, 'outcome' | 'tier' | 'set_aside'>): Open {
  if (set_aside === 'rejected') return 'kept';
  if (set_aside === 'waits') return 'setAside';
  if (outcome === null) return 'notJudged';
  if (outcome === 'same' || outcome === 'new') return 'ready';
  if (outcome === 'waiting') return 'waiting';
  if (outcome === 'unusable' || tier === 'D') return 'kept';
  return tier === 'C' ? 'claimable' : 'cases';
}

/** From the first week in which anything happened to this one; weeks in which nothing did stand there, too. */
function weekLines(
  used: readonly { week: string; rows: number }[],
  tries: readonly { week: string; tried: number; opened: number }[],
  now: string,
): WeekLine[] {
  const all = [...used, ...tries].map(({ week }) => week).sort();
  const [first] = all;
  if (first === undefined) return [];
  const last = all.at(-1)! > now ? all.at(-1)! : now;
  return mondaysBetween(first, last).map((monday) => {
    const counted = tries.find(({ week }) => week === monday);
    return {
      ...{ week: weekName(monday), monday },
      migrated: used.find(({ week }) => week === monday)?.rows ?? 0,
      ...{ tried: counted?.tried ?? 0, right: counted?.opened ?? 0 },
    };
  });
}

const OPEN_WORDS: Record<Open, string> = {
  notJudged: 'not judged yet',
  ready: 'ready to be linked',
  waiting: 'waits for the register',
  cases: 'a person decides',
  setAside: 'set aside until a day',
  claimable: 'its owner may claim it',
  kept: 'kept for the department',
};

/** Codes and names of organisations are public. */
const organisationFields = ({ numbers, name, deleted, disabled }: OldOrganisation) => ({
  ...{ number: numbers[0]?.value ?? '-', name: name ?? '-', phone: '-', birthdate: '-', gender: '-' },
  state: deleted ? 'deleted there' : disabled ? 'disabled there' : 'in use there',
});

function sampleLine(
  sealer: Sealer,
  source: string,
  row: store.SampleRow,
  ofOrganisations: boolean,
): SampleLine {
  const { local_id: id, tier, reasons, person_id, linked_at } = row;
  return {
    ...{ id, tier },
    ...(ofOrganisations
      ? organisationFields(openOldOrganisation(sealer, source, row))
      : maskedRecord(openRecord(sealer, source, row))),
    became: person_id
      ? `linked to ${person_id} on ${linked_at?.toISOString().slice(0, 10)}`
      : OPEN_WORDS[openAs(row)],
    why: (reasons ?? []).map((reason) => REASON_WORDS[reason] ?? reason).join('; '),
  };
}
