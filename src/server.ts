/**
 * The front door, on plain node:http: every request gets an id, a log line and a measurement, then goes to
 * the OpenID Provider or to the pages. The provider answers beside the pages' Koa application, not inside
 * it, so that its own rules for proxies, cookies and errors hold.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { takeInTheRest } from './platform/http/linger.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface Doors {
  /** Called first for every request. */
  observe: Handler;
  /** Whether the provider answers this path. */
  owns(path: string): boolean;
  oidc: Handler;
  pages: Handler;
  /** Makes the server answer what never becomes a request. */
  unreadable(server: Server): void;
}

/** Slow senders are cut off: headers within 10 s, the whole request within 30 s. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** How often that is looked at; node's own half a minute would double the patience. */
const LOOK_MS = 2_000;

function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

/** An address with another's or our own origin in front (RFC 9112 section 3.2.2) is the same door. */
const withoutOrigin = (url: string): string => url.replace(/^[a-z]+:\/\/[^/?#]*\/?/i, '/');

/** Servers that are about to close: a proxy must not use their connections again. */
const leaving = new WeakSet<Server>();

/** Listens and resolves with the server once it does. Port 0 asks for a free one. */
export async function listen(doors: Doors, host: string, port: number): Promise<Server> {
  const answer: Handler = (request, response) => {
    if (leaving.has(server)) response.shouldKeepAlive = false;
    if (!request.url?.startsWith('/')) request.url = withoutOrigin(request.url ?? '/');
    doors.observe(request, response);
    takeInTheRest(request, response);
    if (doors.owns(pathOf(request.url))) doors.oidc(request, response);
    else doors.pages(request, response);
  };
  const server = createServer({ maxHeaderSize: 16_384, connectionsCheckingInterval: LOOK_MS }, answer);
  // Whatever a client expects of us, it gets an answer (RFC 9110 section 10.1.1).
  server.on('checkExpectation', answer);
  doors.unreadable(server);
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  // Longer than a proxy's own keep-alive, so that it never sends into a closing connection.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return server;
}

/** Goes on serving until the proxies have seen that this node is not ready; connections end with their next answer. */
export async function drain(server: Server, ms: number): Promise<void> {
  leaving.add(server);
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Stops taking connections, lets requests under way finish, and gives up after `patienceMs`. */
export async function finish(server: Server, patienceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const idle = setInterval(() => server.closeIdleConnections(), 100);
  const patience = new Promise<void>((resolve) => setTimeout(resolve, patienceMs).unref());
  await Promise.race([closed, patience]);
  clearInterval(idle);
  server.closeAllConnections();
}
