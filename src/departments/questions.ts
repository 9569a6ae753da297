/** What a department's server asks for: read strictly, each fault with the member it is in. */
import { type Failure, failed, type Outcome } from '../platform/failure.ts';

export const MOST_ASKED = 500;
const LONGEST_ID = 200;
const LONGEST_SUB = 255;

export interface PageQuestion {
  source: string;
  after: string;
  limit: number;
}

export type LookUpQuestion = { source: string; ids: string[] } | { subs: string[] };

const wrong = (field: string): { ok: false; failure: Failure } =>
  failed('question-malformed', 400, { field });

const isText = (value: unknown, most: number): value is string =>
  typeof value === 'string' && value !== '' && value.length <= most && !value.includes('\0');

/** `source`, and `after` and `limit` for the pages behind the first. Failure `question-malformed` 400. */
export function readPageQuestion(query: URLSearchParams): Outcome<PageQuestion> {
  for (const name of query.keys()) {
    if (!['source', 'after', 'limit'].includes(name)) return wrong(name.slice(0, 40));
    if (query.getAll(name).length > 1) return wrong(name);
  }
  const source = query.get('source');
  const after = query.get('after') ?? '';
  const limit = query.get('limit') ?? String(MOST_ASKED);
  if (!isText(source, LONGEST_ID)) return wrong('source');
  if (after !== '' && !isText(after, LONGEST_ID)) return wrong('after');
  if (!/^[1-9]\d{0,2}$/.test(limit) || Number(limit) > MOST_ASKED) return wrong('limit');
  return { ok: true, value: { source, after, limit: Number(limit) } };
}

/** `{source, ids}` or `{subs}`. Failure `question-malformed` 400. */
export function readLookUpQuestion(body: unknown): Outcome<LookUpQuestion> {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return failed('question-malformed', 400);
  const given = body as Record<string, unknown>;
  const unknown = Object.keys(given).find((name) => !['source', 'ids', 'subs'].includes(name));
  if (unknown !== undefined) return wrong(unknown.slice(0, 40));
  if (given.subs !== undefined) {
    if (given.ids !== undefined || given.source !== undefined) return wrong('subs');
    return listed(given.subs, LONGEST_SUB)
      ? { ok: true, value: { subs: [...new Set(given.subs)] } }
      : wrong('subs');
  }
  if (!isText(given.source, LONGEST_ID)) return wrong('source');
  return listed(given.ids, LONGEST_ID)
    ? { ok: true, value: { source: given.source, ids: [...new Set(given.ids)] } }
    : wrong('ids');
}

const listed = (value: unknown, longest: number): value is string[] =>
  Array.isArray(value) &&
  value.length >= 1 &&
  value.length <= MOST_ASKED &&
  value.every((one) => isText(one, longest));
