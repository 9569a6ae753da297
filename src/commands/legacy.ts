/** `legacy …`: accounts of old systems, from the file to the staging table. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { OrganisationId } from '../accounts/organisation.ts';
import type { PersonId } from '../accounts/person.ts';
import type { Yihao } from '../app.ts';
import { reopenCase } from '../legacy/cases/decide.ts';
import { inspectFile } from '../legacy/inspect.ts';
import { readKnownPasswords } from '../legacy/inspect-passwords.ts';
import { applySource, type LinkRoom, UNDO_DAYS, undoLink } from '../legacy/link.ts';
import { undoOrganisationLink } from '../legacy/link-organisation.ts';
import { tally } from '../legacy/matching-store.ts';
import { countPasswords } from '../legacy/old-password-store.ts';
import { PARALLEL, planSource } from '../legacy/plan.ts';
import { rejectsAsCsv } from '../legacy/rejects.ts';
import { listDumps, listRejects, subjectKindOfSource, summarise } from '../legacy/staging-store.ts';
import { listVerdicts, verdictsAsCsv } from '../legacy/verdict-rows.ts';
import { sectorsOf } from '../oidc/subject-store.ts';
import { forgetToldSubjects } from '../oidc/told-subject-store.ts';
import { makePace } from '../platform/pace.ts';
import { addLegacyCaseCommands } from './legacy-cases.ts';
import { addDeclareCommands } from './legacy-declare.ts';
import { everySource, oneSource, tallyLines } from './legacy-lines.ts';
import { addLegacyMergingCommands } from './legacy-merging.ts';
import { addLegacyNewsCommand } from './legacy-news.ts';
import { addLegacyPasswordCommands, passwordLines } from './legacy-passwords.ts';
import { addLegacyReportCommand } from './legacy-report.ts';
import { acceptFile, addStageCommand } from './legacy-stage.ts';
import { makeProgress } from './progress.ts';
import {
  accept,
  actor,
  RefusedCommand,
  type Report,
  readText,
  reasonText,
  reporting,
  wholeNumber,
  withRooms,
} from './run.ts';
import { GENTLE, makeRest, stepBack } from './step-back.ts';

const MOST_IN_JSON = 10_000;
/** Before a run gives a silent register up: with the line's usual pause, a good minute. */
const TRIES_AGAIN = 3;

export function addLegacyCommands(program: Command): void {
  const legacy = program.command('legacy').description('accounts of old systems');

  legacy
    .command('inspect')
    .argument('<file>', 'CSV, TSV, JSON Lines or .xlsx')
    .option('--sheet <name>', 'sheet of a workbook')
    .option('--known <file>', 'lines of `account,password`: accounts whose password is known find the recipe')
    .description(
      'look at an unknown dump: its form, its quality, its recipe, and a declaration to begin with',
    )
    .action(async (file: string, options: { sheet?: string; known?: string }, command: Command) => {
      await reporting(command, async () => {
        const { known, ...rest } = options;
        const passwords = known === undefined ? {} : { known: readKnownPasswords(readText(known)) };
        const found = acceptFile(await inspectFile(resolve(file), { ...rest, ...passwords }));
        return { data: found, lines: found.lines };
      });
    });

  addDeclareCommands(legacy);
  addStageCommand(legacy);

  legacy
    .command('plan')
    .argument('<source>', 'the old system')
    .option('--budget <questions>', 'questions to the register at most', wholeNumber(0, 1e12))
    .option(
      '--rate <per second>',
      'of them in a second; the setting legacy.register.perSecond without',
      wholeNumber(1, 100_000),
    )
    .option(...GENTLE)
    .option('--parallel <questions>', 'questions to it at the same time', wholeNumber(1, 1_000), PARALLEL)
    .description('the dry run: what would become of each old account, and why. No account is touched')
    .action(async (source: string, options: PlanOptions, command: Command) => {
      stepBack();
      await withRooms(command, async (yihao) => {
        const total = await stagedAccounts(yihao.database, source);
        const progress = makeProgress('judging');
        const { population, enterprise } = yihao.registries;
        const room = { ...linkRoom(yihao), population, enterprise };
        const { settings } = yihao;
        const { atOnce, breakSeconds } = settings.registries.population;
        const limits = {
          // More than the line to the register lets through at once would be answered "busy".
          parallel: Math.min(options.parallel, atOnce),
          // A line that was given up after failures in a row is tried again after its own pause.
          pausesMs: Array.from({ length: TRIES_AGAIN }, () => (breakSeconds + 1) * 1_000),
          ...(options.budget === undefined ? {} : { budget: options.budget }),
          pace: makePace(options.rate ?? settings.legacy.register.perSecond),
        };
        const rest = makeRest(options.gentle);
        const result = await planSource(room, source, limits, (judged, behindPage) => {
          progress.show(judged / total, judged);
          return behindPage ? rest() : undefined;
        }).finally(() => progress.end());
        return {
          data: result,
          lines: [
            ...tallyLines(result.tally),
            `${result.asked} questions to the register; row by row: \`legacy rows ${source}\``,
          ],
        };
      });
    });

  legacy
    .command('rows')
    .argument('<source>', 'the old system')
    .option('--after <local id>', 'with --json: go on behind this one', '')
    .description('row by row, as CSV: what would become of each old account, or has become of it, and why')
    .action(async (source: string, { after }: { after: string }, command: Command) => {
      await withRooms(command, async ({ database }) => {
        if ((await subjectKindOfSource(database, source)) === undefined) throw unknownSource();
        if (command.optsWithGlobals().json) {
          const rows = await listVerdicts(database, source, after, MOST_IN_JSON);
          return { data: { source, rows, more: rows.length === MOST_IN_JSON }, lines: [] };
        }
        // Page by page: there may be as many as the old system has accounts.
        for await (const text of verdictsAsCsv(database, source)) process.stdout.write(text);
        return { data: undefined, lines: [] };
      });
    });

  legacy
    .command('apply')
    .argument('<source>', 'the old system')
    .option(...GENTLE)
    .description('link what `plan` found to agree, and open the accounts that are missing')
    .action(async (source: string, options: { gentle?: boolean }, command: Command) => {
      stepBack();
      await withRooms(command, async (yihao) => {
        const total = await stagedAccounts(yihao.database, source);
        const progress = makeProgress('linking');
        const rest = makeRest(options.gentle);
        const result = await applySource(linkRoom(yihao), source, actor(), (count) => {
          progress.show(count / total, count);
          return rest();
        }).finally(() => progress.end());
        const after = await tally(yihao.database, source);
        return {
          data: { ...result, tally: after },
          lines: [
            `${String(result.linked).padStart(10)}  linked to accounts that were there`,
            `${String(result.opened).padStart(10)}  linked to accounts opened for them`,
            `${String(result.changed).padStart(10)}  changed since \`plan\`: run it again`,
            '',
            ...tallyLines(after),
          ],
        };
      });
    });

  legacy
    .command('undo')
    .argument('<source>', 'the old system')
    .argument('<local id>', 'the id of the account there')
    .requiredOption('--reason <text>', 'for the audit trail (required)', reasonText)
    .description(
      `take a link back within ${UNDO_DAYS} days, and with it the account that it opened; or open a decided case again`,
    )
    .option('--for-good', 'of a person’s: and do not link it again until a later dump changes the row')
    .action(async (source: string, localId: string, options: UndoOptions, command: Command) => {
      await withRooms(command, async (yihao) => {
        const given = { source, localId, actor: actor(), ...options };
        const reopened = await reopenCase({ database: yihao.database, trail: yihao.audit.trail }, given);
        if (reopened.ok) {
          const data = { source, local_id: localId, reopened: true };
          return { data, lines: [`${source}/${localId} is an open case again`] };
        }
        if ((await subjectKindOfSource(yihao.database, source)) === 'organisation')
          return undoneOrganisation(given, accept(await undoOrganisationLink(linkRoom(yihao), given)));
        const { personId, closed } = accept(
          await undoLink(linkRoom(yihao), given, (id) => whatStandsOn(yihao, id)),
        );
        return {
          data: { source, local_id: localId, person_id: personId, account_taken_back: closed },
          lines: [
            `${source}/${localId} belongs to nobody now`,
            ...(closed ? [`account ${personId}, which the link had opened, is gone`] : []),
            options.forGood
              ? 'it is not linked again until a later dump changes the row'
              : 'the next `plan` judges it anew, as if it had never been linked; `--for-good` keeps it from that',
          ],
        };
      });
    });

  legacy
    .command('status')
    .argument('[source]', 'one old system; all of them without')
    .description('what is staged, and what the data is like')
    .action(async (source: string | undefined, _options, command: Command) => {
      await withRooms(command, async ({ database }) => {
        const dumps = (await listDumps(database)).filter((dump) => !source || dump.source === source);
        if (source && dumps.length === 0) throw unknownSource();
        if (!source) return everySource(dumps);
        const { data, lines } = oneSource(
          source,
          dumps,
          await summarise(database, source, dumps.at(-1)!.number),
          await subjectKindOfSource(database, source),
        );
        const passwords = await countPasswords(database, source);
        return {
          data: { ...(data as object), passwords },
          lines: [...lines, ...passwordLines(passwords)],
        };
      });
    });

  legacy
    .command('rejects')
    .argument('<source>', 'the old system')
    .option('--dump <number>', 'of which dump; the newest without', wholeNumber(1, 1_000_000))
    .description('the rows that could not be staged, as CSV: row, reason, remedy')
    .action(async (source: string, options: { dump?: number }, command: Command) => {
      await withRooms(command, async ({ database }) => {
        const dumps = (await listDumps(database)).filter((dump) => dump.source === source);
        const dump = options.dump ?? dumps.at(-1)?.number;
        if (dump === undefined || !dumps.some(({ number }) => number === dump)) throw unknownSource();
        const page = (after: number, most: number) => listRejects(database, source, dump, after, most);
        if (command.optsWithGlobals().json) {
          const rows = await page(-1, MOST_IN_JSON);
          return { data: { source, dump, rows, more: rows.length === MOST_IN_JSON }, lines: [] };
        }
        // Page by page: there may be as many as the file has rows.
        for await (const text of rejectsAsCsv(page)) process.stdout.write(text);
        return { data: undefined, lines: [] };
      });
    });

  addLegacyCaseCommands(legacy);
  addLegacyMergingCommands(legacy);
  addLegacyReportCommand(legacy);
  addLegacyNewsCommand(legacy);
  addLegacyPasswordCommands(legacy);
}

interface UndoOptions {
  reason: string;
  forGood?: boolean;
}

interface PlanOptions {
  budget?: number;
  rate?: number;
  parallel: number;
  gentle?: boolean;
}

const linkRoom = ({ database, accounts, sealer, clock, audit, tellNews }: Yihao): LinkRoom => ({
  ...{ database, accounts, sealer, clock, tell: tellNews },
  forgetTold: forgetToldSubjects,
  trail: audit.trail,
});

const undoneOrganisation = (
  { source, localId }: { source: string; localId: string },
  { organisationId, closed }: { organisationId: OrganisationId; closed: boolean },
): Report => ({
  data: { source, local_id: localId, organisation_id: organisationId, organisation_taken_back: closed },
  lines: [
    `${source}/${localId} belongs to no organisation now`,
    ...(closed ? [`organisation ${organisationId}, which the link had opened, is gone`] : []),
  ],
});

/** How many accounts are staged. @throws RefusedCommand for a system that was never staged */
async function stagedAccounts(database: Yihao['database'], source: string): Promise<number> {
  const rows = await tally(database, source);
  if (rows.length === 0) throw unknownSource();
  return rows.reduce((sum, { rows: count }) => sum + count, 0);
}

/** What its owner did with an account since it was opened. */
async function whatStandsOn(yihao: Yihao, id: PersonId): Promise<string[]> {
  const { accounts, credentials, oidcStore, database } = yihao;
  const sectors = await sectorsOf(database, id);
  const absorbed = await accounts.merged.absorbedBy(id);
  return [
    ...((await credentials.passwords.has(id)) ? ['a password'] : []),
    ...((await oidcStore.sessionsOf(id)).length > 0 ? ['a session'] : []),
    ...((await oidcStore.grantsOf(id)).length > 0 ? ['a grant to an application'] : []),
    ...sectors.map((sector) => `the sub that ${sector} knows`),
    ...absorbed.map((other) => `account ${other}, which was merged into it`),
  ];
}

const unknownSource = () =>
  new RefusedCommand({ code: 'old-system-unknown', status: 404 }, ['`legacy status` lists them']);
