/** What every answer of the server must be, whatever was thrown at it. */
import { expect } from 'vitest';
import type { Language } from '../../src/platform/page/language.ts';
import type { Answer } from './raw.ts';

/** Words that only the inside of the house knows: places in code, statements, tables, addresses of the stores. */
const INSIDE =
  /node_modules|\.[cm]?[jt]s:\d|\n\s+at \S+ \(|\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM) |relation "|column "|oidc_record|interaction_note|ECONN|PostgreSQL|ioredis|pglite|TypeError|RangeError|SyntaxError|\[object Object\]|\bundefined\b/;

const POLICY = ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"];

export interface Judgement {
  /** The language that was asked for. */
  language?: Language;
  /** Something that was sent and must not come back as markup or header. */
  planted?: string;
}

/**
 * Below 500 (or a deliberate 503 with Retry-After); a refusal says what it is, in the language asked for, with
 * the reference; nothing of the inside is told; pages can be framed by nobody and kept by nobody.
 */
export function expectClear(what: string, answer: Answer, judgement: Judgement = {}): void {
  const { status, headers, body } = answer;
  const told = `${what} → ${status} ${body.slice(0, 300)}`;
  const busy = status === 503 && Number(headers['retry-after']) > 0;
  expect(status >= 200 && (status < 500 || busy), told).toBe(true);
  expect(INSIDE.exec(body.replace(/<script[^>]*><\/script>/g, ''))?.[0], told).toBeUndefined();
  if (judgement.planted !== undefined) expect(body.includes(judgement.planted), told).toBe(false);
  const type = (headers['content-type'] ?? '').split(';')[0]!;
  if (type === 'text/html') expectSafePage(told, answer);
  if (status < 400) return;
  const reference = headers['x-request-id'] ?? '';
  expect(reference, told).toMatch(/^[2-9A-HJKMNP-TV-Z]{4}(-[2-9A-HJKMNP-TV-Z]{4}){2}$/);
  if (type === 'text/html') {
    expect(/<html lang="([^"]*)"/.exec(body)?.[1], told).toBe(judgement.language ?? 'zh-CN');
    expect(/<h1[^>]*>[^<]{4,}/.test(body), told).toBe(true);
    // A form shows what is wrong with it, and an authorization that is over where to go: neither needs a number to quote.
    const goesOn = body.includes('<form') || (status === 410 && body.includes('<a class="button'));
    expect(goesOn || body.includes(reference), told).toBe(true);
  } else if (type === 'application/problem+json') {
    const problem = JSON.parse(body) as Record<string, unknown>;
    expect(problem, told).toMatchObject({ status, instance: `urn:yihao:request:${reference}` });
    expect(problem.type, told).toMatch(/^urn:yihao:problem:[a-z-]+$/);
  } else if (type === 'application/json') {
    expect((JSON.parse(body) as { error?: unknown }).error, told).toMatch(/^[a-z_]+$/);
  } else if (type === 'text/plain') expect(body.includes(reference), told).toBe(true);
  else expect(body, told).toBe('');
}

function expectSafePage(told: string, { headers }: Answer): void {
  const policy = headers['content-security-policy'] ?? '';
  for (const rule of POLICY) expect(policy, told).toContain(rule);
  expect(policy, told).not.toMatch(/unsafe|\*/);
  expect(headers, told).toMatchObject({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
  });
}
