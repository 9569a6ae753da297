/**
 * A citizen at a browser. They do what the page before them asks for; when no answer comes they do what people
 * do: press again, reload, begin again, or take another device. Whoever has seen very many pages and is not where
 * they wanted has come to a dead end.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { RegisteredPerson } from '../../../src/registries/stand-in-population.ts';
import { HtmlClient, type HtmlPage } from '../../support/html-client.ts';
import { isLost, REDIRECT, SITE, SITE_ORIGIN } from './clients.ts';
import type { Dice } from './dice.ts';
import type { Ledger } from './ledger.ts';

/** One person; two visitors may be the same citizen at two devices. */
export interface Citizen {
  person: RegisteredPerson;
  /** Passwords that their account may have. */
  passwords: Set<string>;
  /** The one with which it was said to be open. */
  told?: string;
}

export interface VisitorParts {
  origin: string;
  ledger: Ledger;
  dice: Dice;
  citizen: Citizen;
  /** What this visitor chooses where a new password is asked for. */
  password: string;
}

/** Pages; the way without accidents has about ten. */
const PATIENCE = 250;
const LOOK_AGAIN_MS = 300;
const AT_THIS_DEVICE = ['press again', 'press again', 'reload', 'begin again'];
let devices = 0;

export class Visitor {
  readonly parts: VisitorParts;
  client: HtmlClient;
  /** Stays at this device: for what is to be done in a session that is here and nowhere else. */
  settled = false;
  #tried = new Set<string>();
  #phone = '';
  #last = 'nothing yet';
  #seen = 0;

  constructor(parts: VisitorParts) {
    this.parts = parts;
    this.client = this.#newDevice();
  }

  /** Goes to the department by way of Yihao and comes back with a code. */
  async reachSite(): Promise<{ code: string; verifier: string }> {
    const { citizen, dice } = this.parts;
    for (;;) {
      const verifier = randomBytes(32).toString('base64url');
      const query = new URLSearchParams({
        client_id: SITE,
        response_type: 'code',
        redirect_uri: REDIRECT,
        scope: 'openid profile phone offline_access',
        prompt: citizen.told === undefined && dice.chance(0.7) ? 'create' : 'consent',
        state: randomBytes(8).toString('hex'),
        nonce: randomBytes(8).toString('hex'),
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
        ui_locales: 'en',
      });
      let page = await this.open(`/oauth/authorize?${query}`);
      while (page && !page.url.href.startsWith(REDIRECT)) page = await this.#answer(page);
      const code = page?.url.searchParams.get('code');
      if (code) return { code, verifier };
      await this.rest();
    }
  }

  open(address: string): Promise<HtmlPage | undefined> {
    return this.#heard(() => this.client.get(address, SITE_ORIGIN));
  }

  /** Sends a form; undefined when the visitor must begin again. */
  async send(page: HtmlPage, values: Record<string, string>, to: { action: string; button?: string }) {
    const { dice, ledger } = this.parts;
    for (;;) {
      const answered = await this.#heard(() =>
        this.client.submit(page, values, { ...to, until: SITE_ORIGIN }),
      );
      if (answered) return answered;
      ledger.count('answers lost');
      await this.rest();
      const then = dice.of(this.settled ? AT_THIS_DEVICE : [...AT_THIS_DEVICE, 'another device']);
      if (then === 'reload') return this.open(page.url.pathname + page.url.search);
      if (then === 'another device') this.client = this.#newDevice();
      if (then !== 'press again') return undefined;
    }
  }

  /** @throws when this has gone on for too long */
  async rest(): Promise<void> {
    if (this.#seen > PATIENCE) throw new Error(`a dead end for a citizen, who last saw: ${this.#last}`);
    await this.parts.ledger.pause();
  }

  #newDevice(): HtmlClient {
    devices += 1;
    this.#tried = new Set();
    // An address of its own, so that no two of them share a source's limits.
    const address = `10.${(devices >> 16) & 255}.${(devices >> 8) & 255}.${devices & 255}`;
    return new HtmlClient(this.parts.origin, { 'x-came-from': address });
  }

  async #heard(request: () => Promise<HtmlPage>): Promise<HtmlPage | undefined> {
    try {
      const page = await request();
      this.#seen += 1;
      this.#last = `${page.status} at ${page.url.pathname}: ${page.text.slice(0, 300)}`;
      if (page.status >= 500 && page.status !== 503) this.parts.ledger.odd(this.#last);
      return page;
    } catch (error) {
      if (isLost(error)) return undefined;
      throw error;
    }
  }

  /** Does what a page of Yihao asks for; undefined when nothing on it leads on. */
  async #answer(page: HtmlPage): Promise<HtmlPage | undefined> {
    await this.rest();
    const { citizen, password, dice } = this.parts;
    const { person } = citizen;
    const asks = (action: string) => page.root.querySelector(`main form[action$="${action}"]`) !== null;
    if (page.status === 429) this.client = this.#newDevice();
    if (asks('/register/code')) return this.#enterCode(page);
    if (asks('/register/identity')) {
      const { document, name } = person;
      const typed = {
        document_type: document.type,
        document_number: document.number,
        name,
        accept_notice: '1',
      };
      return this.send(page, typed, { action: '/register/identity' });
    }
    if (asks('/register/phone')) {
      this.#phone = `154${String(dice.whole(0, 99_999_999)).padStart(8, '0')}`;
      return this.send(page, { phone: this.#phone }, { action: '/register/phone' });
    }
    for (const action of ['/register/password', '/change-password']) {
      if (!asks(action)) continue;
      citizen.passwords.add(password);
      if (action === '/change-password') this.parts.ledger.count('passwords changed');
      return this.send(page, { new_password: password }, { action });
    }
    if (asks('/register/submit')) return this.send(page, {}, { action: '/register/submit' });
    if (asks('/continue')) {
      this.#toldOpen();
      return this.send(page, {}, { action: '/continue' });
    }
    if (asks('/consent')) return this.send(page, {}, { action: '/consent', button: 'decision=allow' });
    if (asks('/login')) return this.#signIn(page);
    const waiting = page.root.querySelector('[data-poll-state]')?.getAttribute('data-poll-state');
    if (waiting === 'done') this.#toldOpen();
    if (waiting === 'waiting') {
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
      return this.open(page.url.pathname);
    }
    return page.hasLink('/password') ? this.open(page.link('/password')) : undefined;
  }

  /** In this browser an account was opened with this visitor's password. */
  #toldOpen(): void {
    const { citizen, password, ledger } = this.parts;
    if (citizen.told !== undefined && citizen.told !== password)
      ledger.odd(`two accounts were said to be open for one number: ${citizen.person.n}`);
    citizen.told = password;
    ledger.count('accounts told open');
  }

  async #enterCode(page: HtmlPage): Promise<HtmlPage | undefined> {
    const masked = `${this.#phone.slice(0, 3)}****${this.#phone.slice(-4)}`;
    const messages = page.alert ? undefined : await this.open('/trial/outbox');
    const texts = messages?.root.querySelectorAll('.item-main').map(({ text }) => text) ?? [];
    const code = texts.filter((text) => text.includes(masked)).map((text) => /\d{6}/.exec(text)?.[0])[0];
    // Refused, or it never went out: the phone of a relative helps.
    if (!code) return this.open(page.link('step=phone'));
    return this.send(page, { code }, { action: '/register/code' });
  }

  /** Tries what the account may have been opened with; when nothing fits, there is none yet. */
  async #signIn(page: HtmlPage): Promise<HtmlPage | undefined> {
    const { citizen, dice } = this.parts;
    const untried = [...citizen.passwords].filter((password) => !this.#tried.has(password));
    if (untried.length === 0) {
      this.client = this.#newDevice();
      return undefined;
    }
    const password = dice.of(untried);
    const answered = await this.send(
      page,
      { identifier: citizen.person.document.number, password },
      { action: '/login' },
    );
    if (answered?.root.querySelector('main form[action$="/login"]')) this.#tried.add(password);
    return answered;
  }
}
