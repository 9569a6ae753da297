import type { Accounts } from '../accounts/accounts.ts';
import type { PersonId } from '../accounts/person.ts';
import type { StandingPerson } from '../accounts/standing.ts';
import type { Queryable } from '../platform/postgres.ts';
import type { Sealer } from '../platform/seal/sealer.ts';
import type { PopulationRegister } from '../registries/registry.ts';
import { judge, type OldAccount, type RegisterWord, type Verdict } from './matching.ts';
import { type JudgeableRow, sharedNumbers, type VerdictRow } from './matching-store.ts';
import type { OldRecord } from './old-record.ts';
import { type RationLimits, rationQuestions } from './ration.ts';
import { openRecord } from './staged-row.ts';

export interface JudgeRoom {
  accounts: Pick<Accounts, 'standing' | 'organisations'>;
  sealer: Sealer;
}

export interface Judged {
  record: OldRecord;
  contentPrint: Buffer;
  standing: StandingPerson | undefined;
  verdict: Verdict;
  register: VerdictRow['register'];
}

/** Keeps people as they are until the transaction ends. */
export type Hold = (ids: readonly PersonId[]) => Promise<void>;

/** Asks the register where the verdict hangs on it; undefined where nobody is to be asked now. */
export type AskAbout = (record: OldRecord) => Promise<VerdictRow['register'] | undefined>;

/**
 * Judges rows. With `hold`, whoever stands under a number is held first and then looked at again: nobody is closed,
 * renamed or merged between the verdict and what is done by it.
 */
export async function judgeRows(
  { accounts, sealer }: JudgeRoom,
  on: Queryable,
  source: string,
  rows: readonly JudgeableRow[],
  { ask, hold }: { ask?: AskAbout; hold?: Hold } = {},
): Promise<Judged[]> {
  const records = rows.map((row) => openRecord(sealer, source, row));
  const numbered = records.flatMap(({ number }, at) =>
    number.state === 'valid' ? [{ at, document: number.document }] : [],
  );
  const find = async (asked: typeof numbered) => {
    const found = await accounts.standing(
      asked.map(({ document }) => document),
      on,
    );
    return new Map(asked.flatMap(({ at }, n) => (found[n] ? [[at, found[n]]] : [])));
  };
  let standing = await find(numbered);
  if (hold && standing.size > 0) {
    await hold([...standing.values()].flatMap(({ id, survivorId }) => [id, survivorId]));
    // Who came meanwhile is not held and so not seen: their number is taken, and the row is judged anew in the next run.
    standing = await find(numbered.filter(({ at }) => standing.has(at)));
  }
  const prints = numbered.map(({ at }) => rows[at]!.number_print!);
  const shared = await sharedNumbers(on, source, prints);
  return Promise.all(
    rows.map(async (row, at) => {
      const record = records[at]!;
      const isShared = row.number_print !== null && shared.has(row.number_print.toString('hex'));
      const old = factsOf(record, row, isShared ? 1 : 0);
      let register = registerOf(row);
      let verdict = judge(old, standing.get(at), register?.said ?? 'not-asked');
      // The rule itself says when it cannot go on without the register.
      if (verdict.outcome === 'waiting' && ask) {
        register = (await ask(record)) ?? register;
        verdict = judge(old, standing.get(at), register?.said ?? 'not-asked');
      }
      return { record, contentPrint: row.content_print, standing: standing.get(at), verdict, register };
    }),
  );
}

/** Words that stand in the names of organisations, functions and tests, never in a person's. */
const NOBODY =
  /公司|集团|中心|学校|学院|医院|银行|委员会|办公室|管理局|管理员|合作社|事务所|工作室|测试|系统|^(admin|test|system|guest|root)/iu;

function factsOf(record: OldRecord, row: JudgeableRow, otherNames: number): OldAccount {
  const { name, nameValid } = record;
  const damaged = name !== undefined && /[?\uFF1F\uFFFD]/u.test(name);
  return {
    number: record.number.state,
    name,
    nameAtLimit: record.nameAtLimit,
    nameOfNobody: name !== undefined && (NOBODY.test(name) || !(nameValid || damaged)),
    provable: row.provable,
    deleted: row.deleted,
    otherNames,
  };
}

function registerOf(row: JudgeableRow): VerdictRow['register'] {
  const { register_said: said, register_source, register_reference, register_at } = row;
  // What did not answer is asked again.
  if (said === null || said === 'unreachable' || register_at === null) return undefined;
  return { said, source: register_source ?? '', reference: register_reference ?? '', at: register_at };
}

export const toVerdictRow = ({ record, contentPrint, verdict, register }: Judged): VerdictRow => ({
  localId: record.localId,
  contentPrint,
  outcome: verdict.outcome,
  tier: verdict.tier,
  reasons: verdict.reasons,
  personId: 'personId' in verdict ? verdict.personId : undefined,
  register,
});

/** Asks about several at a time; what is not asked or not answered goes on waiting. */
export function makeAsker(
  register: PopulationRegister,
  limits: RationLimits,
): AskAbout & { asked(): number } {
  const ration = rationQuestions(limits);
  const ask: AskAbout = async ({ number, name }) => {
    if (number.state !== 'valid' || name === undefined) return undefined;
    const answer = await ration(() => register.compare({ document: number.document, name }));
    if (!answer) return undefined;
    const { outcome, status, source, reference, at } = answer;
    const said: RegisterWord = outcome === 'match' && status === 'deceased' ? 'deceased' : outcome;
    return { said, source, reference, at };
  };
  return Object.assign(ask, { asked: ration.asked });
}
