/** What a staging run counts. The same in a dry look, a run and a resumed run. */

export interface StageCounts {
  /** Rows of the file. */
  rows: number;
  /** Accounts seen for the first time, with new content, and as they were. */
  added: number;
  changed: number;
  unchanged: number;
  /** Rows whose local id stood in this dump before; the last one stays. */
  repeated: number;
  /** Old passwords that came, or came to be another; those that were used do not change. */
  passwords: number;
  /** Rows that could not be staged. */
  rejected: number;
}

export const NO_COUNTS: Readonly<StageCounts> = {
  rows: 0,
  added: 0,
  changed: 0,
  unchanged: 0,
  repeated: 0,
  passwords: 0,
  rejected: 0,
};

export function addCounts(one: StageCounts, other: Partial<StageCounts>): StageCounts {
  const sum = { ...one };
  for (const name of Object.keys(NO_COUNTS) as (keyof StageCounts)[]) sum[name] += other[name] ?? 0;
  return sum;
}

/** How far a run is. `bytes` of `bytesTotal` are read; workbooks count unpacked bytes. */
export interface StageProgress {
  bytes: number;
  bytesTotal: number;
  rows: number;
}
