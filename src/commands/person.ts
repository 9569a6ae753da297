/** `person …`: people's accounts from the command line. Shows masked values only. */
import type { Command } from 'commander';
import { isDocumentType } from '../accounts/document.ts';
import { parseDocument } from '../accounts/id-number.ts';
import { maskDocument, maskName, maskPhone } from '../accounts/mask.ts';
import { isPersonId, type Person, type PersonState } from '../accounts/person.ts';
import type { Yihao } from '../app.ts';
import { enrolPerson } from '../enrol.ts';
import { openGoodbyes } from './goodbye.ts';
import { accept, actor, RefusedCommand, reasonText, UsageError, withInput, withRooms } from './run.ts';

export function addPersonCommands(program: Command): void {
  const person = program.command('person').description("people's accounts");

  person
    .command('create')
    .argument('[file]', 'JSON file with the person; standard input without one')
    .description('open an account by hand, without asking the register')
    .addHelpText(
      'after',
      `
  {"document_type": "citizen-number", "document_number": "…", "name": "…", "phone": "…", "password": "…",
   "identity_level": 3, "reason": "…"}
Also: tibetan_name, user_name, locale, must_change. Prints the account's id, never the number.`,
    )
    .action(async (file: string | undefined, _options, command: Command) => {
      await withInput(command, file, async (input, yihao) => {
        const made = accept(await enrolPerson(yihao, input, { actor: actor() }));
        return { data: masked(made), lines: [`opened account ${made.id}`, ...facts(made)] };
      });
    });

  person
    .command('show')
    .argument('<id or number>', "the account's id, or a document number with --type")
    .option('--type <document type>', 'kind of document the number is of', 'citizen-number')
    .option('--reason <text>', 'for the audit trail', 'command line')
    .description('one account, masked; looking is audited')
    .action(async (key: string, options: { type: string; reason: string }, command: Command) => {
      await withRooms(command, async (yihao) => {
        const found = await find(yihao, key, options.type);
        await yihao.audit.trail.record({
          type: 'person.viewed',
          personId: found.id,
          actor: actor(),
          channel: 'cli',
          outcome: 'success',
          detail: { reason: options.reason },
        });
        const evidence = await yihao.accounts.latestEvidence(found.id);
        const answersFor = await yihao.accounts.merged.absorbedBy(found.id);
        return {
          data: {
            ...masked(found),
            ...(found.mergedInto ? { merged_into: found.mergedInto } : {}),
            ...(answersFor.length > 0 ? { answers_for: answersFor } : {}),
            evidence: evidence ?? null,
          },
          lines: [
            `account ${found.id}`,
            ...facts(found),
            ...(found.mergedInto ? [`${'merged into'.padEnd(16)}${found.mergedInto}`] : []),
            ...answersFor.map((id) => `${'answers for'.padEnd(16)}${id}, which was merged into it`),
            `${'evidence'.padEnd(16)}${evidence ? `${evidence.source} ${evidence.outcome} ${evidence.at.toISOString()}` : 'none'}`,
          ],
        };
      });
    });

  const changes: { name: string; to: PersonState; only?: PersonState; what: string }[] = [
    { name: 'freeze', to: 'frozen', what: 'stop an account: no sign-in, every token dead within 5 seconds' },
    { name: 'unfreeze', to: 'active', only: 'frozen', what: 'let a frozen account work again' },
    { name: 'close', to: 'closed', what: 'close an account' },
    { name: 'reopen', to: 'active', only: 'closed', what: 'let a closed account work again' },
  ];
  for (const { name, to, only, what } of changes) {
    person
      .command(name)
      .argument('<id or number>', "the account's id, or a document number with --type")
      .requiredOption('--reason <text>', 'for the audit trail (required)', reasonText)
      .option('--type <document type>', 'kind of document the number is of', 'citizen-number')
      .description(what)
      .action(async (key: string, options: { type: string; reason: string }, command: Command) => {
        await withRooms(command, async (yihao) => {
          const found = await find(yihao, key, options.type);
          if (only && found.state !== only)
            throw new RefusedCommand({
              ...{ code: 'person-state-refused', status: 409 },
              params: { from: found.state, to },
            });
          await promiseGoodbye(yihao);
          const changed = accept(
            await yihao.accounts.changeState(found.id, to, { actor: actor(), reason: options.reason }),
          );
          return { data: masked(changed), lines: [`account ${changed.id} is now ${changed.state}`] };
        });
      });
  }
}

/**
 * Whoever is no longer active is signed out at every department. Serving nodes promise it on every change of
 * state of theirs; here is no provider, so the command makes the same promise, and a serving node keeps it.
 */
async function promiseGoodbye(yihao: Yihao): Promise<void> {
  const endings = await openGoodbyes(yihao);
  yihao.accounts.onStateChanged(async (tx, { id }, _from, to) => {
    if (to !== 'active') await endings.endLater(tx, { personId: id, reason: `person-${to}` });
  });
}

async function find({ accounts, clock }: Yihao, key: string, type: string): Promise<Person> {
  if (!isDocumentType(type)) throw new UsageError(`no such document type: ${type}`);
  let id = isPersonId(key) ? key : undefined;
  if (!id) {
    const document = accept(parseDocument(type, key, clock.now()));
    id = (await accounts.findByDocument(document))?.id;
  }
  const person = id ? await accounts.get(id) : undefined;
  if (!person) throw new RefusedCommand({ code: 'person-not-found', status: 404 });
  return person;
}

const masked = (person: Person) => ({
  id: person.id,
  document_type: person.document.type,
  document_number: maskDocument(person.document.type, person.document.number, 'public'),
  name: maskName(person.name),
  phone: person.phone ? maskPhone(person.phone) : null,
  state: person.state,
  identity_level: person.identityLevel,
  created_at: person.createdAt.toISOString(),
});

const facts = (person: Person): string[] =>
  Object.entries(masked(person))
    .filter(([name]) => name !== 'id')
    .map(([name, value]) => `${name.padEnd(16)}${value ?? '-'}`);
