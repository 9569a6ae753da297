/**
 * Every failure becomes an answer: a page in the person's language (what happened, what to do next, a number
 * to quote) or, for programs, problem details (RFC 9457). What only breakage can cause is logged with its
 * stack under the same number and told as `unexpected`; the stack itself never leaves the server.
 */
import type { Middleware } from 'koa';
import { type Failure, Refused } from '../failure.ts';
import { DEFAULT_LANGUAGE } from '../page/language.ts';
import { describeFailure, type Pages } from '../page/render.ts';
import { pageBefore } from '../page/switches.ts';
import type { AppContext, AppState } from './context.ts';

/** Paths of programs. */
export const PROGRAMS = '/api/';

/** Problem types are names, not addresses: the list of codes stands in the docs. */
const PROBLEM_TYPE = 'urn:yihao:problem:';

const UNEXPECTED: Failure = { code: 'unexpected', status: 500 };

/** Stands right below `requestContext`: answers what is thrown further in, and what nobody answered. */
export function answerFailures(pages: Pages): Middleware<AppState> {
  return async (ctx, next) => {
    try {
      await next();
      const silence =
        ctx.respond === false || ctx.headerSent || ctx.body != null ? undefined : UNANSWERED[ctx.status];
      if (silence) answerFailure(ctx, pages, silence);
    } catch (error) {
      if (ctx.headerSent) throw error;
      const failure = failureOf(error, ctx);
      try {
        answerFailure(ctx, pages, failure);
      } catch (worse) {
        ctx.state.log?.error({ err: worse }, 'the page about a failure broke');
        answerBare(ctx, failure.status);
      }
    }
  };
}

const UNANSWERED: Record<number, Failure> = {
  404: { code: 'not-found', status: 404 },
  405: { code: 'method-not-allowed', status: 405 },
};

/** When even views or texts are broken: words that stand here, in the three languages. */
function answerBare(ctx: AppContext, status: number): void {
  ctx.status = status;
  ctx.type = 'text/plain; charset=utf-8';
  ctx.body = `系统暂时出了问题，请稍后再试，或拨打 12345。\nགནས་སྐབས་མ་ལག་ལ་སྐྱོན་ཤོར་འདུག ཏོག་ཙམ་ནས་ཡང་བསྐྱར་ཚོད་ལྟ་བྱེད་པའམ། ཡང་ན་ 12345 ལ་ཁ་པར་རྒྱག་རོགས།\nSomething went wrong on our side. Please try again in a moment, or call 12345.\n\n${ctx.state.requestId}\n`;
}

/** Answers with a failure: page or problem details, by what the client accepts. */
export function answerFailure(ctx: AppContext, pages: Pages, failure: Failure): void {
  // Something may have broken before the language was chosen.
  ctx.state.language ??= DEFAULT_LANGUAGE;
  ctx.state.elder ??= false;
  if (failure.retryAfter !== undefined) ctx.set('Retry-After', String(Math.ceil(failure.retryAfter)));
  ctx.set('Cache-Control', 'no-store');
  ctx.vary('Accept');
  if (wantsProblem(ctx)) answerProblem(ctx, pages, failure);
  else answerPage(ctx, pages, failure);
}

function answerPage(ctx: AppContext, pages: Pages, failure: Failure): void {
  const { title, next } = describeFailure(pages.texts, pages.wording, ctx.state.language, failure);
  const backTo = ctx.method === 'POST' && ctx.get('Referer') !== '' ? pageBefore(ctx) : undefined;
  const { status } = failure;
  pages.render(
    ctx,
    'failure',
    { heading: title, next, status, backTo },
    { title: 'frame.failure.title', status },
  );
}

function answerProblem(ctx: AppContext, pages: Pages, failure: Failure): void {
  const { title, next } = describeFailure(pages.texts, pages.wording, ctx.state.language, failure);
  ctx.status = failure.status;
  ctx.body = JSON.stringify({
    type: PROBLEM_TYPE + failure.code,
    title,
    status: failure.status,
    detail: next,
    instance: `urn:yihao:request:${ctx.state.requestId}`,
    ...(failure.field === undefined ? {} : { field: failure.field }),
    ...(failure.retryAfter === undefined ? {} : { retry_after: Math.ceil(failure.retryAfter) }),
  });
  ctx.set('Content-Language', ctx.state.language);
  ctx.type = 'application/problem+json';
}

const wantsProblem = (ctx: AppContext): boolean => {
  // Below here only programs ask, whatever they say they accept.
  if (ctx.path.startsWith(PROGRAMS)) return true;
  const best = ctx.accepts('text/html', 'application/problem+json', 'application/json');
  return best === 'application/problem+json' || best === 'application/json';
};

function failureOf(error: unknown, ctx: AppContext): Failure {
  if (error instanceof Refused) return error.failure;
  // Koa and its router say 4xx about requests they cannot read (a malformed %-escape in the path).
  const status = (error as { status?: unknown }).status;
  if (
    typeof status === 'number' &&
    status >= 400 &&
    status < 500 &&
    (error as { expose?: boolean }).expose !== false
  ) {
    return {
      code: status === 404 ? 'not-found' : status === 405 ? 'method-not-allowed' : 'request-malformed',
      status,
    };
  }
  if (isBadPath(error)) return { code: 'request-malformed', status: 400 };
  ctx.state.log?.error({ err: error }, 'request broke');
  return UNEXPECTED;
}

const isBadPath = (error: unknown): boolean => error instanceof URIError;
