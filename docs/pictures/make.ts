/** Makes the README's picture from a running trial server: `node docs/pictures/make.ts [http://localhost:3001]`. */
import { join } from 'node:path';
import { openBrowser } from '../../test/support/browser.ts';

const department = process.argv[2] ?? 'http://localhost:3001';
const browser = await openBrowser();
const shots: string[] = [];
for (const locale of ['zh-CN', 'bo', 'en']) {
  const context = await browser.newContext({ viewport: { width: 390, height: 780 }, deviceScaleFactor: 1 });
  const page = await context.newPage();
  await page.goto(`${department}/?lang=${locale}`);
  await page.goto(`${department}/login`);
  await page.evaluate('document.fonts.ready');
  shots.push((await page.screenshot()).toString('base64'));
  await context.close();
}
const sheet = await browser.newPage({ viewport: { width: 1290, height: 828 } });
await sheet.setContent(
  `<body style="margin:24px;background:#e8ecf0;display:flex;gap:24px">${shots
    .map(
      (shot) =>
        `<img style="border-radius:12px;box-shadow:0 2px 12px #0003" src="data:image/png;base64,${shot}">`,
    )
    .join('')}</body>`,
);
await sheet.screenshot({ path: join(import.meta.dirname, 'sign-in.png') });
await browser.close();
