/** An installation at work: as docs/production.md has it set up, seen by people, departments and operators. */
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import * as client from 'openid-client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { HtmlClient } from '../../support/html-client.ts';
import { type Installation, type Node, openInstallation, possible } from './installation.ts';
import { startLoad } from './load.ts';
import {
  citizen,
  learn,
  makePerson,
  makeSite,
  PASSWORD,
  type Person,
  type Site,
  signedIn,
  visit,
} from './sign-on.ts';
import { until } from './until.ts';

// Many processes are started; on a busy machine each takes its time.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

describe.skipIf(!possible)('two nodes behind a proxy', () => {
  let installation: Installation;
  let nodes: Node[];
  let left: Node[] = [];
  let person: Person;
  let site: Site;
  const more = () => ({ YIHAO_DATA_FOLDER: join(installation.folder, 'data') });

  beforeAll(async () => {
    installation = await openInstallation();
    const migrated = await installation.cli(['migrate']);
    expect(migrated, migrated.err).toMatchObject({ code: 0 });
    nodes = await Promise.all([
      installation.node({ ...more(), YIHAO_DRAIN_SECONDS: '5' }),
      installation.node(more()),
    ]);
    await installation.front.serve(nodes);
    person = await makePerson(installation, 1);
    site = await makeSite(installation);
  });
  afterAll(() => installation?.drop());

  test('sign-in, consent, tokens, refresh and logout, over both nodes', async () => {
    const browser = await signedIn(installation, person);
    const tokens = await visit(site, browser);
    expect(tokens.claims()).toMatchObject({ iss: installation.origin, aud: 'health' });
    expect(await learn(site, tokens)).toMatchObject({ name: person.name });
    const refreshed = await client.refreshTokenGrant(site.config, tokens.refresh_token!);

    const farewell = client.buildEndSessionUrl(site.config, {
      id_token_hint: tokens.id_token!,
      post_logout_redirect_uri: site.signedOutUri,
    });
    const asked = await browser.get(farewell.href);
    const back = await browser.submit(
      asked,
      {},
      { button: 'Log out here and of all departments', until: site.signedOutUri },
    );
    expect(back.url.href.startsWith(site.signedOutUri)).toBe(true);
    expect((await browser.get('/account')).fields).toContain('password');
    await expect(client.refreshTokenGrant(site.config, refreshed.refresh_token!)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    await expect(
      client.fetchUserInfo(site.config, refreshed.access_token, client.skipSubjectCheck),
    ).rejects.toThrow();
    for (const { port } of nodes) expect(installation.front.handed.get(port)).toBeGreaterThan(3);
  });

  test('registers by the register and the gateway, both signed and by TLS', async () => {
    const { number, name } = citizen(2);
    const browser = new HtmlClient(installation.origin);
    let page = await browser.get('/register');
    page = await browser.submit(page, {
      ...{ document_type: 'citizen-number', document_number: number, name, accept_notice: '1' },
    });
    page = await browser.submit(page, { phone: '15400000002' });
    const [message] = [...installation.gateway.messages.values()].filter(
      ({ phone }) => phone === '15400000002',
    );
    page = await browser.submit(page, { code: message!.params.code! });
    page = await browser.submit(page, { new_password: PASSWORD });
    expect(page.heading).toBe('Your account is open');
    const shown = await installation.cli(['person', 'show', number, '--json']);
    expect(shown.json()).toMatchObject({ evidence: { source: 'population-register', outcome: 'match' } });
  });

  test('cookies are for https and this host alone, and nothing of trial is there', async () => {
    const begin = `/oauth/authorize?client_id=health&response_type=code&redirect_uri=${site.redirectUri}`;
    const challenge = `&scope=openid&code_challenge_method=S256&code_challenge=${'c'.repeat(43)}`;
    const { headers } = await fetch(`${installation.origin}${begin}${challenge}`, { redirect: 'manual' });
    expect(headers.getSetCookie().length).toBeGreaterThan(0);
    for (const cookie of headers.getSetCookie()) expect(cookie).toMatch(/; secure; httponly/i);
    expect(headers.get('strict-transport-security')).toMatch(/max-age=\d{8}/);
    const browser = await signedIn(installation, person);
    expect(browser.cookieNames).toContain('__Host-yihao_session');
    expect((await fetch(`${installation.origin}/trial/outbox`)).status).toBe(404);
    expect((await installation.cli(['client', 'list', '--json'])).json<object[]>()).toHaveLength(2);
    expect(existsSync(join(installation.folder, 'data'))).toBe(false);
  });

  test('believes one proxy, and nobody who claims to be another', async () => {
    const netOf = async (node: Node, forwarded: Record<string, string>) => {
      const response = await fetch(`http://127.0.0.1:${node.port}/.well-known/openid-configuration`, {
        headers: { 'x-forwarded-proto': 'http', 'x-forwarded-host': 'evil.example', ...forwarded },
      });
      // Addresses in answers come from the settings, whatever a request says of itself.
      const { token_endpoint: endpoint } = (await response.json()) as { token_endpoint: string };
      expect(endpoint).toBe(`${installation.origin}/oauth/token`);
      const id = response.headers.get('x-request-id')!;
      const line = () =>
        node
          .said()
          .split('\n')
          .find((each) => each.includes(id) && each.endsWith('}'));
      await until(() => line() !== undefined, 'the log line');
      return (JSON.parse(line()!) as { net: string }).net;
    };
    const [node] = nodes as [Node, Node];
    expect(await netOf(node, { 'x-forwarded-for': '198.51.100.7, 203.0.113.9' })).toBe('203.0.113.0/24');
    expect(await netOf(node, {})).toBe('127.0.0.0/24');
    const id = 'a'.repeat(32);
    await fetch(`${installation.origin}/health`, {
      headers: { 'x-request-id': id, 'x-forwarded-for': '198.51.100.7' },
    });
    await until(() => nodes.some((each) => each.said().includes(id)), 'the log line');
    const said = nodes.map((each) => each.said()).join('');
    expect(said).not.toContain('198.51.100');
  });

  test('is watched from inside only', async () => {
    for (const node of nodes) {
      expect(await (await node.look('/health/ready')).json()).toEqual({
        status: 'ok',
        checks: { database: 'ok', redis: 'ok' },
      });
      expect(await (await node.look('/metrics')).text()).toContain('http_request_duration_seconds_count');
      for (const path of ['/metrics', '/health/live', '/health/ready'])
        expect((await fetch(`http://127.0.0.1:${node.port}${path}`)).status).toBe(404);
      // Bound to 127.0.0.1 alone, as docs/configuration.md says: not even another address of this machine.
      await expect(reach('127.0.0.2', node.internalPort!)).rejects.toThrow(/ECONNREFUSED|EADDRNOTAVAIL/);
    }
  });

  test('nodes are exchanged one after the other while people come, and nobody notices', async () => {
    const browser = await signedIn(installation, person);
    await visit(site, browser);
    const load = startLoad(installation, site, person, browser);
    const [first, second] = nodes as [Node, Node];

    const replaced = await installation.node({ ...more(), YIHAO_STOP_SECONDS: '1' });
    await installation.front.serve([first, second, replaced]);
    const slow = await beginRequest(first.port);
    first.child.kill('SIGTERM');
    await until(async () => (await first.look('/health/ready')).status === 503, 'refusing readiness');
    const late = await fetch(`http://127.0.0.1:${first.port}/oauth/jwks`);
    expect([late.status, late.headers.get('connection')]).toEqual([200, 'close']);
    await until(() => isRefused(first.port), 'the closed listener');
    // Under way since before: it is waited for, and answered.
    slow.send();
    expect(await slow.answer).toMatch(/^HTTP\/1\.1 401 [\s\S]*invalid_client/);
    expect(await first.exit).toBe(0);

    second.child.kill('SIGTERM');
    expect(await second.exit).toBe(0);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(installation.front.lost).toEqual([]);
    left = nodes;
    nodes = [replaced];
  });

  test('the log holds anchors by which the audit trail is verified, and nobody’s data', async () => {
    // Whoever stops has written all of its log.
    const log = left.map((each) => each.said()).join('');
    expect(log.match(/"audit anchors"/g)?.length).toBeGreaterThan(1);
    const verified = await installation.cli([
      'audit',
      'verify',
      '--json',
      '--anchors',
      installation.file('log', log),
    ]);
    expect(verified.json(), verified.err).toMatchObject({ ok: true });
    for (const secret of [person.number, person.name, PASSWORD, citizen(2).number])
      expect(log).not.toContain(secret);
  });

  test('a request that never ends is given up after stopSeconds', async () => {
    const [node] = nodes as [Node];
    const slow = await beginRequest(node.port);
    const began = Date.now();
    node.child.kill('SIGTERM');
    expect(await node.exit).toBe(0);
    expect(await slow.answer).toBe('');
    expect(Date.now() - began).toBeGreaterThan(1_000);
    expect(Date.now() - began).toBeLessThan(15_000);
  });
});

/** A request whose second half is sent later. */
async function beginRequest(port: number): Promise<{ send(): void; answer: Promise<string> }> {
  const body = 'grant_type=nonsense&client_id=health';
  const socket = connect(port, '127.0.0.1');
  let said = '';
  socket.on('data', (data) => {
    said += data;
  });
  const answer = new Promise<string>((resolve) => {
    socket.on('error', () => {});
    socket.on('close', () => resolve(said));
  });
  await new Promise<void>((resolve) =>
    socket.write(
      `POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n` +
        `Content-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`,
      () => resolve(),
    ),
  );
  // The node says that it has read the head: from now on the request is under way.
  await until(() => said.includes('100 Continue'), 'the node to take the request');
  said = '';
  return { send: () => void socket.write(body), answer };
}

const isRefused = (port: number): Promise<boolean> =>
  reach('127.0.0.1', port).then(
    () => false,
    () => true,
  );

const reach = (host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve();
    });
    socket.on('error', reject);
  });
