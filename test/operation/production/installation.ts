/**
 * An installation as docs/production.md describes it, on this machine: a PostgreSQL database with a user of its
 * own, a Redis, a keyring, settings and secrets in files, the register and the gateway behind TLS, and a proxy
 * in front. Nodes and commands are processes of their own, with the environment that an operator gives them.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { ROOT } from '../../../src/settings.ts';
import { runCli, type Said } from '../../commands/cli.ts';
import { TestGateway } from '../../notices/gateway.ts';
import { freePort } from '../../support/server.ts';
import { withServer } from '../../support/template.ts';
import { makeCertificate } from './certificate.ts';
import { redisSettings, settingsFile, startCommand, variables } from './documented.ts';
import { type Front, openFront, type Upstream } from './front.ts';
import { redisHere, startRedis } from './redis-server.ts';
import { until } from './until.ts';

/** Whether there is what production needs; always in CI. */
export const possible = Boolean(process.env.TEST_POSTGRES) && redisHere;
if (!possible) console.warn('NOT TESTED HERE: production mode; it needs PostgreSQL and redis-server');

export interface Node extends Upstream {
  readonly child: ChildProcess;
  /** What it has written so far. */
  said(): string;
  /** The exit code, once it has left. */
  readonly exit: Promise<number | null>;
  /** Asks its internal listener. */
  look(path: string): Promise<Response>;
}

export interface Installation {
  readonly folder: string;
  readonly origin: string;
  readonly front: Front;
  readonly gateway: TestGateway;
  readonly databaseUrl: string;
  readonly redisPort: number;
  /** What every process of this installation is given. */
  readonly env: Record<string, string>;
  /** Writes a file that its owner alone can read, unless told otherwise. */
  file(name: string, content: string, mode?: number): string;
  cli(args: string[], input?: string, more?: Record<string, string>): Promise<Said>;
  /** Starts a node and waits until it is ready. */
  node(more?: Record<string, string>): Promise<Node>;
  /** Starts a process that may leave by itself. */
  begin(more?: Record<string, string>): Promise<Node>;
  drop(): Promise<void>;
}

/** Not migrated yet, and no node started. */
export async function openInstallation(): Promise<Installation> {
  const closers: (() => unknown)[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'yihao-production-'));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string, content: string, mode = 0o600): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    chmodSync(path, mode);
    return path;
  };

  const certificate = makeCertificate();
  setDefaultCACertificates([...getCACertificates('default'), certificate.cert]);
  const front = await openFront(certificate);
  closers.push(() => front.close());
  const database = await openOwnDatabase(closers);
  const redisPort = await openOwnRedis(folder, closers);
  const secret = () => randomBytes(32).toString('base64');
  const secrets = { register: secret(), gateway: secret() };
  const register = await openRegister(file('register-key', secrets.register), certificate, closers);
  const gateway = await new TestGateway(secrets.gateway).listen();
  closers.push(() => gateway.close());
  const sms = await openFront(certificate);
  closers.push(() => sms.close());
  await sms.serve([{ port: Number(new URL(gateway.url).port) }]);

  const documented = settingsFile()
    .replaceAll('https://id.example.gov.cn', front.origin)
    .replaceAll('/etc/yihao', folder)
    .replaceAll('https://register.example.gov.cn/v1', register.origin)
    .replaceAll('register.example.gov.cn', `localhost:${register.port}`)
    .replaceAll('https://sms.example.gov.cn/v1', sms.origin)
    .replaceAll('sms.example.gov.cn', `localhost:${sms.port}`);
  file('yihao.yaml', documented, 0o644);
  file('database-url', database);
  file('redis-url', `redis://127.0.0.1:${redisPort}`);
  file('register-secret', secrets.register);
  file('sms-secret', `${secrets.gateway}\n`);
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    ...Object.fromEntries(
      Object.entries(variables()).map(([name, value]) => [name, value.replaceAll('/etc/yihao', folder)]),
    ),
    // Half of a short process is reading the source: once is enough.
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
    YIHAO_DRAIN_SECONDS: '1',
    // The register's and the gateway's certificate is signed by an authority of this installation.
    NODE_EXTRA_CA_CERTS: file('authority.pem', certificate.cert, 0o644),
  };
  const made = await runCli(env, ['keys', 'generate', join(folder, 'keyring.json')]);
  if (made.code !== 0) throw new Error(made.err);

  const begin = async (more: Record<string, string> = {}): Promise<Node> => {
    const port = await freePort();
    const internalPort = await freePort();
    const [program, ...args] = startCommand();
    const child = spawn(program, args, {
      cwd: ROOT,
      env: {
        ...env,
        PORT: String(port),
        YIHAO_OBSERVE__INTERNAL_PORT: String(internalPort),
        ...more,
      },
    });
    closers.push(() => child.kill('SIGKILL'));
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data) => {
        said += data;
      });
    const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
    const look = (path: string) => fetch(`http://127.0.0.1:${internalPort}${path}`);
    return { port, internalPort, child, said: () => said, exit, look };
  };
  return {
    ...{ folder, origin: front.origin, front, gateway, databaseUrl: database, redisPort, env, file, begin },
    cli: (args, input, more) => runCli({ ...env, ...more }, args, input),
    async node(more) {
      for (;;) {
        const node = await begin(more);
        let left = false;
        void node.exit.then(() => {
          left = true;
        });
        const ready = async () => (await node.look('/health/ready').catch(() => undefined))?.ok === true;
        await until(async () => left || (await ready()), 'a node');
        if (!left) return node;
        // Somebody else took a port between our choosing it and its taking it.
        if (!node.said().includes('is in use')) throw new Error(`a node left: ${node.said()}`);
      }
    },
    async drop() {
      for (const close of closers.splice(0).reverse()) await close();
    },
  };
}

/** A database and the user that owns it. */
async function openOwnDatabase(closers: (() => unknown)[]): Promise<string> {
  const server = process.env.TEST_POSTGRES!;
  const name = `yihao_test_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  await withServer(server, async (client) => {
    await client.query(`CREATE ROLE ${name} LOGIN PASSWORD '${password}'`);
    await client.query(`CREATE DATABASE ${name} OWNER ${name}`);
  });
  closers.push(() =>
    withServer(server, async (client) => {
      await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await client.query(`DROP ROLE IF EXISTS ${name}`);
    }),
  );
  const url = new URL(server);
  Object.assign(url, { pathname: `/${name}`, username: name, password });
  return url.href;
}

/** A Redis that is set as the page says. */
async function openOwnRedis(folder: string, closers: (() => unknown)[]): Promise<number> {
  const { port, close } = await startRedis(folder, redisSettings());
  closers.push(close);
  return port;
}

/** The stand-in register as a partner's server: run by its command, behind TLS. */
async function openRegister(
  secretFile: string,
  certificate: ReturnType<typeof makeCertificate>,
  closers: (() => unknown)[],
): Promise<Front> {
  const args = ['src/cli.ts', 'stand-in', '--json', '--secret-file', secretFile];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  closers.push(() => child.kill('SIGKILL'));
  let said = '';
  child.stdout.on('data', (data) => {
    said += data;
  });
  await until(() => said.includes('}'), 'the register');
  const { url } = JSON.parse(said) as { url: string };
  const register = await openFront(certificate);
  closers.push(() => register.close());
  await register.serve([{ port: Number(new URL(url).port) }]);
  return register;
}
