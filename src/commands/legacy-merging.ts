/** `legacy merge`, `unmerge` and `merges`: two accounts of one person become one, and two again. */
import { type Command, InvalidArgumentError } from 'commander';
import { isPersonId, type PersonId } from '../accounts/person.ts';
import type { Yihao } from '../app.ts';
import { FIELDS } from '../legacy/cases/view.ts';
import { UNDO_DAYS } from '../legacy/link.ts';
import { type Agreed, approveMerge, mergePeople, withdrawMerge } from '../legacy/merging/agree.ts';
import { unmergePeople } from '../legacy/merging/merge.ts';
import { listMerges, type MergeRow, type MergeState, readMerge } from '../legacy/merging/merge-store.ts';
import type { TwoIds } from '../legacy/merging/pair.ts';
import { type PreviewRoom, previewMerge } from '../legacy/merging/preview.ts';
import { sectorsOf } from '../oidc/subject-store.ts';
import { openGoodbyes } from './goodbye.ts';
import { accept, actor, type Report, reasonText, table, UsageError, withRooms } from './run.ts';

const PAGE = 50;
const STATES: MergeState[] = ['proposed', 'withdrawn', 'done', 'undone'];

export function addLegacyMergingCommands(legacy: Command): void {
  legacy
    .command('merge')
    .argument('[person]', 'the id of an account; `person show` tells it')
    .argument('[other person]', 'the id of the same citizen’s other account')
    .option('--preview', 'say which would survive and what would become of everything, and do nothing')
    .option('--approve <number>', 'agree to what another person proposed')
    .option('--reason <text>', 'why they are one person, for the journal (required to merge)', reasonText)
    .description(
      'make two accounts of one person one (two documents, a corrected number). Which survives is settled by rule. Real-name accounts wait until another person approves: run --approve under another account of this machine',
    )
    .addHelpText(
      'after',
      `
Of the two survives, in this order: the one that is in use; whose number the register agrees to; of the higher level; with
more ways to sign in; the older one. Only its password and phone open the account afterwards, with either number.`,
    )
    .action(
      async (one: string | undefined, other: string | undefined, options: MergeOptions, command: Command) => {
        await withRooms(command, (yihao) => merge(yihao, one, other, options));
      },
    );

  legacy
    .command('unmerge')
    .argument('<number>', 'of the merge; `legacy merges` lists them')
    .requiredOption('--reason <text>', 'why, for the journal (required)', reasonText)
    .description(
      `take a merge back within ${UNDO_DAYS} days: both accounts are as before. Or take back a proposal`,
    )
    .action(async (number: string, { reason }: { reason: string }, command: Command) => {
      await withRooms(command, (yihao) => unmerge(yihao, { number, reason, actor: actor() }));
    });

  legacy
    .command('merges')
    .option('--state <state>', STATES.join(', '), aState)
    .option('--before <number>', 'the page of those before this one', aNumber)
    .description('merges of persons, newest first: who, why, and whether they stand')
    .action(async (options: { state?: MergeState; before?: string }, command: Command) => {
      await withRooms(command, async ({ database }) => {
        const rows = await listMerges(database, { ...options, most: PAGE });
        return { data: rows.map(told), lines: listing(rows) };
      });
    });
}

interface MergeOptions {
  preview?: true;
  approve?: string;
  reason?: string;
}

async function merge(
  yihao: Yihao,
  one: string | undefined,
  other: string | undefined,
  { preview, approve, reason }: MergeOptions,
): Promise<Report> {
  const room = await mergeRoom(yihao);
  if (approve !== undefined) {
    if (one !== undefined || preview) throw new UsageError('--approve stands alone: it names the proposal');
    return agreed(accept(await approveMerge(room, { number: approve, actor: actor() })));
  }
  const ids = [one, other];
  if (!ids.every(isPersonId)) throw new UsageError('name two accounts by their ids, or --approve a proposal');
  if (preview) return previewed(room, ids as unknown as TwoIds);
  if (!reason) throw new UsageError('--reason is required: say why they are one person');
  return agreed(accept(await mergePeople(room, { ids: ids as unknown as TwoIds, reason, actor: actor() })));
}

function agreed(outcome: Agreed): Report {
  const { state, number, survivorId, absorbedId, why } = outcome;
  return {
    data: outcome,
    lines:
      state === 'proposed'
        ? [
            `proposed: ${absorbedId} is to be merged into ${survivorId}, because ${why}`,
            `another person approves it with \`legacy merge --approve ${number}\``,
          ]
        : [
            `${absorbedId} was merged into ${survivorId}, because ${why}`,
            `\`legacy unmerge ${number}\` takes it back within ${UNDO_DAYS} days`,
          ],
  };
}

async function previewed(room: PreviewRoom, ids: TwoIds): Promise<Report> {
  const seen = accept(await previewMerge(room, ids));
  for (const personId of ids)
    await room.trail.record({
      type: 'person.viewed',
      ...{ personId, actor: actor(), channel: 'cli', outcome: 'success' },
      detail: { reason: 'preview of a merge' },
    });
  const sides = seen.sides.map((side, at) => [
    at === 0 ? 'survives' : 'is merged into it',
    side.key,
    ...FIELDS.map((field) => `${side.differs.includes(field) ? '≠ ' : ''}${side.fields[field]}`),
  ]);
  return {
    data: seen,
    lines: [
      ...table(['', 'account', ...FIELDS], sides),
      '',
      `${seen.survivorId} survives, because ${seen.why}`,
      ...seen.becomes.map(({ what, becomes }) => `  ${what.padEnd(14)}${becomes}`),
    ],
  };
}

async function unmerge(
  yihao: Yihao,
  given: { number: string; reason: string; actor: string },
): Promise<Report> {
  const room = await mergeRoom(yihao);
  const { number } = given;
  if ((await readMerge(yihao.database, number))?.state === 'proposed') {
    accept(await withdrawMerge(room, given));
    return { data: { number, withdrawn: true }, lines: [`the proposal ${number} is taken back`] };
  }
  const { personId, otherId } = accept(await unmergePeople(room, given));
  return {
    data: { number, person_id: personId, other_id: otherId, withdrawn: false },
    lines: [
      `${otherId} is an account of its own again, as it was before`,
      `${personId} answers for it no more; sessions of both end`,
    ],
  };
}

const told = (row: MergeRow) => ({
  ...{ number: row.id, state: row.state, survivor_id: row.survivor_id, absorbed_id: row.absorbed_id },
  ...{ why: row.why, reason: row.reason, proposed_by: row.proposed_by, proposed_at: row.proposed_at },
  ...{ approved_by: row.approved_by, done_at: row.done_at },
  ...{ undone_by: row.undone_by, undone_at: row.undone_at, undone_reason: row.undone_reason },
});

function listing(rows: readonly MergeRow[]): string[] {
  if (rows.length === 0) return ['there are none'];
  const day = (at: Date | null) => at?.toISOString().slice(0, 10) ?? '-';
  return [
    ...table(
      ['number', 'state', 'merged', 'into', 'since', 'by', 'reason'],
      rows.map((row) => [
        ...[row.id, row.state, row.absorbed_id, row.survivor_id, day(row.done_at)],
        ...[[row.proposed_by, row.approved_by].filter(Boolean).join(', '), row.reason],
      ]),
    ),
    ...(rows.length === PAGE ? [`more: --before ${rows.at(-1)!.id}`] : []),
  ];
}

async function mergeRoom(yihao: Yihao): Promise<PreviewRoom> {
  const { database, accounts, fingerprinter, clock, audit, credentials, oidcStore, registries } = yihao;
  const goodbyes = await openGoodbyes(yihao);
  return {
    ...{ database, accounts, fingerprinter, clock },
    trail: audit.trail,
    population: registries.population,
    hasPassword: (id) => credentials.passwords.has(id),
    sectorsOf: (id: PersonId) => sectorsOf(database, id),
    sessionsOf: async (id: PersonId) => (await oidcStore.sessionsOf(id)).length,
    endSessions: (tx, personId, reason, answeredFor) =>
      goodbyes.endLater(tx, { personId, reason, answeredFor }),
    tell: yihao.tellNews,
  };
}

function aNumber(text: string): string {
  if (/^\d{1,18}$/.test(text)) return text;
  throw new InvalidArgumentError('The number of a merge.');
}

function aState(text: string): MergeState {
  const state = STATES.find((one) => one === text);
  if (state) return state;
  throw new InvalidArgumentError(`Known are ${STATES.join(', ')}.`);
}
