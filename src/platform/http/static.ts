/** Serves the assets under /assets/, each for a year, and browsers' habitual look-up of /favicon.ico. */
import type { Middleware } from 'koa';
import { ASSETS_PATH, type Assets } from '../page/assets.ts';
import type { AppState } from './context.ts';

const A_YEAR = `public, max-age=${365 * 24 * 3600}, immutable`;

/** Answers GET and HEAD of known assets; everything else goes on (and ends as 404). */
export function serveAssets(assets: Assets): Middleware<AppState> {
  return async (ctx, next) => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return next();
    const asset = ctx.path.startsWith(ASSETS_PATH)
      ? assets.find(ctx.path)
      : ctx.path === '/favicon.ico'
        ? assets.find(assets.url('mark.svg'))
        : undefined;
    if (!asset) return next();
    ctx.set('Cache-Control', ctx.path.startsWith(ASSETS_PATH) ? A_YEAR : 'public, max-age=86400');
    ctx.set('ETag', asset.etag);
    ctx.vary('Accept-Encoding');
    ctx.status = 200;
    if (ctx.fresh) {
      ctx.status = 304;
      return;
    }
    const encoding = asset.br ? ctx.acceptsEncodings('br', 'gzip', 'identity') : 'identity';
    ctx.type = asset.type;
    if (encoding === 'br' || encoding === 'gzip') {
      ctx.set('Content-Encoding', encoding);
      ctx.body = encoding === 'br' ? asset.br : asset.gzip;
    } else ctx.body = asset.body;
  };
}
