/**
 * Pages: Eta templates in views/, one layout, escaped by default. A view gets its data and a small, fixed set
 * of words to write with ({@link ViewWords}); it has no other way to reach anything.
 */
import type { Failure } from '../failure.ts';
import type { AppContext } from '../http/context.ts';
import type { Assets } from './assets.ts';
import { makeWording, type Wording } from './dates.ts';
import { ICONS } from './icons.ts';
import { LANGUAGE_NAMES, LANGUAGES, type Language } from './language.ts';
import { Markup } from './markup.ts';
import { switchLinks } from './switches.ts';
import type { TextParams, Texts } from './texts.ts';
import { loadViews } from './views.ts';

export interface PageOptions {
  /** Text key of the page's title. */
  title: string;
  titleParams?: TextParams;
  status?: number;
  /** Id of the main form: the language and elder buttons in the header become submit buttons of it. */
  form?: string;
  /** What the Enter key sends when the main form's primary button has a name. */
  enter?: { name: string; value: string };
  /** Address (path and query) that shows this page by GET; used by the header's links when there is no form. */
  here?: string;
  /** Room for tables and two columns; the default is one narrow column. */
  wide?: boolean;
  /** The application this page works for, shown in the header line. */
  service?: { name: string; lang?: string };
  /** Addresses of the citizen's own pages, shown in the header when signed in. */
  signedIn?: { account: string; logout: string };
}

export interface Pages {
  /** Renders a view into the layout and answers with it. */
  render(ctx: AppContext, view: string, data: object, page: PageOptions): void;
  /** The same as text, for tests and mails. */
  toHtml(ctx: AppContext, view: string, data: object, page: PageOptions): string;
  texts: Texts;
  wording: Wording;
}

/** What every view can say besides its own data. */
export interface ViewWords {
  t(key: string, params?: TextParams): string;
  /** A text whose placeholders may carry markup made by `span`; everything else is escaped. */
  rich(key: string, params: Record<string, string | number | Markup>): Markup;
  /** Text in its own language: `<span lang="zh-CN">…</span>`. */
  span(text: string, lang?: string): Markup;
  part(name: string, data?: object): string;
  icon(name: string): string;
  date(at: Date): string;
  time(at: Date): string;
  dateTime(at: Date): string;
  list(items: readonly string[]): string;
  wait(seconds: number): string;
  asset(name: string): string;
  describe(failure: Failure): { title: string; next: string };
  language: Language;
  elder: boolean;
  requestId: string;
  /** The value of the hidden field; asking for it sets the cookie. */
  csrf(): string;
}

export interface PagesOptions {
  /** The views folder. */
  folder: string;
  texts: Texts;
  assets: Assets;
  /** Filing numbers for the footer (ICP, public security), as they are to be shown. */
  filings?: readonly string[];
}

export function makePages(options: PagesOptions): Pages {
  const { texts, assets } = options;
  const wording = makeWording(texts);
  const render = loadViews(options.folder);

  const words = (ctx: AppContext): ViewWords => {
    const { language } = ctx.state;
    const t = (key: string, params?: TextParams) => texts.t(language, key, params);
    const view: ViewWords = {
      t,
      rich: (key, params) => Markup.fill(texts, language, key, params),
      span: (text, lang) => Markup.span(text, lang),
      part: (name, data = {}) => render(`parts/${name}`, withWords(view, data)),
      icon: (name) => iconSvg(name),
      date: (at) => wording.date(language, at),
      time: (at) => wording.time(language, at),
      dateTime: (at) => wording.dateTime(language, at),
      list: (items) => wording.list(language, items),
      wait: (seconds) => wording.wait(language, seconds),
      asset: (name) => assets.url(name),
      describe: (failure) => describeFailure(texts, wording, language, failure),
      language,
      elder: ctx.state.elder,
      requestId: ctx.state.requestId,
      csrf: () => ctx.state.csrf,
    };
    return view;
  };

  const toHtml = (ctx: AppContext, view: string, data: object, page: PageOptions): string => {
    const { language } = ctx.state;
    const said = words(ctx);
    const body = render(view, withWords(said, data));
    const switches = switchLinks(ctx, page.here);
    return render(
      'layout',
      withWords(said, {
        body,
        page,
        title: said.t(page.title, page.titleParams),
        switches,
        languages: languageButtons(language),
        regions: regionNames(texts, language),
        filings: options.filings ?? [],
      }),
    );
  };

  return {
    texts,
    wording,
    toHtml,
    render(ctx, view, data, page) {
      const html = toHtml(ctx, view, data, page);
      ctx.status = page.status ?? 200;
      ctx.type = 'text/html; charset=utf-8';
      ctx.set('Content-Language', ctx.state.language);
      ctx.body = html;
    },
  };
}

/**
 * The words a person reads about a failure. A code without texts of its own is told as `unexpected`, so that
 * nobody ever reads a code.
 */
export function describeFailure(
  texts: Texts,
  wording: Wording,
  language: Language,
  failure: Failure,
): { title: string; next: string } {
  const code = texts.has(language, `failures.${failure.code}.title`) ? failure.code : 'unexpected';
  const wait = wording.wait(language, failure.retryAfter ?? 60);
  const params = { wait, ...failure.params };
  return {
    title: texts.t(language, `failures.${code}.title`, params),
    next: texts.t(language, `failures.${code}.next`, params),
  };
}

/** Words and data in one `it`. Data must not hide a word: that would break a part far away. */
function withWords(words: ViewWords, data: object): object {
  for (const name of Object.keys(data))
    if (name in words) throw new Error(`view data may not be called ${name}`);
  return { ...words, ...data };
}

const languageButtons = (current: Language) =>
  LANGUAGES.map((language) => ({ language, name: LANGUAGE_NAMES[language], current: language === current }));

/** The region's name in the official languages other than the page's own: both stand on every page. */
const regionNames = (texts: Texts, current: Language) =>
  OFFICIAL.filter((lang) => lang !== current).map((lang) => ({
    lang,
    name: texts.t(lang, 'frame.site.region'),
  }));

const OFFICIAL: readonly Language[] = ['bo', 'zh-CN'];

function iconSvg(name: string): string {
  const paths = ICONS[name];
  if (!paths) throw new Error(`no icon ${name}`);
  return `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${paths}</svg>`;
}
