/** Writes the dump row by row, in bounded memory, and keeps count of what must become of it. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { encodeGb18030 } from './gb18030.ts';
import { COLUMNS, type Rule, rowAt } from './rows.ts';

export type DumpEncoding = 'utf-8' | 'gb18030';

/** What a right import of the dump comes to. */
export interface Expected {
  rows: number;
  rejected: number;
  repeated: number;
  /** Accounts that stand staged. */
  accounts: number;
  /** Questions to the register, where it answers each and names are right at the first try. */
  asked: number;
  same: number;
  new: number;
  'person-decides': number;
  claim: number;
  unusable: number;
  linked: number;
  opened: number;
}

const PIECE = 1 << 16;

export function writeDump(path: string, rule: Rule, rows: number, encoding: DumpEncoding): Expected {
  const expected: Expected = {
    ...{ rows, rejected: 0, repeated: 0, accounts: 0, asked: 0 },
    ...{ same: 0, new: 0, 'person-decides': 0, claim: 0, unusable: 0, linked: 0, opened: 0 },
  };
  const file = openSync(path, 'w', 0o600);
  try {
    let piece = `${COLUMNS.join(',')}\r\n`;
    const flush = () => {
      writeSync(file, encoding === 'gb18030' ? encodeGb18030(piece) : Buffer.from(piece));
      piece = '';
    };
    for (let n = 0; n < rows; n += 1) {
      const { fields, fate, asked, opens } = rowAt(rule, n);
      piece += `${fields.join(',')}\r\n`;
      if (piece.length > PIECE) flush();
      expected[fate] += 1;
      if (fate !== 'repeated' && fate !== 'rejected') expected.accounts += 1;
      if (asked) expected.asked += 1;
      if (opens) expected.opened += 1;
    }
    flush();
  } finally {
    closeSync(file);
  }
  expected.linked = expected.same + expected.new - expected.opened;
  return expected;
}
