import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openInternal } from '../../src/platform/observe/internal.ts';
import { makeLog } from '../../src/platform/observe/log.ts';
import { makeMetrics, watchPool } from '../../src/platform/observe/metrics.ts';
import {
  makeRequestObserver,
  networkOf,
  type RequestObserverOptions,
} from '../../src/platform/observe/request.ts';
import { makeRouteNames } from '../../src/platform/observe/routes.ts';
import { scrub } from '../../src/platform/observe/scrub.ts';

/** Synthetic, all of them: what must never be found in a log. */
const PRIVATE = {
  citizen: '54019919000101001X',
  fifteen: '540199000101001',
  permit: '810000190001010018',
  passport: 'E00000010',
  phone: '13800000000',
  international: '+8613800000000',
  jwt: 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhYmMifQ.c2lnbmF0dXJlLWJ5dGVz',
  opaque: 'mK3vQ9_zT7pLxWc2RbYh5Ns8Df1Gj4Ua6Ei0Ok-Zq3w',
  basic: 'aG91c2luZy1mdW5kOnNlY3JldA==',
  code: 'Zk3-one-time',
};

const serve = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

describe('one line for each request', () => {
  let lines: string[];
  let server: Server;
  let port: number;
  let metrics: ReturnType<typeof makeMetrics>;
  const start = async (options: Partial<RequestObserverOptions> = {}) => {
    const log = makeLog({ level: 'info', node: 'n1' }, { write: (line) => void lines.push(line) });
    const observe = makeRequestObserver({
      log,
      metrics,
      routes: makeRouteNames([
        '/',
        '/oauth/token',
        '/interaction/:uid',
        '/interaction/:uid/login',
        '/assets/*',
      ]),
      ...options,
    });
    server = createServer((req, res) => {
      observe(req, res);
      if (req.url?.startsWith('/slow')) return;
      res.statusCode = req.url?.startsWith('/broken') ? 500 : 200;
      res.end(req.id);
    });
    port = await serve(server);
  };
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers }).then(async (res) => ({
      id: res.headers.get('x-request-id'),
      body: await res.text(),
    }));
  const logged = async (count = 1) => {
    while (lines.length < count) await wait(5);
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  };

  beforeEach(() => {
    lines = [];
    metrics = makeMetrics();
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test('says method, route template, status, duration, request id and network, and nothing else', async () => {
    await start();
    const { id, body } = await get('/interaction/mK3vQ9zT7pLxWc2RbYh5N/login?code=Zk3');
    expect(body).toBe(id);
    const [line] = await logged();
    expect(line).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      node: 'n1',
      requestId: id,
      method: 'GET',
      route: '/interaction/:uid/login',
      status: 200,
      ms: expect.any(Number),
      net: '127.0.0.0/24',
      msg: 'request',
    });
  });

  test('holds no number, telephone, token or code, wherever a request carries one', async () => {
    await start();
    for (const value of Object.values(PRIVATE)) {
      const path = encodeURIComponent(value);
      await get(`/person/${path}`);
      await get(`/interaction/${path}?id=${path}&${path}=1#${path}`, {
        'X-Request-Id': value,
        Authorization: `Bearer ${value}`,
        Cookie: `session=${value}`,
        Referer: `http://x/?login_hint=${path}`,
        'User-Agent': value,
        'X-Forwarded-For': value,
      });
    }
    await logged(Object.keys(PRIVATE).length * 2);
    const all = lines.join('\n') + (await metrics.registry.metrics());
    for (const value of Object.values(PRIVATE)) {
      expect(all).not.toContain(value);
      expect(all).not.toContain(encodeURIComponent(value));
    }
  });

  test('takes a proxy’s request id when it is one, and only where that is wanted', async () => {
    await start();
    for (const good of [
      '0193f1c2-7a4b-7c3d-8e5f-a1b2c3d4e5f6',
      'a3f1c27a4b7c3d8e5fa1b2c3d4e5f600',
      '7K2M-9QRS-TU4V',
    ]) {
      expect((await get('/', { 'X-Request-Id': good })).id).toBe(good);
    }
    for (const bad of ['x', '1'.repeat(18), `${'a'.repeat(31)}"`, 'a b', PRIVATE.citizen]) {
      const { id } = await get('/', { 'X-Request-Id': bad });
      expect(id).not.toBe(bad);
      expect(id).toMatch(/^[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}$/);
    }
    server.closeAllConnections();
    server.close();
    await start({ trustId: false });
    expect((await get('/', { 'X-Request-Id': '7K2M-9QRS-TU4V' })).id).not.toBe('7K2M-9QRS-TU4V');
  });

  test('a failed one is a warning, one the client left counts as 499', async () => {
    await start();
    await get('/broken');
    const client = connect(port, '127.0.0.1', () => client.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n'));
    await wait(50);
    client.destroy();
    const [broken, left] = await logged(2);
    expect(broken).toMatchObject({ level: 'warn', status: 500, route: '(other)' });
    expect(left).toMatchObject({ status: 499 });
  });

  test('is measured by route and status, and made-up paths and methods make no new rows', async () => {
    await start();
    await get('/oauth/token');
    for (let n = 0; n < 20; n += 1) await get(`/made/up/${n}`);
    await new Promise((resolve) => {
      request({ port, method: 'PROPFIND', path: '/' }, (res) => res.resume().on('end', resolve)).end();
    });
    await logged(22);
    const text = await metrics.registry.metrics();
    expect(text).toContain(
      'http_request_duration_seconds_count{method="GET",route="/oauth/token",status="200"} 1',
    );
    expect(text).toContain(
      'http_request_duration_seconds_count{method="GET",route="(other)",status="200"} 20',
    );
    expect(text).toContain('method="OTHER",route="/"');
    expect(text).not.toContain('/made');
    expect(text).toMatch(/nodejs_eventloop_lag_p99_seconds/);
  });
});

describe('the log', () => {
  const write = (work: (log: ReturnType<typeof makeLog>) => void): string => {
    const lines: string[] = [];
    work(makeLog({ level: 'debug' }, { write: (line) => void lines.push(line) }));
    return lines.join('');
  };

  test('takes numbers, tokens and queries out of messages and errors', () => {
    const text = write((log) => {
      for (const value of Object.values(PRIVATE)) {
        const said =
          value === PRIVATE.code ? `code=${value}` : value === PRIVATE.basic ? `Basic ${value}` : value;
        log.warn(`could not do it: ${said}.`);
        log.error({
          err: new Error(`GET https://x.example/a?q=${value} failed`, {
            cause: new Error(`Bearer ${value}`),
          }),
        });
        log.info({ some: { place: `https://x.example/cb?code=${value}` } });
      }
    });
    for (const value of Object.values(PRIVATE)) expect(text).not.toContain(value);
    for (const line of text.trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  });

  test('never writes members that hold secrets or persons, nor what a driver hangs on its errors', () => {
    const failed = Object.assign(new Error('duplicate key value violates unique constraint "person_name"'), {
      code: '23505',
      constraint: 'person_name',
      detail: 'Key (name)=(卓玛) already exists.',
      where: 'unnamed portal parameter $1 = 卓玛',
    });
    const text = write((log) => {
      log.info({
        password: 'hidden-1',
        user: { phone: 'hidden-2', name: 'hidden-3' },
        headers: { a: 'hidden-4' },
        kept: 1,
      });
      log.error({ err: failed }, 'it broke');
    });
    expect(text).not.toMatch(/hidden|卓玛/);
    expect(text).toContain('"kept":1');
    expect(text).toContain('"errorCode":"23505"');
    expect(text).toContain('person_name');
  });

  test('leaves alone what identifies nobody', () => {
    const harmless = [
      '0193f1c2-7a4b-7c3d-8e5f-123456789012',
      '01932457-1234-7000-8000-123456789012',
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      '2026-11-23T19:45:00.123Z',
      'why? because of 1234567',
      'src/platform/observe/request.ts:42:17',
    ];
    for (const text of harmless) expect(scrub(text)).toBe(text);
  });
});

test('an address is told as its network only', () => {
  expect(networkOf('192.0.2.177')).toBe('192.0.2.0/24');
  expect(networkOf('::ffff:192.0.2.177')).toBe('192.0.2.0/24');
  expect(networkOf('2001:db8:1234:5678::1')).toBe('2001:db8:1234::/48');
  expect(networkOf('2001:db8::1')).toBe('2001:db8:0::/48');
  expect(networkOf('::1')).toBe('0:0:0::/48');
  expect(networkOf('54019919000101001X')).toBe('unknown');
  expect(networkOf(undefined)).toBe('unknown');
});

describe('the internal listener', () => {
  test('tells whether the process lives, whether it may have traffic and why not, and its measurements', async () => {
    const metrics = makeMetrics();
    watchPool(metrics, () => ({ total: 4, idle: 3, waiting: 0 }));
    metrics.gauge('queue_depth', 'Waiting.', () => 7);
    let database: () => Promise<unknown> = async () => 1;
    const internal = await openInternal({
      host: '127.0.0.1',
      port: 0,
      metrics,
      checks: { database: () => database(), redis: async () => 'PONG' },
      checkTimeoutMs: 100,
    });
    const get = async (path: string, method = 'GET') => {
      const res = await fetch(`http://127.0.0.1:${internal.port}${path}`, { method });
      return { status: res.status, body: await res.text() };
    };
    expect(await get('/health/live')).toMatchObject({ status: 200 });
    expect(await get('/health/ready')).toEqual({
      status: 200,
      body: '{"status":"ok","checks":{"database":"ok","redis":"ok"}}',
    });
    database = () => Promise.reject(new Error('password of somebody'));
    expect(await get('/health/ready')).toEqual({
      status: 503,
      body: '{"status":"failed","checks":{"database":"failed","redis":"ok"}}',
    });
    database = () => wait(5_000);
    expect(await get('/health/ready')).toMatchObject({
      status: 503,
      body: expect.stringContaining('"database":"slow"'),
    });
    database = () => {
      throw new Error('at once');
    };
    expect(await get('/health/ready')).toMatchObject({ status: 503 });
    database = async () => 1;
    expect((await get('/metrics')).body).toMatch(/database_connections_open 4[\s\S]*queue_depth 7/);
    expect(await get('/elsewhere')).toMatchObject({ status: 404 });
    expect(await get('/health/live', 'POST')).toMatchObject({ status: 405 });
    internal.refuse();
    expect(await get('/health/ready')).toEqual({ status: 503, body: '{"status":"stopping"}' });
    expect(await get('/health/live')).toMatchObject({ status: 200 });
    await internal.close();
    await expect(get('/health/live')).rejects.toThrow();
  });
});
