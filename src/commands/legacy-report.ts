/** `legacy report`: what has come of an old system, for its sign-off. */
import type { Command } from 'commander';
import { FIELDS } from '../legacy/cases/view.ts';
import { csvRow } from '../legacy/rejects.ts';
import { OPEN, type Open, reportOn, type SourceReport, TIERS } from '../legacy/report.ts';
import { passwordLines } from './legacy-passwords.ts';
import { accept, actor, table, UsageError, wholeNumber, withRooms } from './run.ts';

const BAR = 40;

export function addLegacyReportCommand(legacy: Command): void {
  legacy
    .command('report')
    .argument('<source>', 'the old system')
    .option('--sample <rows>', 'show so many rows, masked, with what became of them', wholeNumber(1, 1_000))
    .option('--seed <text>', 'which rows: the same text chooses the same ones')
    .option('--csv', 'as a table for a spreadsheet; with --sample, the sample alone')
    .description(
      'what came, what became of it, how its passwords do, and what is still open; for the sign-off',
    )
    .action(
      async (source: string, options: { sample?: number; seed?: string; csv?: true }, command: Command) => {
        await withRooms(command, async (yihao) => {
          if (options.csv && command.optsWithGlobals().json)
            throw new UsageError('--csv or --json, not both');
          if (options.seed !== undefined && options.sample === undefined)
            throw new UsageError('--seed is of use with --sample only');
          const wanted = options.sample && { size: options.sample, seed: options.seed };
          const report = accept(await reportOn(yihao, source, wanted || undefined));
          if (report.sample)
            await yihao.audit.trail.record({
              ...{ type: 'operator.looked', actor: actor(), channel: 'cli', outcome: 'success' },
              detail: { source, what: 'sample', rows: report.sample.rows.length },
            });
          if (!options.csv) return { data: report, lines: reportLines(report) };
          process.stdout.write(report.sample ? sampleAsCsv(report.sample) : reportAsCsv(report));
          return { data: undefined, lines: [] };
        });
      },
    );
}

const OPEN_WORDS: Record<Open, string> = {
  notJudged: 'were not judged yet: `legacy plan`',
  ready: 'are ready to be linked: `legacy apply`',
  waiting: 'wait for the register: `legacy plan` asks again',
  cases: 'need a person to decide: `legacy cases`',
  setAside: 'are set aside until a day',
  claimable: 'can be claimed by their owners only',
  kept: 'belong to nobody, and are kept for the department',
};

const row = (count: number, words: string): string => `${String(count).padStart(10)}  ${words}`;

function reportLines(report: SourceReport): string[] {
  const { linked, open, weeks } = report;
  const still = OPEN.filter((name) => open[name] > 0);
  return [
    `${report.source}: ${report.dumps} dumps, for ${report.client ?? 'no application'}`,
    row(report.rowsIn, 'rows in the newest dump'),
    row(
      report.rejected.reduce((total, { rows }) => total + rows, 0),
      'of them could not be staged',
    ),
    ...report.rejected.map((one) => `${' '.repeat(12)}${row(one.rows, `${one.reason}: ${one.remedy}`)}`),
    row(report.accounts, 'accounts'),
    row(linked.total, `are linked, ${linked.opened} of them to accounts opened for them`),
    ...TIERS.map((tier) => `${' '.repeat(12)}${row(linked[tier], `by tier ${tier}`)}`),
    ...(linked.undone > 0 ? [row(linked.undone, 'links were undone')] : []),
    '',
    still.length > 0 ? 'Still open:' : 'Nothing is open.',
    ...still.map((name) => row(open[name], OPEN_WORDS[name])),
    '',
    ...(report.organisations
      ? ['Passwords of organisations are not taken: persons act for them.']
      : passwordsInWords(report)),
    ...(weeks.length > 0 ? ['', 'Came home with their old password, by week:', ...chart(weeks)] : []),
    ...(report.sample ? ['', `Sample (--seed ${report.sample.seed}):`, ...sampleTable(report.sample)] : []),
  ];
}

const passwordsInWords = ({ recipe, oldPasswordsUntil, passwords, attempts }: SourceReport): string[] => [
  `Old passwords (${recipe ?? 'none'}), until ${oldPasswordsUntil.slice(0, 16).replace('T', ' ')} UTC:`,
  ...passwordLines(passwords as Parameters<typeof passwordLines>[0]),
  row(attempts.tried, 'sign-ins tried one'),
  row(attempts.right, `came in with it${attempts.rate === null ? '' : ` (${percent(attempts.rate)})`}`),
];

const percent = (part: number): string => `${(part * 100).toFixed(1)} %`;

function chart(weeks: SourceReport['weeks']): string[] {
  const most = Math.max(1, ...weeks.map(({ migrated }) => migrated));
  return weeks.map(({ week, migrated, tried, right }) => {
    // What is there is seen, however little it is.
    const bar = '█'.repeat(migrated === 0 ? 0 : Math.max(1, Math.round((migrated / most) * BAR)));
    const rate = tried === 0 ? '' : `   ${right} of ${tried} tries right`;
    return `  ${week} ${bar.padEnd(BAR)} ${String(migrated).padStart(8)}${rate}`.trimEnd();
  });
}

type Sample = NonNullable<SourceReport['sample']>;
const SAMPLE_HEAD = ['id there', ...FIELDS, 'tier', 'became', 'why'];
const sampleCells = ({ rows }: Sample): string[][] =>
  rows.map((one) => [one.id, ...FIELDS.map((field) => one[field]), one.tier ?? '-', one.became, one.why]);

const sampleTable = (sample: Sample): string[] => table(SAMPLE_HEAD, sampleCells(sample));

const sampleAsCsv = (sample: Sample): string => [SAMPLE_HEAD, ...sampleCells(sample)].map(csvRow).join('');

/** One number in each row, so that a spreadsheet can turn it any way. */
function reportAsCsv(report: SourceReport): string {
  const { linked, attempts } = report;
  const lines: [string, string, string, number][] = [
    ['rows', 'newest dump', '', report.rowsIn],
    ...report.rejected.map(({ reason, rows }): [string, string, string, number] => [
      'rejected',
      reason,
      '',
      rows,
    ]),
    ['accounts', 'staged', '', report.accounts],
    ...TIERS.map((tier): [string, string, string, number] => ['linked', tier, '', linked[tier]]),
    ['linked', 'opened', '', linked.opened],
    ['linked', 'undone', '', linked.undone],
    ...OPEN.map((name): [string, string, string, number] => ['open', name, '', report.open[name]]),
    ...report.passwords.map(({ state, rows }): [string, string, string, number] => [
      'passwords',
      state,
      '',
      rows,
    ]),
    ['attempts', 'tried', '', attempts.tried],
    ['attempts', 'right', '', attempts.right],
    ...report.weeks.flatMap(({ week, migrated, tried, right }): [string, string, string, number][] => [
      ['week', 'migrated', week, migrated],
      ['week', 'tried', week, tried],
      ['week', 'right', week, right],
    ]),
  ];
  const head = csvRow(['kind', 'what', 'week', 'rows']);
  return head + lines.map(([kind, what, week, rows]) => csvRow([kind, what, week, String(rows)])).join('');
}
