/**
 * What every request carries. `requestContext` runs first; the other middlewares fill in their part, and the
 * rooms read it from `ctx.state`.
 */
import { randomFillSync } from 'node:crypto';
import type { Middleware, ParameterizedContext } from 'koa';
import type { Logger } from 'pino';
import type { Language } from '../page/language.ts';
import type { TextParams } from '../page/texts.ts';
import type { FormFields } from './form-body.ts';

export interface AppState {
  /** Names this request in logs, audit, the error page and `X-Request-Id`. */
  requestId: string;
  language: Language;
  /** Larger type and targets, fewer words. */
  elder: boolean;
  /** The client's address, as the proxy setting lets us know it. */
  source: string;
  log: Logger;
  t(key: string, params?: TextParams): string;
  /** Value for the form field `_csrf`; reading it sets the cookie. */
  csrf: string;
  /** The posted fields; empty for other methods. */
  form: FormFields;
  /** A language or elder-mode button was pressed: show the same page again, do nothing else. */
  switching: boolean;
  /** The language came with this very request. */
  languageSwitched: boolean;
  /** Pages reach the person over https: cookies are Secure and `__Host-`. */
  https: boolean;
}

export type AppContext = ParameterizedContext<AppState>;

/**
 * Gives the request its id, source and log. The id is the one that the request observer gave at the front
 * door (observe/request.ts), so that page, log and audit name the same.
 */
export function requestContext(options: { log: Logger; https: boolean }): Middleware<AppState> {
  return async (ctx, next) => {
    ctx.state.https = options.https;
    // TLS may end at the proxy: whether cookies may be Secure is a setting, not what this socket looks like.
    ctx.cookies.secure = options.https;
    ctx.state.requestId = ctx.req.id ?? makeRequestId();
    ctx.state.source = ctx.ip;
    offerLog(ctx.state, options.log);
    ctx.set('X-Request-Id', ctx.state.requestId);
    await next();
  };
}

/** Most requests write nothing of their own: their logger is made at the first use. */
function offerLog(state: AppState, log: Logger): void {
  let own: Logger | undefined;
  Object.defineProperty(state, 'log', {
    configurable: true,
    enumerable: true,
    get: () => {
      own ??= log.child({ requestId: state.requestId });
      return own;
    },
  });
}

const ALPHABET = '23456789ABCDEFGHJKMNPQRSTVWXYZ';
const ID_LENGTH = 12;

/** Random bytes are drawn for many ids at once: a draw costs far more than an id. */
const drawn = Buffer.alloc(ID_LENGTH * 256);
let used = drawn.length;

/** Twelve characters that can be read out on the telephone: no 0/O, 1/I/L, U. Unique in practice, not secret. */
export function makeRequestId(): string {
  if (used === drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  let id = '';
  for (const end = used + ID_LENGTH; used < end; used += 1) id += ALPHABET[drawn[used]! % ALPHABET.length];
  return `${id.slice(0, 4)}-${id.slice(4, 8)}-${id.slice(8)}`;
}
