/**
 * Reads a formula by recursive descent.
 *
 *     formula  = part { "+" part }
 *     part     = first { "[" [ number ] ".." [ number ] "]" }
 *     first    = "p" | "s" | "u" | text | "(" formula ")" | call
 *     call     = DIGEST "(" formula ")" | "hmac_" DIGEST "(" formula "," formula ")"
 *              | ( "repeat" | "repeat_hex" ) "(" number "," DIGEST "," formula ")"
 *              | ( "raw" | "upper" | "lower" | "hex" | "base64" | "unhex" | "unbase64" ) "(" formula ")"
 *              | ( "gbk" | "utf16le" ) "(" formula ")"
 */
import { DIGEST_BYTES, type DigestName, isDigestName } from '../digest.ts';
import type { Encoding } from '../password-text.ts';
import type { Read } from '../stored.ts';
import { CHANGES, type FormulaFault, fault, isChange, isDigestNode, type Node } from './tree.ts';
import { nameOf, type Word } from './words.ts';

type Parsed = Read<Node, FormulaFault>;

const DEEPEST = 16;
const MOST_NODES = 64;
const VARIABLES = ['p', 's', 'u'] as const;
const DIGESTS = Object.keys(DIGEST_BYTES);
const ENCODINGS: Record<string, Encoding> = { gbk: 'gbk', utf16le: 'utf16le' };
const FUNCTIONS = [
  ...DIGESTS,
  'hmac_…',
  'repeat',
  'repeat_hex',
  'raw',
  ...CHANGES,
  ...Object.keys(ENCODINGS),
];

/** The tree of a whole declaration, or the first fault with its column. */
export function parseFormula(words: Word[]): Parsed {
  let next = 0;
  let nodes = 0;
  const word = () => words[next]!;
  const isMark = (text: string) => {
    const here = word();
    return here.is === 'mark' && here.text === text;
  };
  const made = (node: Node, at: number): Parsed =>
    ++nodes > MOST_NODES ? fault(at, `more than ${MOST_NODES} steps`) : { ok: true, value: node };
  const expected = (what: string) => fault(word().at, `expected ${what} but found ${nameOf(word())}`);
  const skip = (text: string): { ok: true } | ReturnType<typeof fault> => {
    if (!isMark(text)) return expected(`"${text}"`);
    next++;
    return { ok: true };
  };

  const formula = (depth: number): Parsed => {
    if (depth > DEEPEST) return fault(word().at, `more than ${DEEPEST} steps inside one another`);
    const { at } = word();
    const parts: Node[] = [];
    do {
      if (parts.length > 0) next++;
      const read = part(depth);
      if (!read.ok) return read;
      parts.push(read.value);
    } while (isMark('+'));
    return parts.length === 1 ? { ok: true, value: parts[0]! } : made({ is: 'join', parts }, at);
  };

  const part = (depth: number): Parsed => {
    let read = first(depth);
    while (read.ok && isMark('[')) read = slice(read.value);
    return read;
  };

  const slice = (of: Node): Parsed => {
    const { at } = word();
    next++;
    const from = bound() ?? 0;
    const dots = skip('..');
    if (!dots.ok) return dots;
    const to = bound();
    const end = skip(']');
    if (!end.ok) return end;
    if (to !== undefined && to <= from) return fault(at, 'the slice is empty: [from..to] ends before to');
    return made({ is: 'slice', of, from, to }, at);
  };

  const bound = (): number | undefined => {
    const here = word();
    if (here.is !== 'number') return undefined;
    next++;
    return here.value;
  };

  const first = (depth: number): Parsed => {
    const here = word();
    if (here.is === 'text') {
      next++;
      return made({ is: 'literal', text: here.text }, here.at);
    }
    if (isMark('(')) return inBrackets(depth);
    if (here.is !== 'name') return expected('p, s, u, a text in quotes or a function');
    next++;
    const variable = VARIABLES.find((name) => name === here.text);
    if (!isMark('(') && variable) return made({ is: 'variable', name: variable }, here.at);
    const node = call(here, depth);
    return node.ok ? made(node.value, here.at) : node;
  };

  const inBrackets = (depth: number): Parsed => {
    const opened = skip('(');
    if (!opened.ok) return opened;
    const inside = formula(depth + 1);
    if (!inside.ok) return inside;
    const closed = skip(')');
    return closed.ok ? inside : closed;
  };

  const call = ({ text: name, at }: { text: string; at: number }, depth: number): Parsed => {
    if (name === 'repeat' || name === 'repeat_hex') return repeat(name, depth);
    if (name.startsWith('hmac_')) {
      const digest = name.slice('hmac_'.length);
      return isDigestName(digest)
        ? hmac(digest, depth)
        : fault(at, `expected hmac_ and one of ${DIGESTS.join(', ')}`);
    }
    const lower = name.toLowerCase();
    const isUpper = name !== lower && name === name.toUpperCase() && isDigestName(lower);
    const known =
      isUpper || isDigestName(name) || isChange(name) || name === 'raw' || Object.hasOwn(ENCODINGS, name);
    if (!known) return fault(at, `expected p, s, u or one of ${FUNCTIONS.join(', ')}, but found "${name}"`);
    const { at: inside } = words[next + 1] ?? word();
    const read = inBrackets(depth);
    if (!read.ok) return read;
    const of = read.value;
    if (isDigestName(name)) return { ok: true, value: { is: 'digest', digest: name, of } };
    if (isChange(name)) return { ok: true, value: { is: name, of } };
    if (isUpper)
      return { ok: true, value: { is: 'upper', of: { is: 'digest', digest: lower as DigestName, of } } };
    if (Object.hasOwn(ENCODINGS, name))
      return { ok: true, value: { is: 'encoded', encoding: ENCODINGS[name]!, of } };
    return isDigestNode(of)
      ? { ok: true, value: { is: 'raw', of } }
      : fault(inside, 'raw() gives the bytes of a digest: expected a digest, hmac_… or repeat inside it');
  };

  const hmac = (digest: DigestName, depth: number): Parsed => {
    const opened = skip('(');
    if (!opened.ok) return opened;
    const key = formula(depth + 1);
    if (!key.ok) return key;
    const comma = skip(',');
    if (!comma.ok) return comma;
    const of = formula(depth + 1);
    if (!of.ok) return of;
    const closed = skip(')');
    return closed.ok ? { ok: true, value: { is: 'hmac', digest, key: key.value, of: of.value } } : closed;
  };

  const repeat = (name: 'repeat' | 'repeat_hex', depth: number): Parsed => {
    const opened = skip('(');
    if (!opened.ok) return opened;
    const times = bound();
    if (times === undefined) return expected('how often');
    if (times === 0) return fault(words[next - 1]!.at, 'expected at least one time');
    const comma = skip(',');
    if (!comma.ok) return comma;
    const here = word();
    if (here.is !== 'name' || !isDigestName(here.text)) return expected(`one of ${DIGESTS.join(', ')}`);
    next++;
    const second = skip(',');
    if (!second.ok) return second;
    const of = formula(depth + 1);
    if (!of.ok) return of;
    const closed = skip(')');
    const between = name === 'repeat' ? 'bytes' : 'hex';
    return closed.ok
      ? { ok: true, value: { is: 'repeat', digest: here.text, times, between, of: of.value } }
      : closed;
  };

  const read = formula(1);
  if (!read.ok) return read;
  return word().is === 'end' ? read : expected('"+", "[" or the end');
}
