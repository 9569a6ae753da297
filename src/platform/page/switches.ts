/** Where the header's language and elder links lead on pages without a form. */
import type { AppContext } from '../http/context.ts';

export interface SwitchLinks {
  language(language: string): string;
  elder(on: boolean): string;
}

/**
 * Links to the page the person sees. After a POST the address in the browser may not be open to GET, so then
 * the route names the page (`here`), or the page the form stood on is taken (same site only).
 */
export function switchLinks(ctx: AppContext, here: string | undefined): SwitchLinks {
  const base = here ?? (ctx.method === 'GET' || ctx.method === 'HEAD' ? ctx.url : pageBefore(ctx));
  const link = (name: string, value: string): string => {
    const url = new URL(base.startsWith('/') ? `http://here${base}` : 'http://here/');
    url.searchParams.delete('lang');
    url.searchParams.delete('elder');
    url.searchParams.set(name, value);
    return addressOf(url);
  };
  return { language: (language) => link('lang', language), elder: (on) => link('elder', on ? 'on' : 'off') };
}

/** The page of ours from which this request was sent, or the start. */
export function pageBefore(ctx: AppContext): string {
  const referer = URL.parse(ctx.get('Referer'));
  return referer && referer.host === ctx.host ? addressOf(referer) : '/';
}

/** Path and query. A path that begins with two slashes (`/x/..//evil.example`) would be read as another site. */
const addressOf = ({ pathname, search }: URL): string => pathname.replace(/^\/+/, '/') + search;
