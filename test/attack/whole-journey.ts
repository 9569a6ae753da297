/**
 * A whole journey through a trial server by HTTP alone: somebody registers and signs on at a department, others begin
 * and do not come to an end. Everything that was typed, proved or given out on the way is handed back.
 */
import { createHash, randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { HtmlClient, type HtmlPage } from '../support/html-client.ts';
import type { TrialProcess } from './trial-process.ts';

export interface Traces {
  /** What it is, and what must be found nowhere. */
  secrets: Map<string, string>;
  /** Codes that came by short message, or were typed for one. */
  codes: string[];
}

interface Registered {
  document: { type: string; number: string };
  name: string;
}

const someWord = (): string => `Quiet-${randomBytes(6).toString('hex')}-Yak`;
const somePhone = (): string =>
  `154${String(randomBytes(6).readUIntBE(0, 6) % 100_000_000).padStart(8, '0')}`;
/** 200 characters of four bytes each, which hardly any other text is made of. */
export const LONG_NAME = String.fromCodePoint(
  ...Array.from({ length: 200 }, (_, at) => 0x2_3456 + ((at * 37) % 0x2000)),
);
const TIBETAN = 'རིན་ཆེན་དབང་མོ་ལྷ་སའི་བུ་མོ';

export async function travel(trial: TrialProcess): Promise<Traces> {
  const secrets = new Map<string, string>();
  const codes: string[] = [];

  const remember = (what: string, secret: string): string => {
    secrets.set(what, secret);
    return secret;
  };
  const turn = (switches: object) =>
    fetch(`${trial.register}/switches`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(switches),
    });
  const codeFor = async (phone: string): Promise<string> => {
    const page = await new HtmlClient(trial.origin).get('/trial/outbox');
    const masked = `${phone.slice(0, 3)}****${phone.slice(-4)}`;
    const message = page.root.querySelectorAll('.items li').find((item) => item.text.includes(masked));
    const code = /(?<!\d)(\d{6})(?!\d)/.exec(message?.text ?? '')?.[1];
    if (!code) throw new Error(`no code went to ${masked}`);
    codes.push(code);
    return code;
  };
  const typeIdentity = (client: HtmlClient, page: HtmlPage, person: Registered, name = person.name) =>
    client.submit(page, {
      document_type: person.document.type,
      document_number: person.document.number,
      name,
      tibetan_name: TIBETAN,
      accept_notice: '1',
    });

  async function journey(): Promise<void> {
    const people = (await (
      await fetch(`${trial.register}/people?from=20&count=40`, { headers: { Accept: 'application/json' } })
    ).json()) as (Registered & { status: string })[];
    const alive = people.filter(
      ({ document, status }) => document.type === 'citizen-number' && status === 'alive',
    );
    const [first, waiting, halfway, stranger] = alive;
    if (!first || !waiting || !halfway || !stranger) throw new Error('the register shows too few people');
    remember('number', first.document.number);
    remember('long name', LONG_NAME);
    remember('a part of the long name', LONG_NAME.slice(40, 60));
    remember('Tibetan name', TIBETAN);
    await turn({ renamed: { [first.document.number]: LONG_NAME } });

    // Registers, with a wrong code and a weak password on the way.
    const client = new HtmlClient(trial.origin);
    const phone = remember('phone', somePhone());
    const password = remember('password', someWord());
    let page = await typeIdentity(client, await client.get('/register'), first, LONG_NAME);
    const typedWrong = '975318';
    codes.push(typedWrong);
    page = await client.submit(page, { phone });
    page = await client.submit(page, { code: typedWrong });
    page = await client.submit(page, { code: await codeFor(phone) });
    page = await client.submit(page, {
      new_password: remember('a refused password', `Lhasa${first.document.number}`),
    });
    page = await client.submit(page, { new_password: password });
    page = await client.submit(page, {}, { action: '/continue' });
    expect([page.url.pathname, page.text]).toEqual(['/account', expect.stringContaining(LONG_NAME)]);

    await signOn(client, first);
    await strayAway(waiting, halfway, stranger);
    // Language, size of type and the name of the application are no secrets.
    for (const name of client.cookieNames.filter((each) => !/^(lang|elder|service)$/.test(each)))
      remember(`cookie ${name}`, client.cookie(name)!);
  }

  /** At the department: agreement, code, tokens, what is told about the person; then another code that stays unused. */
  async function signOn(client: HtmlClient, person: Registered): Promise<void> {
    const { department, origin } = trial;
    const site = new URL(department.redirectUri).origin;
    const verifier = remember('code verifier', randomBytes(32).toString('base64url'));
    const query = new URLSearchParams({
      client_id: department.clientId,
      response_type: 'code',
      redirect_uri: department.redirectUri,
      scope: 'openid profile phone id_number',
      state: remember('state', `state-${randomBytes(12).toString('hex')}`),
      nonce: remember('nonce', `nonce-${randomBytes(12).toString('hex')}`),
      login_hint: person.document.number,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    const consent = await client.get(`/oauth/authorize?${query}`);
    const back = await client.submit(consent, {}, { button: 'decision=allow', until: site });
    const code = remember('code', back.url.searchParams.get('code')!);
    const Authorization = `Basic ${Buffer.from(`${department.clientId}:${department.secret}`).toString('base64')}`;
    const post = async (path: string, body: Record<string, string> | URLSearchParams) => {
      const response = await fetch(origin + path, {
        method: 'POST',
        headers: { Authorization },
        body: new URLSearchParams(body),
      });
      return (await response.json()) as Record<string, string>;
    };
    const tokens = await post('/oauth/token', {
      grant_type: 'authorization_code',
      code,
      redirect_uri: department.redirectUri,
      code_verifier: verifier,
    });
    const access = remember('access token', tokens.access_token!);
    remember('ID token', tokens.id_token!);
    remember('signature of the ID token', tokens.id_token!.split('.')[2]!);
    const told = (await (
      await fetch(`${origin}/oauth/userinfo`, { headers: { Authorization: `Bearer ${access}` } })
    ).json()) as Record<string, string>;
    expect(told).toMatchObject({ name: LONG_NAME, id_number: person.document.number });
    remember('birthdate', told.birthdate!);
    expect(await post('/oauth/introspect', { token: access })).toMatchObject({ active: true });
    query.set('nonce', remember('pushed nonce', `nonce-${randomBytes(12).toString('hex')}`));
    const pushed = await post('/oauth/par', query);
    remember('pushed request', pushed.request_uri!.split(':').at(-1)!);
    const again = await client.get(`/oauth/authorize?${query}`, site);
    remember('unused code', again.url.searchParams.get('code')!);
    remember('secret of the department', department.secret);
  }

  /** What does not come to its end: a wrong password, a code not entered, a registration that waits, one left halfway. */
  async function strayAway(waiting: Registered, halfway: Registered, stranger: Registered): Promise<void> {
    let client = new HtmlClient(trial.origin);
    let page = await client.get('/account');
    remember('address of an authorization', page.url.pathname.split('/')[2]!);
    remember('number of a stranger', stranger.document.number);
    await client.submit(page, {
      identifier: stranger.document.number,
      password: remember('a wrong password', someWord()),
    });
    await client.submit(page, {
      identifier: remember('a user name', `yak.${randomBytes(5).toString('hex')}`),
      password: 'x',
    });
    await client.submit(await client.get(page.link('/sms')), {
      phone: remember('another phone', somePhone()),
    });

    client = new HtmlClient(trial.origin);
    const phone = remember('phone of one who waits', somePhone());
    remember('number of one who waits', waiting.document.number);
    page = await typeIdentity(
      client,
      await client.get('/register'),
      waiting,
      remember('name of one who waits', '次仁旺姆央金卓嘎'),
    );
    page = await client.submit(page, { phone });
    page = await client.submit(page, { code: await codeFor(phone) });
    await turn({ down: true });
    page = await client.submit(page, { new_password: remember('password of one who waits', someWord()) });
    remember('ticket', client.cookie('ticket') ?? page.text);

    client = new HtmlClient(trial.origin);
    remember('number of one halfway', halfway.document.number);
    page = await typeIdentity(
      client,
      await client.get('/register'),
      halfway,
      remember('name of one halfway', '扎西顿珠格桑曲珍'),
    );
    await client.submit(page, { phone: remember('phone of one halfway', somePhone()) });
  }

  await journey();
  return { secrets, codes };
}
