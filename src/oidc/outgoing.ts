/**
 * Calls to departments' servers: keys (jwks_uri) and back-channel logout. The host must be on the list, and the
 * address the connection really goes to is judged after the name was resolved, so a name that changes its
 * address in between gains nothing. No redirects, a bound on size and on time.
 */
import { type LookupAddress, lookup as resolve } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import type { OutgoingSettings } from './settings.ts';

/** The part of fetch that the provider and the logout worker use. The whole answer has arrived when it resolves. */
export type Outgoing = (url: string | URL, options?: OutgoingOptions) => Promise<Response>;

export interface OutgoingOptions {
  method?: string | undefined;
  headers?: ConstructorParameters<typeof Headers>[0];
  body?: string | URLSearchParams | undefined;
}

/** Why a call was not made or not finished; `message` may stand in a department's status, it holds no secret. */
export class OutgoingRefused extends Error {
  override readonly name = 'OutgoingRefused';
}

/** Networks that are no public unicast addresses: IANA special-purpose registries, multicast. */
const SPECIAL = makeList([
  ...[
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.0.0.0/24',
  ],
  ...[
    '192.0.2.0/24',
    '192.88.99.0/24',
    '192.168.0.0/16',
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '224.0.0.0/3',
  ],
  ...[
    '::/127',
    '64:ff9b::/96',
    '64:ff9b:1::/48',
    '100::/64',
    '2001::/23',
    '2001:db8::/32',
    '2002::/16',
    '3fff::/20',
  ],
  ...['5f00::/16', 'fc00::/7', 'fe80::/9', 'ff00::/8'],
]);

/** @param resolver how names become addresses; another one for tests only. */
export function makeOutgoing(settings: OutgoingSettings, resolver: typeof resolve = resolve): Outgoing {
  const own = makeList(settings.networks);
  const addressAllowed = (address: string): boolean => {
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    return own.check(address, family) || !SPECIAL.check(address, family);
  };
  const agents = {
    'http:': new http.Agent({
      keepAlive: true,
      maxSockets: 20,
      maxFreeSockets: 5,
      timeout: settings.timeoutMs,
    }),
    'https:': new https.Agent({
      keepAlive: true,
      maxSockets: 20,
      maxFreeSockets: 5,
      timeout: settings.timeoutMs,
    }),
  };

  /** Resolves a name and hands on only addresses that may be called; the socket connects to one of these. */
  const lookup: LookupFunction = (host, options, callback) => {
    resolver(host, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) return callback(error, '', 0);
      const allowed = addresses.filter(({ address }) => addressAllowed(address));
      if (allowed.length === 0)
        return callback(new OutgoingRefused('the host resolves to an address that may not be called'), '', 0);
      if (options.all) return callback(null, allowed);
      return callback(null, allowed[0]!.address, allowed[0]!.family);
    });
  };

  const refusal = (url: URL): string | undefined => {
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && settings.plainHttp))
      return 'only https may be called';
    if (url.username !== '' || url.password !== '') return 'an address with a password may not be called';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    // Nothing is resolved for a literal address, so it is judged here; only listed networks, never "some public one".
    if (isIP(host))
      return own.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4')
        ? undefined
        : 'the address is not in a listed network';
    return settings.hosts.some((pattern) => hostMatches(host, pattern))
      ? undefined
      : 'the host is not on the list';
  };

  return async (target, options = {}) => {
    const url = new URL(target);
    const refused = refusal(url);
    if (refused !== undefined) throw new OutgoingRefused(refused);
    const headers = Object.fromEntries(new Headers(options.headers));
    const body = options.body === undefined ? undefined : Buffer.from(String(options.body));
    if (body) headers['content-length'] = String(body.length);
    const signal = AbortSignal.timeout(settings.timeoutMs);
    const protocol = url.protocol as keyof typeof agents;
    const request = (protocol === 'https:' ? https : http).request(url, {
      method: options.method ?? 'GET',
      headers: { ...headers, 'accept-encoding': 'identity' },
      agent: agents[protocol],
      lookup,
      signal,
    });
    try {
      return await answerTo(request, body, settings.maxBytes);
    } catch (error) {
      if (signal.aborted) throw new OutgoingRefused(`no answer within ${settings.timeoutMs} ms`);
      throw error;
    }
  };
}

function answerTo(request: http.ClientRequest, body: Buffer | undefined, most: number): Promise<Response> {
  return new Promise((done, fail) => {
    request.on('error', fail);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('error', fail);
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= most) {
          chunks.push(chunk);
          return;
        }
        fail(new OutgoingRefused(`the answer is longer than ${most} bytes`));
        request.destroy();
      });
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        const headers = Object.entries(response.headers).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, String(value)] as [string, string]],
        );
        const empty = status === 204 || status === 304 || status < 200;
        if (status < 200 || status > 599) return fail(new OutgoingRefused('the answer has no usable status'));
        done(new Response(empty ? null : Buffer.concat(chunks), { status, headers }));
      });
    });
    request.end(body);
  });
}

function hostMatches(host: string, pattern: string): boolean {
  const wanted = pattern.toLowerCase();
  return wanted.startsWith('*.')
    ? host.endsWith(wanted.slice(1)) && host.length > wanted.length - 1
    : host === wanted;
}

function makeList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address, prefix] = network.split('/') as [string, string];
    list.addSubnet(address, Number(prefix), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
