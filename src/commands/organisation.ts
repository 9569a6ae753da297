/** `organisation …`: organisations from the command line. What is public is shown; who represents one is masked. */
import type { Command } from 'commander';
import { maskDocument, maskName } from '../accounts/mask.ts';
import type { Organisation, OrganisationKey } from '../accounts/organisation.ts';
import {
  parseCreditCode,
  parseOrganisationCode,
  parseRegistrationNumber,
} from '../accounts/organisation-number.ts';
import type { Yihao } from '../app.ts';
import { linksOfOrganisation } from '../legacy/organisation-links-store.ts';
import { accept, actor, RefusedCommand, withRooms } from './run.ts';

const MOST_OLD = 20;

export function addOrganisationCommands(program: Command): void {
  program
    .command('organisation')
    .description('organisations by their unified social credit code')
    .command('show')
    .argument('<number>', 'credit code, organisation code or registration number, now or before')
    .description('one organisation, its other numbers and its old accounts; looking is audited')
    .action(async (number: string, _options, command: Command) => {
      await withRooms(command, async (yihao) => {
        const { organisations } = yihao.accounts;
        const found = await organisations.find(numberOf(number));
        const organisation = found && (await organisations.get(found.id));
        if (!found || !organisation) throw new RefusedCommand({ code: 'organisation-unknown', status: 404 });
        await yihao.audit.trail.record({
          type: 'operator.looked',
          actor: actor(),
          channel: 'cli',
          outcome: 'success',
          detail: { what: 'organisation', organisation: organisation.id },
        });
        return report(yihao, organisation, found.by === 'inside');
      });
    });
}

function numberOf(text: string): OrganisationKey {
  const kinds = [
    ['credit-code', parseCreditCode],
    ['organisation-code', parseOrganisationCode],
    ['registration-number', parseRegistrationNumber],
  ] as const;
  for (const [kind, parse] of kinds) {
    const parsed = parse(text);
    if (parsed.ok) return { kind, value: parsed.value.number };
  }
  return { kind: 'credit-code', value: accept(parseCreditCode(text)).number };
}

async function report(
  { accounts, database }: Yihao,
  { id, creditCode, name, kind, state, representative, createdAt }: Organisation,
  inside: boolean,
) {
  const aliases = await accounts.organisations.aliasesOf(id);
  const evidence = await accounts.organisations.latestEvidence(id);
  const old = await linksOfOrganisation(database, id, MOST_OLD);
  const masked = representative && {
    name: maskName(representative.name),
    ...(representative.document
      ? { number: maskDocument(representative.document.type, representative.document.number, 'owner') }
      : {}),
  };
  const line = (what: string, text: string) => `${what.padEnd(20)}${text}`;
  return {
    data: {
      ...{ id, credit_code: creditCode, name, kind, state, representative: masked ?? null },
      ...{ aliases, evidence: evidence ?? null, created_at: createdAt },
      old_accounts: old.map(({ source, local_id }) => ({ source, local_id })),
    },
    lines: [
      `organisation ${id}`,
      ...(inside ? ['found by the organisation code inside; its credit code is another one'] : []),
      ...[line('credit code', creditCode), line('name', name), line('kind', kind), line('state', state)],
      line('representative', masked ? Object.values(masked).join(' ') : '-'),
      ...aliases.map((alias) => line(alias.kind, `${alias.value} (${alias.source})`)),
      line(
        'evidence',
        evidence ? `${evidence.source} ${evidence.outcome} ${evidence.at.toISOString()}` : 'none',
      ),
      ...old.map(({ source, local_id }) => line('old account', `${source}/${local_id}`)),
    ],
  };
}
