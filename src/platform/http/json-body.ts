/** Bodies of programs: application/json, strict UTF-8, up to a bound. */
import type { Context } from 'koa';
import { Refused } from '../failure.ts';
import { mediaType, readBody } from './body.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws Refused `form-too-large` 413, `json-type` 415, `json-malformed` 400, `form-broken-off` 400 */
export async function readJsonBody(ctx: Pick<Context, 'req' | 'get'>, most: number): Promise<unknown> {
  if (mediaType(ctx.get('Content-Type')) !== 'application/json')
    throw new Refused({ code: 'json-type', status: 415 });
  const body = await readBody(ctx.req, most);
  try {
    return JSON.parse(utf8.decode(body)) as unknown;
  } catch {
    throw new Refused({ code: 'json-malformed', status: 400 });
  }
}
