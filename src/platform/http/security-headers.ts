/**
 * Headers that every page carries. Written out here, not taken from a library's defaults, because each line is
 * a decision an auditor asks about: nothing from outside, nothing inline, in nobody's frame, in no cache.
 */
import type { Middleware } from 'koa';
import type { AppContext, AppState } from './context.ts';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
];

const HEADERS: Record<string, string> = {
  'Cache-Control': 'no-store',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  // Our own pages may see where we came from (the language links use it); other sites learn nothing.
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'X-Robots-Tag': 'noindex',
};

export const HSTS = `max-age=${365 * 24 * 3600}; includeSubDomains`;

/**
 * Sets the headers before anything else may answer. No Cross-Origin-Opener-Policy: applications may open the
 * sign-in in a window of their own and need `window.opener` when it comes back to them.
 */
export function securityHeaders(options: { https: boolean }): Middleware<AppState> {
  return async (ctx, next) => {
    ctx.set(HEADERS);
    ctx.set('Content-Security-Policy', policy([]));
    if (options.https) ctx.set('Strict-Transport-Security', HSTS);
    await next();
  };
}

/**
 * Lets the forms of this answer end at other places too: browsers check `form-action` along the redirects after
 * a post, so the page of an authorization must name where the application wants its answer. Takes URLs
 * (`https://shebao.example/callback`) or custom schemes (`gov.app:/callback`); what is neither is left out.
 */
export function allowFormAction(ctx: AppContext, ...targets: string[]): void {
  ctx.set('Content-Security-Policy', policy(targets.map(sourceOf).filter((source) => source !== undefined)));
}

const policy = (targets: string[]): string =>
  [...POLICY, `form-action ${[...new Set(["'self'", ...targets])].join(' ')}`].join('; ');

function sourceOf(target: string): string | undefined {
  const url = URL.parse(target);
  if (!url) return undefined;
  const source = url.origin === 'null' ? url.protocol : url.origin;
  // A source must not be able to close the directive and open another.
  return /^[a-z][a-z0-9+.-]*:(\/\/[^\s;,'"]+)?$/i.test(source) ? source : undefined;
}
