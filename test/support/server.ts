/** A whole Yihao for a test: real HTTP on a free port, a fresh database, the stand-in register, no sample sites. */
import { randomBytes, randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { openYihao, type Yihao } from '../../src/app.ts';
import { readSettings, type Settings } from '../../src/settings.ts';
import { type FreshDatabase, type Store, stores, testRedis } from './stores.ts';

export interface RunningYihao {
  origin: string;
  yihao: Yihao;
  settings: Settings;
  /** Environment with which another process becomes a second node of the same installation. */
  env: Record<string, string>;
  close(): Promise<void>;
}

/** Where journeys run: embedded always; PostgreSQL with and without Redis where they answer (always in CI). */
export const installations: { name: string; store: Store; redis: string | undefined }[] = stores.flatMap(
  (store) => [
    { name: store.name as string, store, redis: undefined },
    ...(store.name === 'postgres' && testRedis
      ? [{ name: 'postgres + redis', store, redis: testRedis }]
      : []),
  ],
);

/** Nobody is turned away or told to wait for the register only because the machine of the tests is busy. */
export const PATIENT: Record<string, string> = {
  YIHAO_CREDENTIALS__HASH__WAIT_MS: '60000',
  YIHAO_REGISTRIES__POPULATION__ATTEMPT_MS: '15000',
  YIHAO_REGISTRIES__POPULATION__DEADLINE_MS: '40000',
  YIHAO_REGISTRIES__COMPARISON__BACKGROUND_DEADLINE_MS: '60000',
};

export async function startYihao(
  installation: { store: Store; redis?: string | undefined } = installations[0]!,
  extra: Record<string, string> = {},
): Promise<RunningYihao> {
  const fresh: FreshDatabase = await installation.store.fresh();
  await fresh.database.close();
  const port = await freePort();
  const env: Record<string, string> = {
    YIHAO_MODE: 'trial',
    PORT: String(port),
    YIHAO_DATA_FOLDER: fresh.folder,
    YIHAO_OBSERVE__LEVEL: process.env.TEST_LOG ?? 'silent',
    YIHAO_OBSERVE__INTERNAL_PORT: '0',
    YIHAO_REGISTRIES__STAND_IN__PORT: '0',
    YIHAO_TRIAL__DEPARTMENTS: 'false',
    YIHAO_TRIAL__PEOPLE: 'false',
    ...(fresh.url ? { DATABASE_URL: fresh.url } : {}),
    ...(installation.redis
      ? { REDIS_URL: installation.redis, YIHAO_REDIS__KEY_PREFIX: `test-${randomBytes(6).toString('hex')}:` }
      : {}),
    ...extra,
  };
  const settings = readSettings(env);
  const yihao = await openYihao(settings);
  await yihao.serve();
  return {
    origin: settings.issuer,
    yihao,
    settings,
    env,
    async close() {
      await yihao.close();
      await fresh.drop();
    },
  };
}

/**
 * A port nobody listens on at this moment, and nobody else is given: below those that the system hands out to
 * connections, and chosen at random.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer().once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
