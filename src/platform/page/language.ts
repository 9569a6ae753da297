/**
 * The three languages of the pages and how one of them is chosen: the application's wish (`ui_locales`),
 * then the choice remembered in a cookie, then the browser's Accept-Language, then Chinese. A switch made on
 * our own pages wins over the application's wish until that authorization ends.
 */
import { createHash } from 'node:crypto';
import type { Middleware } from 'koa';
import type { AppContext, AppState } from '../http/context.ts';

export const LANGUAGES = ['zh-CN', 'bo', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];
export const DEFAULT_LANGUAGE: Language = 'zh-CN';

/** What each language calls itself; shown in its own script and never translated. */
export const LANGUAGE_NAMES: Record<Language, string> = { 'zh-CN': '中文', bo: 'བོད་ཡིག', en: 'English' };

const LANGUAGE_COOKIE = 'lang';
const ELDER_COOKIE = 'elder';
const ONE_YEAR_MS = 365 * 24 * 3600 * 1000;
const LONGEST_HEADER = 500;

/** Primary subtags we can answer. `dz` (Dzongkha) readers read the same script, but not our language: not mapped. */
const PRIMARY: Record<string, Language> = {
  zh: 'zh-CN',
  cmn: 'zh-CN',
  bo: 'bo',
  tib: 'bo',
  bod: 'bo',
  en: 'en',
};

/** One BCP 47 tag (`bo-CN`, `zh-Hans`, `zh_CN`, `en-GB`) → a language of ours, or undefined. */
export function parseLanguage(tag: string): Language | undefined {
  const primary = tag.trim().toLowerCase().split(/[-_]/, 1)[0]!;
  return Object.hasOwn(PRIMARY, primary) ? PRIMARY[primary] : undefined;
}

/** OpenID Connect `ui_locales`: tags by preference, separated by spaces. */
export function parseUiLocales(wish: string | undefined): Language | undefined {
  for (const tag of (wish ?? '').slice(0, LONGEST_HEADER).split(/\s+/)) {
    const language = parseLanguage(tag);
    if (language) return language;
  }
  return undefined;
}

/** Accept-Language (RFC 9110 §12.5.4): highest weight first, order breaks ties, weight 0 excludes. */
export function parseAcceptLanguage(header: string | undefined): Language | undefined {
  let best: Language | undefined;
  let bestWeight = 0;
  for (const part of (header ?? '').slice(0, LONGEST_HEADER).split(',')) {
    const [tag = '', ...parameters] = part.split(';');
    const language = parseLanguage(tag);
    const q = parameters.find((parameter) => /^\s*q=/i.test(parameter));
    const weight = q ? Number(q.trim().slice(2)) : 1;
    if (language && weight > bestWeight) [best, bestWeight] = [language, weight];
  }
  return best;
}

export interface LanguageWishes {
  uiLocales?: string | undefined;
  cookie?: string | undefined;
  header?: string | undefined;
}

/** The order of wishes; anything unknown is passed over. */
export function negotiateLanguage(wishes: LanguageWishes): Language {
  return (
    parseUiLocales(wishes.uiLocales) ??
    parseLanguage(wishes.cookie ?? '') ??
    parseAcceptLanguage(wishes.header) ??
    DEFAULT_LANGUAGE
  );
}

/**
 * Sets `state.language` and `state.elder` from query, cookie and header. Runs before the form is read, so that
 * even a form that cannot be read is refused in the person's language.
 */
export function chooseLanguage(): Middleware<AppState> {
  return async (ctx, next) => {
    ctx.state.switching = false;
    ctx.state.languageSwitched = false;
    ctx.state.language = negotiateLanguage({
      cookie: rememberedLanguage(ctx).language,
      header: ctx.get('Accept-Language'),
    });
    ctx.state.elder = ctx.cookies.get(ELDER_COOKIE) === 'on';
    switchTo(ctx, queryText(ctx, 'lang'), queryText(ctx, 'elder'));
    await next();
  };
}

/**
 * Follows the language and elder-mode buttons of a posted form. `state.switching` then tells the route to
 * render its page again, with what was typed, and to do nothing else.
 */
export function switchByForm(): Middleware<AppState> {
  return async (ctx, next) => {
    ctx.state.switching = switchTo(ctx, ctx.state.form.text('language'), ctx.state.form.text('elder'));
    await next();
  };
}

/** Switches and remembers; says whether anything known was asked for. */
function switchTo(ctx: AppContext, wishedLanguage: string, elder: string): boolean {
  const language = parseLanguage(wishedLanguage);
  if (language) {
    ctx.state.language = language;
    ctx.state.languageSwitched = true;
    remember(ctx, LANGUAGE_COOKIE, language);
  }
  if (elder === 'on' || elder === 'off') {
    ctx.state.elder = elder === 'on';
    remember(ctx, ELDER_COOKIE, elder);
  }
  return language !== undefined || elder === 'on' || elder === 'off';
}

/**
 * Follows the application's `ui_locales` for this request. `authorization` is any value that stays the same
 * through one authorization (its PKCE challenge): a switch made by the person during it is kept with it and wins.
 */
export function followUiLocales(ctx: AppContext, uiLocales: string | undefined, authorization: string): void {
  const mark = createHash('sha256').update(authorization).digest('base64url').slice(0, 10);
  if (ctx.state.languageSwitched) {
    remember(ctx, LANGUAGE_COOKIE, `${ctx.state.language}~${mark}`);
    return;
  }
  if (rememberedLanguage(ctx).during === mark) return;
  ctx.state.language = parseUiLocales(uiLocales) ?? ctx.state.language;
}

/** The cookie holds a language and, after a switch made during an authorization, that authorization's mark. */
function rememberedLanguage(ctx: AppContext): { language: string; during: string | undefined } {
  const [language = '', during] = (ctx.cookies.get(LANGUAGE_COOKIE) ?? '').split('~');
  return { language, during };
}

function remember(ctx: AppContext, name: string, value: string): void {
  ctx.cookies.set(name, value, {
    maxAge: ONE_YEAR_MS,
    httpOnly: true,
    sameSite: 'lax',
    secure: ctx.state.https,
    overwrite: true,
    signed: false,
  });
}

/** Looked up by itself: Koa's own reading of a query takes a second for thousands of parameters (see bound-query.ts). */
const queryText = (ctx: AppContext, name: string): string =>
  ctx.querystring.includes(name) ? (new URLSearchParams(ctx.querystring).get(name) ?? '') : '';
