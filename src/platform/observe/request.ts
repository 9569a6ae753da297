/**
 * What is noted of each request, at the level of node's server, so that nothing that answers is left out:
 * an id, one line in the log, one measurement. No path, query, header or full address.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIPv4, isIPv6 } from 'node:net';
import { makeRequestId } from '../http/context.ts';
import { harmless, type Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { RouteNames } from './routes.ts';

declare module 'node:http' {
  interface IncomingMessage {
    /** Names this request in the log, the audit trail, error pages and the header X-Request-Id. */
    id?: string;
    /** The route's template, where the router that took it knows better than the path tells. */
    route?: string;
  }
}

export interface RequestObserverOptions {
  log: Log;
  metrics: Metrics;
  routes: RouteNames;
  /** Take the id that a proxy in front gave (default). */
  trustId?: boolean;
  /** Write a line for each request (default). */
  lines?: boolean;
  /** Whose answer carries the id by itself: headers set one by one cost finished documents half their speed. */
  writesOwnHeaders?: (req: IncomingMessage) => boolean;
  /** The client's address where a proxy stands in front; the connection's own otherwise. */
  clientAddress?: (req: IncomingMessage) => string | undefined;
}

export type RequestObserver = (req: IncomingMessage, res: ServerResponse) => void;

/** UUIDs, 32 hexadecimal digits (nginx, traces), or our own form. Nothing that could carry a number of somebody. */
const GOOD_ID =
  /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4})$/i;
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** The client went away before the answer was out; the number nginx uses. */
const CLIENT_GONE = 499;

/** Call the result first, on every request. */
export function makeRequestObserver(options: RequestObserverOptions): RequestObserver {
  const { metrics, routes, trustId = true, lines = true, writesOwnHeaders = () => false } = options;
  // Every member of these lines comes from a closed set or is a measurement.
  const log = harmless(options.log);
  const addressOf = options.clientAddress ?? ((req: IncomingMessage) => req.socket.remoteAddress);
  return (req, res) => {
    const begun = performance.now();
    const given = req.headers['x-request-id'];
    const id = trustId && typeof given === 'string' && GOOD_ID.test(given) ? given : makeRequestId();
    const net = networkOf(addressOf(req));
    req.id = id;
    const { url = '/' } = req;
    if (!writesOwnHeaders(req)) res.setHeader('X-Request-Id', id);
    const method = METHODS.has(req.method ?? '') ? req.method! : 'OTHER';
    res.once('close', () => {
      const ms = performance.now() - begun;
      const status = res.writableFinished ? res.statusCode : CLIENT_GONE;
      const route = req.route ?? routes(pathOf(url));
      metrics.request(method, route, status, ms / 1_000);
      if (!lines) return;
      const line = { requestId: id, method, route, status, ms: Math.round(ms * 10) / 10, net };
      if (res.statusCode >= 500) log.warn(line, 'request');
      else log.info(line, 'request');
    });
  };
}

function pathOf(url: string): string {
  const end = url.search(/[?#]/);
  return end < 0 ? url : url.slice(0, end);
}

/** The network of an address, too wide to tell a household: IPv4 /24, IPv6 /48. */
export function networkOf(address: string | undefined): string {
  if (address === undefined) return 'unknown';
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
  if (isIPv4(plain)) return `${plain.slice(0, plain.lastIndexOf('.'))}.0/24`;
  if (!isIPv6(plain)) return 'unknown';
  const [head = ''] = plain.split('::', 1);
  const given = head === '' ? [] : head.split(':');
  // Groups that "::" stands for are zero; three of them are all that is told.
  return `${[...given, '0', '0', '0'].slice(0, 3).join(':')}::/48`;
}
