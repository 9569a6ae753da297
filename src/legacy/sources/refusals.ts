/**
 * What ends the reading of a whole file, each with what the person who brought the file can do about it. The
 * command that imports prints both; no page shows them.
 */
import { type Failure, failed, Refused } from '../../platform/failure.ts';

interface Words {
  title: string;
  next: string;
}

const SAVE_AGAIN = 'Open it in the program it came from and save it as .xlsx or as CSV in UTF-8.';

export const REFUSALS = {
  'source-missing': {
    title: 'There is no such file, or it may not be read.',
    next: 'Check path and rights.',
  },
  'source-not-a-file': {
    title: 'This is a folder, a pipe or a device.',
    next: 'Files are read twice (encoding, then rows): save the data as a file first.',
  },
  'source-empty': { title: 'The file has no rows.', next: 'Check that the export ran to its end.' },
  'source-changed': {
    title: 'The file changed while it was read.',
    next: 'Wait until the export has ended, then start again.',
  },
  'source-not-text': {
    title: 'The file is neither text nor a workbook.',
    next: 'Export the table as CSV, JSON Lines or .xlsx.',
  },
  'source-encoding-mixed': {
    title: 'Line {line} is in another encoding ({second}) than the lines before it ({first}).',
    next: 'Two exports were joined, or characters were cut. Export each part alone, or declare the encoding: broken lines are then reported one by one.',
  },
  'source-encoding-declared': {
    title: 'The file begins with the mark of {found}, but {declared} was declared.',
    next: 'Declare what the file says, or leave the encoding to be found.',
  },
  'source-encoding-unknown': {
    title: 'The text is neither UTF-8 nor GB 18030; line {line} is the first that is neither.',
    next: 'Export again as UTF-8.',
  },
  'source-utf-32': { title: 'The text is UTF-32.', next: 'Export again as UTF-8.' },
  'source-header': {
    title: 'The first row can not be read as column names ({fault}).',
    next: 'Put one row of column names on top, or declare that there is none.',
  },
  'source-too-many-columns': {
    title: 'There are more than {limit} columns.',
    next: 'Check the delimiter, or export the columns that matter.',
  },
  'source-delimiter': {
    title: 'The declared delimiter is not one character, or is a quote or line end.',
    next: 'Declare a comma, tab, semicolon or pipe.',
  },
  'source-json-array': {
    title: 'The file is one JSON array.',
    next: 'Write one object per line (JSON Lines), for instance with jq -c ".[]".',
  },
  'source-sql-dump': {
    title: 'The file is a dump of SQL statements.',
    next: 'Restore it into a database and read it from there, or export the table as CSV.',
  },
  'source-html': { title: 'The file is a web page, whatever its name says.', next: SAVE_AGAIN },
  'source-xml': { title: 'The file is XML, perhaps a spreadsheet of 2003.', next: SAVE_AGAIN },
  'source-old-workbook': { title: 'The file is an old .xls workbook.', next: SAVE_AGAIN },
  'source-locked-workbook': {
    title: 'The file is protected by a password.',
    next: 'Open it, remove the password, and save it again.',
  },
  'source-compressed': { title: 'The file is compressed.', next: 'Unpack it first.' },
  'source-not-workbook': {
    title: 'The archive is no .xlsx workbook.',
    next: 'Unpack it first, or save the table as .xlsx or CSV.',
  },
  'source-workbook-broken': {
    title: 'The workbook is damaged ({part}).',
    next: 'Open it in a spreadsheet program and save it again.',
  },
  'source-workbook-limit': {
    title: 'The workbook is larger than is allowed ({what}, limit {limit}).',
    next: 'Save the sheet as CSV, which has no such limit, or split it.',
  },
  'source-workbook-doctype': {
    title: 'The workbook carries a document type ({part}), which no spreadsheet program writes.',
    next: 'Ask where it came from; save it again from a spreadsheet program.',
  },
  'source-no-sheet': {
    title: 'The workbook has no sheet of that name. It has: {sheets}',
    next: 'Declare one of its sheets.',
  },
  'source-no-place': {
    title: 'The declaration names a file, but none was given.',
    next: 'Name the file behind the declaration; or declare a database or directory.',
  },
  'source-two-places': {
    title: 'The declaration names a database or directory, and a file was given too.',
    next: 'Leave the file out, or declare `file:` instead.',
  },
  'source-access': {
    title: 'How to reach the old system can not be understood: {fault}.',
    next: 'Write its address into a file (mode 600) and name it with --from; docs/legacy.md shows one.',
  },
  'source-driver': {
    title: 'The driver for this kind of database is not installed: {driver}.',
    next: 'Install it beside Yihao: `npm install --no-save {edition}`.',
  },
  'source-host-unknown': {
    title: 'Nobody knows a server of that name.',
    next: 'Check the host in the address, and the name service of this machine.',
  },
  'source-unreachable': {
    title: 'The server does not answer at that address ({fault}).',
    next: 'Check host, port and the firewalls between.',
  },
  'source-tls': {
    title: 'The line to the server can not be secured ({fault}).',
    next: 'Name the PEM file of the authority that signed its certificate as `ca`. Where the server knows no TLS and the line is yours alone, write `tls: false`.',
  },
  'source-login': {
    title: 'The server does not accept this user and password.',
    next: 'Check both; the user needs no more than the right to read.',
  },
  'source-rights': {
    title: 'This user may not read there.',
    next: 'Grant the right to read the table (or branch) and the declared columns, and nothing else.',
  },
  'source-no-database': { title: 'The server has no database of that name.', next: 'Check the address.' },
  'source-no-table': {
    title: 'The database has no such table.',
    next: 'Check database.table and database.schema, capitals included; or what the query names.',
  },
  'source-no-column': {
    title: 'The table has no such column.',
    next: 'Check the columns of the declaration, capitals included.',
  },
  'source-query': {
    title: 'The database does not understand the query.',
    next: 'Try it there, in brackets as a table of its own. It must only read.',
  },
  'source-no-base': {
    title: 'The directory has no such entry to begin at.',
    next: 'Check directory.base.',
  },
  'source-filter': {
    title: 'The filter is no LDAP filter.',
    next: 'RFC 4515 says how; (&(objectClass=person)(uid=*)) is one.',
  },
  'source-referral': {
    title: 'This part of the directory lies on another server, which is not asked.',
    next: 'Read that server itself.',
  },
  'source-size-limit': {
    title: 'The directory gives this user no more entries.',
    next: 'Ask who runs it to lift the size limit for this user, or declare one branch at a time.',
  },
  'source-text': {
    title: 'The database holds bytes that are no text in the encoding it claims.',
    next: 'Declare database.encoding: utf-8 or gb18030, whichever the old system wrote; broken rows are then rejected one by one.',
  },
  'source-key-absent': {
    title: 'No local id stands in {rows} rows.',
    next: 'Give them one, or leave them out by a query: … WHERE id IS NOT NULL.',
  },
  'source-key-repeated': {
    title: 'Of the local ids, {rows} are another row’s too, as the database compares them.',
    next: 'Declare a column whose values are unique, or make them so by a query.',
  },
  'source-key-kind': {
    title: 'The local id is neither text nor a whole number, so the database can not be read in its order.',
    next: 'Bring it to text by a query, such as SELECT HEX(id) AS id.',
  },
  'source-key-long': {
    title: 'A local id is longer than {limit} characters.',
    next: 'Declare the right column, or leave that row out by a query.',
  },
  'source-timeout': {
    title: 'The server took longer than {seconds} seconds for one answer.',
    next: 'See that the local id has an index; then run the command again: it goes on where it stopped.',
  },
  'source-lost': {
    title: 'The server broke off ({fault}).',
    next: 'Run the command again when it is back. A database goes on where it stopped; a directory is read anew.',
  },
  'source-answer-large': {
    title: 'One answer of the server is larger than {limit} bytes.',
    next: 'Look for entries with values that are no account data, and leave them out by the filter.',
  },
  'source-other-subject': {
    title:
      'This system holds accounts of persons here, and the declaration says organisations; or the other way round.',
    next: 'Give the other accounts a source of their own name.',
  },
  'source-superseded': {
    title: 'Another reading of this system has begun meanwhile, and this one stopped.',
    next: 'Let that one end; `legacy status` shows both.',
  },
} as const satisfies Record<string, Words>;

export type RefusalCode = keyof typeof REFUSALS;

const UNPROCESSABLE = 422;

/** A failure of the whole file. */
export const refusal = (code: RefusalCode, params?: Failure['params']): { ok: false; failure: Failure } =>
  failed(code, UNPROCESSABLE, params && { params });

/** The same from within a stream, where a value can not be handed up. */
export const refuse = (code: RefusalCode, params?: Failure['params']): never => {
  throw new Refused(refusal(code, params).failure);
};

/** The words for a failure of {@link openFile} or of a stream of rows. */
export function wordsFor(failure: Failure): Words {
  const words: Words = REFUSALS[failure.code as RefusalCode] ?? { title: failure.code, next: '' };
  const fill = (text: string) =>
    text.replace(/\{(\w+)\}/g, (whole, name: string) => String(failure.params?.[name] ?? whole));
  return { title: fill(words.title), next: fill(words.next) };
}
