/**
 * The proxy in front of the nodes, as it stands in front of a production installation: it sends each request to
 * any node that takes connections, and when a node dies in the middle of an answer, the asker gets none.
 */
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Dice } from './dice.ts';

export interface Target {
  port: number;
}

export interface Balancer {
  origin: string;
  /** Told of each request as it goes to a node. */
  onRequest: (target: Target, path: string) => void;
  close(): Promise<void>;
}

/** `targets` are asked for anew with each request: those that are up at the moment. */
export async function startBalancer(targets: () => Target[], dice: Dice): Promise<Balancer> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer((asked, answer) => {
    void readWhole(asked).then((body) => {
      const at = targets();
      const first = dice.whole(0, Math.max(0, at.length - 1));
      pass(asked, body, answer, [...at.slice(first), ...at.slice(0, first)]);
    });
  });

  function pass(asked: IncomingMessage, body: Buffer, answer: ServerResponse, left: Target[]): void {
    const [target, ...others] = left;
    if (!target) return void answer.destroy();
    const headers = {
      ...asked.headers,
      'x-forwarded-for': String(asked.headers['x-came-from'] ?? '10.0.0.1'),
    };
    const path = asked.url ?? '/';
    const on = request({ agent, host: '127.0.0.1', port: target.port, method: asked.method, path, headers });
    on.on('response', (got) => {
      got.on('error', () => answer.destroy());
      got.on('aborted', () => answer.destroy());
      answer.writeHead(got.statusCode ?? 502, got.rawHeaders);
      got.pipe(answer);
    });
    on.on('error', (error: NodeJS.ErrnoException) => {
      // Only a connection that was never made is tried elsewhere: anything else may have had an effect.
      if (error.code === 'ECONNREFUSED' && !on.reusedSocket) pass(asked, body, answer, others);
      else answer.destroy();
    });
    on.end(body);
    balancer.onRequest(target, path.split('?')[0]!);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const balancer: Balancer = {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    onRequest: () => {},
    async close() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return balancer;
}

async function readWhole(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  try {
    for await (const part of message as AsyncIterable<Buffer>) parts.push(part);
  } catch {
    // The asker has gone.
  }
  return Buffer.concat(parts);
}
