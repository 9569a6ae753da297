/** What `legacy …` prints for people. */
import type { SubjectKind } from '../legacy/declaration.ts';
import type { TallyRow } from '../legacy/matching-store.ts';
import { REMEDIES } from '../legacy/rejects.ts';
import type { StageCounts } from '../legacy/stage-report.ts';
import type { listDumps, summarise } from '../legacy/staging-store.ts';
import { type Report, table } from './run.ts';

const OUTCOME_WORDS: Record<string, string> = {
  same: 'belong to an account that is there',
  new: 'open an account: the register agrees',
  waiting: 'wait for the register',
  doubtful: 'need a person to decide, or their owner to claim them',
  unusable: 'are of no use, and kept for the department',
};

export function tallyLines(rows: TallyRow[]): string[] {
  const sum = (of: TallyRow[]) =>
    String(of.reduce((total, { rows: count }) => total + count, 0)).padStart(10);
  const open = rows.filter(({ linked }) => !linked);
  const lines = Object.entries(OUTCOME_WORDS).flatMap(([outcome, words]) => {
    const these = open.filter((row) => row.outcome === outcome);
    return these.length === 0
      ? []
      : [
          `${sum(these)}  ${words}`,
          ...these.map((row) => `${' '.repeat(12)}${sum([row])}  ${row.tier}  ${row.reasons?.join(', ')}`),
        ];
  });
  const linked = rows.filter((row) => row.linked);
  return linked.length > 0 ? [`${sum(linked)}  are linked`, ...lines] : lines;
}

const COUNT_WORDS: Record<keyof StageCounts, string> = {
  rows: 'rows read',
  added: 'accounts seen for the first time',
  changed: 'accounts with new content',
  unchanged: 'accounts as they were',
  repeated: 'rows whose id came before in this dump; the last one stays',
  passwords: 'old passwords that are new here or have changed',
  rejected: 'rows that could not be staged',
};

export const countLines = (counts: StageCounts): string[] =>
  Object.entries(COUNT_WORDS).map(
    ([name, words]) => `${String(counts[name as keyof StageCounts]).padStart(10)}  ${words}`,
  );

type Dumps = Awaited<ReturnType<typeof listDumps>>;

export function everySource(dumps: Dumps): Report {
  const rows = dumps.map((dump) => [
    dump.source,
    String(dump.number),
    dump.startedAt.toISOString().slice(0, 19),
    dump.finishedAt ? 'staged' : `stopped at row ${dump.rowsDone}`,
    String(dump.counts.rows ?? 0),
    String(dump.counts.rejected ?? 0),
  ]);
  const lines = table(['source', 'dump', 'begun', 'state', 'rows', 'rejected'], rows);
  return { data: dumps, lines: dumps.length > 0 ? lines : ['no old system has been staged'] };
}

const STATE_WORDS: Record<string, string> = {
  valid: 'with a valid number',
  invalid: 'with a number that is wrong',
  damaged: 'with a number that a spreadsheet damaged',
  placeholder: 'with a placeholder for a number',
  absent: 'without a number',
};

export function oneSource(
  source: string,
  dumps: Dumps,
  summary: Awaited<ReturnType<typeof summarise>>,
  kind: SubjectKind = 'person',
): Report {
  const { groups, marks, shared, missing } = summary;
  const total = (of: typeof groups) => of.reduce((sum, { rows }) => sum + rows, 0);
  const row = (rows: number, words: string) => `${String(rows).padStart(10)}  ${words}`;
  const states = Object.entries(STATE_WORDS).map(([state, words]) =>
    row(total(groups.filter((group) => group.state === state)), words),
  );
  return {
    data: { source, dumps, ...summary },
    lines: [
      ...everySource(dumps).lines,
      '',
      row(total(groups), `accounts of ${source}`),
      ...states,
      // Organisations are claimed by nobody.
      ...(kind === 'person'
        ? [
            row(
              total(groups.filter(({ provable }) => !provable)),
              'with neither password nor phone to prove them by',
            ),
          ]
        : []),
      row(total(groups.filter(({ deleted }) => deleted)), 'deleted there'),
      row(shared.rows, `under ${shared.numbers} numbers that several names share`),
      row(missing, 'not in the newest dump'),
      ...(marks.length > 0 ? ['', 'What is wrong with the data:'] : []),
      ...marks.map(({ mark, rows }) => row(rows, `${mark}: ${REMEDIES[mark] ?? 'look at the rows'}`)),
    ],
  };
}
