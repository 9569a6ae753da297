/** A citizen whose password only the old system can check signs in at the usual page. No script runs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../commands/cli.ts';
import { HtmlClient } from '../../support/html-client.ts';
import { LOGIN_SECRET, type OldLoginServer, startOldLogin } from '../../support/old-login.ts';
import { installations, PATIENT, startYihao } from '../../support/server.ts';
import { enrol, PASSWORD, signIn, someCitizen } from '../citizen.ts';
import { answerOf, finish, registerDepartment, visit } from '../department.ts';
import { failure, say } from '../words.ts';

const STRONG = 'Lake!9moss-yak';
const WEAK = '123456';

describe.each(installations)('coming from a system that is asked ($name)', (installation) => {
  let yihao: Awaited<ReturnType<typeof startYihao>>;
  let old: OldLoginServer;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'yihao-lazy-'));
    old = await startOldLogin();
    const config = join(folder, 'own.yaml');
    const talent = { url: old.url, secret: LOGIN_SECRET, attemptMs: 2_000, attempts: 1, breakAfter: 1_000 };
    const legacy = { signIn: { deadlineMs: 10_000 }, logins: { talent: { ...talent, deadlineMs: 10_000 } } };
    writeFileSync(config, JSON.stringify({ legacy }), { mode: 0o600 });
    yihao = await startYihao(installation, { ...PATIENT, YIHAO_CONFIG: config });
    writeFileSync(join(folder, 'old.yaml'), 'source: talent\ntitle: { zh-CN: 人才网 }\nlogin: talent\n');
    const said = await runCli(yihao.env, ['legacy', 'declare', 'login', join(folder, 'old.yaml'), '--json']);
    expect(said, said.err).toMatchObject({ code: 0 });
    expect(said.json()).toEqual({ source: 'talent', login: 'talent', interface_known: true });
  });
  afterEach(() => {
    old.behave = undefined;
    old.asked.length = 0;
  });
  afterAll(async () => {
    await yihao?.close();
    await old?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const there = (identifier?: string, password = STRONG) => {
    const { name, document } = someCitizen();
    const localId = `L-${document.number.slice(6)}`;
    old.accounts.set(identifier ?? document.number, { password, localId, number: document.number, name });
    return { name, document, localId, number: document.number };
  };
  const come = async (identifier: string, password: string, client = new HtmlClient(yihao.origin)) =>
    signIn(client, await client.get('/account'), identifier, password);

  test('the first sign-in opens the account, the second asks nobody, and the password here can be another', async () => {
    const { number, name, document } = there();
    const page = await come(number, STRONG);
    expect(page.url.pathname).toBe('/account');
    expect(page.text).toContain(name);
    const { id } = (await yihao.yihao.accounts.findByDocument(document))!;
    const { identityLevel, phone, userName } = (await yihao.yihao.accounts.get(id))!;
    expect([identityLevel, phone, userName]).toEqual([1, undefined, undefined]);
    expect((await come(number, STRONG)).url.pathname).toBe('/account');
    expect((await come(number, `${STRONG}x`)).text).toContain(failure('sign-in-failed'));
    expect(old.asked.map(({ identifier }) => identifier)).toEqual([number]);
    // What the old system thinks of the password from now on is nobody's business.
    old.accounts.delete(number);
    expect((await come(number, STRONG)).url.pathname).toBe('/account');
  });

  test('one that is too weak today is changed before anything else, and is no key any more', async () => {
    const { number } = there(undefined, WEAK);
    const client = new HtmlClient(yihao.origin);
    const page = await come(number, WEAK, client);
    expect(page.heading).toBe(say('interactions.change.title'));
    expect((await client.submit(page, { new_password: PASSWORD })).url.pathname).toBe('/account');
    expect((await come(number, WEAK)).text).toContain(failure('sign-in-failed'));
    expect((await come(number, PASSWORD)).url.pathname).toBe('/account');
    expect(old.asked).toHaveLength(1);
  });

  test('the department finds its own user again, at the first sign-in', async () => {
    const entitled = { scope: 'openid profile legacy_accounts', entitlements: ['legacy_accounts'] };
    const department = await registerDepartment(yihao.yihao.clients, entitled);
    const declaration = join(folder, 'own.declaration.yaml');
    const text = 'source: talent\ntitle: { zh-CN: 人才网 }\nlogin: talent\n';
    writeFileSync(declaration, `${text}client: ${department.clientId}\n`);
    expect(await runCli(yihao.env, ['legacy', 'declare', 'login', declaration])).toMatchObject({ code: 0 });
    const { localId } = there('zhaxi.dunzhu');
    const client = new HtmlClient(yihao.origin);
    const trip = await visit(client, department, { scope: 'openid profile legacy_accounts' });
    let page = await signIn(client, trip.page, 'zhaxi.dunzhu', STRONG, {}, department.origin);
    if (!page.url.href.startsWith(department.origin))
      page = await client.submit(page, {}, { button: 'decision=allow', until: department.origin });
    const { code } = answerOf(page, department);
    const { userinfo } = await finish(yihao.origin, department, code!, trip.verifier);
    expect(userinfo.legacy_accounts).toMatchObject([{ id: localId }]);
  });

  test('it does not open what its owner opened here, and says so in the words that everybody gets', async () => {
    const person = await enrol(yihao.yihao, { password: undefined });
    const account = { localId: `evil-${person.number.slice(6)}`, name: person.name };
    for (const identifier of ['evil', person.number])
      old.accounts.set(identifier, { ...account, password: STRONG, number: person.number });
    for (const identifier of ['evil', person.number]) {
      const page = await come(identifier, STRONG);
      expect([page.status, page.text]).toEqual([422, expect.stringContaining(failure('sign-in-failed'))]);
    }
    expect(await yihao.yihao.credentials.passwords.has(person.id as never)).toBe(false);
  });

  test.each([
    ['down', (response: { destroy(): void }) => response.destroy()],
    ['silent', () => {}],
    ['lying about who it is', (response: { end(text: string): void }) => response.end('{"outcome":"yes"}')],
  ])(
    'while it is %s the person is told to try later, as often as it takes, and then comes in',
    async (_what, behave) => {
      const { number } = there();
      old.behave = behave;
      const pages = [];
      for (let n = 0; n < 7; n += 1) {
        pages.push(await come(number, STRONG));
        // What was not checked is given back within a moment.
        await new Promise((resolve) => setTimeout(resolve, 60));
      }
      const [first] = pages;
      for (const page of pages) {
        expect(page.status).toBe(503);
        expect(page.text).toContain(failure('old-system-unreachable'));
        expect(page.text).not.toContain(failure('sign-in-failed'));
      }
      expect(first!.headers.get('retry-after')).toBe('60');
      // Somebody known here who mistypes hears the same.
      const known = await enrol(yihao.yihao);
      const mistyped = await come(known.number, `${PASSWORD}x`);
      expect([mistyped.status, mistyped.alert]).toEqual([503, first!.alert]);
      expect((await come(known.number, PASSWORD)).url.pathname).toBe('/account');
      old.behave = undefined;
      expect((await come(number, STRONG)).url.pathname).toBe('/account');
    },
  );

  test('two browsers at once: one account, and both come in', async () => {
    const { number, document } = there();
    const pages = await Promise.all(Array.from({ length: 5 }, () => come(number, STRONG)));
    expect(pages.map(({ url }) => url.pathname)).toEqual(pages.map(() => '/account'));
    const { id } = (await yihao.yihao.accounts.findByDocument(document))!;
    const links = await yihao.yihao.database.query('SELECT FROM legacy_journal WHERE person_id = $1', [id]);
    expect(links).toHaveLength(1);
  });

  test('the doctor looks at it, and status tells of it', async () => {
    const doctor = await runCli(yihao.env, ['doctor', '--json']);
    expect(doctor.json<{ findings: { check: string; state: string }[] }>().findings).toContainEqual(
      expect.objectContaining({ check: 'old login talent', state: 'ok' }),
    );
    expect((await runCli(yihao.env, ['legacy', 'status', 'talent'])).out).toContain('accounts of talent');
  });

  test('a thousand wrong passwords at once: the old system is asked no more than the limits allow', async () => {
    const { number } = there();
    const client = new HtmlClient(yihao.origin);
    const page = await client.get('/account');
    const flood = (identifier: (n: number) => string) =>
      Promise.all(
        Array.from({ length: 500 }, (_, n) => signIn(client, page, identifier(n), `Wrong!${n}-goose`)),
      );
    const pages = await flood(() => number);
    const count = (wanted: number) => pages.filter(({ status }) => status === wanted).length;
    const [wrong, busy, waits] = [count(422), count(503), count(429)];
    expect(wrong + busy + waits).toBe(500);
    // On a machine too busy to ask in time an attempt is told so and given back; without such ones all is exact.
    expect(busy).toBeLessThanOrEqual(5);
    for (const tried of [wrong, old.asked.length]) {
      expect(tried).toBeLessThanOrEqual(5);
      expect(tried).toBeGreaterThanOrEqual(5 - busy);
    }
    expect(waits).toBeGreaterThanOrEqual(495 - busy);
    // Nor when each tries somebody else: neighbours share a limit.
    await flood((n) => `somebody${String(n).padStart(3, '0')}`);
    expect(old.asked.length).toBeLessThanOrEqual(105);
    expect(new Set(old.asked.map(({ request }) => request)).size).toBe(old.asked.length);
  }, 240_000);
});
