/** Row by row: what would become of each old account, or has become of it, for whoever checks a dry run or an import. */
import type { Database } from '../platform/postgres.ts';
import { pageVerdicts, type VerdictLine } from './matching-store.ts';
import { csvRow } from './rejects.ts';

export interface RowVerdict {
  localId: string;
  /** Its place in the dump; 0 for one that no dump brought. */
  row: number;
  becomes: string;
  tier: string;
  why: readonly string[];
  /** The person's or organisation's id: whose it is, or would be. */
  account: string | undefined;
}

const PLANNED: Record<string, string> = {
  same: 'to be linked to the account that is there',
  new: 'to open an account and be linked to it',
  waiting: 'waits for the register',
  unusable: 'kept for the department',
};

function becomesOf({ linked, opened, set_aside, contested, outcome, tier }: VerdictLine): string {
  if (linked) return opened ? 'linked to the account that it opened' : 'linked';
  if (contested)
    return contested === 'disputed' ? 'its owner says it is not theirs' : 'claimed: a person decides';
  if (set_aside)
    return set_aside === 'rejected' ? 'decided: kept for the department' : 'decided: set aside for a while';
  if (outcome === 'doubtful') return tier === 'C' ? 'its owner may claim it' : 'a person decides';
  return PLANNED[outcome ?? ''] ?? 'not judged yet';
}

export async function listVerdicts(
  database: Database,
  source: string,
  after: string,
  most: number,
): Promise<RowVerdict[]> {
  return (await pageVerdicts(database, source, after, most)).map((line) => ({
    localId: line.local_id,
    row: Number(line.at),
    becomes: becomesOf(line),
    tier: line.tier ?? '',
    why: line.reasons ?? [],
    account: line.account ?? undefined,
  }));
}

const PAGE = 1_000;

/** The same as pieces of CSV text (RFC 4180), a page of rows at a time. */
export async function* verdictsAsCsv(database: Database, source: string): AsyncGenerator<string> {
  yield csvRow(['row', 'local id', 'becomes', 'tier', 'why', 'account']);
  for (let after = ''; ; ) {
    const rows = await listVerdicts(database, source, after, PAGE);
    if (rows.length === 0) return;
    after = rows.at(-1)!.localId;
    yield rows
      .map(({ row, localId, becomes, tier, why, account }) =>
        csvRow([String(row), localId, becomes, tier, why.join(' '), account ?? '']),
      )
      .join('');
  }
}
