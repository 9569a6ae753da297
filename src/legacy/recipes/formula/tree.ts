/** A formula as a tree. Every node stands for bytes; a digest stands for its lower-case hex text. */
import type { DigestName } from '../digest.ts';
import type { Encoding } from '../password-text.ts';

export type Node =
  | { is: 'variable'; name: 'p' | 's' | 'u' }
  | { is: 'literal'; text: string }
  | { is: 'join'; parts: Node[] }
  | { is: 'digest'; digest: DigestName; of: Node }
  | { is: 'hmac'; digest: DigestName; key: Node; of: Node }
  | { is: 'repeat'; digest: DigestName; times: number; between: 'bytes' | 'hex'; of: Node }
  | { is: 'raw'; of: DigestNode }
  | { is: Change; of: Node }
  | { is: 'slice'; of: Node; from: number; to: number | undefined }
  | { is: 'encoded'; encoding: Encoding; of: Node };

/** Nodes that end in a digest and are hex text unless `raw` is asked for. */
export type DigestNode = Extract<Node, { is: 'digest' | 'hmac' | 'repeat' }>;

/** Changes of text or bytes with one argument. */
export const CHANGES = ['upper', 'lower', 'hex', 'base64', 'unhex', 'unbase64'] as const;
export type Change = (typeof CHANGES)[number];

export const isChange = (name: string): name is Change => (CHANGES as readonly string[]).includes(name);

export const isDigestNode = (node: Node): node is DigestNode =>
  node.is === 'digest' || node.is === 'hmac' || node.is === 'repeat';

export const childrenOf = (node: Node): Node[] => {
  if (node.is === 'join') return node.parts;
  if (node.is === 'hmac') return [node.key, node.of];
  return 'of' in node ? [node.of] : [];
};

/** A node and everything below it. */
export function* walk(node: Node): Generator<Node> {
  yield node;
  for (const child of childrenOf(node)) yield* walk(child);
}

/** What is wrong with a declaration, for the one who wrote it. */
export interface FormulaFault {
  /** Column, from 1. */
  at: number;
  message: string;
}

export const fault = (at: number, message: string): { ok: false; fault: FormulaFault } => ({
  ok: false,
  fault: { at, message: `column ${at}: ${message}` },
});
