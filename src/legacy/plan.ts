/** The dry run: judges every old account of a system that belongs to nobody yet, and changes no account. */
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/postgres.ts';
import type { PopulationRegister } from '../registries/registry.ts';
import { comeBack } from './cases/cases-store.ts';
import { type Asking, type JudgeRoom, judgeRows, makeAsker, toVerdictRow } from './judging.ts';
import { endOfPage, pageUnlinked, type TallyRow, tally, writeVerdicts } from './matching-store.ts';
import { refreshStatistics } from './staging-store.ts';

export interface PlanRoom extends JudgeRoom {
  database: Database;
  clock: Clock;
  population: PopulationRegister;
}

/** How the register is asked; what is not asked waits for the next run. */
export type PlanOptions = Partial<Asking>;

export interface PlanResult {
  source: string;
  judged: number;
  /** Questions the register was asked in this run. */
  asked: number;
  tally: TallyRow[];
}

const PAGE = 500;
const PAGES_AT_ONCE = 3;
/** Where a register answers in 5 ms, about as many questions as one process can ask. */
export const PARALLEL = 32;

/** Judges page by page; a run that was cut off loses nothing but its last pages. Again judges anew what is not linked. */
export async function planSource(
  room: PlanRoom,
  source: string,
  { parallel = PARALLEL, budget = Number.MAX_SAFE_INTEGER, ...more }: PlanOptions = {},
  onProgress: (judged: number) => void | Promise<void> = () => {},
): Promise<PlanResult> {
  const { database, clock, population } = room;
  const ask = makeAsker(population, { parallel, budget, ...more });
  let judged = 0;
  await comeBack(database, source, clock.now());
  await refreshStatistics(database);
  const judgePage = async (after: string, last: string): Promise<void> => {
    const rows = await pageUnlinked(database, source, after, last);
    const verdicts = (await judgeRows(room, database, source, rows, { ask })).map(toVerdictRow);
    await writeVerdicts(database, source, verdicts, clock.now());
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
        await onProgress(judged);
      }
      after = last;
    }
    await Promise.all(pages);
    await onProgress(judged);
  } finally {
    await Promise.allSettled(pages);
  }
  return { source, judged, asked: ask.asked(), tally: await tally(database, source) };
}
