/** A server that shows every part of the pages; for tests only. */
import { createSecretKey, randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Koa from 'koa';
import { type Logger, pino } from 'pino';
import { type Failure, Refused } from '../../../src/platform/failure.ts';
import type { AppContext, AppState } from '../../../src/platform/http/context.ts';
import { requireCsrf } from '../../../src/platform/http/csrf.ts';
import { pageRoad } from '../../../src/platform/http/road.ts';
import { allowFormAction } from '../../../src/platform/http/security-headers.ts';
import { followUiLocales } from '../../../src/platform/page/language.ts';
import { openPageAssets } from '../../../src/platform/page/page-assets.ts';
import { makePages, type PageOptions } from '../../../src/platform/page/render.ts';
import { loadTexts } from '../../../src/platform/page/texts.ts';

const ROOT = join(import.meta.dirname, '../../..');

export interface Gallery {
  origin: string;
  server: Server;
  close(): Promise<void>;
}

/** The real views and texts plus the gallery's own, in one folder. */
function assemble(): string {
  const folder = mkdtempSync(join(tmpdir(), 'yihao-gallery-'));
  cpSync(join(ROOT, 'views'), folder, { recursive: true });
  for (const language of ['zh-CN', 'bo', 'en']) {
    cpSync(
      join(import.meta.dirname, `texts/${language}/gallery.json`),
      join(folder, `texts/${language}/gallery.json`),
    );
  }
  cpSync(import.meta.dirname, join(folder, 'gallery'), { recursive: true });
  return folder;
}

const FAILED: Failure = {
  code: 'sign-in-wait',
  status: 429,
  params: { minutes: 5 },
  field: 'identifier',
  retryAfter: 300,
};

export async function openGallery(log: Logger = pino({ level: 'silent' })): Promise<Gallery> {
  const folder = assemble();
  const assets = openPageAssets(ROOT);
  const texts = loadTexts(join(folder, 'texts'), { strict: true });
  const pages = makePages({ folder, texts, assets, filings: ['藏ICP备00000000号'] });
  const keys = [createSecretKey(randomBytes(32))];
  const app = new Koa<AppState>();
  for (const step of pageRoad({
    log,
    pages,
    assets,
    csrfKeys: () => keys,
    https: false,
  }))
    app.use(step);
  const guard = requireCsrf({ keys: () => keys, https: false });
  const show = (ctx: AppContext, view: string, data: object, page: Partial<PageOptions> = {}) =>
    pages.render(ctx, `gallery/${view}`, data, { title: 'gallery.sign_in', ...page });
  app.use(async (ctx) => {
    const posted = ctx.method === 'POST';
    if (posted) await guard(ctx as never, async () => {});
    switch (ctx.path) {
      case '/form': {
        const wrong = posted && !ctx.state.switching && ctx.state.form.text('identifier') === '';
        return show(
          ctx,
          'form',
          {
            failed:
              posted && !ctx.state.switching ? { ...FAILED, code: 'sign-in-failed', status: 401 } : FAILED,
            values: { identifier: ctx.state.form.text('identifier') },
            error: wrong ? ctx.state.t('gallery.identifier_error') : undefined,
          },
          { form: 'journey', service: { name: '林芝市社会保险服务', lang: 'zh-CN' } },
        );
      }
      case '/more':
        return show(ctx, 'more', { after: ctx.query.after }, { form: 'journey' });
      case '/consent':
        return show(ctx, 'consent', {}, { form: 'journey' });
      case '/profile':
        return show(
          ctx,
          'profile',
          { at: new Date('2026-11-23T04:05:00Z') },
          {
            wide: true,
            signedIn: { account: '/profile', logout: '/logout' },
          },
        );
      case '/done':
      case '/waiting':
        return show(ctx, 'done', { kind: ctx.path.slice(1) });
      case '/wish':
        followUiLocales(ctx, String(ctx.query.ui_locales ?? ''), String(ctx.query.authorization ?? ''));
        allowFormAction(ctx, String(ctx.query.to ?? ''));
        return show(ctx, 'done', { kind: 'done' });
      case '/refused':
        throw new Refused(FAILED);
      case '/broken':
        throw new Error('a secret of the house');
    }
  });
  const server = createServer(app.callback());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    async close() {
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
