/** What operators do over the years: migrate, look after it, change keys while people come, restore a wrong file. */
import { chmodSync, copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Finding } from '../../../src/commands/doctor.ts';
import { withServer } from '../../support/template.ts';
import { type Installation, type Node, openInstallation, possible } from './installation.ts';
import { startLoad } from './load.ts';
import { makePerson, makeSite, type Person, type Site, signedIn, visit } from './sign-on.ts';
import { until } from './until.ts';

// Many processes are started; on a busy machine each takes its time.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

describe.skipIf(!possible)('upkeep', () => {
  let installation: Installation;
  let nodes: Node[] = [];
  let person: Person;
  let site: Site;
  beforeAll(async () => {
    installation = await openInstallation();
  });
  afterAll(() => installation?.drop());

  const keyring = () => join(installation.folder, 'keyring.json');
  const cli = (...args: string[]) => installation.cli(args);
  const doctor = async (more: Record<string, string> = {}) => {
    const said = await installation.cli(['doctor', '--json'], '', more);
    const { findings } = said.json<{ findings: Finding[] }>();
    return { ...said, of: (check: string) => findings.find((finding) => finding.check === check), findings };
  };

  test('a node refuses a database that is not migrated; two migrate it at once and one works', async () => {
    const early = await installation.begin();
    expect(await early.exit).toBe(1);
    expect(early.said()).toContain('run `npm run migrate`');
    const both = await Promise.all([cli('migrate', '--json'), cli('migrate', '--json')]);
    expect(both.map(({ code, err }) => [code, err])).toEqual([
      [0, ''],
      [0, ''],
    ]);
    const ran = both
      .map((one) => one.json<{ migrated: string[] }>().migrated.length)
      .toSorted((a, b) => a - b);
    expect(ran[0]).toBe(0);
    expect(ran[1]).toBeGreaterThan(3);
  });

  test('doctor finds an installation well that follows the page', async () => {
    nodes = await Promise.all([installation.node(), installation.node()]);
    await installation.front.serve(nodes);
    [person, site] = await Promise.all([makePerson(installation, 1), makeSite(installation)]);
    const well = await doctor();
    expect(well.findings.filter(({ state }) => state !== 'ok')).toEqual([]);
    expect(well.code).toBe(0);
    expect(well.findings.map(({ check }) => check)).toEqual([
      ...['configuration', 'runtime', 'database', 'migrations', 'clock', 'keyring'],
      ...[
        'redis',
        'redis persistence',
        'redis eviction',
        'population register',
        'enterprise register',
        'SMS gateway',
      ],
    ]);
  });

  test('signing keys: too soon is refused with the two ways on; forced, nodes follow and old tokens stand', async () => {
    const browser = await signedIn(installation, person);
    const before = await visit(site, browser);
    const soon = await cli('keys', 'rotate');
    expect(soon.code).toBe(3);
    expect(soon.err).toMatch(/→ after 20\d\d-\S+Z: npm run cli -- keys rotate$/m);
    expect(soon.err).toMatch(/→ now, only if a key has leaked: npm run cli -- keys rotate --force$/m);
    const load = startLoad(installation, site, person, browser);
    expect((await cli('keys', 'rotate', '--force')).code).toBe(0);
    const kids = (await cli('keys', 'list', '--json')).json<{ kid: string; state: string }[]>();
    const signing = kids.filter(({ state }) => state === 'current').map(({ kid }) => kid);
    const kidOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[0]!, 'base64url').toString()).kid;
    expect(signing).not.toContain(kidOf(before.id_token!));
    await until(async () => signing.includes(kidOf((await visit(site, browser)).id_token!)), 'the new key');
    await load.stop();
    // The relying party fetched the keys anew when it met one it did not know.
    expect(load.failures).toEqual([]);
    const published = await (await fetch(`${installation.origin}/oauth/jwks`)).text();
    expect(published).toContain(kidOf(before.id_token!));
  });

  test('every key of the keyring is changed in two steps while people come, and nobody is signed out', async () => {
    const purposes = ['seal', 'fingerprint', 'pepper', 'token', 'cookie', 'audit'];
    const browser = await signedIn(installation, person);
    await visit(site, browser);
    const load = startLoad(installation, site, person, browser);
    for (const step of [['add', '--standby'], ['promote']] as const) {
      const [command, ...options] = step;
      const said = await cli('keys', command, ...purposes, ...options);
      expect(said, said.err).toMatchObject({ code: 0 });
      for (const at of [0, 1]) {
        const node = await installation.node();
        const old = nodes[at]!;
        nodes = nodes.with(at, node);
        await installation.front.serve([...nodes, old]);
        old.child.kill('SIGTERM');
        expect(await old.exit).toBe(0);
      }
      await installation.front.serve(nodes);
    }
    const moved = await Promise.all([
      cli('keys', 'rotate', 'data', '--json'),
      cli('keys', 'rotate', 'fingerprint', '--json'),
    ]);
    for (const one of moved) expect(one.json(), one.err).toMatchObject({ complete: true, moved: 1 });
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(installation.front.lost).toEqual([]);
    expect((await browser.get('/account')).text).toContain(person.name);
    expect((await cli('audit', 'verify')).out).toContain('intact');
    // The sign-ins under way have moved the password to the new pepper.
    expect((await doctor()).of('keyring')).toMatchObject({ state: 'ok' });
  });

  test('doctor says what is wrong around it, and what to do', async () => {
    const file = keyring();
    copyFileSync(file, `${file}.kept`);
    const keys = JSON.parse(readFileSync(file, 'utf8')) as Record<string, { id: string }[]>;
    const [pepper, fingerprint] = [keys.pepper![0]!.id, keys.fingerprint![0]!.id];
    const without = { ...keys, pepper: keys.pepper!.slice(1), fingerprint: keys.fingerprint!.slice(1) };
    installation.file('keyring.json', JSON.stringify(without));
    const redis = new Redis(installation.redisPort);
    await redis.config('SET', 'appendonly', 'no', 'maxmemory-policy', 'allkeys-lru');
    installation.gateway.state = 'down';
    const clock = 'const now = Date.now; Date.now = () => now() + 60_000';
    try {
      const ill = await doctor({
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(clock)}`,
        YIHAO_REGISTRIES__POPULATION__SECRET: 'b3Vyc2VjcmV0d2FzY2hhbmdlZHllc3RlcmRheQ',
        YIHAO_REGISTRIES__POPULATION__SECRET_FILE: '',
      });
      expect(ill.code).toBe(3);
      expect(ill.of('keyring')!.found).toContain(`pepper key sha256:${pepper}, of 1 password`);
      expect(ill.of('keyring')!.found).toContain(`fingerprint key aes:${fingerprint}:`);
      expect(ill.of('keyring')!.advice).toContain('put these keys back');
      expect(ill.of('clock')).toMatchObject({
        state: 'failed',
        found: expect.stringMatching(/^60\.\d s ahead of/),
      });
      expect(ill.of('redis persistence')).toMatchObject({ state: 'failed', found: 'appendonly no' });
      expect(ill.of('redis eviction')).toMatchObject({
        state: 'failed',
        found: 'maxmemory-policy allkeys-lru',
      });
      expect(ill.of('SMS gateway')).toMatchObject({ state: 'warning', found: 'does not answer (unwell)' });
      expect(ill.of('population register')).toMatchObject({
        state: 'warning',
        found: 'does not answer (refused)',
      });
      expect(ill.of('population register')!.advice).toContain('compare keyId and secret');
      for (const { state, advice } of ill.findings) expect(state === 'ok' || Boolean(advice)).toBe(true);

      const stranger = await installation.begin();
      expect(await stranger.exit).toBe(1);
      expect(stranger.said()).toContain('use the keyring that belongs to it');
    } finally {
      copyFileSync(`${file}.kept`, file);
      chmodSync(file, 0o600);
      await redis.config('SET', 'appendonly', 'yes', 'maxmemory-policy', 'noeviction');
      redis.disconnect();
      installation.gateway.state = 'well';
    }
  });

  test('a lost PostgreSQL takes a node out of readiness, and it comes back with it', async () => {
    const [node] = nodes as [Node];
    const name = new URL(installation.databaseUrl).pathname.slice(1);
    const server = (text: string) => withServer(process.env.TEST_POSTGRES!, (client) => client.query(text));
    await server(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    await server(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
    const status = async () => (await node.look('/health/ready')).status;
    await until(async () => (await status()) === 503, 'not ready');
    expect((await node.look('/health/live')).status).toBe(200);
    await server(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
    await until(async () => (await status()) === 200, 'ready again');
  });
});
