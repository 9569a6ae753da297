/**
 * Every page of a citizen's journeys, as a browser shows it: accessible by WCAG 2.2 AA, nothing sticking out, in
 * three languages, on a phone and at a desk. SCREENSHOTS names a folder for pictures of them all.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PersonId } from '../../../src/accounts/person.ts';
import { stageFile } from '../../../src/legacy/stage.ts';
import {
  expectAccessible,
  expectNoSidewaysScroll,
  openBrowser,
  screenshot,
  visit,
} from '../../support/browser.ts';
import { HtmlClient } from '../../support/html-client.ts';
import { PATIENT, startYihao } from '../../support/server.ts';
import {
  codeFor,
  enrol,
  PASSWORD,
  signIn as signInWithoutScript,
  someCitizen,
  somePhone,
} from '../citizen.ts';
import { authorizationQuery, type Department, registerDepartment } from '../department.ts';

/** A register that was down is asked again at once. */
const SOON_BACK = {
  YIHAO_REGISTRIES__POPULATION__BREAK_SECONDS: '1',
  YIHAO_REGISTRIES__COMPARISON__QUEUE_PAUSE_SECONDS: '1',
  YIHAO_REGISTRIES__COMPARISON__QUEUE_LONGEST_PAUSE_SECONDS: '1',
};

let browser: Browser;
let yihao: Awaited<ReturnType<typeof startYihao>>;
let site: Server;
let asking: Department;
let onDuty: Department;

beforeAll(async () => {
  [browser, yihao] = await Promise.all([openBrowser(), startYihao(undefined, { ...PATIENT, ...SOON_BACK })]);
  site = createServer((_request, response) => response.end('arrived'));
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const origin = `http://localhost:${(site.address() as { port: number }).port}`;
  asking = await registerDepartment(yihao.yihao.clients, {
    redirect_uris: [`${origin}/callback`],
    scope: 'openid profile phone id_number offline_access',
    entitlements: ['id_number'],
    grant_types: ['authorization_code', 'refresh_token'],
  });
  onDuty = await registerDepartment(yihao.yihao.clients, { legal_basis: 'statutory-duty' });
  await stageOldSystem();
});
afterAll(async () => {
  await browser?.close();
  await yihao?.close();
  site?.close();
});

/** An old system with two accounts for each room to claim. */
async function stageOldSystem(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'yihao-looking-'));
  const path = join(folder, 'old.csv');
  const secret = createHash('md5').update('lake77').digest('hex');
  // The number of the second is that of nobody who claims it.
  const rows = ROOMS.flatMap((look, n) => [
    `10020${n},claimed${suffixOf(look)},${secret},,`,
    `20020${n},another${suffixOf(look)},${secret},,${someCitizen().document.number}`,
  ]);
  writeFileSync(path, ['id,yhm,mm,sjh,sfzh', ...rows].join('\n'));
  const declaration = `source: talent
title: { zh-CN: 人才服务网（旧）, bo: ཤེས་ལྡན་མི་སྣའི་ཞབས་ཞུའི་དྲ་ཚིགས། (རྙིང་པ།), en: Talent service (old) }
person: { localId: id, userName: yhm, password: mm, phone: sjh, document: { column: sfzh } }
recipe: md5(p)
`;
  const staged = await stageFile(yihao.yihao, { declaration, path });
  rmSync(folder, { recursive: true });
  if (!staged.ok) throw new Error(staged.failure.code);
}

/** Presses a form's own button and waits for the page that follows. */
async function send(
  page: Page,
  fields: Record<string, string> = {},
  button = 'form[id] .buttons button[type=submit]',
): Promise<void> {
  for (const [name, value] of Object.entries(fields)) {
    const field = page.locator(`[name="${name}"]:not([type=hidden])`).first();
    const kind = await field.evaluate((element) => (element as unknown as { type: string }).type);
    if (kind === 'checkbox' || kind === 'radio') await field.check();
    else if (kind === 'select-one') await field.selectOption(value);
    else await field.fill(value);
  }
  const there = await page.locator(button).count();
  if (there === 0)
    throw new Error(`nothing to press at ${page.url()}: ${await page.locator('main').innerText()}`);
  await Promise.all([page.waitForNavigation(), page.locator(button).first().click()]);
}

/** Each page is judged by axe and measured: on a busy machine that takes a second or more. */
const LOOKING_MS = 240_000;

const ROOMS = [
  { language: 'zh-CN', size: 'phone', elder: false },
  { language: 'bo', size: 'phone', elder: false },
  { language: 'en', size: 'phone', elder: false },
  { language: 'zh-CN', size: 'desktop', elder: false },
  { language: 'bo', size: 'desktop', elder: false },
  { language: 'en', size: 'desktop', elder: false },
  { language: 'zh-CN', size: 'phone', elder: true },
  { language: 'bo', size: 'narrow', elder: true },
] as const;

const suffixOf = ({ language, size, elder }: (typeof ROOMS)[number]) =>
  `${language}-${size}${elder ? '-elder' : ''}`;

describe.each(ROOMS)('$language, $size, elder $elder', (look) => {
  const suffix = suffixOf(look);
  const seen = async (page: Page, name: string) => {
    await screenshot(page, `${name}-${suffix}`);
    expect(await page.locator('h1').count(), `${name} has one heading`).toBe(1);
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
  };
  const fresh = () => visit(browser, yihao.origin, { ...look, javaScript: true });
  const authorize = (department: Department, more: Record<string, string> = {}) =>
    `/oauth/authorize?${authorizationQuery(department, { ui_locales: look.language, ...more }).query}`;
  const signIn = async (page: Page, number: string) => send(page, { identifier: number, password: PASSWORD });

  test('registering', { timeout: LOOKING_MS }, async () => {
    const { context, page } = await fresh();
    const person = someCitizen();
    const phone = somePhone();
    await page.goto('/');
    await seen(page, 'home');
    await page.goto('/privacy');
    await seen(page, 'privacy');
    await page.goto('/register');
    await seen(page, 'register-identity');
    await send(page, { document_number: '540199190001010010', name: '卓玛1' });
    await seen(page, 'register-identity-faults');
    await send(page, { document_number: person.document.number, name: '别名', accept_notice: '1' });
    await seen(page, 'register-phone');
    await send(page, { phone });
    await seen(page, 'register-code');
    await send(page, { code: '12345' });
    await seen(page, 'register-code-fault');
    await send(page, { code: await codeFor(yihao.yihao.notices, phone) });
    await seen(page, 'register-password');
    await send(page, { new_password: 'kurz' });
    await seen(page, 'register-password-fault');
    await send(page, { new_password: PASSWORD });
    await seen(page, 'register-mismatch');
    yihao.yihao.registries.standIn!.turn({ unknown: [person.document.number] });
    await page.goto(`${page.url().replace(/\/register.*/, '')}/register?step=check`);
    await seen(page, 'register-check');
    await send(page);
    await seen(page, 'register-unknown');
    yihao.yihao.registries.standIn!.turn({ unknown: [], deceased: [person.document.number] });
    await page.goto(`${page.url().replace(/\/register.*/, '')}/register?step=identity`);
    await send(page, { name: person.name });
    await seen(page, 'register-deceased');
    yihao.yihao.registries.standIn!.reset();
    await page.goto(`${page.url().replace(/\/register.*/, '')}/register?step=identity`);
    await send(page, {});
    await seen(page, 'register-opened');
    await send(page);
    await seen(page, 'account');
    await page.goto('/account/disclosures');
    await seen(page, 'disclosures-empty');
    await page.goto('/account/agreements');
    await seen(page, 'agreements-empty');
    await page.goto('/trial/outbox');
    await seen(page, 'outbox');
    await context.close();

    const again = await fresh();
    await again.page.goto('/register');
    await send(again.page, {
      document_number: person.document.number,
      name: person.name,
      accept_notice: '1',
    });
    const second = somePhone();
    await send(again.page, { phone: second });
    await send(again.page, { code: await codeFor(yihao.yihao.notices, second) });
    await send(again.page, { new_password: PASSWORD });
    await seen(again.page, 'register-duplicate');
    yihao.yihao.registries.standIn!.turn({ down: true });
    const other = someCitizen();
    await again.page.goto(`${again.page.url().replace(/\/register.*/, '')}/register?step=identity`);
    await send(again.page, { document_number: other.document.number, name: other.name, accept_notice: '1' });
    const third = somePhone();
    await send(again.page, { phone: third });
    await send(again.page, { code: await codeFor(yihao.yihao.notices, third) });
    await send(again.page, { new_password: PASSWORD });
    await seen(again.page, 'register-wait');
    yihao.yihao.registries.standIn!.reset();
    // The next room begins when the register is no longer left alone: this account opens by itself then.
    const opened = () =>
      yihao.yihao.accounts.findByDocument({ type: 'citizen-number', number: other.document.number });
    await expect.poll(opened, { timeout: 60_000, interval: 200 }).toBeTruthy();
    await again.context.close();
  });

  test('signing in and walking on to departments', { timeout: LOOKING_MS }, async () => {
    const family = somePhone();
    const person = await enrol(yihao.yihao, { phone: family });
    await enrol(yihao.yihao, { phone: family });
    const { context, page } = await fresh();
    await page.goto(authorize(asking));
    await seen(page, 'login');
    await send(page, { identifier: person.number, password: 'Wrong-Password-1' });
    await seen(page, 'login-fault');
    await page.locator('.tabs a').nth(1).click();
    await seen(page, 'sms');
    await send(page, { phone: family });
    await seen(page, 'sms-code');
    await send(page, { code: await codeFor(yihao.yihao.notices, family) });
    await seen(page, 'choose-account');
    await send(page, {});
    await seen(page, 'choose-account-fault');
    await page.goto(authorize(asking));
    await signIn(page, person.number);
    await seen(page, 'consent');
    await send(page, {}, 'button[value=allow]');
    expect(page.url()).toContain(asking.redirectUri);
    await page.goto(authorize(onDuty));
    await seen(page, 'notice');
    await page.goto(authorize(asking, { acr_values: 'urn:yihao:acr:1:ial3:aal2' }));
    await seen(page, 'step-up');
    await page.goto(authorize(asking, { acr_values: 'urn:yihao:acr:1:ial5:aal1' }));
    await seen(page, 'level-missing');
    await yihao.yihao.audit.disclosures.record({
      personId: person.id,
      clientId: asking.clientId,
      claims: ['name', 'gender', 'phone_number'],
      via: 'userinfo',
      basis: 'consent',
      at: new Date(),
    });
    await page.goto('/account/disclosures');
    await seen(page, 'disclosures');
    await page.goto('/account/agreements');
    await seen(page, 'agreements');
    const elsewhere = new HtmlClient(yihao.origin);
    await signInWithoutScript(elsewhere, await elsewhere.get('/account'), person.number);
    await page.goto('/account/sessions');
    await seen(page, 'sessions');
    await send(page, {}, 'form.item-side button');
    await seen(page, 'sessions-ended-one');
    await page.goto('/account/old-accounts');
    await seen(page, 'old-accounts-empty');
    await page.goto('/account/old-accounts/claim');
    await seen(page, 'claim');
    await send(page, { old_name: 'nobody2016', old_password: 'wrong' });
    await seen(page, 'claim-fault');
    await send(page, {}, 'button[formaction]');
    await seen(page, 'claim-code');
    await send(page, { code: '123456' });
    await seen(page, 'claim-code-fault');
    await page.goto('/account/old-accounts/claim');
    await send(page, { old_name: `claimed${suffix}`, old_password: 'lake77' });
    await seen(page, 'old-accounts-linked');
    await page.locator('summary').first().click();
    await seen(page, 'old-accounts-not-mine');
    await page.goto('/account/old-accounts?done=again');
    await seen(page, 'old-accounts-again');
    await page.locator('summary').first().click();
    await send(page, {}, 'details button');
    await seen(page, 'old-accounts-denied');
    await page.goto('/account/old-accounts/claim');
    await send(page, { old_name: `another${suffix}`, old_password: 'lake77' });
    await seen(page, 'old-accounts-case');
    await yihao.yihao.database.transaction((tx) =>
      yihao.yihao.accounts.change(tx, person.id as PersonId, { identityLevel: 1 }),
    );
    await page.goto('/account/old-accounts/claim');
    await seen(page, 'claim-level');
    await page.goto('/oauth/logout');
    await seen(page, 'logout');
    await send(page);
    await seen(page, 'logged-out');
    await context.close();
  });

  test('going astray', { timeout: LOOKING_MS }, async () => {
    const { context, page } = await fresh();
    await page.goto('/interaction/gone');
    await seen(page, 'expired');
    await page.goto('/oauth/authorize?client_id=nobody');
    await seen(page, 'protocol-error');
    await page.goto('/account?error=access_denied&state=overview');
    await seen(page, 'not-signed-in');
    await page.goto('/nowhere');
    await seen(page, 'not-found');
    await page.goto('/register/wait');
    await seen(page, 'wait-none');
    await page.goto('/signed-out-everywhere');
    await seen(page, 'signed-out-everywhere');
    const nobody = somePhone();
    await page.goto(authorize(asking));
    await page.locator('.tabs a').nth(1).click();
    await send(page, { phone: nobody });
    await send(page, { code: await codeFor(yihao.yihao.notices, nobody) });
    await seen(page, 'no-account');
    const silent = await enrol(yihao.yihao);
    await yihao.yihao.database.query('UPDATE person SET phone_verified_at = NULL WHERE id = $1', [silent.id]);
    await page.goto(authorize(asking));
    await page.locator('.tabs a').nth(1).click();
    await send(page, { phone: silent.phone });
    await send(page, { code: await codeFor(yihao.yihao.notices, silent.phone) });
    await seen(page, 'choose-account-silent');
    const person = await enrol(yihao.yihao, { must_change: true });
    await page.goto(authorize(asking));
    await signIn(page, person.number);
    await seen(page, 'change-password');
    await context.close();
  });
});
