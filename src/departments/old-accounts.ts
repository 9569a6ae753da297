/**
 * Old accounts for departments' own batch work: which `sub` each has become, page by page or by name. A department is
 * told of its own systems only; what is told is in the disclosure log before the answer leaves.
 */
import type { Client } from '../clients/client.ts';
import type { KnownAccount } from '../legacy/known.ts';
import { type Failure, Refused } from '../platform/failure.ts';
import type { AppContext } from '../platform/http/context.ts';
import { readJsonBody } from '../platform/http/json-body.ts';
import type { DepartmentState } from './own-token.ts';
import { type PageQuestion, readLookUpQuestion, readPageQuestion } from './questions.ts';
import type { DepartmentRooms } from './rooms.ts';

type DepartmentContext = AppContext & { state: DepartmentState };

/** As the department reads it. */
interface OldAccount {
  source: string;
  id: string;
  sub: string | null;
  since: string | null;
  state: KnownAccount['state'];
}

/** Five hundred ids of 200 characters, each written as \uXXXX. */
const BODY_BYTES = 640 * 1024;

export function makeOldAccounts(rooms: DepartmentRooms) {
  const { knownAccounts } = rooms;

  const answer = async (ctx: DepartmentContext, content: object): Promise<void> => {
    ctx.set('Cache-Control', 'no-store');
    ctx.body = content;
  };

  const own = async (client: Client, source: string): Promise<void> => {
    if (!(await knownAccounts.sourcesOf(client.id)).includes(source))
      throw new Refused({ code: 'old-system-unknown', status: 404, field: 'source' });
  };

  return {
    async sources(ctx: DepartmentContext): Promise<void> {
      await answer(ctx, { sources: await knownAccounts.sourcesOf(ctx.state.client.id) });
    },

    async page(ctx: DepartmentContext): Promise<void> {
      const { client } = ctx.state;
      const question = accepted(readPageQuestion(ctx.URL.searchParams));
      await own(client, question.source);
      const { source, after, limit } = question;
      const found = await knownAccounts.page(client.id, source, after, limit + 1);
      const accounts = await told(rooms, client, found.slice(0, limit));
      await answer(ctx, { accounts, next: found.length > limit ? nextOf(question, accounts) : null });
    },

    async lookUp(ctx: DepartmentContext): Promise<void> {
      const { client } = ctx.state;
      const question = accepted(readLookUpQuestion(await readJsonBody(ctx, BODY_BYTES)));
      if ('subs' in question) {
        const found = await knownAccounts.bySubs(client, question.subs);
        const accounts = await told(rooms, client, found.accounts);
        await answer(ctx, { accounts, missing: found.without });
        return;
      }
      await own(client, question.source);
      const found = await knownAccounts.byIds(client.id, question.source, question.ids);
      const accounts = await told(rooms, client, found);
      const ids = new Set(accounts.map(({ id }) => id));
      await answer(ctx, { accounts, missing: question.ids.filter((id) => !ids.has(id)) });
    },
  };
}

/** In words of the department, and written down that it is told. */
async function told(
  { knownAccounts, disclosures, clock }: DepartmentRooms,
  client: Client,
  found: readonly KnownAccount[],
): Promise<OldAccount[]> {
  const people = found.flatMap(({ personId }) => (personId === undefined ? [] : [personId]));
  const subjects = await knownAccounts.subjectsOf(client, people);
  await disclosures.recordMany(
    [...new Set(people)].map((personId) => ({
      ...{ personId, clientId: client.id, claims: ['sub', 'legacy_accounts'], via: 'look-up' as const },
      ...{ basis: client.legalBasis, purpose: client.purpose['zh-CN'], at: clock.now() },
    })),
  );
  return found.map(({ source, localId, personId, since, state }) => ({
    ...{ source, id: localId },
    sub: personId === undefined ? null : (subjects.get(personId) ?? null),
    since: since?.toISOString() ?? null,
    state,
  }));
}

function nextOf({ source, limit }: PageQuestion, accounts: readonly OldAccount[]): string {
  const query = new URLSearchParams({ source, after: accounts.at(-1)!.id, limit: String(limit) });
  return `/api/legacy-accounts?${query}`;
}

function accepted<Value>(outcome: { ok: true; value: Value } | { ok: false; failure: Failure }): Value {
  if (outcome.ok) return outcome.value;
  throw new Refused(outcome.failure);
}
