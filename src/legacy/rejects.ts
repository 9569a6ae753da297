/** Rows that could not be staged, as a table for the department that made the dump. */

/** What the department can do about a reason or a mark. */
export const REMEDIES: Record<string, string> = {
  // Reasons: the row could not be staged.
  'row-fields':
    'the row has more or fewer fields than there are columns: quote fields that hold the delimiter',
  'row-length': 'the row or one of its fields is far too long: was a quote left open above it?',
  'row-quote': 'a quote is not closed, or text follows a closing quote',
  'row-encoding': 'bytes that are no text: export again as UTF-8, with columns long enough',
  'row-nul': 'a NUL character stands in the row: export again',
  'row-json': 'the line is not one JSON object',
  'row-duplicate-key': 'a key stands twice in the object',
  'row-cell': 'a cell of the workbook points to nothing: save it again',
  'local-id-absent': 'the row has no id of the old system: export the id column',
  'local-id-long': 'the id is longer than 200 characters: is it the right column?',
  // Marks: the row is staged, and this is why it may not be linked by itself.
  'number-invalid': 'the number is wrong: compare with the paper file',
  'number-damaged': 'a spreadsheet lost digits of the number: export again, with the column as text',
  'number-doubtful': 'the number may have lost digits in a spreadsheet: compare with the paper file',
  'number-placeholder': 'a placeholder stands for the number',
  'number-fifteen': 'a number of 15 digits was brought to 18',
  'document-type-unknown': 'the code for the kind of document is not in the declaration',
  'number-kind-undefined': 'department and kind in the credit code are none of the standard; it is kept',
  'number-unverified': 'a registration number of 13 digits has no check',
  'number-kind-unknown': 'the code for the kind of number is not in the declaration',
  'codes-disagree':
    'credit code and organisation code of the row do not belong together: compare with the certificate',
  'organisation-name-invalid': 'the name holds what no name of an organisation has',
  'representative-invalid': 'name or number of the representative is wrong, and was left out',
  'name-invalid': 'the name holds what no name has: an organisation, a remark, a test?',
  'name-placeholder': 'a placeholder stands for the name',
  'name-damaged': 'characters of the name were lost: compare with the paper file',
  'name-at-limit': 'the name fills its column and may have been cut',
  'several-values': 'an attribute of the directory entry has several values: the first was kept',
  'phone-invalid': 'the phone is no mobile number of the mainland',
  'birthdate-invalid': 'the birth date is no date',
  'birthdate-differs': 'the birth date is not the one in the number',
  'gender-differs': 'the gender is not the one in the number',
  'gender-unknown': 'the code is not in the declaration',
  'status-unknown': 'the code is not in the declaration; the account counts as disabled',
  'deleted-unknown': 'the code is not in the declaration; the account counts as deleted',
  'password-shape':
    'the password was not made by the declared recipe: the account can be claimed, not signed in with',
};

const LINE_END = '\r\n';
const PAGE = 1_000;

/** The table as pieces of CSV text (RFC 4180), a page of rows at a time. */
export async function* rejectsAsCsv(
  page: (after: number, most: number) => Promise<{ at: number; reason: string }[]>,
): AsyncGenerator<string> {
  yield `row,reason,remedy${LINE_END}`;
  let after = -1;
  for (;;) {
    const rows = await page(after, PAGE);
    if (rows.length === 0) return;
    yield rows.map(({ at, reason }) => csvRow([String(at), reason, REMEDIES[reason] ?? ''])).join('');
    after = rows.at(-1)!.at;
  }
}

/**
 * One row of CSV. A cell that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV
 * injection): what stands in a dump was typed by strangers.
 */
export const csvRow = (cells: readonly string[]): string => cells.map(csvCell).join(',') + LINE_END;

function csvCell(text: string): string {
  const tame = /^[\s]*[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
}
