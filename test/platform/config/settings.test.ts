/** Settings: where they come from, and what an operator reads when they are wrong. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigurationError, judge, readLayers } from '../../../src/platform/config/load.ts';
import { listSettings, pathOfVariable, variableOf } from '../../../src/platform/config/names.ts';
import { generateKeyring } from '../../../src/platform/seal/keyring.ts';
import { ROOT, readSettings, settingsSchema, settingVariable } from '../../../src/settings.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'yihao-settings-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function file(text: string, mode = 0o600, name = `file-${++files}`): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

function faultsOf(env: NodeJS.ProcessEnv): { lines: string[]; text: string; settings: string[] } {
  try {
    readSettings(env);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const text = error.message;
    return { text, lines: text.split('\n').slice(1), settings: error.faults.map((fault) => fault.setting) };
  }
  return { lines: [], text: '', settings: [] };
}

const SECRET = 'q8Zr2Lw7Vn4Xk9Tb3Hd6Jm1Pc5Fs0Gy8';

/** Everything that production wants. */
function production(): Record<string, string> {
  return {
    YIHAO_MODE: 'production',
    YIHAO_ISSUER: 'https://id.example.gov.cn',
    DATABASE_URL: 'postgres://yihao:geheimnis@db.example/yihao',
    YIHAO_KEYRING__FILE: file(generateKeyring()),
    YIHAO_REGISTRIES__POPULATION__KIND: 'http',
    YIHAO_REGISTRIES__POPULATION__URL: 'https://register.example/v1',
    YIHAO_REGISTRIES__POPULATION__ALLOWED_HOSTS: 'register.example',
    YIHAO_REGISTRIES__POPULATION__SECRET: SECRET,
    YIHAO_NOTICES__KIND: 'http',
    YIHAO_NOTICES__GATEWAY__URL: 'https://sms.example/v1',
    YIHAO_NOTICES__GATEWAY__ALLOWED_HOSTS: 'sms.example',
    YIHAO_NOTICES__GATEWAY__SECRET: SECRET,
    YIHAO_OIDC__OUTGOING__HOSTS: '*.example.gov.cn',
    YIHAO_OIDC__OUTGOING__NETWORKS: '10.0.0.0/8',
  };
}

describe('trial', () => {
  test('needs nothing', () => {
    const settings = readSettings({});
    expect(settings).toMatchObject({ mode: 'trial', port: 3000, issuer: 'http://localhost:3000' });
    expect(settings.dataFolder).toBe(join(ROOT, 'data'));
  });

  test('the environment lies over the own file, which lies over the defaults', () => {
    const own = file('port: 4000\nhost: 0.0.0.0\nredis:\noidc:\n  lifetimes:\n    code: 30\n');
    const settings = readSettings({
      YIHAO_CONFIG: own,
      YIHAO_OIDC__LIFETIMES__CODE: '45',
      YIHAO_PROXIES: '',
    });
    expect(settings).toMatchObject({ port: 4000, host: '0.0.0.0', proxies: 0 });
    expect(settings.oidc.lifetimes).toMatchObject({ code: 45, accessToken: 900 });
    expect(settings.redis.keyPrefix).toBe('yihao:');
  });

  test('a misspelt variable is reported, with its name', () => {
    expect(faultsOf({ YIHAO_DATABSE__URL: 'postgres://x', YIHAO_POTR: '1' }).lines).toEqual([
      '  - databse (YIHAO_DATABSE__URL): no such setting',
      '  - potr (YIHAO_POTR): no such setting',
    ]);
  });

  test('a mode that does not exist is reported', () => {
    expect(faultsOf({ YIHAO_MODE: 'productoin' }).lines).toEqual([
      '  - mode (YIHAO_MODE): must be trial or production',
    ]);
  });

  test('every fault is told at once, in the order of the settings', () => {
    const own = file('notices: [1]\n');
    const { lines } = faultsOf({
      PORT: 'three',
      YIHAO_CREDENTIALS__HASH__PASSES: '1',
      YIHAO_OBSERVE__REQUESTS: 'perhaps',
      YIHAO_OIDC__OUTGOING__NETWORKS: 'here,there',
      YIHAO_REGISTRIES__POPULATION: 'x',
      DATABASE_URL_FILE: join(folder, 'nowhere'),
      YIHAO_CONFIG: own,
    });
    expect(lines).toEqual([
      '  - port (PORT): must be a whole number from 0 to 65535',
      `  - database.url (DATABASE_URL_FILE): names a file that is not there: ${join(folder, 'nowhere')}`,
      '  - observe.requests (YIHAO_OBSERVE__REQUESTS): must be true or false',
      '  - credentials.hash.passes (YIHAO_CREDENTIALS__HASH__PASSES): must be a whole number from 2 to 64',
      '  - registries.population (YIHAO_REGISTRIES__POPULATION): must be a group of settings',
      `  - notices (${own}): must be a group of settings`,
      '  - oidc.outgoing.networks.0 (YIHAO_OIDC__OUTGOING__NETWORKS): must be a network in CIDR notation',
      '  - oidc.outgoing.networks.1 (YIHAO_OIDC__OUTGOING__NETWORKS): must be a network in CIDR notation',
    ]);
  });

  test('one setting by two variables is a fault, not a lottery', () => {
    expect(faultsOf({ PORT: '3000', YIHAO_PORT: '3001' }).text).toContain(
      'is set twice, by PORT and by YIHAO_PORT',
    );
  });

  test.each([
    ['not there', () => join(folder, 'missing.yaml'), 'YIHAO_CONFIG: names a file that is not there'],
    ['not YAML', () => file('a: [1\nb: 2'), 'YIHAO_CONFIG: must be YAML (line'],
    ['a list', () => file('- 1'), 'YIHAO_CONFIG: must hold settings by name'],
    ['a folder', () => folder, 'YIHAO_CONFIG: cannot be read: EISDIR'],
  ])('an own file that is %s', (_, path, said) => {
    expect(faultsOf({ YIHAO_CONFIG: path() }).text).toContain(said);
  });

  test.each(['', ' ', 'null', '1.5', '1e3', '0x10', 'true', '[]'])(
    '%j is no whole number in a file',
    (value) => {
      const env = { YIHAO_CONFIG: file(`credentials:\n  hash:\n    concurrency: "${value}"\n`) };
      expect(faultsOf(env).settings).toEqual(['credentials.hash.concurrency']);
    },
  );
});

describe('secrets from files', () => {
  test('NAME_FILE is read and trimmed', () => {
    const { database } = readSettings({ DATABASE_URL_FILE: file('postgres://a@b/c\n') });
    expect(database.url).toBe('postgres://a@b/c');
  });

  test('a file that others may read is refused', () => {
    const open = file('postgres://a:geheim@b/c', 0o644);
    expect(faultsOf({ DATABASE_URL_FILE: open }).lines).toEqual([
      `  - database.url (DATABASE_URL_FILE): ${open} must be readable by its owner alone (chmod 600)`,
    ]);
  });

  test('a folder is refused', () => {
    const inner = join(folder, 'inner');
    mkdirSync(inner);
    expect(faultsOf({ DATABASE_URL_FILE: inner }).text).toContain('must name a file');
  });

  test('settings that are called file are not taken for such', () => {
    const settings = readSettings({
      YIHAO_KEYRING__FILE: '/keys/ring.json',
      YIHAO_CREDENTIALS__PASSWORD__BREACHED_FILE: '/lists/breached.txt',
    });
    expect(settings.keyring.file).toBe('/keys/ring.json');
    expect(settings.credentials.password.breachedFile).toBe('/lists/breached.txt');
  });
});

describe('production', () => {
  test('starts when everything is named', () => {
    expect(faultsOf(production()).lines).toEqual([]);
  });

  test('lists everything that is missing, with the variable that sets it', () => {
    const { lines } = faultsOf({ YIHAO_MODE: 'production' });
    expect(lines.map((line) => /- (\S+) \((\S+)\): /.exec(line)?.slice(1))).toEqual([
      ['issuer', 'YIHAO_ISSUER'],
      ['keyring.file', 'YIHAO_KEYRING__FILE'],
      ['database.url', 'DATABASE_URL'],
      ['registries.population.kind', 'YIHAO_REGISTRIES__POPULATION__KIND'],
      ['notices.kind', 'YIHAO_NOTICES__KIND'],
      ['oidc.outgoing.hosts', 'YIHAO_OIDC__OUTGOING__HOSTS'],
      ['oidc.outgoing.networks', 'YIHAO_OIDC__OUTGOING__NETWORKS'],
    ]);
  });

  test('and what is wrong beside what is missing', () => {
    const { settings } = faultsOf({ YIHAO_MODE: 'production', PORT: 'x', DATABASE_URL: 'mysql://u:p@h' });
    expect(settings).toEqual(expect.arrayContaining(['port', 'database.url', 'issuer', 'keyring.file']));
    expect(settings.filter((setting) => setting === 'database.url')).toHaveLength(1);
  });

  const without = (name: string) => () => {
    const { [name]: _, ...rest } = production();
    return rest;
  };
  const but = (more: () => Record<string, string>) => () => ({ ...production(), ...more() });
  const ring = (text: string, mode?: number) => ({ YIHAO_KEYRING__FILE: file(text, mode) });

  test.each([
    [
      'the stand-in register',
      but(() => ({ YIHAO_REGISTRIES__POPULATION__KIND: 'stand-in' })),
      'registries.population.kind',
    ],
    ['the trial outbox', but(() => ({ YIHAO_NOTICES__KIND: 'trial-outbox' })), 'notices.kind'],
    [
      'a register by http',
      but(() => ({ YIHAO_REGISTRIES__POPULATION__URL: 'http://register.example/v1' })),
      'registries.population.url',
    ],
    [
      'a register elsewhere',
      but(() => ({ YIHAO_REGISTRIES__POPULATION__ALLOWED_HOSTS: 'other.example' })),
      'registries.population.allowedHosts',
    ],
    [
      'a short secret',
      but(() => ({ YIHAO_NOTICES__GATEWAY__SECRET: 'Too-Short-99' })),
      'notices.gateway.secret',
    ],
    [
      'a sample secret',
      but(() => ({ YIHAO_NOTICES__GATEWAY__SECRET: 'change-me-change-me-change-me-0123' })),
      'notices.gateway.secret',
    ],
    ['no keyring', without('YIHAO_KEYRING__FILE'), 'keyring.file'],
    [
      'a keyring that is not there',
      but(() => ({ YIHAO_KEYRING__FILE: '/nowhere/ring.json' })),
      'keyring.file',
    ],
    ['a keyring that all may read', but(() => ring(generateKeyring(), 0o644)), 'keyring.file'],
    ['a keyring that is none', but(() => ring('{"seal": "x"}')), 'keyring.seal'],
    [
      'a keyring of patterns',
      but(() =>
        ring(
          generateKeyring().replace(/"key": "[^"]+"/, `"key": "${Buffer.alloc(32, 7).toString('base64')}"`),
        ),
      ),
      'keyring.seal[0].key',
    ],
    ['an http issuer', but(() => ({ YIHAO_ISSUER: 'http://id.example.gov.cn' })), 'issuer'],
    ['the embedded database', without('DATABASE_URL'), 'database.url'],
    [
      'calls to this machine',
      but(() => ({ YIHAO_OIDC__OUTGOING__NETWORKS: '127.0.0.0/8' })),
      'oidc.outgoing.networks',
    ],
    ['calls to localhost', but(() => ({ YIHAO_OIDC__OUTGOING__HOSTS: 'localhost' })), 'oidc.outgoing.hosts'],
    [
      'calls by plain http',
      but(() => ({ YIHAO_OIDC__OUTGOING__PLAIN_HTTP: 'true' })),
      'oidc.outgoing.plainHttp',
    ],
  ])('refuses %s', (_, env, setting) => {
    expect(faultsOf(env()).settings).toEqual(expect.arrayContaining([setting]));
  });

  test('no value of a setting stands in what is told', () => {
    const values = {
      DATABASE_URL: 'mysql://yihao:Geheim-4711@db/x',
      REDIS_URL: 'http://:Geheim-4712@redis',
      YIHAO_NOTICES__GATEWAY__SECRET: 'Geheim-4713',
      YIHAO_REGISTRIES__POPULATION__SECRET: 'secret-Geheim-4714-secret-Geheim-4714',
      YIHAO_CLIENTS__DECLARED: 'Geheim-4715',
      YIHAO_ISSUER: 'ftp://Geheim-4716',
      YIHAO_SUITE: 'Geheim-4717',
      YIHAO_REDIS__CLUSTER: 'Geheim-4718,Geheim-4719',
      YIHAO_CONFIG: file('redis: {keyPrefix: [Geheim-4720]}\nnonsense: Geheim-4721\n'),
      ...ring('{"seal":[{"id":"Geheim 4722","key":"Geheim-4723"}]}'),
    };
    const { text, lines } = faultsOf({ ...production(), ...values });
    expect(lines.length).toBeGreaterThan(9);
    expect(text).not.toMatch(/Geheim/i);
  });
});

describe('the machinery', () => {
  test('names of settings and variables lead to each other', () => {
    for (const { path } of listSettings(settingsSchema))
      expect(pathOfVariable(variableOf(path, 'YIHAO_'), 'YIHAO_')).toBe(path);
  });

  test('a file cannot reach into the prototypes of objects', () => {
    const layers = readLayers({
      folder: join(folder, 'none'),
      mode: 'trial',
      env: { YIHAO_CONFIG: file('__proto__: {polluted: 1}\nconstructor: {prototype: {polluted: 1}}\n') },
      wellKnown: {},
      prefix: 'YIHAO_',
    });
    expect(() => judge(settingsSchema, layers.tree)).toThrow(ConfigurationError);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

test('docs/configuration.md lists every setting with its variable and default, and nothing else', () => {
  const text = readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `([\w.]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| (.+) \|$/gm)];
  const written = rows.map(([, path, , byDefault, variable]) => ({ path, byDefault, variable }));
  expect(written).toEqual(
    listSettings(settingsSchema).map(({ path, byDefault }, at) => ({
      path,
      byDefault: byDefault === undefined ? '–' : `\`${JSON.stringify(byDefault)}\``,
      variable:
        written[at]?.variable === 'in a file only' ? 'in a file only' : `\`${settingVariable(path)}\``,
    })),
  );
  for (const [, path, type, , , meaning] of rows)
    expect(`${type}${meaning}`.length, path).toBeGreaterThan(15);
});
