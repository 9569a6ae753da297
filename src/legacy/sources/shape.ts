/** What a file is by its first bytes; names of old exports lie. */
import type { RefusalCode } from './refusals.ts';

export type Shape = 'workbook' | 'json-lines' | 'delimited' | RefusalCode;

/** Looked at: enough for a sign behind some blank lines, and to tell text from anything else. */
export const HEAD_BYTES = 64 * 1024;

const ZIP = Buffer.from('PK\x03\x04', 'latin1');
const ZIP_EMPTY = Buffer.from('PK\x05\x06', 'latin1');
/** [MS-CFB] 2.2: the container of .xls, and of .xlsx behind a password ([MS-OFFCRYPTO] 1.3). */
const OLE2 = Buffer.from('d0cf11e0a1b11ae1', 'hex');
const LOCKED = Buffer.from('EncryptedPackage', 'utf16le');
/** gzip, xz, 7z, zstd, bzip2, rar. */
const COMPRESSED = ['1f8b', 'fd377a585a00', '377abcaf271c', '28b52ffd', '425a68', '526172211a07'].map((hex) =>
  Buffer.from(hex, 'hex'),
);
/** BIFF records of .xls older than the container: 2, 3, 4. */
const OLD_BIFF = ['09000400', '09020600', '09040600'].map((hex) => Buffer.from(hex, 'hex'));

const UTF_32 = ['fffe0000', '0000feff'].map((hex) => Buffer.from(hex, 'hex'));

const startsWith = (head: Buffer, sign: Buffer) => head.subarray(0, sign.length).equals(sign);

/**
 * The shape, or the refusal for shapes that are not read.
 *
 * @param head the first {@link HEAD_BYTES}
 * @param text the same as text, without byte-order mark
 */
export function shapeOf(head: Buffer, text: string): Shape {
  if (startsWith(head, ZIP) || startsWith(head, ZIP_EMPTY)) return 'workbook';
  if (startsWith(head, OLE2)) return head.includes(LOCKED) ? 'source-locked-workbook' : 'source-old-workbook';
  if (OLD_BIFF.some((sign) => startsWith(head, sign))) return 'source-old-workbook';
  if (COMPRESSED.some((sign) => startsWith(head, sign))) return 'source-compressed';
  if (UTF_32.some((sign) => startsWith(head, sign))) return 'source-utf-32';
  if (isBinary(text)) return 'source-not-text';
  return shapeOfText(text.trimStart());
}

function shapeOfText(text: string): Shape {
  if (text === '') return 'delimited';
  if (/^<\?xml|^<workbook\b/i.test(text)) {
    return /<html\b/i.test(text.slice(0, 1_000)) ? 'source-html' : 'source-xml';
  }
  if (/^<(!doctype|html|head|meta|body|table|style|div|script|!--)/i.test(text)) return 'source-html';
  // Excel's "single file web page" is an e-mail with the page inside.
  if (/^MIME-Version:/i.test(text)) return 'source-html';
  if (/^\{/.test(text)) return 'json-lines';
  if (/^\[\s*[{[\]]/.test(text)) return 'source-json-array';
  if (isSqlDump(text)) return 'source-sql-dump';
  return 'delimited';
}

const isSqlDump = (text: string): boolean =>
  /^(-- |\/\*!|INSERT +INTO\b|CREATE +TABLE\b|DROP +TABLE\b|SET +NAMES\b)/i.test(text) &&
  /(INSERT +INTO|CREATE +TABLE|DROP +TABLE|COPY +\S+ +\(|SET +[A-Z_]+ *[=;]|-- (MySQL|PostgreSQL|MariaDB))/i.test(
    text,
  );

/** More than one control character in a hundred, a NUL among them: pictures, programs, UTF-16 without its mark. */
function isBinary(text: string): boolean {
  if (!text.includes('\0')) return false;
  let controls = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) controls += 1;
  }
  return controls > text.length / 100;
}
