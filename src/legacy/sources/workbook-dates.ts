/** Excel's dates: days since the end of 1899 (or of 1903, on old Macintosh), told from numbers by their style only. */

/** [ECMA-376-1] 18.8.30: built-in formats that show a date or time; 27–36 and 50–58 in East Asian editions. */
const isBuiltInDate = (id: number): boolean =>
  (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58);

/** Whether a number format shows a date: y, m, d, h or s outside quotes, brackets and escapes. */
export function isDateFormat(id: number, code: string | undefined): boolean {
  if (code === undefined) return isBuiltInDate(id);
  if (/\[(h+|m+|s+)\]/i.test(code)) return true;
  const bare = code.replace(/"[^"]*"|\[[^\]]*\]|\\.|[_*]./g, '');
  return /[ymdhs]/i.test(bare.replace(/general/gi, ''));
}

const DAY_MS = 86_400_000;
/** 9999-12-31. */
const LAST_SERIAL = 2_958_465;
/** Serial 60 is 29 February 1900, a day that was not; days before it count one more. */
const NOT_A_DAY = 60;

/**
 * `YYYY-MM-DD`, with ` HH:MM:SS` when the serial has a fraction, or `HH:MM:SS` below one day. Undefined when the
 * serial is no date.
 *
 * @param serial days, as the cell holds them
 * @param since1904 the workbook counts from 1904
 */
export function serialToDate(serial: number, since1904: boolean): string | undefined {
  if (!Number.isFinite(serial) || serial < 0 || serial >= LAST_SERIAL + 1) return undefined;
  const seconds = Math.round((serial % 1) * 86_400);
  const clock = new Date(seconds * 1_000).toISOString().slice(11, 19);
  const day = Math.floor(serial) + (seconds === 86_400 ? 1 : 0);
  if (day === 0 && !since1904) return clock;
  if (!since1904 && day === NOT_A_DAY) return undefined;
  const start = since1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, day < NOT_A_DAY ? 31 : 30);
  const time = start + day * DAY_MS;
  if (time > Date.UTC(9999, 11, 31)) return undefined;
  const date = new Date(time).toISOString().slice(0, 10);
  return seconds % 86_400 === 0 ? date : `${date} ${clock}`;
}
