/** Much at once, and very slowly: the server stays small, goes on answering others, and cuts off who never ends. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/server.ts';
import { ask, chunked, exchange, form, request } from './raw.ts';
import { startTrial, type TrialProcess } from './trial-process.ts';

const MB = 1_048_576;
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

describe('the trial server as it is started', () => {
  let trial: TrialProcess;
  let internal: number;
  beforeAll(async () => {
    internal = await freePort();
    trial = await startTrial({
      YIHAO_OBSERVE__INTERNAL_PORT: String(internal),
      YIHAO_OBSERVE__LEVEL: 'error',
    });
  });
  afterAll(() => trial.close());

  const measurements = async () => (await fetch(`http://127.0.0.1:${internal}/metrics`)).text();
  const memory = async () =>
    Number(/^process_resident_memory_bytes (\S+)/m.exec(await measurements())![1]) / MB;

  test('forty bodies of 10 MB at once, none of which ends: a clear answer to each, and nothing is kept', async () => {
    const much = chunked(`identifier=${'x'.repeat(10 * MB)}`).slice(0, -'0\r\n\r\n'.length);
    const unending = {
      ...FORM,
      Connection: 'keep-alive',
      'Transfer-Encoding': 'chunked',
      'Content-Length': undefined,
    };
    const bodies = ['/interaction/nobody/login', '/no-such-page', '/oauth/token', '/oauth/par'].map((path) =>
      request(path, { method: 'POST', body: much, headers: unending }),
    );
    await ask(trial.origin, '/privacy');
    const before = await memory();
    let most = before;
    let pouring = true;
    const watching = (async () => {
      while (pouring) most = Math.max(most, await memory());
    })();
    const all = await Promise.all(
      Array.from({ length: 40 }, (_, at) =>
        exchange(trial.origin, bodies[at % bodies.length]!, { enough: 1, patienceMs: 10_000 }),
      ),
    );
    pouring = false;
    await watching;
    for (const { answers } of all) expect(answers[0]?.status).toBeOneOf([400, 404, 413]);
    expect(most - before, 'MB at its height').toBeLessThan(100);
  });

  test('hundreds who stop in the middle of their headers do not keep others waiting', async () => {
    const { port } = new URL(trial.origin);
    const idle: Socket[] = [];
    for (let n = 0; n < 300; n += 1) {
      const socket = connect(Number(port), 'localhost');
      socket.on('error', () => {});
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
      idle.push(socket);
    }
    await Promise.all(idle.map((socket) => socket.readyState === 'open' || once(socket, 'connect')));
    for (let n = 0; n < 5; n += 1) expect((await ask(trial.origin, '/privacy')).status).toBe(200);
    for (const socket of idle) socket.destroy();
  });

  test('strange addresses and methods make no new series of measurements', async () => {
    const series = async () =>
      (await measurements()).split('\n').filter((line) => /^http|route=/.test(line)).length;
    const visit = async (turn: number) => {
      for (const path of [
        `/${turn}`,
        `/interaction/${turn}`,
        `/interaction/${turn}/${turn}`,
        `/oauth/${turn}`,
        `/assets/${turn}.css`,
        `/.well-known/${turn}`,
      ])
        await ask(trial.origin, path, { method: turn % 2 ? 'PROPFIND' : 'GET' });
    };
    for (const turn of [0, 1]) await visit(turn);
    const before = await series();
    for (let turn = 2; turn < 30; turn += 1) await visit(turn);
    expect(await series()).toBe(before);
    expect(await measurements()).not.toMatch(/PROPFIND|\/29/);
  });

  test.concurrent('headers that never end are cut off', { timeout: 60_000 }, async () => {
    const slow = await dripping('GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
    expect(slow.said).toMatch(/^(HTTP\/1\.1 408 |$)/);
    expect(slow.seconds).toBeGreaterThan(5);
    expect(slow.seconds).toBeLessThan(20);
  });

  test.concurrent('a body that never ends is cut off', { timeout: 60_000 }, async () => {
    const begun = request('/interaction/nobody/login', form('a=b', { 'Content-Length': '1000' }));
    const slow = await dripping(begun);
    expect(slow.said).toMatch(/^(HTTP\/1\.1 4\d\d |$)/);
    expect(slow.seconds).toBeGreaterThan(20);
    expect(slow.seconds).toBeLessThan(45);
  });

  /** Sends a byte each second until the server has had enough. */
  async function dripping(begin: string | Buffer): Promise<{ said: string; seconds: number }> {
    const { port } = new URL(trial.origin);
    const socket = connect(Number(port), 'localhost');
    let said = '';
    socket.on('data', (part: Buffer) => {
      said += part.toString('latin1');
    });
    socket.on('error', () => {});
    socket.write(begin);
    const begun = performance.now();
    const drip = setInterval(() => socket.write('x'), 1_000);
    await once(socket, 'close');
    clearInterval(drip);
    return { said, seconds: (performance.now() - begun) / 1_000 };
  }
});
