/** Holds what an import came to against what the generator knows: a quick wrong answer is no answer. */
import type { Expected } from './dump.ts';
import type { PhaseName } from './words.ts';

interface TallyRow {
  outcome: string | null;
  tier: string | null;
  rows: number;
  linked: boolean;
}

/** What is wrong after a phase, in words; empty when nothing is. */
export function faultsOf(phase: PhaseName, answer: Record<string, unknown>, expected: Expected): string[] {
  const pairs = WANTED[phase](answer, expected);
  return pairs
    .filter(([, found, wanted]) => found !== wanted)
    .map(([what, found, wanted]) => `${phase}: ${what} ${String(found)}, not ${wanted}`);
}

type Pair = [what: string, found: unknown, wanted: number];

const WANTED: Record<PhaseName, (answer: Record<string, unknown>, expected: Expected) => Pair[]> = {
  stage({ counts }, { rows, rejected, repeated, accounts }) {
    const found = counts as Record<string, number>;
    return [
      ['rows', found.rows, rows],
      ['rejected', found.rejected, rejected],
      ['repeated', found.repeated, repeated],
      ['added', found.added, accounts],
    ];
  },
  plan({ judged, asked, tally }, expected) {
    return [
      ['judged', judged, expected.accounts],
      // What went unanswered on a busy machine is asked again: a few more are right, fewer never are.
      ['questions', enough(asked as number, expected.asked), expected.asked],
      ...outcomes(tally as TallyRow[], expected),
    ];
  },
  apply({ linked, opened, changed, tally }, expected) {
    const rows = tally as TallyRow[];
    return [
      ['linked', linked, expected.linked],
      ['opened', opened, expected.opened],
      ['changed', changed, 0],
      ['linked in the table', sum(rows, (row) => row.linked), expected.linked + expected.opened],
      ...outcomes(rows, expected),
    ];
  },
};

const outcomes = (tally: TallyRow[], expected: Expected): Pair[] => [
  ['same', sum(tally, (row) => row.outcome === 'same'), expected.same],
  ['new', sum(tally, (row) => row.outcome === 'new'), expected.new],
  [
    'for a person to decide',
    sum(tally, (row) => row.outcome === 'doubtful' && row.tier === 'B'),
    expected['person-decides'],
  ],
  ['for its owner to claim', sum(tally, (row) => row.tier === 'C'), expected.claim],
  ['unusable', sum(tally, (row) => row.outcome === 'unusable'), expected.unusable],
];

const enough = (asked: number, expected: number): number =>
  asked > expected && asked < expected * 1.02 ? expected : asked;

const sum = (rows: TallyRow[], which: (row: TallyRow) => boolean): number =>
  rows.filter(which).reduce((total, { rows: count }) => total + count, 0);
