/**
 * What a formula's result looks like in the old table, piece by piece, so that a stored value can be brought
 * to one canonical spelling: digests may be stored in upper or lower case or as base64 of their bytes.
 */
import { DIGEST_BYTES } from '../digest.ts';
import type { Read } from '../stored.ts';
import { type FormulaFault, fault, isDigestNode, type Node, walk } from './tree.ts';

export type Piece =
  | { is: 'literal'; text: string }
  | { is: 'variable'; name: 's' | 'u' }
  /** Hex text; `whole` is the bytes' number when it is all of a digest, which may also stand as base64. */
  | { is: 'hex'; node: Node; length: number; whole: boolean }
  | { is: 'base64'; node: Node; bytes: number };

/** Below sixty-four bits a wrong password would be let in too easily. */
const LEAST_HEX_DIGITS = 16;

/** The pieces of the result, or why no stored value could look like that. */
export function shapeOf(tree: Node): Read<Piece[], FormulaFault> {
  if (!usesPassword(tree)) return fault(1, 'the formula does not use the password, p');
  if (exposesPassword(tree))
    return fault(1, 'the password, p, must stand inside a digest; for passwords in the clear write plain');
  const slice = faultySlice(tree);
  if (slice) return fault(1, slice);
  const pieces: Piece[] = [];
  for (const part of tree.is === 'join' ? tree.parts : [tree]) {
    const piece = pieceOf(part);
    if (!piece) return fault(1, RESULT_PARTS);
    pieces.push(piece);
  }
  const digits = pieces.map((piece) => {
    if (piece.is === 'literal' || piece.is === 'variable' || !usesPassword(piece.node)) return 0;
    return piece.is === 'hex' ? piece.length : 2 * piece.bytes;
  });
  if (digits.reduce((sum, each) => sum + each, 0) < LEAST_HEX_DIGITS)
    return fault(1, `fewer than ${LEAST_HEX_DIGITS} digits of a digest of the password are left`);
  if (pieces.filter((piece) => piece.is === 'variable' && piece.name === 's').length > 1)
    return fault(1, 'the result may hold the salt, s, once');
  return { ok: true, value: pieces };
}

const RESULT_PARTS =
  'the result must be a digest, or digests, texts, s and u joined by +; slices and upper() of hex and base64() of ' +
  'a digest count as digests';

const usesPassword = (tree: Node) =>
  [...walk(tree)].some((node) => node.is === 'variable' && node.name === 'p');

const exposesPassword = (node: Node): boolean => {
  if (isDigestNode(node) || node.is === 'raw') return false;
  if (node.is === 'variable') return node.name === 'p';
  if (node.is === 'join') return node.parts.some(exposesPassword);
  return 'of' in node && exposesPassword(node.of);
};

function pieceOf(node: Node, wrap: (inner: Node) => Node = (inner) => inner): Piece | undefined {
  if (node.is === 'literal') return { is: 'literal', text: node.text };
  if (node.is === 'variable') return node.name === 'p' ? undefined : { is: 'variable', name: node.name };
  if (isDigestNode(node)) return { is: 'hex', node: wrap(node), length: bytesOf(node)!, whole: true };
  if (node.is === 'raw') return pieceOf(node.of, wrap);
  if (node.is === 'encoded')
    return pieceOf(node.of, (inner) => wrap({ is: 'encoded', encoding: node.encoding, of: inner }));
  if (node.is === 'upper' || node.is === 'lower') {
    const inner = pieceOf(node.of, wrap);
    return inner?.is === 'hex' ? inner : undefined;
  }
  const bytes = bytesOf(node.is === 'slice' ? node : 'of' in node ? node.of : node);
  if (bytes === undefined || !isDigestChain(node)) return undefined;
  if (node.is === 'base64') return { is: 'base64', node: wrap(node.of), bytes };
  if (node.is === 'hex') return { is: 'hex', node: wrap(node), length: 2 * bytes, whole: false };
  if (node.is === 'slice' && isHex(node.of))
    return { is: 'hex', node: wrap(node), length: bytes, whole: false };
  return undefined;
}

/** A digest under changes that each have one argument: no constant text can take its place. */
const isDigestChain = (node: Node): boolean =>
  isDigestNode(node) || (node.is !== 'join' && 'of' in node && isDigestChain(node.of));

/** Whether the node is hex text whatever its input. */
const isHex = (node: Node): boolean => {
  if (isDigestNode(node) || node.is === 'hex') return true;
  if (node.is === 'upper' || node.is === 'lower' || node.is === 'slice' || node.is === 'encoded')
    return isHex(node.of);
  return node.is === 'join' && node.parts.every(isHex);
};

/** How many bytes the node gives for every input, or undefined when that depends on the input. */
export function bytesOf(node: Node): number | undefined {
  if (isDigestNode(node)) return 2 * DIGEST_BYTES[node.digest];
  if (node.is === 'raw') return DIGEST_BYTES[node.of.digest];
  if (node.is === 'variable' || node.is === 'unbase64') return undefined;
  if (node.is === 'literal') return /^[\0-\x7f]*$/.test(node.text) ? node.text.length : undefined;
  if (node.is === 'join') {
    const parts = node.parts.map(bytesOf);
    return parts.includes(undefined) ? undefined : parts.reduce<number>((sum, each) => sum + each!, 0);
  }
  if (node.is === 'encoded' && !isHex(node.of)) return undefined;
  const inside = bytesOf(node.of);
  if (inside === undefined) return undefined;
  if (node.is === 'slice') return Math.max(0, Math.min(node.to ?? inside, inside) - node.from);
  if (node.is === 'hex') return 2 * inside;
  if (node.is === 'unhex') return inside / 2;
  return node.is === 'base64' ? 4 * Math.ceil(inside / 3) : inside;
}

/** A slice beyond the end of what has a fixed length is a slip of the pen. */
function faultySlice(tree: Node): string | undefined {
  for (const node of walk(tree)) {
    const length = node.is === 'slice' ? bytesOf(node.of) : undefined;
    if (node.is === 'slice' && length !== undefined && Math.max(node.from + 1, node.to ?? 0) > length)
      return `a slice ends in ${node.to ?? node.from} but there are ${length} characters`;
  }
  return undefined;
}
