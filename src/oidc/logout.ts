/**
 * Back-channel logout (OpenID Connect Back-Channel Logout 1.0): every application that a session reached is told
 * when it ends, by a signed token, through the durable outbox. Nobody waits for a slow department, and one that
 * is down for an hour still learns of it.
 */
import { randomUUID } from 'node:crypto';
import type Provider from 'oidc-provider';
import type { AuditTrail } from '../audit/trail.ts';
import type { Clients } from '../clients/clients.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/observe/log.ts';
import { type Outbox, TryAgain } from '../platform/outbox.ts';
import type { Database } from '../platform/postgres.ts';
import { handOver } from './hand-over.ts';
import { libraryClientClass } from './library-clients.ts';
import * as store from './logout-store.ts';
import { makeLogoutToken } from './logout-token.ts';
import type { Outgoing } from './outgoing.ts';
import type { OidcSettings } from './settings.ts';

export type { LogoutStatus } from './logout-store.ts';

/** One application to be told of one ended session. */
export interface Farewell {
  clientId: string;
  personId: string;
  sid: string;
  /** By which the application knew the session's person, where that is another one now. */
  sub?: string | undefined;
}

export interface Logouts {
  /** Promises that they will be told; applications without a logout address are left out. Own transaction. */
  send(farewells: readonly Farewell[], reason: string): Promise<void>;
  status(clientId: string): Promise<store.LogoutStatus>;
  /** Tries the dead ones of an application again; returns how many. */
  retry(clientId: string): Promise<number>;
  /** Declares the queue; must have run before anything is sent. */
  prepare(): Promise<void>;
  /** Begins to deliver in this process. */
  work(provider: () => Provider): Promise<void>;
  sweep(now: Date, limit: number): Promise<number>;
}

export interface LogoutParts {
  database: Database;
  outbox: Outbox;
  clients: Clients;
  outgoing: Outgoing;
  trail: AuditTrail;
  clock: Clock;
  log: Log;
  settings: OidcSettings['logout'];
}

const QUEUE = 'oidc-logout';

export function openLogouts(parts: LogoutParts): Logouts {
  const { database, outbox, clients, clock, settings } = parts;

  const takesLogout = async ({ clientId }: Farewell): Promise<boolean> =>
    (await clients.get(clientId))?.metadata.backchannel_logout_uri !== undefined;

  return {
    async send(farewells, reason) {
      const told: Farewell[] = [];
      for (const farewell of farewells) if (await takesLogout(farewell)) told.push(farewell);
      if (told.length === 0) return;
      await database.transaction(async (tx) => {
        for (const farewell of told) {
          const id = randomUUID();
          await store.insertLogout(tx, { ...farewell, id, reason }, clock.now());
          await outbox.send(tx, QUEUE, { message: id });
        }
      });
    },
    status: (clientId) => store.logoutStatus(database, clientId),
    retry: (clientId) =>
      database.transaction(async (tx) => {
        const ids = await store.reviveLogouts(tx, clientId, clock.now());
        for (const id of ids) await outbox.send(tx, QUEUE, { message: id });
        return ids.length;
      }),
    prepare: () =>
      outbox.queue(QUEUE, {
        retryLimit: settings.retryLimit,
        retryDelaySeconds: settings.retryDelaySeconds,
        retryDelayMaxSeconds: settings.retryDelayMaxSeconds,
        expireInSeconds: 60,
        concurrency: settings.concurrency,
      }),
    work: (provider) =>
      outbox.work<{ message: string }>(QUEUE, ({ message }) => deliver(parts, provider(), message)),
    sweep: (now, limit) =>
      store.sweepLogouts(database, new Date(now.getTime() - settings.keepDays * DAY_MS), limit),
  };
}

const DAY_MS = 24 * 3_600 * 1_000;

/** One attempt. Throws when there should be another one; the outbox knows when. */
async function deliver(parts: LogoutParts, provider: Provider, id: string): Promise<void> {
  const { database, clock, settings, trail } = parts;
  const message = await store.findLogout(database, id);
  if (message?.state !== 'waiting') return;
  const client = await libraryClientClass(provider).find(message.clientId);
  const address = client?.backchannelLogoutUri;
  if (!client || typeof address !== 'string') {
    await store.settleLogout(
      database,
      id,
      'dropped',
      'the application takes no logout messages any more',
      clock.now(),
    );
    return;
  }
  const fault = await handOver(parts.outgoing, address, {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ logout_token: await makeLogoutToken(provider, client, message) }),
    taken: [200, 204],
  });
  const event = { personId: message.personId, clientId: message.clientId, actor: 'system' };
  if (fault === undefined) {
    await store.settleLogout(database, id, 'delivered', undefined, clock.now());
    await trail.record({
      ...event,
      type: 'logout.delivered',
      outcome: 'success',
      detail: { reason: message.reason },
    });
    return;
  }
  const last = message.attempts >= settings.retryLimit;
  await store.settleLogout(database, id, last ? 'dead' : 'waiting', fault, clock.now());
  if (last)
    await trail.record({ ...event, type: 'logout.undeliverable', outcome: 'failure', detail: { fault } });
  parts.log.warn(
    { clientId: message.clientId, fault, attempt: message.attempts + 1 },
    'logout message not taken',
  );
  throw new TryAgain(`logout message not taken: ${fault}`);
}
