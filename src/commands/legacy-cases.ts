/** `legacy cases` and `legacy decide`: the doubtful old accounts, and what people decide on them. */
import { type Command, InvalidArgumentError } from 'commander';
import { parseCreditCode } from '../accounts/organisation-number.ts';
import { isPersonId } from '../accounts/person.ts';
import type { Yihao } from '../app.ts';
import { listCases, viewCase, type WaitingDecision } from '../legacy/cases/cases.ts';
import { type CaseState, countCases } from '../legacy/cases/cases-store.ts';
import {
  approveCase,
  type Decided,
  type DecideRoom,
  type Decision,
  decideCase,
  decideMany,
} from '../legacy/cases/decide.ts';
import type { CaseAction } from '../legacy/cases/rules.ts';
import { REASON_WORDS } from '../legacy/cases/view.ts';
import { readDeclaration } from '../legacy/declaration.ts';
import type { Reason } from '../legacy/matching.ts';
import { listSources } from '../legacy/old-password-store.ts';
import { makeProgress } from './progress.ts';
import { accept, actor, type Report, reasonText, table, UsageError, wholeNumber, withRooms } from './run.ts';

const PAGE = 50;
const MOST_AT_ONCE = 500;

export function addLegacyCaseCommands(legacy: Command): void {
  legacy
    .command('cases')
    .argument('[source]', 'one old system; all of them without')
    .argument('[local id]', 'one case with all that speaks for and against it')
    .option('--reason <reason>', `only these: ${Object.keys(REASON_WORDS).join(', ')}`, aReason)
    .option('--state <state>', 'open, set-aside or awaiting-approval', aState, 'open')
    .option('--after <source/local id>', 'the page behind this case')
    .option('--limit <number>', 'cases on a page', wholeNumber(1, MOST_AT_ONCE), PAGE)
    .description('doubtful old accounts that a person must decide, and how many there are for which reasons')
    .action(
      async (
        source: string | undefined,
        localId: string | undefined,
        options: { reason?: Reason; state: CaseState; after?: string; limit: number },
        command: Command,
      ) => {
        await withRooms(command, async (yihao) =>
          source !== undefined && localId !== undefined
            ? oneCase(yihao, source, localId)
            : manyCases(yihao, source, options),
        );
      },
    );

  legacy
    .command('decide')
    .argument('[source]', 'the old system')
    .argument('[local id]', 'the id of the account there; without one, all open cases with --for-reason')
    .option(
      '--link [person]',
      'it belongs to the account under its number, or to this one; an organisation also by its credit code',
    )
    .option('--create', 'open an account for it; the register must agree with number and name')
    .option('--name <name>', 'with --create: the right name, where the old system’s is wrong')
    .option('--code <credit code>', 'of an organisation, with --create: under this code instead of the row’s')
    .option('--reject', 'it belongs to nobody; kept for the department')
    .option('--wait <day>', 'not yet: it comes back on this day (YYYY-MM-DD)', aDay)
    .option('--approve <proposal>', 'agree to what another person proposed')
    .option('--for-reason <reason>', 'decide every open case of the system with this reason alike', aReason)
    .option('--reason <text>', 'why, for the journal (required but with --approve)', reasonText)
    .description(
      'decide a case. What ties it to a real-name account waits until another person approves it: run --approve under another account of this machine',
    )
    .action(
      async (
        source: string | undefined,
        localId: string | undefined,
        options: DecideOptions,
        command: Command,
      ) => {
        await withRooms(command, (yihao) => decide(yihao, source, localId, options));
      },
    );
}

interface DecideOptions {
  link?: string | true;
  create?: true;
  code?: string;
  name?: string;
  reject?: true;
  wait?: Date;
  approve?: string;
  forReason?: Reason;
  reason?: string;
}

async function decide(
  yihao: Yihao,
  source: string | undefined,
  localId: string | undefined,
  options: DecideOptions,
): Promise<Report> {
  const room = decideRoom(yihao);
  if (options.approve !== undefined) {
    const approved = accept(await approveCase(room, { proposal: options.approve, actor: actor() }));
    return { data: approved, lines: [`${approved.source}/${approved.localId}: ${wordsOf(approved)}`] };
  }
  const actions = (['link', 'create', 'reject', 'wait'] as const).filter(
    (name) => options[name] !== undefined,
  );
  const [action] = actions;
  if (!source || !action || actions.length > 1)
    throw new UsageError('name a case and one of --link, --create, --reject, --wait; or --approve');
  if (!options.reason) throw new UsageError('--reason is required: say why');
  const decision = decisionOf(action, options, options.reason);
  if (localId !== undefined && options.forReason === undefined) {
    const decided = accept(await decideCase(room, { ...decision, source, localId }));
    return {
      data: { source, local_id: localId, ...decided },
      lines: [`${source}/${localId}: ${wordsOf(decided)}`],
    };
  }
  if (localId !== undefined || options.forReason === undefined)
    throw new UsageError('name one case, or a reason with --for-reason');
  if (decision.personId || decision.creditCode || decision.name)
    throw new UsageError('a person or a name cannot be the same for many cases');
  const only = { state: 'open' as const, source, reason: options.forReason };
  const cases = await listCases(room, only, undefined, MOST_AT_ONCE);
  const progress = makeProgress('deciding');
  const result = await decideMany(room, cases, decision, (count) =>
    progress.show(count / cases.length, count),
  ).finally(() => progress.end());
  return {
    data: result,
    lines: [
      `${result.done} decided, ${result.proposed} wait for a second person, ${result.refused.length} refused`,
      ...result.refused.map(({ localId: id, failure }) => `  ${source}/${id}: ${failure.code}`),
      ...(cases.length === MOST_AT_ONCE ? ['there may be more: run it again'] : []),
    ],
  };
}

function decisionOf(
  action: CaseAction,
  { link, name, wait, code }: DecideOptions,
  reason: string,
): Omit<Decision, 'source' | 'localId'> {
  const linkCode = typeof link === 'string' && !isPersonId(link) ? parseCreditCode(link) : undefined;
  if (linkCode && !linkCode.ok)
    throw new UsageError('--link takes the id of an account, or the credit code of an organisation');
  return {
    creditCode: linkCode?.value.number ?? code,
    ...{ action, reason, actor: actor(), name, until: wait },
    personId: typeof link === 'string' && isPersonId(link) ? link : undefined,
  };
}

const wordsOf = (decided: Decided): string =>
  decided.state === 'proposed'
    ? `proposed; another person approves it with \`legacy decide --approve ${decided.proposal}\``
    : decided.personId
      ? `belongs to account ${decided.personId} now`
      : decided.organisationId
        ? `belongs to organisation ${decided.organisationId} now`
        : 'set aside';

async function manyCases(
  yihao: Yihao,
  source: string | undefined,
  options: { reason?: Reason; state: CaseState; after?: string; limit: number },
): Promise<Report> {
  const [first = '', ...rest] = options.after?.split('/') ?? [];
  const cases = await listCases(
    yihao,
    { state: options.state, source, reason: options.reason },
    { source: first, localId: rest.join('/') },
    options.limit,
  );
  const counts = (await countCases(yihao.database)).filter((count) => !source || count.source === source);
  const last = cases.at(-1);
  const rows = cases.map((one) => [one.source, one.localId, one.proposed, one.reasons.join(', ')]);
  return {
    data: { cases, counts },
    lines: [
      ...(counts.length === 0 ? ['there are no cases'] : []),
      ...counts.map(
        ({ source: of, reasons, set_aside, rows: count }) =>
          `${String(count).padStart(10)}  ${of}  ${reasons.map((reason) => REASON_WORDS[reason]).join('; ')}${set_aside ? ` (${set_aside})` : ''}`,
      ),
      ...(rows.length > 0 ? ['', ...table(['system', 'id there', 'proposed', 'reasons'], rows)] : []),
      ...(last && cases.length === options.limit ? [`more: --after ${last.source}/${last.localId}`] : []),
    ],
  };
}

async function oneCase(yihao: Yihao, source: string, localId: string): Promise<Report> {
  const known = (await listSources(yihao.database)).find((one) => one.source === source);
  const declared = known && readDeclaration(known.declaration);
  const client = declared?.ok ? declared.value.client : undefined;
  const view = accept(await viewCase(yihao, { source, localId }, client));
  await yihao.audit.trail.record({
    type: 'operator.looked',
    actor: actor(),
    channel: 'cli',
    outcome: 'success',
    detail: { source, what: 'case' },
  });
  const sides = view.sides.map((side) => [
    side.target ? `${side.key} (would get it)` : side.key,
    ...view.fields.map(
      (field) =>
        `${(side.differs as string[]).includes(field) ? '≠ ' : ''}${(side.fields as Record<string, string>)[field]}`,
    ),
  ]);
  return {
    data: view,
    lines: [
      `${source}/${localId}: ${view.state}`,
      ...view.reasons.map(({ words }) => `  ${words}`),
      `  register: ${view.register}`,
      '',
      ...table(['', ...view.fields], sides),
      '',
      `proposed: ${view.proposed.action}, because ${view.proposed.why}`,
      ...(view.waiting ? waitingLines(view.waiting) : []),
      ...view.preview.map(({ what, becomes }) => `  ${what.padEnd(14)}${becomes}`),
    ],
  };
}

/** All that an approval agrees to. */
const waitingLines = ({ id, action, by, reason, target, opening }: WaitingDecision): string[] => [
  `waits for approval: ${id}, ${action}${target ? ` to ${target}` : ''}${opening ? ` ${opening.creditCode} ${opening.name}` : ''} by ${by}: ${reason}`,
  ...(opening
    ? [
        `  ${'register'.padEnd(14)}${opening.outcome === 'match' ? 'agrees with code and name' : 'does not know the code'}`,
        `  ${'opens with'.padEnd(14)}${opening.representative ? 'the row’s representative, to whom the register agreed' : 'no representative'}`,
      ]
    : []),
];

const decideRoom = ({
  database,
  accounts,
  sealer,
  clock,
  audit,
  registries,
  tellNews,
}: Yihao): DecideRoom => ({
  ...{ database, accounts, sealer, clock, tell: tellNews },
  trail: audit.trail,
  population: registries.population,
  enterprise: registries.enterprise,
});

function aReason(text: string): Reason {
  if (Object.hasOwn(REASON_WORDS, text)) return text as Reason;
  throw new InvalidArgumentError(`Known are ${Object.keys(REASON_WORDS).join(', ')}.`);
}

function aState(text: string): CaseState {
  if (['open', 'set-aside', 'awaiting-approval'].includes(text)) return text as CaseState;
  throw new InvalidArgumentError('Known are open, set-aside and awaiting-approval.');
}

function aDay(text: string): Date {
  const day = new Date(`${text}T00:00:00+08:00`);
  if (/^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(day.getTime())) return day;
  throw new InvalidArgumentError('A day, like 2027-06-30.');
}
