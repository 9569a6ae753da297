/**
 * Cross-site request forgery: a random value in a cookie, its keyed mark in the form (signed double submit).
 * Somebody who can plant a cookie still cannot make the mark; under https the `__Host-` prefix keeps other
 * hosts of the domain from planting one at all.
 */
import { createHmac, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Middleware } from 'koa';
import { Refused } from '../failure.ts';
import type { AppContext, AppState } from './context.ts';

export const CSRF_FIELD = '_csrf';
const PURPOSE = 'yihao form';
const GOOD_VALUE = /^[A-Za-z0-9_-]{22,64}$/;

export interface CsrfOptions {
  /** Current key first; older ones still open forms that people have before them. */
  keys: () => readonly KeyObject[];
  https: boolean;
}

/** Offers `state.csrf` to the views; the cookie is set when a page with a form asks for it. */
export function offerCsrf(options: CsrfOptions): Middleware<AppState> {
  const name = cookieName(options.https);
  return async (ctx, next) => {
    let value: string | undefined;
    Object.defineProperty(ctx.state, 'csrf', {
      configurable: true,
      enumerable: true,
      get: () => {
        value ??= readCookie(ctx, name) ?? setCookie(ctx, name, options.https);
        return mark(options.keys()[0]!, value).toString('base64url');
      },
    });
    await next();
  };
}

/** Guard for every route that changes something. Refusal: `form-expired` 403, which says to open the page again. */
export function requireCsrf(options: CsrfOptions): Middleware<AppState> {
  const name = cookieName(options.https);
  return async (ctx, next) => {
    if (!isGenuine(ctx, name, options)) throw new Refused({ code: 'form-expired', status: 403 });
    await next();
  };
}

function isGenuine(ctx: AppContext, name: string, options: CsrfOptions): boolean {
  // Browsers say where a request comes from; another site's page is refused even with a stolen mark.
  if (ctx.get('Sec-Fetch-Site') === 'cross-site') return false;
  const value = readCookie(ctx, name);
  if (value === undefined) return false;
  const given = Buffer.from(ctx.state.form.text(CSRF_FIELD), 'base64url');
  return options.keys().some((key) => {
    const right = mark(key, value);
    return given.length === right.length && timingSafeEqual(given, right);
  });
}

const mark = (key: KeyObject, value: string): Buffer =>
  createHmac('sha256', key).update(PURPOSE).update(value).digest();

const cookieName = (https: boolean): string => (https ? '__Host-form' : 'form');

function readCookie(ctx: AppContext, name: string): string | undefined {
  const value = ctx.cookies.get(name);
  return value !== undefined && GOOD_VALUE.test(value) ? value : undefined;
}

function setCookie(ctx: AppContext, name: string, https: boolean): string {
  const value = randomBytes(24).toString('base64url');
  ctx.cookies.set(name, value, {
    httpOnly: true,
    sameSite: 'lax',
    secure: https,
    path: '/',
    overwrite: true,
    signed: false,
  });
  return value;
}
