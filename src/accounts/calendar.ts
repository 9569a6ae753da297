/** Birth dates as the documents mean them: Gregorian, and "today" by the clock of Asia/Shanghai. */

const SHANGHAI_OFFSET_MS = 8 * 3_600_000;

/** The day in Asia/Shanghai as YYYY-MM-DD. One zone without summer time since 1991. */
export const dayInShanghai = (now: Date): string =>
  new Date(now.getTime() + SHANGHAI_OFFSET_MS).toISOString().slice(0, 10);

/** Digits YYYYMMDD as YYYY-MM-DD, or undefined when there was no such day. */
export function realDate(digits: string): string | undefined {
  const year = Number(digits.slice(0, 4));
  const month = Number(digits.slice(4, 6));
  const day = Number(digits.slice(6, 8));
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  return `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6, 8)}`;
}

const daysIn = (year: number, month: number): number => {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
};

/** Nobody alive was born earlier by far; what is earlier was mistyped. */
const EARLIEST_BIRTH = '1850-01-01';

/** Digits YYYYMMDD as a birth date, or undefined when it is no day, too long ago or still to come. */
export function birthDate(digits: string, today: string): string | undefined {
  const date = realDate(digits);
  return date !== undefined && date >= EARLIEST_BIRTH && date <= today ? date : undefined;
}
