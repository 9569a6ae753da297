/** What people and programs put into fields that was never meant for them. As it stands in a form, escaped. */

/** Texts that are well-formed, whatever they mean. */
export const TEXTS: readonly string[] = [
  '',
  ' ',
  '0',
  '-1',
  '1e999',
  '0x10',
  'NaN',
  '99999999999999999999999999',
  '１５４００００００００',
  '٠١٢٣٤٥٦٧٨٩٠',
  '½',
  '540493188302072332\u200b',
  '5404931883020723３2',
  '+86 (154) 0000-0000',
  'null',
  'true',
  '[]',
  '__proto__',
  'constructor',
  'toString',
  "' OR 1=1 --",
  '"; DROP TABLE person; --',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  'javascript:alert(1)',
  '{{7*7}}',
  '#{7*7}',
  '<%= 7*7 %>',
  '{name} {wait} {kilobytes}',
  '../../etc/passwd',
  '%00%s%n',
  'a\r\nSet-Cookie: planted=1',
  '\u202e\u2066\ufeff\u200d',
  '\u0001\u0008\u001b[31m\u007f\u0085',
  `${'Z'.repeat(20)}${'\u0301'.repeat(300)}`,
  '\u{20000}'.repeat(200),
  '\u{20000}'.repeat(2_000),
  'བོད་'.repeat(500),
  '👩‍👩‍👧‍👦'.repeat(50),
  'x'.repeat(9_000),
  '\ufdfa'.repeat(500),
  'ﬀ'.repeat(1_000),
];

/** Bodies that are no form, or none that can be read: each with what it is. */
export const BROKEN: readonly [string, string][] = [
  ['a NUL', 'identifier=a%00b&client_id=a%00b'],
  ['a bare NUL', 'identifier=a\0b&client_id=a\0b'],
  ['a lone surrogate', 'identifier=%ed%a0%80&client_id=%ed%b0%80'],
  ['bytes that are no UTF-8', 'identifier=%ff%fe&client_id=%c0%80'],
  ['bare bytes that are no UTF-8', 'identifier=\xff\xfe&client_id=\xc3'],
  ['a character of another encoding', 'name=%d6%d0%ce%c4&client_id=%d6%d0'],
  ['a cut escape', 'identifier=%4&client_id=%'],
  ['a false escape', 'identifier=%zz&client_id=%u4e00'],
  ['5,000 fields', 'a=1&'.repeat(5_000)],
];

/** Bodies of a form that no form of ours sends. */
export const STRANGE: readonly [string, string][] = [
  ['nothing', ''],
  ['separators', '&&==&=&'],
  ['names without values', 'identifier&password&client_id&grant_type'],
  ['one field several times', 'identifier=a&identifier=b&client_id=a&client_id=b&grant_type=x&grant_type=y'],
  [
    'lists and objects',
    'identifier[]=a&identifier[b]=c&password[$ne]=1&client_id[b]=c&grant_type[]=password',
  ],
  [
    'names of prototypes',
    '__proto__=1&__proto__[x]=1&constructor=2&hasOwnProperty=3&toString=4&client_id=__proto__',
  ],
  ['a list in a language switch', 'language[]=en&elder[]=on&language=xx&elder=maybe'],
];

export const encode = (text: string): string => encodeURIComponent(text);
