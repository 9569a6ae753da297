/**
 * Who counts as one source: an IPv4 address, or an IPv6 /64, because one subscriber has 2^64 addresses of
 * the latter to choose from. IPv4-mapped addresses are the IPv4 address they carry.
 */
import { isIPv4, isIPv6 } from 'node:net';

/** `203.0.113.7`, `2001:db8:0:1::/64`, or `unknown` for what is no address. */
export function sourceGroup(address: string): string {
  const plain = address.replace(/%.*$/, '');
  if (isIPv4(plain)) return plain;
  if (!isIPv6(plain)) return 'unknown';
  const groups = groupsOf(plain);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff)
    return [...octets(groups[6]!), ...octets(groups[7]!)].join('.');
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const left = parse(head);
  if (tail === undefined) return left;
  const right = parse(tail);
  return [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
}

function parse(part: string): number[] {
  if (part === '') return [];
  return part.split(':').flatMap((piece) => {
    if (!piece.includes('.')) return [Number.parseInt(piece, 16)];
    const [a, b, c, d] = piece.split('.').map(Number);
    return [(a! << 8) | b!, (c! << 8) | d!];
  });
}

const octets = (group: number) => [group >> 8, group & 0xff];
