/**
 * Joins the rooms and opens their doors. `openYihao` builds everything without HTTP; `serve` listens, works the
 * jobs and keeps house until `close`.
 */
import type { IncomingMessage, Server } from 'node:http';
import { join } from 'node:path';
import Koa, { type Middleware } from 'koa';
import { reserveThreads } from './credentials/hash-queue.ts';
import { openDepartments } from './departments/departments.ts';
import { openInteractions } from './interactions/interactions.ts';
import { makeProviderPages } from './interactions/provider-pages.ts';
import { openClaims } from './legacy/claims/claims.ts';
import { makeOldAccountsOf, openKnownAccounts } from './legacy/known.ts';
import { startNewsDelivery } from './legacy/news-delivery.ts';
import { openOldSystems } from './legacy/old-systems.ts';
import { startWrapping } from './legacy/wrapping.ts';
import { isForDocument } from './oidc/documents.ts';
import { type Oidc, OWN_CLIENT, openOidc } from './oidc/oidc.ts';
import { openManySubjects } from './oidc/subject.ts';
import { startSweeper } from './oidc/sweeper.ts';
import { requireCsrf } from './platform/http/csrf.ts';
import { PROGRAMS } from './platform/http/errors.ts';
import { pageRoad, programRoad, providerRoad } from './platform/http/road.ts';
import { answerUnreadable } from './platform/http/unreadable.ts';
import { type Internal, openInternal } from './platform/observe/internal.ts';
import { makeRequestObserver } from './platform/observe/request.ts';
import { makeRouteNames } from './platform/observe/routes.ts';
import { openPageAssets } from './platform/page/page-assets.ts';
import { makePages } from './platform/page/render.ts';
import { loadTexts } from './platform/page/texts.ts';
import { openProfile } from './profile/profile.ts';
import { openRooms, type Rooms } from './rooms.ts';
import { drain, finish, listen } from './server.ts';
import { ROOT, type Settings } from './settings.ts';

export { migrateDatabase } from './rooms.ts';

const KEEP_HOUSE_MS = 60_000;
const SWEEP_ROWS = 500;

export interface Yihao extends Rooms {
  /** Only after `serve`. */
  readonly oidc: Oidc;
  /** Where the internal listener (health, metrics) answers, after `serve`. */
  readonly internalPort: number;
  serve(): Promise<void>;
}

/** Opens the rooms. `serving` false is for commands that work beside a running server. */
export async function openYihao(settings: Settings, options: { serving?: boolean } = {}): Promise<Yihao> {
  const { serving = true } = options;
  if (serving) reserveThreads(settings.credentials.hash.concurrency);
  const rooms = await openRooms(settings, { serving });
  let running: Running | undefined;
  return {
    ...rooms,
    get oidc() {
      if (!running) throw new Error('this server does not serve yet');
      return running.oidc;
    },
    get internalPort() {
      return running?.internal.port ?? 0;
    },
    async serve() {
      running = await openDoors(rooms);
    },
    async close() {
      await running?.close();
      await rooms.close();
    },
  };
}

interface Running {
  oidc: Oidc;
  internal: Internal;
  close(): Promise<void>;
}

async function openDoors(rooms: Rooms): Promise<Running> {
  const { settings, log, metrics, keyring, audit } = rooms;
  const https = settings.issuer.startsWith('https:');
  const assets = openPageAssets(ROOT);
  const texts = loadTexts(join(ROOT, 'views/texts'), { strict: settings.mode === 'trial' });
  const pages = makePages({ folder: join(ROOT, 'views'), texts, assets, filings: settings.pages.filings });
  const csrfKeys = () => keyring.all('cookie').map(({ key }) => key);
  const road = { log, pages, assets, csrfKeys, https };
  const csrf = requireCsrf({ keys: csrfKeys, https });

  await refuseSecondAddress(rooms);
  await rooms.signingKeys.ensure();
  await rooms.notices.prepare();
  await rooms.outbox.start();
  const oidc = await openOidc({
    ...rooms,
    issuer: settings.issuer,
    settings: settings.oidc,
    store: rooms.oidcStore,
    keys: rooms.signingKeys,
    oldAccountsOf: makeOldAccountsOf(rooms.database),
    pages: makeProviderPages(pages),
    middlewares: providerRoad(road) as unknown as Middleware[],
    sourceOf: sourceReader(settings.proxies),
  });
  const interactions = openInteractions({
    ...rooms,
    audit: audit.trail,
    register: rooms.registries.population,
    oldSystems: await openOldSystems(rooms.database, log),
    oidc,
    pages,
    csrf,
    settings: settings.interactions,
    passwordRules: settings.credentials.password,
    registries: settings.registries,
  });
  const profile = openProfile({
    ...rooms,
    issuer: settings.issuer,
    trial: settings.mode === 'trial',
    audit: audit.trail,
    disclosures: audit.disclosures,
    oldAccounts: openClaims({ ...rooms, ...rooms.credentials, trail: audit.trail, tell: rooms.tellNews }),
    oidc,
    pages,
    csrf,
  });
  const departments = openDepartments({
    ...rooms,
    disclosures: audit.disclosures,
    knownAccounts: openKnownAccounts(rooms.database, openManySubjects(rooms.accounts.merged)),
    oidc,
  });
  await interactions.prepare();
  for (const definition of settings.clients.declared) {
    const outcome = await rooms.clients.ensure(definition, {
      actor: 'system',
      reason: 'declared in the configuration',
    });
    if (!outcome.ok)
      throw new Error(
        `the declared application ${definition.client_id} is refused: ${JSON.stringify(outcome.failure)}`,
      );
  }
  await rooms.notices.work();
  await interactions.work();

  const answering = (middlewares: readonly unknown[]) => {
    const app = new Koa();
    app.proxy = settings.proxies > 0;
    app.maxIpsCount = settings.proxies;
    app.silent = true;
    app.on('error', (error: Error) => log.error({ err: error }, 'a page broke'));
    for (const one of middlewares) app.use(one as Middleware);
    return app.callback();
  };
  const toPeople = answering([...pageRoad(road), ...interactions.middlewares, ...profile.middlewares]);
  const toPrograms = answering([...programRoad(road), ...departments.middlewares]);
  const observe = makeRequestObserver({
    log,
    metrics,
    routes: makeRouteNames([
      ...interactions.roads,
      ...profile.roads,
      ...departments.roads,
      ...OIDC_ROADS,
      '/assets/*',
    ]),
    trustId: settings.proxies > 0,
    lines: settings.observe.requests,
    clientAddress: sourceReader(settings.proxies),
    writesOwnHeaders: isForDocument,
  });

  const internal = await openInternal({
    host: settings.observe.internalHost,
    port: settings.observe.internalPort,
    metrics,
    checks: readinessChecks(rooms),
  });
  let server: Server;
  try {
    server = await listen(
      {
        observe,
        owns: oidc.owns,
        oidc: oidc.handle,
        pages: (request, response) =>
          void (request.url?.startsWith(PROGRAMS) ? toPrograms : toPeople)(request, response),
        unreadable: (server) => answerUnreadable(server, { pages, log }),
      },
      settings.host,
      settings.port,
    );
  } catch (error) {
    await internal.close();
    await oidc.close();
    throw error;
  }
  const sweeper = startSweeper({
    ...rooms,
    onError: (error) => log.warn({ err: error }, 'a sweep broke off'),
  });
  const wrapping = startWrapping({
    ...rooms,
    trail: audit.trail,
    hasher: rooms.credentials.hasher,
    onError: (error) => log.warn({ err: error }, 'wrapping old passwords broke off'),
  });
  const news = startNewsDelivery({
    ...rooms,
    pushEvent: oidc.pushEvent,
    disclosures: audit.disclosures,
    trail: audit.trail,
    settings: settings.legacy.news,
  });
  const house = setInterval(() => void keepHouse(rooms, interactions, news), KEEP_HOUSE_MS);
  watchQueues(rooms);

  return {
    oidc,
    internal,
    async close() {
      internal.refuse();
      clearInterval(house);
      if (settings.mode === 'production') await drain(server, settings.drainSeconds * 1_000);
      await finish(server, settings.stopSeconds * 1_000);
      await sweeper.stop();
      await wrapping.stop();
      await news.stop();
      await oidc.close();
      await internal.close();
    },
  };
}

const OIDC_ROADS = [
  ...['authorize', 'token', 'userinfo', 'jwks', 'introspect', 'revoke', 'par', 'logout'].map(
    (name) => `/oauth/${name}`,
  ),
  '/oauth/authorize/:uid',
  '/oauth/*',
  '/.well-known/*',
];

const readinessChecks = ({ database, redis }: Rooms): Record<string, () => Promise<unknown>> => ({
  database: () => database.query('SELECT 1 AS well'),
  ...(redis ? { redis: () => redis.ping() } : {}),
});

/** Removes what has expired; a step that fails is made up for the next time. */
async function keepHouse(
  rooms: Rooms,
  interactions: { sweep(): Promise<number> },
  news: { sweep(limit: number): Promise<number> },
): Promise<void> {
  const { notices, credentials, accounts, clock, log } = rooms;
  const steps: [string, () => Promise<unknown>][] = [
    ['notices', () => notices.sweep(clock.now(), SWEEP_ROWS)],
    ['credentials', () => credentials.sweep()],
    ['interactions', () => interactions.sweep()],
    ['news of old accounts', () => news.sweep(SWEEP_ROWS)],
    ['registrations', () => accounts.pending.sweep(SWEEP_ROWS)],
  ];
  for (const [step, work] of steps) {
    await work().catch((error: unknown) => log.warn({ err: error, step }, 'housekeeping broke off'));
  }
}

function watchQueues({ metrics, credentials, audit }: Rooms): void {
  metrics.gauge(
    'password_hashes_running',
    'Password hashes running now.',
    () => credentials.hashing().running,
  );
  metrics.gauge(
    'password_hashes_waiting',
    'Sign-ins waiting for a hash.',
    () => credentials.hashing().waiting,
  );
  metrics.gauge('audit_entries_waiting', 'Audit entries and disclosures not yet durable.', audit.depth);
}

/** The caller's address: the socket's, or what the outermost believed proxy wrote. */
function sourceReader(proxies: number): (request: IncomingMessage) => string {
  return (request) => {
    const direct = request.socket.remoteAddress ?? '';
    if (proxies === 0) return direct;
    const forwarded = String(request.headers['x-forwarded-for'] ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
    return forwarded.at(-proxies) ?? forwarded[0] ?? direct;
  };
}

/**
 * Two servers of one folder with different addresses would each take the other's away: what this one registers for
 * its own pages is what people of the other come back to.
 */
async function refuseSecondAddress({ database, clients, settings }: Rooms): Promise<void> {
  if (!database.guest()) return;
  const [known] = (await clients.get(OWN_CLIENT))?.metadata.redirect_uris ?? [];
  if (known === undefined || new URL(known).origin === settings.issuer) return;
  throw new Error(
    `another process uses ${settings.dataFolder}, which serves ${new URL(known).origin}: stop it first, or give this server a folder of its own (YIHAO_DATA_FOLDER)`,
  );
}
