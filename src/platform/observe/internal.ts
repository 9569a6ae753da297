/** The internal listener: is the process alive, may it have traffic, and its measurements. Not for the public. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';

/** Resolves when the thing asked is well; its name is told when it is not, its error is not. */
export type Check = () => Promise<unknown>;

export interface InternalOptions {
  host: string;
  port: number;
  metrics: Metrics;
  /** Asked by /health/ready, all at once. */
  checks: Record<string, Check>;
  /** Milliseconds a check may take before it counts as failed. */
  checkTimeoutMs?: number;
}

export interface Internal {
  readonly port: number;
  /** From now on /health/ready says 503, so that a proxy sends no more; /health/live and /metrics go on. */
  refuse(): void;
  close(): Promise<void>;
}

export async function openInternal(options: InternalOptions): Promise<Internal> {
  const { metrics, checks, checkTimeoutMs = 2_000 } = options;
  let refusing = false;

  async function ready(): Promise<{ status: number; body: object }> {
    if (refusing) return { status: 503, body: { status: 'stopping' } };
    const results = await Promise.all(
      Object.entries(checks).map(
        async ([name, check]) => [name, await outcome(check, checkTimeoutMs)] as const,
      ),
    );
    const well = results.every(([, result]) => result === 'ok');
    return {
      status: well ? 200 : 503,
      body: { status: well ? 'ok' : 'failed', checks: Object.fromEntries(results) },
    };
  }

  const server = createServer((req, res) => {
    const path = (req.url ?? '/').split('?', 1)[0];
    if (req.method !== 'GET' && req.method !== 'HEAD')
      return json(res, 405, { status: 'method not allowed' });
    if (path === '/health/live') return json(res, 200, { status: 'ok' });
    if (path === '/health/ready') {
      void ready().then(({ status, body }) => json(res, status, body));
      return;
    }
    if (path === '/metrics') {
      metrics.registry.metrics().then(
        (text) => {
          res
            .writeHead(200, { 'Content-Type': metrics.registry.contentType, 'Cache-Control': 'no-store' })
            .end(text);
        },
        () => json(res, 500, { status: 'failed' }),
      );
      return;
    }
    json(res, 404, { status: 'not found' });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    refuse: () => {
      refusing = true;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function outcome(check: Check, timeoutMs: number): Promise<'ok' | 'failed' | 'slow'> {
  let timer: NodeJS.Timeout | undefined;
  const slow = new Promise<'slow'>((resolve) => {
    timer = setTimeout(() => resolve('slow'), timeoutMs);
  });
  try {
    return await Promise.race([
      Promise.resolve()
        .then(check)
        .then(
          () => 'ok' as const,
          () => 'failed' as const,
        ),
      slow,
    ]);
  } finally {
    clearTimeout(timer);
  }
}

function json(res: ServerResponse, status: number, body: object): void {
  res
    .writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
    .end(JSON.stringify(body));
}
