/** Weeks as people in China count them: from Monday, in Beijing's time (ISO 8601). */

const DAY_MS = 86_400_000;
const BEIJING_MS = 8 * 3_600_000;

/** The Monday of the week that a moment is in, as YYYY-MM-DD. */
export function mondayOf(at: Date): string {
  const day = Math.floor((at.getTime() + BEIJING_MS) / DAY_MS);
  // 1 January 1970 was a Thursday.
  return toDay(day - ((day + 3) % 7));
}

const toDay = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** `2026-W49`, by the Monday it begins with. */
export function weekName(monday: string): string {
  const thursday = new Date(Date.parse(monday) + 3 * DAY_MS);
  const year = thursday.getUTCFullYear();
  const nth = Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / DAY_MS / 7) + 1;
  return `${year}-W${String(nth).padStart(2, '0')}`;
}

/** From one Monday to another, both in it. */
export function mondaysBetween(first: string, last: string): string[] {
  const all: string[] = [];
  for (let at = Date.parse(first); at <= Date.parse(last); at += 7 * DAY_MS)
    all.push(new Date(at).toISOString().slice(0, 10));
  return all;
}
