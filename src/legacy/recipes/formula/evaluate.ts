/** Computes a tree. Nothing is looked up by name and nothing is code: each node has its one meaning here. */
import { decodeBase64, decodeHex } from '../binary-text.ts';
import { digestOf, hmacOf, repeatDigest } from '../digest.ts';
import { type Encoding, encodeText } from '../password-text.ts';
import { type DigestNode, isDigestNode, type Node } from './tree.ts';

/** What the variables stand for. */
export interface Variables {
  p: string;
  s: string | undefined;
  u: string | undefined;
}

/** The node's bytes, or undefined when a variable is missing, not encodable or not the hex it should be. */
export async function evaluate(
  node: Node,
  variables: Variables,
  encoding: Encoding = 'utf8',
): Promise<Buffer | undefined> {
  if (node.is === 'variable') {
    const text = variables[node.name];
    return text === undefined ? undefined : encodeText(text, encoding);
  }
  if (node.is === 'literal') return encodeText(node.text, encoding);
  if (node.is === 'join') {
    const parts: Buffer[] = [];
    for (const part of node.parts) {
      const bytes = await evaluate(part, variables, encoding);
      if (!bytes) return undefined;
      parts.push(bytes);
    }
    return Buffer.concat(parts);
  }
  if (isDigestNode(node)) {
    const bytes = await evaluateDigest(node, variables, encoding);
    return bytes && Buffer.from(bytes.toString('hex'));
  }
  if (node.is === 'raw') return evaluateDigest(node.of, variables, encoding);
  if (node.is === 'encoded') return evaluate(node.of, variables, node.encoding);
  const bytes = await evaluate(node.of, variables, encoding);
  if (!bytes) return undefined;
  if (node.is === 'slice') return bytes.subarray(node.from, node.to);
  return CHANGE[node.is](bytes);
}

/** The digest's bytes, before they become hex text. */
async function evaluateDigest(
  node: DigestNode,
  variables: Variables,
  encoding: Encoding,
): Promise<Buffer | undefined> {
  const data = await evaluate(node.of, variables, encoding);
  if (!data) return undefined;
  if (node.is === 'digest') return digestOf(node.digest, data);
  if (node.is === 'repeat') return repeatDigest(node.digest, node.times, data, node.between);
  const key = await evaluate(node.key, variables, encoding);
  return key && hmacOf(node.digest, key, data);
}

/** Case changes touch ASCII letters alone, as PHP 8 and hex need it. */
const CHANGE: Record<
  Exclude<Node['is'], 'variable' | 'literal' | 'join' | DigestNode['is'] | 'raw' | 'encoded' | 'slice'>,
  (bytes: Buffer) => Buffer | undefined
> = {
  upper: (bytes) => bytes.map((byte) => (byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte)) as Buffer,
  lower: (bytes) => bytes.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte)) as Buffer,
  hex: (bytes) => Buffer.from(bytes.toString('hex')),
  base64: (bytes) => Buffer.from(bytes.toString('base64')),
  unhex: (bytes) => decodeHex(bytes.toString('latin1')),
  unbase64: (bytes) => decodeBase64(bytes.toString('latin1')),
};
