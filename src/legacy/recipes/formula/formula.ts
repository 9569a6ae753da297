/**
 * A recipe declared as a formula: `md5(md5(p)+s)`.
 *
 * Variables: p the password, s the salt, u the old user name; texts stand in quotes. Every step works on
 * bytes. A digest (md5, sha1, sha224, sha256, sha384, sha512, sm3, hmac_md5(key, data) and so on) gives its
 * lower-case hex text to whatever takes it, as PHP's do; MD5(p) and upper(md5(p)) give upper case. Its bytes
 * are asked for with raw(…), around the digest itself: sha1(raw(md5(p))), base64(raw(sha1(p))). repeat(n,
 * md5, x) digests x and then n-1 times the bytes of the digest before (Shiro); repeat_hex does so with its hex
 * text. x[8..24] takes the bytes from 8 up to but without 24. hex, base64, unhex, unbase64, upper and lower
 * change text; gbk(x) and utf16le(x) say how the variables and texts inside x become bytes.
 */
import { decodeBase64, decodeHex } from '../binary-text.ts';
import { CEILINGS, LONGEST_STORED, SLOW_STEPS } from '../ceilings.ts';
import { isUsable } from '../password-text.ts';
import { fits, misfit, type PasswordFormat, type Read } from '../stored.ts';
import { evaluate } from './evaluate.ts';
import { parseFormula } from './parse.ts';
import { type Piece, shapeOf } from './shape.ts';
import { type FormulaFault, fault, type Node, walk } from './tree.ts';
import { readWords } from './words.ts';

export interface Formula extends PasswordFormat {
  /** Whether the row must bring a salt: not when the stored value itself begins or ends with it. */
  needsSalt: boolean;
  needsUserName: boolean;
}

/** Reads a formula. Everything that could make it costly or useless is refused here, with a column. */
export function readFormula(text: string): Read<Formula, FormulaFault> {
  const words = readWords(text);
  if (!words.ok) return words;
  const tree = parseFormula(words.value);
  if (!tree.ok) return tree;
  const shape = shapeOf(tree.value);
  if (!shape.ok) return shape;
  const steps = stepsOf(tree.value);
  if (steps > CEILINGS.formulaSteps) return fault(1, `more than ${CEILINGS.formulaSteps} repetitions in all`);
  return { ok: true, value: formulaOf(tree.value, shape.value, steps > SLOW_STEPS) };
}

const stepsOf = (tree: Node) =>
  [...walk(tree)].reduce((sum, node) => sum + (node.is === 'repeat' ? node.times : 0), 0);

const uses = (tree: Node, name: 's' | 'u') =>
  [...walk(tree)].some((node) => node.is === 'variable' && node.name === name);

function formulaOf(tree: Node, pieces: Piece[], slow: boolean): Formula {
  const usesSalt = uses(tree, 's');
  const holdsSalt = pieces.some((piece) => piece.is === 'variable' && piece.name === 's');
  const usesUserName = uses(tree, 'u');
  return {
    needsSalt: usesSalt && !holdsSalt,
    needsUserName: usesUserName,
    read(stored) {
      if (usesUserName && !isFact(stored.userName))
        return misfit('user-name', 'the recipe needs the user name');
      const split = splitStored(stored.hash.trim(), pieces, stored.userName ?? '');
      if (!split) return misfit('shape', `expected ${describe(pieces)}`);
      const salt = holdsSalt ? split.salt : stored.salt;
      if (!usesSalt) return fits({ kind: 'digest', canonical: split.canonical, slow });
      if (!isFact(salt)) return misfit('salt', 'the recipe needs a salt');
      if (!decodes(tree, salt)) return misfit('salt', 'the salt is not in the form that the recipe decodes');
      return fits({ kind: 'digest', canonical: split.canonical, salt, slow });
    },
    async compute(password, { salt: s, userName: u }) {
      if (!isUsable(password)) return undefined;
      if ((usesSalt && !isFact(s)) || (usesUserName && !isFact(u))) return undefined;
      return canonicalOf(pieces, { p: password, s, u });
    },
    verify: async () => false,
  };
}

/** An empty salt is a salt: PHP and Java add nothing. */
const isFact = (text: string | undefined): text is string =>
  text !== undefined && text.length <= LONGEST_STORED && text.isWellFormed();

async function canonicalOf(
  pieces: Piece[],
  variables: { p: string; s: string | undefined; u: string | undefined },
): Promise<string | undefined> {
  let canonical = '';
  for (const piece of pieces) {
    if (piece.is === 'literal') canonical += piece.text;
    else if (piece.is === 'variable') canonical += variables[piece.name];
    else {
      const bytes = await evaluate(piece.node, variables);
      if (!bytes) return undefined;
      canonical += piece.is === 'hex' ? bytes.toString('latin1').toLowerCase() : bytes.toString('hex');
    }
  }
  return canonical;
}

/** The canonical spelling of a stored value, and the salt where the value holds it. */
function splitStored(
  stored: string,
  pieces: Piece[],
  userName: string,
): { canonical: string; salt: string } | undefined {
  if (stored.length > LONGEST_STORED || !stored.isWellFormed()) return undefined;
  const [only] = pieces;
  if (pieces.length === 1 && only?.is === 'hex' && only.whole) {
    const bytes = stored.length === only.length ? undefined : decodeBase64(stored);
    if (bytes?.length === only.length / 2) return { canonical: bytes.toString('hex'), salt: '' };
  }
  const lengths = pieces.map((piece) => lengthOf(piece, userName));
  if (pieces.length === 1 && only?.is === 'base64') lengths[0] = stored.length;
  const rest = stored.length - lengths.reduce((sum, each) => sum + each, 0);
  const hasSalt = pieces.some((piece) => piece.is === 'variable' && piece.name === 's');
  if (hasSalt ? rest < 1 : rest !== 0) return undefined;
  let [canonical, salt, at] = ['', '', 0];
  for (const [index, piece] of pieces.entries()) {
    const isSalt = piece.is === 'variable' && piece.name === 's';
    const text = stored.slice(at, at + (isSalt ? rest : lengths[index]!));
    at += text.length;
    if (isSalt) salt = text;
    const spelled = isSalt ? text : spell(piece, text, userName);
    if (spelled === undefined) return undefined;
    canonical += spelled;
  }
  return { canonical, salt };
}

function lengthOf(piece: Piece, userName: string): number {
  if (piece.is === 'literal') return piece.text.length;
  if (piece.is === 'variable') return piece.name === 'u' ? userName.length : 0;
  return piece.is === 'hex' ? piece.length : 4 * Math.ceil(piece.bytes / 3);
}

function spell(piece: Piece, text: string, userName: string): string | undefined {
  if (piece.is === 'literal') return text === piece.text ? text : undefined;
  if (piece.is === 'variable') return text === userName ? text : undefined;
  if (piece.is === 'hex') return /^[0-9a-f]+$/i.test(text) ? text.toLowerCase() : undefined;
  const bytes = decodeBase64(text);
  return bytes?.length === piece.bytes ? bytes.toString('hex') : undefined;
}

const DECODERS = { unhex: decodeHex, unbase64: decodeBase64 };

/** Whether a salt that is stored as hex or base64 is so: otherwise no password would ever match. */
const decodes = (tree: Node, salt: string) =>
  [...walk(tree)].every(
    (node) =>
      (node.is !== 'unhex' && node.is !== 'unbase64') ||
      node.of.is !== 'variable' ||
      node.of.name !== 's' ||
      DECODERS[node.is](salt) !== undefined,
  );

/** The shape in words, for reports. Texts may be keys, so they are not quoted. */
const describe = (pieces: Piece[]) =>
  pieces
    .map((piece) => {
      if (piece.is === 'literal') return `a fixed text of ${piece.text.length} characters`;
      if (piece.is === 'variable') return piece.name === 's' ? 'the salt' : 'the user name';
      if (piece.is === 'base64') return `${piece.bytes} bytes in base64`;
      return piece.whole && pieces.length === 1
        ? `${piece.length} hex digits or their ${piece.length / 2} bytes in base64`
        : `${piece.length} hex digits`;
    })
    .join(', then ');
