/** What production refuses: everything at once, by name, with what would be right, and before anything is touched. */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConfigurationError } from '../../../src/platform/config/load.ts';
import { generateKeyring } from '../../../src/platform/seal/keyring.ts';
import { sampleKeyring } from '../../../src/platform/seal/sample-keys.ts';
import { ROOT, readSettings } from '../../../src/settings.ts';
import { runCli } from '../../commands/cli.ts';
import { settingsFile, variables } from './documented.ts';

let folder: string;
/** Stands for every server that is named, and counts who comes. */
let bait: Server;
let visitors = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yihao-refusing-'));
  bait = createServer((socket) => {
    visitors += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => bait.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  bait.close();
  rmSync(folder, { recursive: true, force: true });
});

let files = 0;
function file(content: string, mode = 0o600): string {
  files += 1;
  const path = join(folder, `file-${files}`);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

const at = () => `127.0.0.1:${(bait.address() as { port: number }).port}`;
const path = () => ({ PATH: process.env.PATH ?? '', YIHAO_DATA_FOLDER: join(folder, 'data') });

/** Starts the server as a supervisor would, and waits until it has left. */
function start(env: Record<string, string>): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, ['src/main.ts'], { cwd: ROOT, env: { ...path(), ...env } });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => {
      said += data;
    });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, said })));
}

/** `setting` of each line, in order, with the variable or file that sets it. */
const told = (said: string) =>
  [...said.matchAll(/^ {2}- (\S+)(?: \((\S+)\))?: (.+)$/gm)].map(([, setting, from, right]) => ({
    ...{ setting: setting!, from, right: right! },
  }));

describe('as a process', () => {
  test('with nothing but the mode it names everything that is missing, and leaves with 78', async () => {
    const { code, said } = await start({ YIHAO_MODE: 'production' });
    expect(code).toBe(78);
    expect(said).toContain('The configuration has 7 faults');
    expect(told(said).map(({ from }) => from)).toEqual([
      ...['YIHAO_ISSUER', 'YIHAO_KEYRING__FILE', 'DATABASE_URL', 'YIHAO_REGISTRIES__POPULATION__KIND'],
      ...['YIHAO_NOTICES__KIND', 'YIHAO_OIDC__OUTGOING__HOSTS', 'YIHAO_OIDC__OUTGOING__NETWORKS'],
    ]);
    for (const { right } of told(said)) expect(right).toMatch(/^must /);
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });

  test('with everything wrong it names every fault at once, never a value, and calls nobody', async () => {
    const own = file(
      [
        `issuer: http://id.example.gov.cn`,
        `database: { url: "postgres://yihao:postgres@${at()}/yihao", poolsize: 3 }`,
        `redis: { url: "redis://:redis@${at()}" }`,
        `proxies: two`,
        `clients: { declared: [{ client_id: x, client_secret: trial-only-secret-of-the-sample }] }`,
        `registries: { population: { kind: stand-in, url: "http://${at()}/v1" } }`,
        `notices: { kind: http, gateway: { url: "http://${at()}/v1", secret: k7Qm2Vt9Xw4Rz8Lp3Nc6Hb1Jd5Fg0Sa7 } }`,
        `oidc: { outgoing: { hosts: [localhost], networks: [127.0.0.0/8], plainHttp: true } }`,
      ].join('\n'),
      0o644,
    );
    const env = {
      ...{ YIHAO_MODE: 'production', YIHAO_CONFIG: own, YIHAO_POTR: '3000' },
      YIHAO_KEYRING__FILE: file(sampleKeyring()),
      YIHAO_AUDIT__QUEUE_SIZE: '1',
    };
    const { code, said } = await start(env);
    expect(code).toBe(78);
    const faults = told(said);
    expect(faults.map(({ setting }) => setting)).toEqual([
      ...['issuer', 'proxies'],
      ...['seal', 'fingerprint', 'pepper', 'audit', 'cookie', 'token'].map(
        (name) => `keyring.${name}[0].key`,
      ),
      ...['database.url', 'database.url', 'database.poolsize', 'redis.url', 'redis.url'],
      ...['audit.queueSize', 'clients.declared.0.client_secret', 'clients.declared'],
      ...['registries.population.kind', 'notices.gateway.url', 'notices.gateway.allowedHosts'],
      ...['notices.gateway.secret', 'notices.gateway.secret'],
      ...['oidc.outgoing.hosts', 'oidc.outgoing.networks', 'oidc.outgoing.plainHttp', 'potr'],
    ]);
    expect(said).not.toMatch(/postgres@|:redis@|trial-only|k7Qm2/);
    const migrate = await runCli({ ...path(), ...env }, ['migrate']);
    expect(migrate.code).toBe(78);
    expect(told(migrate.err)).toEqual(faults);
    expect(visitors).toBe(0);
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });
});

describe('one by one', () => {
  /** The page's own settings and variables, with files that are there. */
  function documented(change: (yaml: string) => string = (yaml) => yaml): Record<string, string> {
    const keyring = file(generateKeyring());
    const secret = () => file('q8Zr2Lw7Vn4Xk9Tb3Hd6Jm1Pc5Fs0Gy8');
    return {
      ...variables(),
      YIHAO_CONFIG: file(change(settingsFile().replace('/etc/yihao/keyring.json', keyring)), 0o644),
      DATABASE_URL_FILE: file('postgres://yihao:p1Xq9vRt@db.example.gov.cn/yihao'),
      REDIS_URL_FILE: file('redis://redis.example.gov.cn'),
      YIHAO_REGISTRIES__POPULATION__SECRET_FILE: secret(),
      YIHAO_NOTICES__GATEWAY__SECRET_FILE: secret(),
    };
  }
  const faultsOf = (env: Record<string, string>): string[] => {
    try {
      readSettings(env);
      return [];
    } catch (error) {
      return (error as ConfigurationError).message.split('\n').slice(1);
    }
  };

  test('what the page says is accepted as it stands', () => {
    expect(faultsOf(documented())).toEqual([]);
  });

  const yaml = (from: string, to: string) => () => documented((text) => text.replace(from, to));
  const added = (line: string) => () => documented((text) => `${text}\n${line}\n`);
  const variable = (more: () => Record<string, string>) => () => ({ ...documented(), ...more() });
  const database = (url: string) => variable(() => ({ DATABASE_URL_FILE: file(url) }));
  const issuer = (value: string) => yaml('https://id.example.gov.cn', value);

  test.each<[string, () => Record<string, string>, RegExp]>([
    ['an issuer with a path', issuer('https://id.example.gov.cn/login'), /issuer .*scheme and host alone/],
    ['an issuer with a slash', issuer('https://id.example.gov.cn/'), /issuer .*scheme and host alone/],
    ['an http issuer', issuer('http://id.example.gov.cn'), /issuer .*must begin with https/],
    ['the mode in the file', added('mode: trial'), /mode .*must be said by YIHAO_MODE/],
    [
      'a secret in a file that others read',
      added('redis: { url: "rediss://:Xk9Tb3Hd6J@redis" }'),
      /redis.url .*stands in a file that others can read/,
    ],
    [
      'a secret file that others read',
      variable(() => ({ DATABASE_URL_FILE: file('postgres://db/yihao', 0o640) })),
      /database.url \(DATABASE_URL_FILE\): .*chmod 600/,
    ],
    [
      'a keyring that others read',
      variable(() => ({ YIHAO_KEYRING__FILE: file(generateKeyring(), 0o604) })),
      /keyring.file .*chmod 600/,
    ],
    ['the sample password', database('postgres://u:password@h/d'), /database.url .*no sample or default/],
    ['the user as password', database('postgres://gov:gov@h/d'), /database.url .*no sample or default/],
    [
      'a secret of one letter',
      variable(() => ({ YIHAO_NOTICES__GATEWAY__SECRET_FILE: file('a'.repeat(40)) })),
      /notices.gateway.secret .*must be random/,
    ],
    [
      'a cluster beside sentinels',
      added('redis: { cluster: ["a:1"], sentinels: ["b:2"] }'),
      /redis.sentinels .*left out/,
    ],
    [
      'plain http to departments',
      yaml('networks:', 'plainHttp: true\n    networks:'),
      /oidc.outgoing.plainHttp/,
    ],
    ['a misspelt setting', yaml('proxies:', 'proxy:'), /proxy .*no such setting/],
    [
      'a misspelt variable',
      variable(() => ({ YIHAO_REDIS_URL: 'redis://r' })),
      /YIHAO_REDIS_URL.*no such setting/,
    ],
  ])('%s', (_, env, said) => {
    const lines = faultsOf(env());
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(said);
  });

  test('an address without a password is no secret, and needs none', () => {
    expect(faultsOf(database('postgres:///yihao?host=/run/postgresql')())).toEqual([]);
    expect(faultsOf(added('redis: { url: "redis://redis.example.gov.cn" }')())).toEqual([]);
  });
});
