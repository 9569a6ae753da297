/** Relying-party software that we did not write signs people in, refreshes and signs out, unchanged. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWebsite, type Website } from '../integration-docs/website.ts';
import { enrol, signIn } from '../journeys/citizen.ts';
import type { HtmlClient } from '../support/html-client.ts';
import { freePort, type RunningYihao, startYihao } from '../support/server.ts';
import { openVisitor } from './navigate.ts';
import { apache, authlib } from './software.ts';

let running: RunningYihao;
beforeAll(async () => {
  running = await startYihao();
});
afterAll(() => running?.close());

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

// A developer's machine may lack it, and is told so; where it counts it must be there.
describe.each([apache, authlib])('$name', (software) => {
  const missing = process.env.CI === undefined && !software.installed();
  let site: Website;

  beforeAll(async () => {
    if (missing) return;
    const port = await freePort();
    const made = await running.yihao.clients.create(
      {
        client_name: '其他软件',
        scope: 'openid profile phone',
        grant_types: ['authorization_code', 'refresh_token'],
        ...software.registration(`http://localhost:${port}`),
      },
      { actor: 'system' },
    );
    if (!made.ok) throw new Error(JSON.stringify(made.failure));
    const folder = mkdtempSync(join(tmpdir(), 'yihao-software-'));
    folders.push(folder);
    const { client, secret } = made.value;
    const its = { issuer: running.origin, clientId: client.id, secret: secret!, port };
    site = await startWebsite({ ...its, command: software.command({ ...its, folder }) });
  });
  afterAll(() => site?.close());

  /** Somebody who asked for the protected page, signed in and agreed. */
  async function visitor() {
    const person = await enrol(running.yihao);
    const browser = openVisitor(running.origin);
    let page = await signIn(browser, await browser.get(`${site.origin}/private/`), person.number);
    page = await browser.submit(page, {}, { button: 'decision=allow' });
    expect(page.url.href, page.text).toBe(`${site.origin}/private/`);
    return { browser, person, shown: JSON.parse(page.html) as Record<string, string> };
  }
  const see = (browser: HtmlClient) => browser.get(`${site.origin}/private/`);
  const isAsked = async (browser: HtmlClient) => (await see(browser)).fields.includes('identifier');

  test.skipIf(missing)('shows the protected page with the claims of userinfo', async () => {
    const { person, shown } = await visitor();
    expect(shown).toMatchObject({ name: person.name, phone_number: `+86${person.phone}` });
    expect(shown.sub).toMatch(/^[\w-]{24}/);
  });

  test.skipIf(missing)('signs in in two tabs, the older one first', async () => {
    const person = await enrol(running.yihao);
    const browser = openVisitor(running.origin);
    for (const tab of [await see(browser), await see(browser)]) {
      let page = await signIn(browser, tab, person.number);
      if (page.url.origin !== site.origin)
        page = await browser.submit(page, {}, { button: 'decision=allow' });
      expect(page.url.href, page.text).toBe(`${site.origin}/private/`);
      expect(JSON.parse(page.html)).toMatchObject({ name: person.name });
    }
  });

  test.skipIf(missing)('refreshes: another access token, the same person', async () => {
    const { browser, shown } = await visitor();
    const page = await browser.get(software.refresh(site.origin, shown.access_token!));
    expect(page.url.href).toBe(`${site.origin}/private/`);
    const after = JSON.parse(page.html) as typeof shown;
    expect(after).toMatchObject({ sub: shown.sub, name: shown.name });
    expect(after.access_token).toMatch(/^at_/);
    expect(after.access_token).not.toBe(shown.access_token);
  });

  test.skipIf(missing)('signs out here and at Yihao, and the person comes back', async () => {
    const { browser } = await visitor();
    const asked = await browser.get(software.leave(site.origin));
    const page = await browser.submit(asked, {}, { button: 'logout=yes' });
    expect(page.url.origin).toBe(site.origin);
    expect(page.html).toContain('signed out');
    expect(await isAsked(browser)).toBe(true);
  });

  test.skipIf(missing)('hears of it when the person signs out elsewhere', async () => {
    const { browser } = await visitor();
    await browser.submit(await browser.get('/oauth/logout'), {}, { button: 'logout=yes' });
    await expect.poll(() => isAsked(browser), { timeout: 20_000, interval: 100 }).toBe(true);
  });
});
