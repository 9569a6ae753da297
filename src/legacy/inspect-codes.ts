/**
 * What the codes of an unknown dump likely mean. Which code says male is seen from the numbers, which say it too; what
 * a status means nobody can see, so its values are counted and the rest is left to whoever knows the system.
 */
import type { Gender } from '../accounts/document.ts';

export interface CodeCount {
  code: string;
  rows: number;
}

export interface CodeFindings {
  column: string;
  member: 'gender' | 'status' | 'deleted';
  /** Most frequent first. */
  counts: CodeCount[];
  /** Only where the data itself says it. */
  codes?: Record<string, Gender>;
}

/** More distinct values than this are no codes. */
const MOST_CODES = 12;
/** Numbers of one code that must agree, of at least so many. */
const AGREEING = 0.9;
const ENOUGH = 3;

export function watchCodes(columns: { column: string; member: CodeFindings['member'] }[]) {
  const watched = columns.map((one) => ({
    ...one,
    counts: new Map<string, { rows: number; male: number; female: number }>(),
  }));
  return {
    see(fields: Readonly<Record<string, string>>, gender: Gender | undefined): void {
      for (const { column, counts } of watched) {
        const code = (fields[column] ?? '').trim();
        if (!counts.has(code) && counts.size > MOST_CODES) continue;
        const count = counts.get(code) ?? { rows: 0, male: 0, female: 0 };
        count.rows += 1;
        if (gender) count[gender] += 1;
        // Copied: a value shares memory with the block it was read from, which must not be kept.
        counts.set(Buffer.from(code).toString(), count);
      }
    },
    findings: (): CodeFindings[] =>
      watched.flatMap(({ column, member, counts }) => {
        if (counts.size === 0 || counts.size > MOST_CODES) return [];
        const sorted = [...counts].sort(([, one], [, other]) => other.rows - one.rows);
        const found = { column, member, counts: sorted.map(([code, { rows }]) => ({ code, rows })) };
        const codes = member === 'gender' ? genders(sorted) : {};
        return [Object.keys(codes).length > 0 ? { ...found, codes } : found];
      }),
  };
}

function genders(counts: [code: string, { male: number; female: number }][]): Record<string, Gender> {
  return Object.fromEntries(
    counts.flatMap(([code, { male, female }]): [string, Gender][] => {
      const told = male + female;
      if (code === '' || told < ENOUGH || Math.max(male, female) < told * AGREEING) return [];
      return [[code, male > female ? 'male' : 'female']];
    }),
  );
}

/** For people: each column with its values. */
export const codeLines = (found: readonly CodeFindings[]): string[] =>
  found.length === 0 ? [] : ['', 'Codes:', ...found.map((one) => `  ${one.column}: ${tellCounts(one)}`)];

export const tellCounts = ({ counts }: CodeFindings): string =>
  counts.map(({ code, rows }) => `${JSON.stringify(code)} ×${rows}`).join(', ');
