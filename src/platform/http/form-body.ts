/**
 * Form bodies: application/x-www-form-urlencoded only, at most 32 KB, strict UTF-8. What a page of ours sends
 * always passes; everything else gets a clear answer and is never guessed at.
 */
import type { Context, Middleware } from 'koa';
import { Refused } from '../failure.ts';
import { mediaType, readBody } from './body.ts';
import type { AppState } from './context.ts';

/** Posted fields by name. A field that was not sent reads as an empty text. */
export interface FormFields {
  /** The first value, as typed (not trimmed). */
  text(name: string): string;
  all(name: string): string[];
  has(name: string): boolean;
  names(): string[];
}

const FORM_LIMIT_BYTES = 32 * 1024;
const MOST_FIELDS = 200;
const FORM_TYPE = 'application/x-www-form-urlencoded';

export const emptyForm: FormFields = formFields(new Map());

/**
 * Reads the body of POST requests into `ctx.state.form`.
 * Refusals: `form-too-large` 413, `form-type` 415, `form-malformed` 400, `form-broken-off` 400.
 */
export function readForms(): Middleware<AppState> {
  return async (ctx, next) => {
    ctx.state.form = ctx.method === 'POST' ? await readForm(ctx) : emptyForm;
    await next();
  };
}

/** Reads the body of one request. @throws Refused as {@link readForms} */
export async function readForm(ctx: Context): Promise<FormFields> {
  const body = await readBody(ctx.req, FORM_LIMIT_BYTES);
  if (body.length === 0) return emptyForm;
  if (mediaType(ctx.get('Content-Type')) !== FORM_TYPE) throw new Refused({ code: 'form-type', status: 415 });
  return parseForm(body);
}

/** Parses a urlencoded body. Stricter than WHATWG URL: bad escapes, bad UTF-8 and NUL are refused. @throws Refused */
export function parseForm(body: Buffer): FormFields {
  const fields = new Map<string, string[]>();
  const pairs = body.toString('latin1').split('&');
  if (pairs.length > MOST_FIELDS) throw malformed();
  for (const pair of pairs) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? '' : decode(pair.slice(at + 1));
    const values = fields.get(name);
    if (values) values.push(value);
    else fields.set(name, [value]);
  }
  return formFields(fields);
}

/** Bytes arrive as latin1 text; browsers escape everything beyond ASCII, hand-made clients may send raw UTF-8. */
function decode(part: string): string {
  const bytes: number[] = [];
  for (let at = 0; at < part.length; at += 1) {
    const code = part.charCodeAt(at);
    if (code === PERCENT) {
      const hex = part.slice(at + 1, at + 3);
      if (!/^[0-9a-f]{2}$/i.test(hex)) throw malformed();
      bytes.push(Number.parseInt(hex, 16));
      at += 2;
    } else bytes.push(code === PLUS ? SPACE : code);
  }
  if (bytes.includes(0)) throw malformed();
  try {
    return utf8.decode(Uint8Array.from(bytes));
  } catch {
    throw malformed();
  }
}

const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function formFields(fields: Map<string, string[]>): FormFields {
  return {
    text: (name) => fields.get(name)?.[0] ?? '',
    all: (name) => fields.get(name) ?? [],
    has: (name) => fields.has(name),
    names: () => [...fields.keys()],
  };
}

const malformed = () => new Refused({ code: 'form-malformed', status: 400 });
