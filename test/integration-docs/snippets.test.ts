/** What docs/integration.md shows a department's developer works against a real Yihao, letter for letter. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { enrol, signIn } from '../journeys/citizen.ts';
import { HtmlClient } from '../support/html-client.ts';
import { freePort, type RunningYihao, startYihao } from '../support/server.ts';
import { startWebsite, type Website } from './website.ts';

const ROOT = join(import.meta.dirname, '../..');
const SNIPPETS = join(ROOT, 'examples/snippets');
const folder = mkdtempSync(join(tmpdir(), 'yihao-snippets-'));

const runs = (program: string, ...rest: string[]): boolean => spawnSync(program, rest).status === 0;
const hasPhp = runs('php', '-r', 'exit(extension_loaded("curl") && extension_loaded("openssl") ? 0 : 1);');

interface Sample {
  name: string;
  file: string;
  alg: string;
  command(port: number): string[];
}

const SAMPLES: Sample[] = [
  {
    name: 'Node',
    file: 'node.ts',
    alg: 'ES256',
    command: () => [process.execPath, join(SNIPPETS, 'node.ts')],
  },
  {
    name: 'Python',
    file: 'department.py',
    alg: 'RS256',
    command: () => ['python3', '-B', join(SNIPPETS, 'department.py')],
  },
  {
    name: 'PHP',
    file: 'department.php',
    alg: 'ES256',
    command: (port) => [
      'php',
      '-d',
      `session.save_path=${folder}`,
      '-S',
      `localhost:${port}`,
      join(SNIPPETS, 'department.php'),
    ],
  },
];

let running: RunningYihao;
beforeAll(async () => {
  running = await startYihao();
});
afterAll(async () => {
  await running.close();
  rmSync(folder, { recursive: true, force: true });
});

// On a developer's machine PHP may be missing; where it counts it must not be.
const canRun = ({ name }: Sample) => name !== 'PHP' || hasPhp || process.env.CI !== undefined;

describe.each(SAMPLES.filter(canRun))('the website in $name', (sample) => {
  let site: Website;
  let clientId: string;
  let person: Awaited<ReturnType<typeof enrol>>;

  beforeAll(async () => {
    person = await enrol(running.yihao);
    const port = await freePort();
    const origin = `http://localhost:${port}`;
    const made = await running.yihao.clients.create(
      {
        client_name: '粮食补贴服务网',
        scope: 'openid profile phone',
        redirect_uris: [`${origin}/callback`],
        post_logout_redirect_uris: [`${origin}/signed-out`],
        backchannel_logout_uri: `${origin}/backchannel-logout`,
        id_token_signed_response_alg: sample.alg,
      },
      { actor: 'system' },
    );
    if (!made.ok) throw new Error(JSON.stringify(made.failure));
    clientId = made.value.client.id;
    site = await startWebsite({
      command: sample.command(port),
      issuer: running.origin,
      clientId,
      secret: made.value.secret!,
      port,
    });
  });
  afterAll(() => site?.close());

  /** A visitor who has come back signed in. */
  async function visitor(): Promise<HtmlClient> {
    const browser = new HtmlClient(running.origin);
    let page = await signIn(browser, await browser.get(`${site.origin}/login`), person.number);
    if (!page.url.href.startsWith(site.origin))
      page = await browser.submit(page, {}, { button: 'decision=allow' });
    expect(JSON.parse(page.html)).toMatchObject({
      name: person.name,
      phone_number: `+86${person.phone}`,
      acr: 'urn:yihao:acr:1:ial3:aal1',
    });
    return browser;
  }

  const see = async (browser: HtmlClient) => (await browser.get(site.origin)).html;

  test('signs a person in and shows what was shared', async () => {
    expect(await see(await visitor())).toContain(person.name);
  });

  test('signs a person out here and at Yihao', async () => {
    const browser = await visitor();
    const asked = await browser.post(`${site.origin}/logout`, '');
    const page = await browser.submit(asked, {}, { button: 'logout=yes' });
    expect(page.url.href).toBe(`${site.origin}/signed-out`);
    expect(await see(browser)).toContain('not signed in');
    expect((await browser.get(`${site.origin}/login`)).url.href).toContain(`${running.origin}/interaction/`);
  });

  test('forgets a person who signed out elsewhere', async () => {
    const browser = await visitor();
    await browser.submit(await browser.get('/oauth/logout'), {}, { button: 'logout=yes' });
    await expect.poll(() => see(browser), { timeout: 20_000, interval: 200 }).toContain('not signed in');
  });

  test('signs in in two tabs, the older one first', async () => {
    const browser = new HtmlClient(running.origin);
    const tabs = [await browser.get(`${site.origin}/login`), await browser.get(`${site.origin}/login`)];
    for (const tab of tabs) {
      let page = await signIn(browser, tab, person.number);
      if (!page.url.href.startsWith(site.origin))
        page = await browser.submit(page, {}, { button: 'decision=allow' });
      expect(page.status, page.html).toBe(200);
      expect(page.html).toContain(person.name);
    }
  });

  test('takes an answer once, and stays signed in when it comes again', async () => {
    const browser = await visitor();
    const answer = browser.visited.find((address) => address.startsWith(`${site.origin}/callback`));
    expect((await browser.get(answer!)).status).toBe(400);
    expect(await see(browser)).toContain(person.name);
  });

  test('refuses an answer that this browser did not ask for', async () => {
    const stranger = new HtmlClient(running.origin);
    const address = `${site.origin}/callback?code=x&state=y&iss=${encodeURIComponent(running.origin)}`;
    expect((await stranger.get(address)).status).toBe(400);
    await stranger.get(`${site.origin}/login`);
    expect((await stranger.get(address)).status).toBe(400);
    expect((await stranger.get(address.replace('state=y', 'state[]=y'))).status).toBe(400);
  });

  test('does not believe a logout token that Yihao has not signed', async () => {
    const browser = await visitor();
    const part = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url');
    const { keys } = (await (await fetch(`${running.origin}/oauth/jwks`)).json()) as {
      keys: { kid: string; kty: string }[];
    };
    const kid = keys.find(({ kty }) => kty === (sample.alg === 'ES256' ? 'EC' : 'RSA'))!.kid;
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      iss: running.origin,
      aud: clientId,
      sid: 'somebody',
      jti: 'x',
      iat: now,
      exp: now + 120,
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    };
    for (const alg of ['none', sample.alg]) {
      const head = part({ alg, typ: 'logout+jwt', kid });
      const forged = `${head}.${part(claims)}.${Buffer.alloc(sample.alg === 'ES256' ? 64 : 256, 7).toString('base64url')}`;
      const body = new URLSearchParams({ logout_token: forged });
      const answer = await fetch(`${site.origin}/backchannel-logout`, { method: 'POST', body });
      expect(answer.status).toBe(400);
    }
    expect(await see(browser)).toContain(person.name);
  });
});

describe.each(['docs/integration.md', 'docs/integration.zh-CN.md'])('%s', (doc) => {
  const text = readFileSync(join(ROOT, doc), 'utf8');

  test.each([...SAMPLES.map(({ file }) => file), 'java/application.yaml', 'java/SecurityConfiguration.java'])(
    'shows examples/snippets/%s as it is',
    (file) => {
      const shown = new RegExp(`<!-- examples/snippets/${file} -->\\n+\`\`\`\\w+\\n([\\s\\S]*?)\`\`\``).exec(
        text,
      )?.[1];
      expect(shown).toBe(readFileSync(join(SNIPPETS, file), 'utf8'));
    },
  );

  test('gives a definition that can be registered', async () => {
    const shown = /<!-- definition -->\n+```json\n([\s\S]*?)```/.exec(text)?.[1];
    const made = await running.yihao.clients.create(
      { ...(JSON.parse(shown!) as object), client_id: `shown-${doc.includes('zh') ? 'zh' : 'en'}` },
      { actor: 'system' },
    );
    expect(made.ok).toBe(true);
  });

  test('names every scope and claim', async () => {
    const metadata = (await (
      await fetch(`${running.origin}/.well-known/openid-configuration`)
    ).json()) as Record<string, string[]>;
    for (const name of [...metadata.scopes_supported!, ...metadata.claims_supported!])
      expect(text).toContain(`\`${name}\``);
  });
});
