/** Addresses of an application: where people return to, where we call, and the sector they imply. */
import { isIP } from 'node:net';
import type { Reader } from './definition.ts';

interface Urls {
  redirect_uris: string[];
  post_logout_redirect_uris: string[];
  [name: string]: unknown;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
const LONGEST = 2_048;

/** Reads every address. Plain http is for loopback and only before the application is live. */
export function judgeUrls(read: Reader, rule: { loopback: boolean }): Urls {
  const list = (name: string): string[] => {
    const values = read.texts(name) ?? [];
    for (const value of values) {
      const wrong = urlFault(value, rule);
      if (wrong) read.fault(name, `${wrong}: ${value.slice(0, 100)}`);
    }
    return values;
  };
  const one = (name: string): string | undefined => {
    const value = read.text(name, LONGEST);
    const wrong = value === undefined ? undefined : urlFault(value, rule);
    if (wrong) read.fault(name, wrong);
    return value;
  };
  const urls: Urls = {
    application_type: read.oneOf('application_type', ['web', 'native']) ?? 'web',
    redirect_uris: list('redirect_uris'),
    post_logout_redirect_uris: list('post_logout_redirect_uris'),
  };
  for (const name of [
    'client_uri',
    'logo_uri',
    'policy_uri',
    'tos_uri',
    'initiate_login_uri',
    'backchannel_logout_uri',
    'legacy_events_uri',
    'jwks_uri',
  ]) {
    const value = one(name);
    if (value !== undefined) urls[name] = value;
  }
  // Without a session id the receiver could only end every session of the person, also on other machines.
  const sid = read.yesNo('backchannel_logout_session_required');
  if (urls.backchannel_logout_uri !== undefined) urls.backchannel_logout_session_required = sid ?? true;
  else if (sid)
    read.fault('backchannel_logout_uri', 'must be given when backchannel_logout_session_required is true');
  return urls;
}

/** What is wrong with one address, or undefined. Compared by exact text later, so anything ambiguous is refused. */
export function urlFault(value: string, rule: { loopback: boolean }): string | undefined {
  const url = value.length <= LONGEST && /^[\x21-\x7e]+$/.test(value) ? URL.parse(value) : null;
  if (!url) return 'must be an absolute URL in ASCII';
  if (value.includes('#')) return 'must not have a fragment';
  if (value.includes('*')) return 'must not have a wildcard';
  if (value.includes('\\') || /(^|\/)\.{1,2}(\/|$)/.test(value.split('?')[0]!))
    return 'must be written in its final form';
  if (url.username !== '' || url.password !== '') return 'must not carry a user name or password';
  if (url.protocol === 'https:') return undefined;
  if (url.protocol === 'http:' && LOOPBACK.has(url.hostname)) {
    return rule.loopback ? undefined : 'must not be a loopback address once the application is live';
  }
  return 'must be https (plain http only for localhost, before the application is live)';
}

/**
 * The sector decides which applications see the same `sub` (OpenID Connect Core 8.1). Given by the region's
 * office; without one it is the host of the redirect addresses, which must then be the same for all.
 */
export function sectorOf(read: Reader, id: string, redirects: readonly string[], live: boolean): string {
  const given = read.text('sector', 64);
  if (given !== undefined) {
    if (!/^[a-z0-9][a-z0-9.:-]*$/.test(given))
      read.fault('sector', 'must be lower-case letters, digits, dots and hyphens');
    return given;
  }
  const hosts = new Set(
    redirects.map((redirect) => URL.parse(redirect)?.host ?? '').filter((host) => host !== ''),
  );
  if (hosts.size > 1)
    read.fault('sector', 'must be given, because the redirect addresses have several hosts');
  const [host] = hosts;
  if (live && (host === undefined || isIP(host.replace(/:\d+$/, '').replace(/[[\]]/g, '')) !== 0)) {
    read.fault('sector', 'must be given before the application goes live');
  }
  return (host ?? id).toLowerCase();
}
