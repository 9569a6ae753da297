/** The two departments of trial mode, as a newcomer walks through them: without JavaScript, in three languages. */
import type { Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDepartment } from '../../../examples/site.ts';
import { sayValue } from '../../../examples/values.ts';
import { CLAIMS, type Language, WORDS } from '../../../examples/words.ts';
import { departmentOrigin, readDepartments } from '../../../src/trial.ts';
import { runCli } from '../../commands/cli.ts';
import { HtmlClient, type HtmlPage } from '../../support/html-client.ts';
import { freePort, type RunningYihao, startYihao } from '../../support/server.ts';
import { enrol, signIn } from '../citizen.ts';

const KEYS = ['social-insurance', 'housing-fund'] as const;
let running: RunningYihao;
const sites: Server[] = [];
const origins: string[] = [];

beforeAll(async () => {
  running = await startYihao();
  const ports = [await freePort(), await freePort()];
  origins.push(...ports.map((port) => `http://localhost:${port}`));
  for (const [at, declared] of readDepartments(0).entries()) {
    const text = JSON.stringify(declared).replaceAll(departmentOrigin(0, at), origins[at]!);
    const made = await running.yihao.clients.ensure(JSON.parse(text), { actor: 'system' });
    if (!made.ok) throw new Error(JSON.stringify(made.failure));
    sites.push(
      await startDepartment({
        key: KEYS[at]!,
        issuer: running.origin,
        clientId: declared.client_id,
        clientSecret: declared.client_secret,
        origin: origins[at]!,
        port: ports[at]!,
        scope: declared.scope,
        neighbour: { key: KEYS[1 - at]!, origin: origins[1 - at]! },
      }),
    );
  }
});
afterAll(async () => {
  for (const site of sites) {
    site.closeAllConnections();
    await new Promise((resolve) => site.close(resolve));
  }
  await running?.close();
});

/** Signs in at the first department and walks over to the second one by its link. */
async function walk(): Promise<{ visitor: HtmlClient; person: Awaited<ReturnType<typeof enrol>> }> {
  const person = await enrol(running.yihao);
  const visitor = new HtmlClient(running.origin);
  let page = await visitor.get(origins[0]!);
  page = await signIn(visitor, await visitor.get(new URL(page.link('/login'), page.url).href), person.number);
  page = await visitor.submit(page, {}, { button: 'decision=allow' });
  expect(page.url.origin).toBe(origins[0]);
  expect(page.text).toContain(WORDS.en.signedInAs);
  page = await visitor.get(page.link(origins[1]!));
  // A notice, and no form that asks who it is.
  expect(page.fields).toEqual([]);
  page = await visitor.submit(page, {}, { button: 'decision=allow' });
  expect(page.url.origin).toBe(origins[1]);
  expect(page.text).toContain(person.name);
  return { visitor, person };
}

/** Rows of the table that are called by the protocol's word alone. */
const unlabelled = (page: HtmlPage): string[] =>
  page.root
    .querySelectorAll('th')
    .filter((row) => row.text === row.querySelector('code')?.text)
    .map((row) => row.text);

const seesLogIn = async (visitor: HtmlClient, at: number) =>
  (await visitor.get(origins[at]!)).text.includes(WORDS.en.notSignedIn!);

test('one sign-in opens both; the person sees what each received; one sign-out ends both', async () => {
  const { visitor, person } = await walk();
  for (const language of ['zh-CN', 'bo', 'en'] as const) {
    const page = await visitor.get(`${origins[0]}/?lang=${language}`);
    expect(page.language).toBe(language);
    for (const claim of ['name', 'phone_number', 'id_number', 'assurance'])
      expect(page.text).toContain(`${CLAIMS[language][claim]}${claim}`);
    expect(page.text).toContain(person.number);
    // Words first, the protocol's own value beside them.
    for (const [name, value] of [
      ['gender', Number(person.number[16]) % 2 === 1 ? 'male' : 'female'],
      ['id_number_type', 'citizen-number'],
      ['channel', 'web'],
      ['acr', 'urn:yihao:acr:1:ial3:aal1'],
      ['phone_number_verified', 'true'],
    ] as const) {
      const words = sayValue(name, value === 'true' ? true : value, language)!;
      expect(page.text).toContain(`${CLAIMS[language][name]}${name}${words}${value}`);
    }
    expect(page.text).toContain(`amr${sayValue('amr', ['pwd'], language)}[`);
    expect(unlabelled(page)).toEqual([]);
  }
  const shared = await visitor.get('/account/disclosures');
  for (const name of ['Social insurance (sample)', 'Housing fund (sample)'])
    expect(shared.text).toContain(name);

  const asked = await visitor.post(`${origins[1]}/logout`, '');
  const out = await visitor.submit(asked, {}, { button: 'logout=yes' });
  expect(out.url.href).toBe(`${origins[1]}/signed-out`);
  expect(await seesLogIn(visitor, 1)).toBe(true);
  await expect.poll(() => seesLogIn(visitor, 0), { timeout: 20_000, interval: 50 }).toBe(true);
});

/** The department's sign-in of a fresh tab, at Yihao's form. */
const openTab = (visitor: HtmlClient) => visitor.get(`${origins[0]}/login`);

/** Signs in in this tab, and agrees where that is still to be asked. */
async function finishTab(visitor: HtmlClient, tab: HtmlPage, number: string): Promise<HtmlPage> {
  const page = await signIn(visitor, tab, number);
  if (page.url.origin === origins[0]) return page;
  return visitor.submit(page, {}, { button: 'decision=allow' });
}

test('two tabs at one department both sign in, the older first and then the newer', async () => {
  const person = await enrol(running.yihao);
  const visitor = new HtmlClient(running.origin);
  const [older, newer] = [await openTab(visitor), await openTab(visitor)];
  for (const tab of [older, newer]) {
    const page = await finishTab(visitor, tab, person.number);
    expect(page.url.href, page.text).toBe(`${origins[0]}/`);
    expect(page.text).toContain(person.name);
  }
});

test('whoever signed in leads their other tabs home, however old the answer is that they bring', async () => {
  const person = await enrol(running.yihao);
  const visitor = new HtmlClient(running.origin);
  await finishTab(visitor, await openTab(visitor), person.number);
  const answers = visitor.visited.filter((address) => address.startsWith(`${origins[0]}/callback`));
  for (const old of [...answers, `${origins[0]}/callback?code=x&state=y`]) {
    const page = await visitor.get(old);
    expect(page.url.href).toBe(`${origins[0]}/`);
    expect(page.text).toContain(person.name);
  }
});

test.each(['zh-CN', 'bo', 'en'] as const)(
  'an answer that this browser did not ask for is explained, with a way to log in again (%s)',
  async (language: Language) => {
    const elsewhere = new HtmlClient(running.origin);
    const asked = new URL((await elsewhere.get(`${origins[0]}/login`, running.origin)).url);
    const stolen = `state=${asked.searchParams.get('state')}`;
    const visitor = new HtmlClient(running.origin);
    await visitor.get(`${origins[0]}/?lang=${language}`);
    await openTab(visitor);
    for (const query of ['code=x&state=y', `code=x&${stolen}`, 'code=x', 'error=access_denied&state=y']) {
      const page = await visitor.get(`${origins[0]}/callback?${query}`);
      expect(page.status).toBe(400);
      expect(page.language).toBe(language);
      expect(page.text).toContain(WORDS[language].over);
      expect(page.link(WORDS[language].again!)).toBe('/login');
    }
  },
);

test('cancelling is not called a network failure, and a broken request is nobody else’s fault', async () => {
  const visitor = new HtmlClient(running.origin);
  const cancelled = await visitor.submit(await openTab(visitor), {}, { action: '/abort' });
  expect(cancelled.status).toBe(400);
  expect(cancelled.text).toContain('access_denied');
  const { state, iss } = { state: new URL(cancelled.url).searchParams.get('state'), iss: running.origin };
  const again = new URLSearchParams({ code: 'x', state: state!, iss });
  expect((await visitor.get(`${origins[0]}/callback?${again}`)).status).toBe(400);

  const tab = new URL((await visitor.get(`${origins[0]}/login`, running.origin)).url);
  const forged = new URLSearchParams({
    code: 'x',
    state: tab.searchParams.get('state')!,
    iss: 'https://a.example',
  });
  const believed = await visitor.get(`${origins[0]}/callback?${forged}`);
  expect(believed.status).toBe(400);
  expect(believed.text).not.toContain('unreachable');

  const odd = await fetch(origins[0]!, { headers: { cookie: 'lang=%; social-insurance-session=%' } });
  expect(odd.status).toBe(200);
  const long = await fetch(`${origins[0]}/backchannel-logout`, { method: 'POST', body: 'a'.repeat(100_000) });
  expect(long.status).toBe(400);
});

test('a department that cannot reach Yihao says so', async () => {
  const port = await freePort();
  const site = await startDepartment({
    key: 'housing-fund',
    issuer: `http://localhost:${await freePort()}`,
    clientId: 'nobody',
    clientSecret: 'nothing',
    origin: `http://localhost:${port}`,
    port,
    scope: 'openid',
    neighbour: { key: 'social-insurance', origin: origins[0]! },
  });
  sites.push(site);
  const page = await new HtmlClient(running.origin).get(`http://localhost:${port}/login`);
  expect(page.status).toBe(502);
  expect(page.text).toContain('unreachable');
});

test('whoever finds somebody else signed in can sign in themselves before anything is shared', async () => {
  const [found, comes] = [await enrol(running.yihao), await enrol(running.yihao)];
  const visitor = new HtmlClient(running.origin);
  const consent = await signIn(visitor, await visitor.get(`${origins[0]}/login`), found.number);
  let page = await visitor.get(new URL(consent.link('/password'), consent.url).href);
  page = await signIn(visitor, page, comes.number);
  // Without JavaScript the old session ends by a button.
  page = await visitor.submit(page, {});
  page = await visitor.submit(page, {}, { button: 'decision=allow' });
  expect(page.url.origin).toBe(origins[0]);
  expect(page.text).toContain(comes.name);
  expect(page.text).not.toContain(found.name);
});

test('the page that asks about signing out offers a way back', async () => {
  const { visitor } = await walk();
  const asked = await visitor.get('/oauth/logout');
  expect((await visitor.get(asked.link('/account'))).url.pathname).toBe('/account');
});

test('a person whom the command line freezes is signed out of both departments', async () => {
  const { visitor, person } = await walk();
  const said = await runCli(running.env, ['person', 'freeze', person.id, '--reason', 'a test']);
  expect(said, said.err).toMatchObject({ code: 0 });
  for (const at of [0, 1])
    await expect.poll(() => seesLogIn(visitor, at), { timeout: 20_000, interval: 200 }).toBe(true);
});
