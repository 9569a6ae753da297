/** Every part of the pages, looked at by a browser: three languages, phone and desktop, elder mode, enlarged. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  expectAccessible,
  expectNoSidewaysScroll,
  openBrowser,
  screenshot,
  visit,
} from '../support/browser.ts';
import { type Gallery, openGallery } from './gallery/server.ts';

let browser: Browser;
let gallery: Gallery;

beforeAll(async () => {
  [browser, gallery] = await Promise.all([openBrowser(), openGallery()]);
});
afterAll(async () => {
  await browser?.close();
  await gallery?.close();
});

const PAGES = ['form', 'more', 'consent', 'profile', 'done', 'waiting', 'refused', 'missing'];

describe.each(['zh-CN', 'bo', 'en'] as const)('in %s', (language) => {
  test.each([
    { size: 'phone', elder: false },
    { size: 'desktop', elder: false },
    { size: 'phone', elder: true },
    { size: 'desktop', elder: true },
    { size: 'narrow', elder: true },
  ] as const)('every page is accessible and fits: $size, elder $elder', async ({ size, elder }) => {
    const { context, page } = await visit(browser, gallery.origin, { size, elder, language });
    for (const name of PAGES) {
      await page.goto(`/${name}`);
      await screenshot(page, `${name}-${language}-${size}${elder ? '-elder' : ''}`);
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
    }
    await context.close();
  });
});

test('a language switch inside a form keeps what was typed, never a password, and works without script', async () => {
  for (const javaScript of [true, false]) {
    const { context, page } = await visit(browser, gallery.origin, { javaScript, language: 'zh-CN' });
    await page.goto('/form');
    await page.fill('[name=identifier]', '次仁 <b>"&');
    await page.fill('[name=password]', 'not to be seen again');
    await page.click('button[name=language][value=bo]');
    expect(await page.getAttribute('html', 'lang')).toBe('bo');
    expect(await page.inputValue('[name=identifier]')).toBe('次仁 <b>"&');
    expect(await page.inputValue('[name=password]')).toBe('');
    expect(await page.content()).not.toContain('not to be seen');
    await page.click('button[name=elder]');
    expect(await page.getAttribute('html', 'class')).toBe('elder');
    expect(await page.inputValue('[name=identifier]')).toBe('次仁 <b>"&');
    await context.close();
  }
});

test('the Enter key sends the form and does not switch the language', async () => {
  const { context, page } = await visit(browser, gallery.origin, { language: 'en' });
  await page.goto('/form');
  await page.fill('[name=identifier]', 'somebody');
  await page.press('[name=identifier]', 'Enter');
  await page.waitForLoadState();
  expect(await page.getAttribute('html', 'lang')).toBe('en');
  expect(await page.textContent('.alert-title')).toBe('The account or password is not right');
  await context.close();
});

test('in elder mode main text is at least 18 pt and everything to press at least 44 px', async () => {
  for (const language of ['zh-CN', 'bo', 'en'] as const) {
    const { context, page } = await visit(browser, gallery.origin, { size: 'phone', elder: true, language });
    for (const name of ['form', 'more', 'consent', 'profile']) {
      await page.goto(`/${name}`);
      const small =
        await page.evaluate(`[...document.querySelectorAll('a, button, input:not([type=hidden]), select')]
        .filter((one) => !one.matches('.enter, .skip, main p a'))
        .map((one) => (one.matches('[type=radio], [type=checkbox]') ? one.nextElementSibling : one))
        .filter((one) => one.getBoundingClientRect().height < 43.9 || one.getBoundingClientRect().width < 43.9)
        .map((one) => one.outerHTML.slice(0, 100))`);
      expect(small).toEqual([]);
      const size = await page.evaluate(
        `parseFloat(getComputedStyle(document.querySelector('main .card')).fontSize)`,
      );
      expect(size).toBeGreaterThanOrEqual(24);
    }
    await context.close();
  }
});

test('nothing is asked of another place, nothing breaks the content security policy', async () => {
  const { context, page } = await visit(browser, gallery.origin, { language: 'bo' });
  const outside: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(gallery.origin)) outside.push(request.url());
  });
  page.on('console', (message) => {
    if (/Content Security|Refused/i.test(message.text())) complaints.push(message.text());
  });
  for (const name of PAGES) await page.goto(`/${name}`, { waitUntil: 'networkidle' });
  expect(outside).toEqual([]);
  expect(complaints).toEqual([]);
  await context.close();
});

test('the small comforts work: showing the password, the countdown on the code button', async () => {
  const { context, page } = await visit(browser, gallery.origin, { language: 'en' });
  await page.goto('/form');
  await page.fill('[name=password]', 'secret words');
  await page.click('.reveal');
  expect(await page.getAttribute('[name=password]', 'type')).toBe('text');
  expect(await page.textContent('.reveal')).toBe('Hide');
  await page.goto('/more?after=1');
  expect(await page.textContent('button[value=send]')).toBe('Send again (1 s)');
  await page.waitForSelector('button[value=send]:not([disabled])');
  expect(await page.textContent('button[value=send]')).toBe('Get a code');
  await context.close();
});
