/** A browser as far as the protocol can see: cookies by path, redirects followed one by one, no scripts. */

interface Cookie {
  value: string;
  path: string;
}

export interface Page {
  status: number;
  url: string;
  headers: Headers;
  body: string;
}

/** How a page of the test interaction is answered; see server.ts. */
export interface Behaviour {
  /** Who signs in when asked to; without one the prompt comes back as a page. */
  login?: {
    accountId: string;
    acr?: string;
    amr?: string[];
    remember?: boolean;
    channel?: string;
    ts?: number;
  };
  /** What is answered when asked for consent or shown a notice. */
  consent?: 'agree' | 'refuse' | 'own-grant';
}

export class Browser {
  readonly #cookies = new Map<string, Cookie>();
  readonly #origin: string;
  /** Where requests to the issuer really go: another node of the same installation. */
  node: string | undefined;
  behaviour: Behaviour = {};

  constructor(origin: string) {
    this.#origin = origin;
  }

  cookie(name: string): string | undefined {
    return this.#cookies.get(name)?.value;
  }

  forgetCookies(): void {
    this.#cookies.clear();
  }

  /** A browser with the same cookies: the thief's, or a second window. */
  clone(): Browser {
    const copy = new Browser(this.#origin);
    for (const [name, cookie] of this.#cookies) copy.#cookies.set(name, cookie);
    copy.behaviour = { ...this.behaviour };
    copy.node = this.node;
    return copy;
  }

  /** One request, no redirect followed. */
  async request(url: string, init: RequestInit = {}): Promise<Page> {
    const target = new URL(url, this.#origin);
    const headers = new Headers(init.headers);
    const cookies = [...this.#cookies].filter(
      ([, { path }]) =>
        target.pathname === path || target.pathname.startsWith(path.endsWith('/') ? path : `${path}/`),
    );
    if (cookies.length > 0)
      headers.set('cookie', cookies.map(([name, { value }]) => `${name}=${value}`).join('; '));
    headers.set('accept', headers.get('accept') ?? 'text/html');
    headers.set('x-behaviour', JSON.stringify(this.behaviour));
    const address = this.node ? new URL(target.pathname + target.search, this.node) : target;
    const response = await fetch(address, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return {
      status: response.status,
      url: target.href,
      headers: response.headers,
      body: await response.text(),
    };
  }

  /** Follows redirects as long as they stay at the issuer; returns the last page, or the one that leads away. */
  async open(url: string, init?: RequestInit): Promise<Page> {
    let page = await this.request(url, init);
    for (let turn = 0; turn < 20; turn += 1) {
      const location = page.headers.get('location');
      if (page.status < 300 || page.status > 399 || location === null) return page;
      const next = new URL(location, page.url);
      if (next.origin !== new URL(this.#origin).origin) return { ...page, url: next.href };
      page = await this.request(next.href);
    }
    throw new Error(`too many redirects at ${page.url}`);
  }

  /** Posts the first form of a page. */
  async submit(page: Page, extra: Record<string, string> = {}): Promise<Page> {
    const action = /<form method="post" action="([^"]*)"/.exec(page.body)?.[1];
    if (action === undefined) throw new Error(`no form on ${page.url}: ${page.body.slice(0, 300)}`);
    const fields = [...page.body.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(
      ([, name, value]): [string, string] => [name!, value!],
    );
    const body = new URLSearchParams([...fields, ...Object.entries(extra)]);
    return this.open(new URL(plain(action), page.url).href, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  }

  #keep(line: string): void {
    const [pair, ...attributes] = line.split(';').map((part) => part.trim());
    const at = pair!.indexOf('=');
    const name = pair!.slice(0, at);
    const path = attributes.find((part) => /^path=/i.test(part))?.slice(5) ?? '/';
    const expires = attributes.find((part) => /^expires=/i.test(part))?.slice(8);
    if (expires !== undefined && new Date(expires) <= new Date()) this.#cookies.delete(name);
    else this.#cookies.set(name, { value: pair!.slice(at + 1), path });
  }
}

const plain = (text: string): string =>
  text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
