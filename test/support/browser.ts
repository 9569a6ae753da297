/**
 * A real browser for the tests: Chromium from npm (unpacked once per version into the temporary folder), or
 * the one named by CHROMIUM_PATH, or the system's. Pictures go into the folder named by SCREENSHOTS.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

const require = createRequire(import.meta.url);
const ROOT = join(import.meta.dirname, '../..');
const SYSTEM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none'];

/** Starts the first browser that runs here. @throws with what each attempt said, when none does. */
export async function openBrowser(): Promise<Browser> {
  const said: string[] = [];
  for (const attempt of attempts()) {
    try {
      const env = { ...process.env, ...attempt.env } as Record<string, string>;
      return await chromium.launch({
        executablePath: attempt.path,
        args: FLAGS,
        env,
      });
    } catch (error) {
      said.push(`${attempt.path}: ${(error as Error).message.split('\n', 3).join(' ')}`);
    }
  }
  throw new Error(`no browser starts here; set CHROMIUM_PATH to one\n${said.join('\n')}`);
}

/** The unpacked one is tried with the system's libraries first, then with the few that its package brings. */
function attempts(): { path: string; env?: Record<string, string> }[] {
  const own = process.env.CHROMIUM_PATH;
  if (own) return [{ path: own }];
  const folder = unpack();
  const packed = join(folder, 'chromium');
  // A machine without fontconfig gets the package's own, with Latin letters only.
  const fonts: Record<string, string> = existsSync('/etc/fonts')
    ? {}
    : { FONTCONFIG_PATH: join(folder, 'fonts') };
  return [
    { path: packed, env: fonts },
    { path: packed, env: { LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'), ...fonts } },
    ...SYSTEM.filter((path) => existsSync(path)).map((path) => ({ path })),
  ];
}

/**
 * The package unpacks into the temporary folder under fixed names, where two test workers would meet: so each
 * unpacks in a process and a folder of its own, and the first one's folder becomes everybody's.
 */
function unpack(): string {
  const { version } = JSON.parse(readFileSync(manifestOf('@sparticuz/chromium'), 'utf8')) as {
    version: string;
  };
  const folder = join(tmpdir(), `yihao-chromium-${version}`);
  if (existsSync(join(folder, 'chromium'))) return folder;
  const scratch = mkdtempSync(join(tmpdir(), 'yihao-chromium-'));
  const script = `const { default: packed } = await import('@sparticuz/chromium'); await packed.executablePath();`;
  // The variable tells the package to unpack its libraries too.
  const env = { ...process.env, TMPDIR: scratch, AWS_LAMBDA_JS_RUNTIME: 'nodejs24.x' };
  execFileSync(process.execPath, ['--input-type=module', '--eval', script], { env, cwd: ROOT });
  try {
    renameSync(scratch, folder);
  } catch {
    // Another worker was first.
    rmSync(scratch, { recursive: true, force: true });
  }
  return folder;
}

function manifestOf(name: string): string {
  let folder = dirname(require.resolve(name));
  while (
    !existsSync(join(folder, 'package.json')) ||
    !readFileSync(join(folder, 'package.json'), 'utf8').includes(`"${name}"`)
  ) {
    folder = dirname(folder);
  }
  return join(folder, 'package.json');
}

export interface Visitor {
  size?: 'phone' | 'desktop' | 'narrow';
  language?: 'zh-CN' | 'bo' | 'en';
  elder?: boolean;
  javaScript?: boolean;
}

const SIZES = {
  phone: { width: 360, height: 740 },
  desktop: { width: 1280, height: 900 },
  narrow: { width: 320, height: 640 },
};

/** A fresh visitor of `origin`: no cookies but the language and elder choice. Close the context in the end. */
export async function visit(
  browser: Browser,
  origin: string,
  visitor: Visitor = {},
): Promise<{ context: BrowserContext; page: Page }> {
  const size = visitor.size ?? 'desktop';
  const context = await browser.newContext({
    baseURL: origin,
    viewport: SIZES[size],
    deviceScaleFactor: size === 'desktop' ? 1 : 2,
    javaScriptEnabled: visitor.javaScript ?? true,
    locale: visitor.language ?? 'zh-CN',
    reducedMotion: 'reduce',
  });
  const cookies = [];
  if (visitor.language) cookies.push({ name: 'lang', value: visitor.language, url: origin });
  if (visitor.elder) cookies.push({ name: 'elder', value: 'on', url: origin });
  if (cookies.length > 0) await context.addCookies(cookies);
  return { context, page: await context.newPage() };
}

/** Keeps a picture of the whole page when SCREENSHOTS names a folder; otherwise does nothing. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.evaluate('document.fonts.ready.then(() => undefined)');
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa'];

interface AxeFinding {
  id: string;
  help: string;
  nodes: { target: string[]; html: string; failureSummary: string }[];
}

/** Fails with every violation of WCAG 2.2 A or AA that axe finds on the page. */
export async function expectAccessible(page: Page): Promise<void> {
  // Evaluated by the debugger, so the page's content security policy does not stand in the way.
  await page.evaluate(readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'));
  const options = JSON.stringify({ runOnly: { type: 'tag', values: WCAG } });
  const { violations } = (await page.evaluate(`axe.run(document, ${options})`)) as {
    violations: AxeFinding[];
  };
  const told = violations.map(
    (finding) =>
      `${finding.id}: ${finding.help}\n${finding.nodes.map((node) => `    ${node.target.join(' ')}  ${node.html.slice(0, 200)}\n    ${node.failureSummary}`).join('\n')}`,
  );
  expect(told.join('\n'), `WCAG 2.2 AA on ${page.url()}`).toBe('');
}

/** Nothing may stick out sideways: a page that scrolls in two directions is unreadable when enlarged (WCAG 1.4.10). */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const wide = (await page.evaluate(`(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    return [...document.body.querySelectorAll('*')]
      .filter((element) => element.getBoundingClientRect().right > width + 1)
      .map((element) => element.outerHTML.slice(0, 120));
  })()`)) as string[];
  expect(wide, `sticks out on ${page.url()}`).toEqual([]);
}
