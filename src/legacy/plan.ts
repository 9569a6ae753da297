/** The dry run: judges every old account of a system that belongs to nobody yet, and changes no account. */
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/postgres.ts';
import { type EnterpriseRegister, silentEnterpriseRegister } from '../registries/enterprise.ts';
import type { PopulationRegister } from '../registries/registry.ts';
import { comeBack } from './cases/cases-store.ts';
import { type AskAbout, type JudgeRoom, judgeRows, makeAsker, toVerdictRow } from './judging.ts';
import {
  judgeOrganisationRows,
  makeOrganisationAsker,
  toOrganisationVerdictRow,
} from './judging-organisation.ts';
import { endOfPage, pageUnlinked, type TallyRow, tally, writeVerdicts } from './matching-store.ts';
import { pageUnlinkedOrganisations, writeOrganisationVerdicts } from './organisation-links-store.ts';
import type { RationLimits } from './ration.ts';
import { refreshStatistics, subjectKindOfSource } from './staging-store.ts';

export interface PlanRoom extends JudgeRoom {
  database: Database;
  clock: Clock;
  population: PopulationRegister;
  /** Without one, systems of organisations wait. */
  enterprise?: EnterpriseRegister | undefined;
}

/** How the register is asked; what is not asked waits for the next run. */
export type PlanOptions = Partial<RationLimits>;

export interface PlanResult {
  source: string;
  judged: number;
  /** Questions the register was asked in this run. */
  asked: number;
  tally: TallyRow[];
}

const PAGE = 500;
const PAGES_AT_ONCE = 3;
/** Told of each answer, and awaited behind each page: whoever wants a rest takes it there. */
export type PlanProgress = (judged: number, behindPage: boolean) => void | Promise<void>;

/** Where a register answers in 5 ms, about as many questions as one process can ask. */
export const PARALLEL = 32;

/** Judges page by page; a run that was cut off loses nothing but its last pages. Again judges anew what is not linked. */
export async function planSource(
  room: PlanRoom,
  source: string,
  { parallel = PARALLEL, budget = Number.MAX_SAFE_INTEGER, ...more }: PlanOptions = {},
  onProgress: PlanProgress = () => {},
): Promise<PlanResult> {
  const { database, clock, population } = room;
  const limits = { parallel, budget, ...more };
  if ((await subjectKindOfSource(database, source)) === 'organisation')
    return planOrganisations(room, source, limits, onProgress);
  const ask = makeAsker(population, limits);
  let judged = 0;
  let answered = 0;
  await comeBack(database, source, clock.now());
  await refreshStatistics(database);
  const judgePage = async (after: string, last: string): Promise<void> => {
    const rows = await pageUnlinked(database, source, after, last);
    let ofPage = 0;
    // A page may wait long for its turns: it moves with each answer.
    const askAndTell: AskAbout = async (record) => {
      const word = await ask(record);
      ofPage += 1;
      answered += 1;
      void onProgress(judged + answered, false);
      return word;
    };
    const verdicts = (await judgeRows(room, database, source, rows, { ask: askAndTell })).map(toVerdictRow);
    await writeVerdicts(database, source, verdicts, clock.now());
    answered -= ofPage;
    judged += rows.length;
  };
  // The register's answers take longest: while those of some pages are awaited, the next ones are read and judged.
  const pages: Promise<void>[] = [];
  try {
    for (let after = ''; ; ) {
      const last = await endOfPage(database, source, after, PAGE);
      if (last === undefined) break;
      const page = judgePage(after, last);
      // Told by who awaits it below; until then another page may be awaited.
      page.catch(() => {});
      pages.push(page);
      if (pages.length >= PAGES_AT_ONCE) {
        await pages.shift();
        await onProgress(judged + answered, true);
      }
      after = last;
    }
    await Promise.all(pages);
    await onProgress(judged, true);
  } finally {
    await Promise.allSettled(pages);
  }
  return { source, judged, asked: ask.asked(), tally: await tally(database, source) };
}

/** The same over a system of organisations. */
async function planOrganisations(
  room: PlanRoom,
  source: string,
  limits: RationLimits,
  onProgress: PlanProgress,
): Promise<PlanResult> {
  const { database, clock } = room;
  const register = room.enterprise ?? silentEnterpriseRegister('none', 'none', clock);
  const ask = makeOrganisationAsker(register, limits);
  let judged = 0;
  await comeBack(database, source, clock.now());
  for (let after = ''; ; ) {
    const rows = await pageUnlinkedOrganisations(database, source, after, PAGE);
    if (rows.length === 0) break;
    const verdicts = await judgeOrganisationRows(room, database, source, rows, ask);
    await writeOrganisationVerdicts(database, source, verdicts.map(toOrganisationVerdictRow), clock.now());
    judged += rows.length;
    after = rows.at(-1)!.local_id;
    await onProgress(judged, true);
  }
  return { source, judged, asked: ask.asked(), tally: await tally(database, source) };
}
