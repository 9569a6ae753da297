/**
 * A visitor that only reads HTML: keeps cookies, follows redirects and links, fills in and sends forms. No
 * script ever runs, as on an old kiosk or with a screen reader's text browser.
 */
import { type HTMLElement, parse } from 'node-html-parser';

export interface FormOptions {
  /** Part of the form's action; the first form with a button that fits otherwise. */
  action?: string;
  /** The button that is pressed: part of its text, or `name=value`. */
  button?: string;
  /** Send even names that the form does not have (bad input on purpose). */
  anyway?: boolean;
}

export class HtmlPage {
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
  readonly root: HTMLElement;

  constructor(url: URL, response: Response, html: string) {
    this.url = url;
    this.status = response.status;
    this.headers = response.headers;
    this.html = html;
    this.root = parse(html);
  }

  /** What a person reads, on one line. */
  get text(): string {
    return (this.root.querySelector('main') ?? this.root).text.replace(/\s+/g, ' ').trim();
  }

  get heading(): string {
    return this.root.querySelector('h1')?.text.trim() ?? '';
  }

  /** What the message above the form says, if one stands there. */
  get alert(): string | undefined {
    return this.root.querySelector('.alert')?.text.replace(/\s+/g, ' ').trim();
  }

  get language(): string | undefined {
    return this.root.querySelector('html')?.getAttribute('lang');
  }

  /** Names of all fields a person can fill in. */
  get fields(): string[] {
    const named = this.root.querySelectorAll('input:not([type=hidden]), select, textarea');
    return [...new Set(named.map((field) => field.getAttribute('name') ?? '').filter((name) => name !== ''))];
  }

  value(name: string): string | undefined {
    const field = this.root.querySelector(`[name="${name}"]`);
    if (field?.tagName === 'SELECT') return field.querySelector('option[selected]')?.getAttribute('value');
    return field?.getAttribute('value');
  }

  /** Address of the first link whose text or address contains this. */
  link(part: string): string {
    const found = this.root
      .querySelectorAll('a')
      .find((a) => a.text.includes(part) || (a.getAttribute('href') ?? '').includes(part));
    if (!found) throw new Error(`no link "${part}" on: ${this.text.slice(0, 300)}`);
    return found.getAttribute('href') ?? '';
  }

  hasLink(part: string): boolean {
    return this.root
      .querySelectorAll('a')
      .some((a) => a.text.includes(part) || (a.getAttribute('href') ?? '').includes(part));
  }
}

const MOST_REDIRECTS = 20;

export class HtmlClient {
  readonly origin: string;
  readonly headers: Record<string, string>;
  readonly #cookies: { name: string; value: string; host: string; path: string }[] = [];
  /** Every address that was asked for, for tests that look for personal data in URLs. */
  readonly visited: string[] = [];

  readonly #send: typeof fetch;

  /** `send` for a test that needs another way to the server than fetch. */
  constructor(origin: string, headers: Record<string, string> = {}, send: typeof fetch = fetch) {
    this.origin = origin;
    this.#send = send;
    this.headers = { Accept: 'text/html', 'Accept-Language': 'en', ...headers };
  }

  /** Opens an address and follows redirects; `until` stops before an address that begins so. */
  get(address: string, until?: string): Promise<HtmlPage> {
    return this.#request('GET', new URL(address, this.origin), undefined, until);
  }

  /** Sends a form of a page with these values, pressing a button. */
  submit(
    page: HtmlPage,
    values: Record<string, string> = {},
    options: FormOptions & { until?: string } = {},
  ): Promise<HtmlPage> {
    const { form, button } = findForm(page, options, Object.keys(values));
    const body = new URLSearchParams();
    for (const [name, value] of fieldsOf(form)) if (!(name in values)) body.append(name, value);
    for (const [name, value] of Object.entries(values)) body.append(name, value);
    const name = button?.getAttribute('name');
    if (name) body.append(name, button?.getAttribute('value') ?? '');
    const action = button?.getAttribute('formaction') ?? form.getAttribute('action') ?? page.url.href;
    return this.post(new URL(action, page.url).href, body, options.until, page.url.href);
  }

  /** Sends a body as a form would. */
  post(address: string, body: URLSearchParams | string, until?: string, from?: string): Promise<HtmlPage> {
    const url = new URL(address, this.origin);
    return this.#request('POST', url, { body: String(body), referer: from ?? url.href }, until);
  }

  cookie(name: string): string | undefined {
    return this.#cookies.find((cookie) => cookie.name === name)?.value;
  }

  /** Names of the cookies this browser holds. */
  get cookieNames(): string[] {
    return [...new Set(this.#cookies.map(({ name }) => name))];
  }

  forget(name: string): void {
    for (let at = this.#cookies.length - 1; at >= 0; at -= 1)
      if (this.#cookies[at]!.name === name) this.#cookies.splice(at, 1);
  }

  async #request(
    method: string,
    url: URL,
    sent: { body: string; referer: string } | undefined,
    until: string | undefined,
  ): Promise<HtmlPage> {
    let way = { method, url, sent };
    for (let hop = 0; hop < MOST_REDIRECTS; hop += 1) {
      this.visited.push(way.url.href);
      const response = await this.#send(way.url, {
        method: way.method,
        redirect: 'manual',
        headers: {
          ...this.headers,
          Cookie: this.#cookiesFor(way.url),
          ...(way.sent
            ? { 'Content-Type': 'application/x-www-form-urlencoded', Referer: way.sent.referer }
            : {}),
        },
        ...(way.sent ? { body: way.sent.body } : {}),
      });
      for (const cookie of response.headers.getSetCookie()) this.#keep(cookie, way.url);
      const location = response.headers.get('location');
      if (location === null || response.status < 300 || response.status >= 400) {
        return new HtmlPage(way.url, response, await response.text());
      }
      await response.arrayBuffer();
      const next = new URL(location, way.url);
      if (until && next.href.startsWith(until)) return new HtmlPage(next, response, '');
      const keepsMethod = response.status === 307 || response.status === 308;
      way = keepsMethod ? { ...way, url: next } : { method: 'GET', url: next, sent: undefined };
    }
    throw new Error(`more than ${MOST_REDIRECTS} redirects, the last to ${way.url}`);
  }

  #cookiesFor(url: URL): string {
    // Longer paths first (RFC 6265 section 5.4).
    return this.#cookies
      .filter((cookie) => cookie.host === url.hostname && isBelow(url.pathname, cookie.path))
      .sort((a, b) => b.path.length - a.path.length)
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  }

  #keep(line: string, url: URL): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const at = pair.indexOf('=');
    const attribute = (wanted: string) =>
      attributes.find((each) => each.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1);
    const cookie = {
      name: pair.slice(0, at),
      value: pair.slice(at + 1),
      host: url.hostname,
      path: attribute('path') ?? '/',
    };
    const same = this.#cookies.findIndex(
      (each) => each.name === cookie.name && each.host === cookie.host && each.path === cookie.path,
    );
    if (same >= 0) this.#cookies.splice(same, 1);
    const expires = attribute('expires');
    const gone = attribute('max-age') === '0' || (expires !== undefined && Date.parse(expires) < Date.now());
    if (!gone) this.#cookies.push(cookie);
  }
}

const isBelow = (path: string, cookiePath: string): boolean =>
  path === cookiePath || path.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`);

function findForm(
  page: HtmlPage,
  options: FormOptions,
  names: string[],
): { form: HTMLElement; button: HTMLElement | undefined } {
  const forms = page.root.querySelectorAll('form');
  const main = forms.filter(({ parentNode }) => parentNode !== null);
  for (const form of main) {
    if (options.action !== undefined && !(form.getAttribute('action') ?? '').includes(options.action))
      continue;
    const button = findButton(page, form, options.button);
    if (options.button !== undefined && !button) continue;
    const has = names.every(
      (name) => form.querySelector(`[name="${name}"]`) !== null || button?.getAttribute('name') === name,
    );
    if (!has && !options.anyway) continue;
    return { form, button };
  }
  throw new Error(
    `no form for ${JSON.stringify({ ...options, names })} at ${page.url.pathname}: ${page.text.slice(0, 400)}`,
  );
}

/** Buttons in the form, and those elsewhere that belong to it by its id (the language switch in the header). */
function findButton(page: HtmlPage, form: HTMLElement, wanted: string | undefined): HTMLElement | undefined {
  const id = form.getAttribute('id');
  const outside = id ? page.root.querySelectorAll(`button[form="${id}"]`) : [];
  const buttons = [...form.querySelectorAll('button, input[type=submit]'), ...outside];
  if (wanted === undefined) return form.querySelector('button, input[type=submit]') ?? undefined;
  const [name, value] = wanted.split('=');
  return buttons.find(
    (button) =>
      button.text.includes(wanted) ||
      (button.getAttribute('name') === name && button.getAttribute('value') === value),
  );
}

/** What a browser would send of a form as it stands. */
function fieldsOf(form: HTMLElement): [string, string][] {
  return form.querySelectorAll('input, select, textarea').flatMap((field): [string, string][] => {
    const name = field.getAttribute('name');
    const type = field.getAttribute('type');
    if (!name || type === 'submit') return [];
    if ((type === 'checkbox' || type === 'radio') && !field.hasAttribute('checked')) return [];
    if (field.tagName === 'SELECT') {
      const option = field.querySelector('option[selected]') ?? field.querySelector('option');
      return [[name, option?.getAttribute('value') ?? '']];
    }
    return [[name, field.getAttribute('value') ?? (type === 'checkbox' ? 'on' : '')]];
  });
}
