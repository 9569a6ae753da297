/**
 * What stands in front in production: ends TLS, says in X-Forwarded-* who asks, hands on to whichever node is
 * ready. As in docs/production.md: it replaces X-Forwarded-Proto, adds to X-Forwarded-For, keeps connections
 * to the nodes open, and goes on to the next node only where a connection could not be made at all.
 */
import {
  Agent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from './certificate.ts';

/** Where a node answers: people's requests, and whether it is ready for them. */
export interface Upstream {
  port: number;
  /** Of the internal listener; without one it counts as ready always. */
  internalPort?: number;
}

export interface Front {
  readonly port: number;
  readonly origin: string;
  /** Requests that no node answered, with the reason; those a client breaks off do not count. */
  readonly lost: string[];
  /** Requests handed to each node's port. */
  readonly handed: Map<number, number>;
  /** From now on these; the health of each is looked at from now on. */
  serve(upstreams: Upstream[]): Promise<void>;
  close(): Promise<void>;
}

const LOOK_MS = 50;

export async function openFront(certificate: Certificate): Promise<Front> {
  const agent = new Agent({ keepAlive: true });
  const lost: string[] = [];
  const handed = new Map<number, number>();
  let upstreams: Upstream[] = [];
  let ready: Upstream[] = [];
  let turn = 0;

  async function look(): Promise<void> {
    const well = await Promise.all(upstreams.map(isReady));
    ready = upstreams.filter((_, at) => well[at]);
  }

  function handOn(incoming: IncomingMessage, answer: ServerResponse, left: Upstream[]): void {
    const [upstream, ...others] = left;
    if (!upstream) {
      lost.push(`${incoming.method} ${incoming.url}: no node`);
      answer.writeHead(502).end();
      return;
    }
    const from = incoming.socket.remoteAddress!;
    const given = incoming.headers['x-forwarded-for'];
    const outgoing = request({
      ...{ agent, port: upstream.port, host: '127.0.0.1', method: incoming.method!, path: incoming.url! },
      headers: {
        ...endToEnd(incoming.headers),
        'x-forwarded-proto': 'https',
        'x-forwarded-for': given === undefined ? from : `${String(given)}, ${from}`,
      },
    });
    outgoing.on('response', (response) => {
      handed.set(upstream.port, (handed.get(upstream.port) ?? 0) + 1);
      answer.writeHead(response.statusCode!, endToEnd(response.headers));
      response.pipe(answer);
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') return handOn(incoming, answer, others);
      if (!incoming.destroyed) lost.push(`${incoming.method} ${incoming.url}: ${error.code}`);
      if (!answer.headersSent) answer.writeHead(502);
      answer.end();
    });
    answer.on('close', () => {
      if (!answer.writableFinished) outgoing.destroy();
    });
    outgoing.on('socket', (socket) => {
      // Nothing of the body is taken before there is a connection: the next node must get all of it.
      if (socket.connecting) socket.once('connect', () => incoming.pipe(outgoing));
      else incoming.pipe(outgoing);
    });
  }

  const server = createServer(certificate, (incoming, answer) => {
    turn += 1;
    const first = turn % Math.max(1, ready.length);
    handOn(incoming, answer, [...ready.slice(first), ...ready.slice(0, first)]);
  });
  // Longer than any client keeps a connection that it does not use.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  let open = true;
  const looking = (async () => {
    for (; open; await new Promise((resolve) => setTimeout(resolve, LOOK_MS))) await look();
  })();
  return {
    ...{ port, origin: `https://localhost:${port}`, lost, handed },
    serve(given) {
      upstreams = given;
      return look();
    },
    async close() {
      open = false;
      await looking;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      agent.destroy();
    },
  };
}

/** Without what concerns one connection only (RFC 9110 section 7.6.1). */
function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...rest } = headers;
  return rest;
}

async function isReady({ internalPort }: Upstream): Promise<boolean> {
  if (internalPort === undefined) return true;
  try {
    const response = await fetch(`http://127.0.0.1:${internalPort}/health/ready`);
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
