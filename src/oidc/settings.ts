/** Settings of the OpenID Provider. Defaults suit trial; production must name its departments' hosts. */
import { BlockList, isIP } from 'node:net';
import { z } from 'zod';
import { listOf, whole, yesNo } from '../platform/config/kinds.ts';
import type { Fault } from '../platform/config/load.ts';
import { retryFields } from '../platform/retries.ts';
import { signingKeySettings } from './keys-settings.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Lives in seconds. A refresh token never outlives its grant, and a grant without offline access never its session. */
const lifetimes = z
  .object({
    /** A citizen's session ends after this long without use (GB/T 22239-2019 8.1.4.1 b) … */
    sessionIdle: whole(5 * MINUTE, 12 * HOUR).default(30 * MINUTE),
    /** … and after this long in any case. */
    session: whole(5 * MINUTE, 7 * DAY).default(8 * HOUR),
    interaction: whole(5 * MINUTE, 4 * HOUR).default(HOUR),
    code: whole(10, 10 * MINUTE).default(MINUTE),
    accessToken: whole(MINUTE, HOUR).default(15 * MINUTE),
    clientCredentials: whole(MINUTE, HOUR).default(10 * MINUTE),
    idToken: whole(MINUTE, DAY).default(HOUR),
    /** A refresh token with offline access that is not used for so long is dead. */
    refreshToken: whole(HOUR, 365 * DAY).default(30 * DAY),
    /** After this long the person is asked again, however often the token was refreshed. */
    offlineGrant: whole(HOUR, 730 * DAY).default(180 * DAY),
  })
  .strict();

/** Where this server may call: departments' logout and key addresses. */
const outgoing = z
  .object({
    /** Host names, exact or `*.example.gov.cn`. */
    hosts: listOf(z.string().min(1)).default(['localhost']),
    /** Networks in CIDR notation that are not public and may be called all the same, by name or by address. */
    networks: listOf(
      z.string().regex(/^[0-9a-f.:]+\/\d{1,3}$/i, 'must be a network in CIDR notation'),
    ).default(['127.0.0.0/8', '::1/128']),
    /** Plain http, for departments on the same machine. */
    plainHttp: yesNo().default(true),
    timeoutMs: whole(200, 30_000).default(3_000),
    maxBytes: whole(1_024, 4_194_304).default(131_072),
  })
  .strict();

/** Back-channel logout: how often and how long a department that does not answer is tried. */
const logout = z
  .object({
    ...retryFields,
    concurrency: whole(1, 50).default(4),
    /** How long delivered and dead messages are kept for the status of an application. */
    keepDays: whole(1, 3_650).default(30),
  })
  .strict();

export const oidcSettings = z
  .object({
    lifetimes: lifetimes.default(lifetimes.parse({})),
    outgoing: outgoing.default(outgoing.parse({})),
    logout: logout.default(logout.parse({})),
    keys: signingKeySettings.default(signingKeySettings.parse({})),
    /** A session whose end would only move by less than this is not written again. */
    sessionSlackSeconds: whole(0, 300).default(60),
    /** For so long a second use of a refresh token is only refused; after that it ends the grant (refresh-grace.ts). */
    refreshGraceSeconds: whole(0, 120).default(20),
    /** How far clocks may differ. */
    clockToleranceSeconds: whole(0, 120).default(15),
  })
  .strict();

export type OidcSettings = z.output<typeof oidcSettings>;
export type OutgoingSettings = OidcSettings['outgoing'];

/** Whether a network, however it is written, holds an address by which a server reaches itself. */
function holdsThisMachine(network: string): boolean {
  const [address = '', bits] = network.split('/');
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  try {
    list.addSubnet(address, Number(bits), family);
  } catch {
    return true;
  }
  const own = family === 'ipv6' ? ['::1', '::', '::ffff:127.0.0.1'] : ['127.0.0.1', '0.0.0.0'];
  return own.some((one) => list.check(one, family));
}

/** What trial may and production may not. */
export function oidcProductionFaults(settings: OidcSettings): Fault[] {
  const faults: Fault[] = [];
  const { hosts, networks, plainHttp } = settings.outgoing;
  if (plainHttp) faults.push({ setting: 'oidc.outgoing.plainHttp', right: 'must be false' });
  if (networks.some(holdsThisMachine)) {
    faults.push({
      setting: 'oidc.outgoing.networks',
      right: 'must name the departments’ networks, not this machine',
    });
  }
  if (hosts.some((host) => host === '*' || host === 'localhost')) {
    faults.push({
      setting: 'oidc.outgoing.hosts',
      right: 'must name the departments’ hosts, such as *.example.gov.cn',
    });
  }
  return faults;
}
