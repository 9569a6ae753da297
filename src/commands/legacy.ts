/** `legacy …`: accounts of old systems, from the file to the staging table. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { PersonId } from '../accounts/person.ts';
import type { Yihao } from '../app.ts';
import { reopenCase } from '../legacy/cases/decide.ts';
import { readDeclaration } from '../legacy/declaration.ts';
import { inspectFile } from '../legacy/inspect.ts';
import { applySource, type LinkRoom, UNDO_DAYS, undoLink } from '../legacy/link.ts';
import { tally } from '../legacy/matching-store.ts';
import { countPasswords } from '../legacy/old-password-store.ts';
import { PARALLEL, planSource } from '../legacy/plan.ts';
import { rejectsAsCsv } from '../legacy/rejects.ts';
import { listDumps, listRejects, summarise } from '../legacy/staging-store.ts';
import { sectorsOf } from '../oidc/subject-store.ts';
import { addLegacyCaseCommands } from './legacy-cases.ts';
import { everySource, oneSource, tallyLines } from './legacy-lines.ts';
import { addLegacyPasswordCommands, passwordLines } from './legacy-passwords.ts';
import { acceptFile, addStageCommand } from './legacy-stage.ts';
import { makeProgress } from './progress.ts';
import { accept, actor, RefusedCommand, readText, reasonText, reporting, withRooms } from './run.ts';
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
    .description('look at an unknown dump: its form, its quality, and a declaration to begin with')
    .action(async (file: string, options: { sheet?: string }, command: Command) => {
      await reporting(command, async () => {
        const found = acceptFile(await inspectFile(resolve(file), options));
        return { data: found, lines: found.lines };
      });
    });

  legacy
    .command('check')
    .argument('<declaration>', 'YAML file; docs/legacy.md describes it')
    .description('read a declaration and say everything that is wrong with it')
    .action(async (file: string, _options, command: Command) => {
      await reporting(command, async () => {
        const declaration = accept(readDeclaration(readText(file)));
        return { data: declaration, lines: [`${declaration.source}: the declaration can be used`] };
      });
    });

  addStageCommand(legacy);

  legacy
    .command('plan')
    .argument('<source>', 'the old system')
    .option('--budget <questions>', 'questions to the population register at most', Number)
    .option('--parallel <questions>', 'questions to it at the same time', atLeastOne, PARALLEL)
    .option(...GENTLE)
    .description('the dry run: what would become of each old account, and why. No account is touched')
    .action(
      async (
        source: string,
        options: { budget?: number; parallel: number; gentle?: boolean },
        command: Command,
      ) => {
        stepBack();
        await withRooms(command, async (yihao) => {
          const total = await stagedAccounts(yihao.database, source);
          const progress = makeProgress('judging');
          const room = { ...linkRoom(yihao), population: yihao.registries.population };
          // More than the line to the register lets through at once would be answered "busy".
          const { atOnce, breakSeconds } = yihao.settings.registries.population;
          const limits = {
            parallel: Math.min(options.parallel, atOnce),
            // A line that was given up after failures in a row is tried again after its own pause.
            pausesMs: Array.from({ length: TRIES_AGAIN }, () => (breakSeconds + 1) * 1_000),
            ...(options.budget === undefined ? {} : { budget: options.budget }),
          };
          const rest = makeRest(options.gentle);
          const result = await planSource(room, source, limits, (judged) => {
            progress.show(judged / total, judged);
            return rest();
          }).finally(() => progress.end());
          return {
            data: result,
            lines: [...tallyLines(result.tally), `${result.asked} questions to the register`],
          };
        });
      },
    );

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
        return {
          data: { ...result, tally: await tally(yihao.database, source) },
          lines: [
            `${String(result.linked).padStart(10)}  linked to accounts that were there`,
            `${String(result.opened).padStart(10)}  linked to accounts opened for them`,
            `${String(result.changed).padStart(10)}  changed since \`plan\`: run it again`,
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
    .action(async (source: string, localId: string, { reason }: { reason: string }, command: Command) => {
      await withRooms(command, async (yihao) => {
        const given = { source, localId, actor: actor(), reason };
        const reopened = await reopenCase({ database: yihao.database, trail: yihao.audit.trail }, given);
        if (reopened.ok) {
          const data = { source, local_id: localId, reopened: true };
          return { data, lines: [`${source}/${localId} is an open case again`] };
        }
        const { personId, closed } = accept(
          await undoLink(linkRoom(yihao), given, (id) => whatStandsOn(yihao, id)),
        );
        return {
          data: { source, local_id: localId, person_id: personId, account_taken_back: closed },
          lines: [
            `${source}/${localId} belongs to nobody now`,
            ...(closed ? [`account ${personId}, which the link had opened, is gone`] : []),
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
    .option('--dump <number>', 'of which dump; the newest without', Number)
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
  addLegacyPasswordCommands(legacy);
}

function atLeastOne(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number from 1 on.');
  return value;
}

const linkRoom = ({ database, accounts, sealer, clock, audit }: Yihao): LinkRoom => ({
  ...{ database, accounts, sealer, clock },
  trail: audit.trail,
});

/** How many accounts are staged. @throws RefusedCommand for a system that was never staged */
async function stagedAccounts(database: Yihao['database'], source: string): Promise<number> {
  const rows = await tally(database, source);
  if (rows.length === 0) throw unknownSource();
  return rows.reduce((sum, { rows: count }) => sum + count, 0);
}

/** What its owner did with an account since it was opened. */
async function whatStandsOn(yihao: Yihao, id: PersonId): Promise<string[]> {
  const { credentials, oidcStore, database } = yihao;
  const sectors = await sectorsOf(database, id);
  return [
    ...((await credentials.passwords.has(id)) ? ['a password'] : []),
    ...((await oidcStore.sessionsOf(id)).length > 0 ? ['a session'] : []),
    ...((await oidcStore.grantsOf(id)).length > 0 ? ['a grant to an application'] : []),
    ...sectors.map((sector) => `the sub that ${sector} knows`),
  ];
}

const unknownSource = () =>
  new RefusedCommand({ code: 'old-system-unknown', status: 404 }, ['`legacy status` lists them']);
