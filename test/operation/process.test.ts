/** The server as a process: what it prints, how it is watched, how it stops, and what its log keeps to itself. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { personAt } from '../../src/registries/stand-in-population.ts';
import { HtmlClient } from '../support/html-client.ts';
import { freePort } from '../support/server.ts';

const ROOT = join(import.meta.dirname, '../..');
let folder: string;
let port: number;
let internal: number;
let env: Record<string, string>;
let server: Started;

interface Started {
  child: ChildProcess;
  out: () => string;
  exit: Promise<number | null>;
}

function start(): Started {
  const child = spawn(process.execPath, ['src/main.ts'], { cwd: ROOT, env });
  let out = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => {
      out += data;
    });
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, out: () => out, exit };
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (let n = 0; n < 600; n += 1) {
    if (await what()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited in vain; it said: ${server.out().slice(-2_000)}`);
}

const look = (path: string) => fetch(`http://127.0.0.1:${internal}${path}`);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yihao-process-'));
  port = await freePort();
  internal = await freePort();
  env = {
    PATH: process.env.PATH ?? '',
    PORT: String(port),
    YIHAO_DATA_FOLDER: folder,
    YIHAO_OBSERVE__INTERNAL_PORT: String(internal),
  };
  server = start();
  await until(() => server.out().includes('Stop with Ctrl+C'));
});
afterAll(async () => {
  server.child.kill('SIGKILL');
  await server.exit;
  rmSync(folder, { recursive: true, force: true });
});

test('prints the addresses and sample people that docs/trial.md tells of', () => {
  const docs = readFileSync(join(ROOT, 'docs/trial.md'), 'utf8');
  const password = /with the password +(\S+)/.exec(server.out())![1]!;
  expect(docs).toContain(`All have the password \`${password}\`.`);
  const rows = [...docs.matchAll(/^\| (\d{17}[\dX]) \| (\d{11}) \| (\S+) \| (.+) \|$/gm)];
  expect(rows.length).toBeGreaterThan(0);
  const printed = [...server.out().matchAll(/^ {4}(\d{17}[\dX]) {3}(\d{11}) {3}(\S+) {3}(.+)$/gm)];
  expect(rows.map((row) => row.slice(1))).toEqual(
    printed.map((line) => line.slice(1).map((text) => text.trim())),
  );
  for (const address of server.out().match(/http:\/\/\S+:\d+\S*/g) ?? []) {
    const asInDocs = address.replace(/:(\d+)/, (_, its) => `:${Number(its) - port + 3000}`);
    expect(docs, address).toContain(asInDocs);
  }
});

test('is watched on the internal listener alone', async () => {
  expect((await look('/health/live')).status).toBe(200);
  expect(await (await look('/health/ready')).json()).toMatchObject({
    status: 'ok',
    checks: { database: 'ok' },
  });
  expect(await (await look('/metrics')).text()).toContain('password_hashes_running');
  expect((await fetch(`http://localhost:${port}/metrics`)).status).toBe(404);
});

test('a sign-in leaves no personal data in the log', async () => {
  const person = personAt('yihao', 0);
  const client = new HtmlClient(`http://localhost:${port}`);
  let page = await client.get('/account');
  page = await client.submit(page, { identifier: person.document.number, password: 'Wrong-Password-1' });
  page = await client.submit(page, { identifier: person.document.number, password: 'Lhasa-Trial-2026' });
  expect(page.text).toContain(person.name);
  await client.get(`/account?note=${person.document.number}`);
  // The log is written in blocks, up to a quarter of a second late: wait for the line of the last request.
  const whole = () =>
    server
      .out()
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.startsWith('{'));
  await client.get('/privacy');
  await until(() => whole().some((line) => line.includes('"/privacy"')));
  const lines = whole();
  expect(lines.length).toBeGreaterThan(3);
  for (const line of lines) {
    JSON.parse(line);
    for (const secret of [person.document.number, person.phone, person.name, 'Lhasa-Trial', 'Wrong-Password'])
      expect(line).not.toContain(secret);
  }
});

test('a second start on the same ports says so, and leaves the first one alone', async () => {
  const second = start();
  expect(await second.exit).not.toBe(0);
  expect(second.out()).toContain(`port ${port} is in use`);
  expect(second.out()).toContain('YIHAO_OBSERVE__INTERNAL_PORT');
  expect((await look('/health/ready')).status).toBe(200);
});

test('told to stop, it refuses readiness, finishes what is under way, and leaves with 0', async () => {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (data) => {
    answer += data;
  });
  const body = 'grant_type=nonsense';
  socket.write(
    `POST /oauth/token HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Type: application/x-www-form-urlencoded\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
  );
  await new Promise((resolve) => setTimeout(resolve, 500));
  server.child.kill('SIGTERM');
  await until(async () => (await look('/health/ready')).status === 503);
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  socket.write(body.slice(5));
  expect(await server.exit).toBe(0);
  expect(answer).toMatch(/^HTTP\/1\.1 40\d /);
  socket.destroy();
});
