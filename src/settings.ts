/**
 * All settings in one schema: each room brings its own part, this file joins them and holds what belongs to
 * the process. docs/configuration.md is printed from it.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { accountsSettings } from './accounts/settings.ts';
import { auditSettings } from './audit/settings.ts';
import { clientsSettings } from './clients/settings.ts';
import { credentialsSettings } from './credentials/settings.ts';
import { departmentsSettings } from './departments/settings.ts';
import { interactionsSettings } from './interactions/settings.ts';
import { legacyProductionFaults, legacySettings } from './legacy/settings.ts';
import { noticesProductionFaults, noticesSettings } from './notices/settings.ts';
import { oidcProductionFaults, oidcSettings } from './oidc/settings.ts';
import { origin, whole, yesNo } from './platform/config/kinds.ts';
import {
  ConfigurationError,
  type Fault,
  judgeLeniently,
  type Layers,
  readLayers,
  secretFileFault,
  type Tree,
} from './platform/config/load.ts';
import { listSettings, variableOf } from './platform/config/names.ts';
import { hasSamplePassword, isSampleSecret } from './platform/config/samples.ts';
import { limitSettings } from './platform/limits.ts';
import { observeSettings } from './platform/observe/settings.ts';
import { outboxSettings } from './platform/outbox.ts';
import { pageSettings } from './platform/page/settings.ts';
import { redisSettings } from './platform/redis.ts';
import { keyringFaults } from './platform/seal/keyring.ts';
import { registriesProductionFaults, registriesSettings } from './registries/settings.ts';

export const ROOT = join(import.meta.dirname, '..');

const PREFIX = 'YIHAO_';
const WELL_KNOWN = {
  PORT: 'port',
  DATABASE_URL: 'database.url',
  REDIS_URL: 'redis.url',
};

export const settingsSchema = z
  .object({
    mode: z.enum(['trial', 'production'], { error: 'must be trial or production' }).default('trial'),
    /** Public address of this server, as it stands in tokens. Trial: http://localhost:<port>. */
    issuer: origin().optional(),
    host: z.string().min(1).default('127.0.0.1'),
    port: whole(0, 65_535).default(3000),
    /** Proxies in front, whose X-Forwarded-For and X-Request-Id are believed. */
    proxies: whole(0, 8).default(0),
    /** Seconds between saying "not ready" and taking no more connections, in production. */
    drainSeconds: whole(0, 60).default(5),
    /** Seconds that requests under way get when the process is told to stop. */
    stopSeconds: whole(1, 120).default(20),
    /** Embedded database, trial keyring and trial state live here. */
    dataFolder: z.string().min(1).default('data'),
    /** Ciphers for stored data: aes (AES-256-GCM, HMAC-SHA-256) or sm (SM4-CTR, HMAC-SM3). */
    suite: z.enum(['aes', 'sm'], { error: 'must be aes or sm' }).default('aes'),
    /** Keyring file; made by `cli keys generate`. Trial makes its own in the data folder. */
    keyring: z
      .object({ file: z.string().min(1).optional() })
      .strict()
      .prefault({}),
    database: z
      .object({
        url: z
          .string()
          .regex(/^postgres(ql)?:\/\//, 'must be a postgres:// URL')
          .optional(),
        poolSize: whole(2, 200).default(20),
      })
      .strict()
      .prefault({}),
    redis: redisSettings.prefault({}),
    observe: observeSettings.prefault({}),
    audit: auditSettings.prefault({}),
    limits: limitSettings.prefault({}),
    outbox: outboxSettings.prefault({}),
    pages: pageSettings.prefault({}),
    accounts: accountsSettings.prefault({}),
    clients: clientsSettings.prefault({}),
    credentials: credentialsSettings.prefault({}),
    registries: registriesSettings,
    notices: noticesSettings.prefault({}),
    oidc: oidcSettings.prefault({}),
    interactions: interactionsSettings.prefault({}),
    legacy: legacySettings.prefault({}),
    departments: departmentsSettings.prefault({}),
    /** Only looked at in trial mode. */
    trial: z
      .object({
        /** Start the two sample departments. */
        departments: yesNo().default(true),
        /** Create the sample people at first start. */
        people: yesNo().default(true),
      })
      .strict()
      .prefault({}),
  })
  .strict();

type Parsed = z.output<typeof settingsSchema>;
export type Settings = Omit<Parsed, 'issuer'> & { issuer: string };

/**
 * Reads settings from config/ and the environment.
 * @throws ConfigurationError with every fault at once.
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const mode = env.YIHAO_MODE || 'trial';
  const known = new Set(listSettings(settingsSchema).map(({ path }) => path));
  const layers = readLayers({
    folder: join(ROOT, 'config'),
    mode,
    env,
    wellKnown: WELL_KNOWN,
    prefix: PREFIX,
    isSetting: (path) => known.has(path),
  });
  const { value: parsed, faults: judged } = judgeLeniently(settingsSchema, { ...layers.tree, mode });
  const faults = [...layers.faults, ...judged, ...contradictions(layers, mode, parsed)];
  if (parsed?.mode === 'production') {
    const more = [...productionFaults(parsed), ...openSecrets(layers.own)];
    // What was wrongly set is told once, as wrong, and not again as missing.
    faults.push(...more.filter(({ setting }) => !faults.some(covers(setting))));
  }
  if (faults.length > 0 || !parsed) {
    throw new ConfigurationError(inOrder(faults, [...known]).map(withSource(layers, known)));
  }
  return {
    ...parsed,
    dataFolder: resolve(ROOT, parsed.dataFolder),
    issuer: parsed.issuer ?? `http://localhost:${parsed.port}`,
  };
}

/** The variable that sets this setting, as the environment calls it. */
export const settingVariable = (path: string): string => variableOf(path, PREFIX, WELL_KNOWN);

const related = (one: string, other: string): boolean =>
  one === other || one.startsWith(`${other}.`) || other.startsWith(`${one}.`);

const covers = (setting: string) => (fault: Fault) => related(setting, fault.setting);

/** As the schema goes; files that cannot be read first, what is no setting last. */
function inOrder(faults: Fault[], order: string[]): Fault[] {
  const rank = ({ setting }: Fault) => {
    if (setting.includes('/') || setting.startsWith(PREFIX)) return -1;
    const at = order.findIndex((path) => related(path, setting));
    if (at >= 0) return at;
    const group = order.findLastIndex((path) => path.startsWith(`${setting.split('.')[0]}.`));
    return group < 0 ? order.length : group + 0.5;
  };
  return faults.toSorted((a, b) => rank(a) - rank(b));
}

/** Adds the variable or the file that set it, or else the variable that would. */
const withSource =
  ({ variables, own }: Layers, known: Set<string>) =>
  (fault: Fault): Fault => {
    const { setting } = fault;
    const inOwnFile = valueAt(own.tree, setting) === undefined ? undefined : own.file;
    const wouldSet = known.has(setting) ? settingVariable(setting) : undefined;
    const from =
      fault.from ?? [...variables].find(([path]) => related(path, setting))?.[1] ?? inOwnFile ?? wouldSet;
    return from === undefined ? fault : { ...fault, from };
  };

/** What cannot hold at once, in any mode. */
function contradictions({ tree, own }: Layers, mode: string, parsed: Parsed | undefined): Fault[] {
  const faults: Fault[] = [];
  if (tree.mode !== undefined && tree.mode !== mode)
    faults.push({
      setting: 'mode',
      right: `must be said by ${PREFIX}MODE: it decides which files are read`,
      from: own.file,
    });
  if (parsed?.redis.cluster?.length && parsed.redis.sentinels?.length)
    faults.push({ setting: 'redis.sentinels', right: 'must be left out where redis.cluster is set' });
  return faults;
}

/** What trial may leave open and production may not. */
function productionFaults(settings: Parsed): Fault[] {
  const faults: Fault[] = [];
  if (!settings.issuer) faults.push({ setting: 'issuer', right: 'must be set to the public https address' });
  else if (!settings.issuer.startsWith('https://'))
    faults.push({ setting: 'issuer', right: 'must begin with https:// in production' });
  if (!settings.database.url)
    faults.push({
      setting: 'database.url',
      right: 'must name a PostgreSQL; the embedded database is for trial only',
    });
  for (const place of ['database', 'redis'] as const) {
    if (hasSamplePassword(settings[place].url ?? ''))
      faults.push({ setting: `${place}.url`, right: 'must carry a password that is no sample or default' });
  }
  if (settings.clients.sampleSecrets)
    faults.push({
      setting: 'clients.sampleSecrets',
      right: 'must be false: applications have random secrets',
    });
  faults.push(...keyringFileFaults(settings.keyring.file));
  settings.clients.declared.forEach(({ client_secret: secret }, at) => {
    if (typeof secret === 'string' && isSampleSecret(secret))
      faults.push({
        setting: `clients.declared.${at}.client_secret`,
        right: 'must be random; this one is a sample or a pattern',
      });
  });
  faults.push(...registriesProductionFaults(settings.registries));
  faults.push(...noticesProductionFaults(settings.notices));
  faults.push(...oidcProductionFaults(settings.oidc));
  faults.push(...legacyProductionFaults(settings.legacy));
  return faults;
}

/** What of a setting's value must not be read by others, where it is that which stands in a file. */
const SECRET_IN: Record<string, (value: unknown) => boolean> = {
  'database.url': carriesPassword,
  'redis.url': carriesPassword,
  'clients.declared': (value) => JSON.stringify(value).includes('"client_secret"'),
  'registries.population.secret': () => true,
  'registries.enterprise.secret': () => true,
  'notices.gateway.secret': () => true,
  'legacy.logins': (value) => JSON.stringify(value).includes('"secret"'),
};

function carriesPassword(value: unknown): boolean {
  return Boolean(URL.parse(String(value))?.password);
}

/** Secrets in the operator's own file, when others can read it. */
function openSecrets({ file, tree }: Layers['own']): Fault[] {
  const wrong = file && secretFileFault(file);
  if (!wrong) return [];
  const found = Object.entries(SECRET_IN).filter(([path, isSecret]) => {
    const value = valueAt(tree, path);
    return value !== undefined && isSecret(value);
  });
  return found.map(([setting]) => ({ setting, right: `stands in a file that others can read: ${wrong}` }));
}

const valueAt = (tree: Tree, path: string): unknown =>
  path.split('.').reduce<unknown>((node, name) => (node as Tree | null | undefined)?.[name], tree);

function keyringFileFaults(file: string | undefined): Fault[] {
  if (!file)
    return [{ setting: 'keyring.file', right: 'must name a keyring made by `npm run cli -- keys generate`' }];
  const wrong = secretFileFault(file);
  if (wrong) return [{ setting: 'keyring.file', right: wrong }];
  return keyringFaults(readFileSync(file, 'utf8'), { production: true });
}
