/**
 * Sends the news of old accounts: to each application in the order of what happened, many in one token, from one node
 * at a time. A token keeps its name until it is taken, so that a department that took it and could not say so knows it
 * again. Who does not take one is tried again later and later, and given up at last; the news wait for an operator.
 */
import { randomUUID } from 'node:crypto';
import type { Disclosures } from '../audit/disclosures.ts';
import type { AuditTrail } from '../audit/trail.ts';
import type { Client } from '../clients/client.ts';
import type { Clients } from '../clients/clients.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/observe/log.ts';
import type { Database } from '../platform/postgres.ts';
import { pauseAfter } from '../platform/retries.ts';
import * as store from './news-store.ts';
import type { NewsSettings } from './settings.ts';

export type { NewsStatus } from './news-store.ts';

/** Signs and sends one token to one application. */
export type PushEvent = (
  clientId: string,
  token: { jti: string; events: Record<string, Record<string, unknown>> },
) => Promise<
  | { outcome: 'taken' }
  | { outcome: 'unwanted' }
  /** Nothing may be sent to it now; that is no attempt in vain. */
  | { outcome: 'later'; fault: string }
  | { outcome: 'not-taken'; fault: string }
>;

export interface NewsDeliveryRoom {
  database: Database;
  clients: Pick<Clients, 'get'>;
  pushEvent: PushEvent;
  disclosures: Pick<Disclosures, 'recordMany'>;
  trail: AuditTrail;
  clock: Clock;
  log: Pick<Log, 'warn'>;
  settings: NewsSettings;
}

export interface NewsDelivery {
  /** Sends now what may be sent, as far as nobody else is at it. */
  run(): Promise<void>;
  sweep(limit: number): Promise<number>;
  /** Stops behind the tokens that are under way. */
  stop(): Promise<void>;
}

/** Old accounts in one token at most. */
const MOST = 100;
/** Far more than an attempt may take (oidc.outgoing.timeoutMs); after it another node takes over. */
const CLAIM_MS = 90_000;
const DAY_MS = 86_400_000;

export const EVENTS: Record<store.News['kind'], string> = {
  linked: 'urn:yihao:event:old-account-linked',
  unlinked: 'urn:yihao:event:old-account-unlinked',
  merged: 'urn:yihao:event:account-merged',
  unmerged: 'urn:yihao:event:account-unmerged',
};

export function startNewsDelivery(room: NewsDeliveryRoom): NewsDelivery {
  const { database, clock, log, settings } = room;
  let stopped = false;
  /** Each application by itself: one that takes long holds up nobody else. */
  const running = new Map<string, Promise<void>>();
  const begin = (clientId: string) => {
    if (stopped || running.has(clientId)) return;
    const turn = deliverTo(room, clientId, () => stopped).finally(() => running.delete(clientId));
    // What broke is tried again when its claim has run out.
    turn.catch(warn);
    running.set(clientId, turn);
  };
  const warn = (error: unknown) => log.warn({ err: error }, 'news of old accounts could not be sent');
  let looking: Promise<void> = Promise.resolve();
  const lookOnce = async () => {
    if (stopped) return;
    for (const clientId of await store.dueLines(database, clock.now())) begin(clientId);
  };
  const look = () => {
    looking = looking.then(lookOnce, lookOnce);
    return looking;
  };
  const run = async () => {
    await look();
    const all = await Promise.allSettled([...running.values()]);
    for (const one of all) if (one.status === 'rejected') throw one.reason;
  };
  let waiting = false;
  const timer = setInterval(() => {
    if (waiting) return;
    waiting = true;
    look()
      .catch(warn)
      .finally(() => {
        waiting = false;
      });
  }, settings.pollSeconds * 1_000);
  timer.unref();
  return {
    run,
    sweep: (limit) =>
      store.sweepNews(database, new Date(clock.now().getTime() - settings.keepDays * DAY_MS), limit),
    async stop() {
      stopped = true;
      clearInterval(timer);
      await looking.catch(() => {});
      await Promise.allSettled([...running.values()]);
    },
  };
}

export interface RetryRoom {
  database: Database;
  clock: Clock;
}

/** Tries an application again that was given up. @returns how many news wait; undefined when it never had any */
export const retryNews = ({ database, clock }: RetryRoom, clientId: string): Promise<number | undefined> =>
  store.reviveLine(database, clientId, clock.now());

/** Everything that waits for one application, token by token, until one is not taken. */
async function deliverTo(room: NewsDeliveryRoom, clientId: string, stopped: () => boolean): Promise<void> {
  const { database, clock } = room;
  const claim = randomUUID();
  const until = () => new Date(clock.now().getTime() + CLAIM_MS);
  const line = await store.claimLine(database, clientId, claim, clock.now(), until());
  if (!line) return;
  let { batch, attempts } = line;
  while (!stopped() && (await store.keepClaim(database, clientId, claim, until()))) {
    const token = await nextToken(room, clientId, claim, batch);
    if (!token) break;
    if (!(await deliver(room, { clientId, claim, attempts, ...token }))) return;
    batch = undefined;
    attempts = 0;
  }
  await store.releaseLine(database, clientId, claim);
}

interface Token {
  jti: string;
  news: store.News[];
}

/** What was begun and not taken, or what comes next: of one kind and one old system, in their order. */
async function nextToken(
  room: NewsDeliveryRoom,
  clientId: string,
  claim: string,
  begun: string | undefined,
): Promise<Token | undefined> {
  const { database } = room;
  const again = begun === undefined ? [] : await store.newsOfBatch(database, begun);
  if (begun !== undefined && again.length > 0) return { jti: begun, news: again };
  const waiting = await store.nextNews(database, clientId, MOST);
  const [first] = waiting;
  if (!first) return undefined;
  const end = waiting.findIndex(({ kind, source }) => kind !== first.kind || source !== first.source);
  const news = end < 0 ? waiting : waiting.slice(0, end);
  // Before anything leaves; an attempt in vain may have been read all the same.
  await disclose(room, clientId, news);
  const jti = randomUUID();
  const ids = news.map(({ id }) => id);
  return (await store.beginBatch(database, clientId, claim, jti, ids)) ? { jti, news } : undefined;
}

/** One attempt. @returns whether the next one may follow at once */
async function deliver(
  room: NewsDeliveryRoom,
  given: Token & { clientId: string; claim: string; attempts: number },
): Promise<boolean> {
  const { database, trail, clock, settings } = room;
  const { clientId, claim, jti, news, attempts } = given;
  const pushed = await room.pushEvent(clientId, { jti, events: eventsOf(news) });
  const kind = news[0]!.kind;
  const entry = { clientId, actor: 'system', detail: { kind, news: news.length, jti } };
  if (pushed.outcome === 'taken') {
    await database.transaction(async (tx) => {
      const gone = await store.settleTaken(tx, clientId, jti, news.length, clock.now());
      if (gone > 0) await trail.append(tx, { ...entry, type: 'old-accounts.told', outcome: 'success' });
    });
    return true;
  }
  if (pushed.outcome === 'unwanted') {
    await database.transaction((tx) =>
      store.forgetNews(tx, clientId, 'the application takes no events any more'),
    );
    return false;
  }
  const { fault } = pushed;
  const now = clock.now();
  if (pushed.outcome === 'later') {
    const nextAt = new Date(now.getTime() + settings.retryDelaySeconds * 1_000);
    await store.putOff(database, clientId, claim, { fault, nextAt });
    return false;
  }
  const pause = pauseAfter(attempts + 1, settings);
  await database.transaction(async (tx) => {
    const nextAt = new Date(now.getTime() + (pause ?? 0) * 1_000);
    const stoppedAt = pause === undefined ? now : undefined;
    const settled = await store.settleNotTaken(tx, clientId, claim, { fault, nextAt, stoppedAt });
    if (settled && stoppedAt)
      await trail.append(tx, {
        ...entry,
        type: 'old-accounts.untold',
        outcome: 'failure',
        detail: { ...entry.detail, fault },
      });
  });
  room.log.warn({ clientId, fault, attempt: attempts + 1 }, 'news of old accounts not taken');
  return false;
}

/** As the department reads it; docs/integration.md. */
export function eventsOf(news: readonly store.News[]): Record<string, Record<string, unknown>> {
  const { kind, source } = news[0]!;
  const accounts = news.map(({ localId, sub, previousSub, at }) => ({
    ...(localId === undefined ? {} : { id: localId }),
    ...(previousSub === undefined ? {} : { previous_sub: previousSub }),
    ...(sub === undefined ? {} : { sub }),
    at: at.toISOString(),
  }));
  return { [EVENTS[kind]]: { ...(source === undefined ? {} : { source }), accounts } };
}

async function disclose(
  { clients, disclosures, clock }: NewsDeliveryRoom,
  clientId: string,
  news: readonly store.News[],
): Promise<void> {
  const client: Client | undefined = await clients.get(clientId);
  if (!client) return;
  const told = news.filter(({ sub }) => sub !== undefined);
  const claims = (one: store.News) => (one.localId === undefined ? ['sub'] : ['sub', 'legacy_accounts']);
  await disclosures.recordMany(
    told.map((one) => ({
      ...{ personId: one.personId, clientId, claims: claims(one), via: 'event' as const },
      ...{ basis: client.legalBasis, purpose: client.purpose['zh-CN'], at: clock.now() },
    })),
  );
}
