/** The members of one JSON object, with what JSON.parse throws away: duplicate keys and the digits of numbers. */
import type { RowFault } from './source.ts';

export interface Member {
  key: string;
  value: string;
  /** The value is JSON text of an object or array. */
  nested: boolean;
}

/** Strings, brackets and single signs; what is between them is numbers, words and space. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/g;

/**
 * Members in order, or what is wrong: not an object, or one key twice (RFC 8259 section 4 leaves open which counts,
 * so neither does). JSON.parse has judged the grammar before the tokens are looked at.
 */
export function readMembers(text: string): Member[] | Extract<RowFault, 'row-json' | 'row-duplicate-key'> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return 'row-json';
  } catch {
    return 'row-json';
  }
  const members: Member[] = [];
  const keys = new Set<string>();
  let depth = 0;
  let key: string | undefined;
  let lastString = '';
  let valueFrom = 0;
  for (const token of text.matchAll(TOKEN)) {
    const sign = token[0];
    if (depth === 1) {
      if (key === undefined) {
        if (sign[0] === '"') lastString = sign;
        else if (sign === ':') {
          key = JSON.parse(lastString) as string;
          valueFrom = token.index + 1;
        }
      } else if (sign === ',' || sign === '}') {
        if (keys.has(key)) return 'row-duplicate-key';
        keys.add(key);
        members.push(toMember(key, text.slice(valueFrom, token.index).trim()));
        key = undefined;
      }
    }
    if (sign === '{' || sign === '[') depth += 1;
    else if (sign === '}' || sign === ']') depth -= 1;
  }
  return members;
}

function toMember(key: string, raw: string): Member {
  if (raw[0] === '"') return { key, value: JSON.parse(raw) as string, nested: false };
  if (raw === 'null') return { key, value: '', nested: false };
  return { key, value: raw, nested: raw[0] === '{' || raw[0] === '[' };
}
