/** News of old accounts at rest and on their way: with the change or not at all, in order, taken once, whoever dies. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PersonId } from '../../src/accounts/person.ts';
import type { Client } from '../../src/clients/client.ts';
import { makeTellNews, type OldAccountNews, type TellNews } from '../../src/legacy/news.ts';
import { type PushEvent, startNewsDelivery } from '../../src/legacy/news-delivery.ts';
import { claimLine, dueLines, keepClaim, newsStatus } from '../../src/legacy/news-store.ts';
import { openManySubjects } from '../../src/oidc/subject.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { type Opened, open } from '../accounts/opened.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';

const LINKED = 'urn:yihao:event:old-account-linked';
const UNLINKED = 'urn:yihao:event:old-account-unlinked';

describe.each(stores)('news on $name', (store) => {
  let fresh: FreshDatabase;
  let opened: Opened;
  let now: Date;
  const clock: Clock = { now: () => now };
  let takers: { id: string; sector: string }[];
  const owner = { legalBasis: 'consent', purpose: { 'zh-CN': '办事' } } as unknown as Client;
  const clients = { takingLegacyEvents: async () => takers, get: async () => owner };
  const people = Array.from({ length: 300 }, () => randomUUID() as PersonId);
  const tell: TellNews = (tx, news) =>
    makeTellNews({ clients, clock, subjectsOf: openManySubjects(opened.accounts.merged).of })(tx, news);
  const told = (news: OldAccountNews[]) => fresh.database.transaction((tx) => tell(tx, news));
  const one = (kind: 'linked' | 'unlinked', n: number, source = 'old'): OldAccountNews => ({
    ...{ kind, source, localId: `u${n}`, personId: people[n]! },
  });
  const settings = {
    retryLimit: 3,
    retryDelaySeconds: 10,
    retryDelayMaxSeconds: 15,
    pollSeconds: 60,
    keepDays: 30,
  };

  beforeEach(async () => {
    now = new Date('2026-11-30T02:00:00Z');
    takers = [{ id: 'talent', sector: 'one' }];
    fresh = await store.fresh();
    opened = open(fresh.database, { clock });
    for (const [source, client] of [
      ['old', 'talent'],
      ['older', 'talent'],
      ['theirs', 'another'],
    ])
      await fresh.database.query(
        'INSERT INTO legacy_source (source, declaration, created_at, changed_at, client) VALUES ($1, $2, $3, $3, $4)',
        [source, '-', now, client],
      );
  });
  afterEach(async () => {
    await opened.audit.close();
    await fresh.drop();
  });

  /** A node, and what the department got from it. */
  const node = (answer: (nth: number) => Promise<boolean> | boolean = () => true) => {
    const got: { jti: string; events: Record<string, { source?: string; accounts: { id: string }[] }> }[] =
      [];
    const pushEvent: PushEvent = async (_clientId, token) => {
      got.push(token as never);
      return (await answer(got.length))
        ? { outcome: 'taken' }
        : { outcome: 'not-taken', fault: 'answered 500' };
    };
    const delivery = startNewsDelivery({
      ...{ database: fresh.database, clients, clock, settings, pushEvent, log: { warn() {} } },
      ...{ disclosures: opened.audit.disclosures, trail: opened.audit.trail },
    });
    return { ...delivery, got };
  };
  const status = async () => (await newsStatus(fresh.database, 'talent'))[0];
  const later = (seconds: number) => {
    now = new Date(now.getTime() + seconds * 1_000);
  };

  test('are there with the change, and not without it', async () => {
    await expect(
      fresh.database.transaction(async (tx) => {
        await tell(tx, [one('linked', 1)]);
        throw new Error('the link failed');
      }),
    ).rejects.toThrow('the link failed');
    expect(await status()).toBeUndefined();
    expect(await fresh.database.query('SELECT sub FROM subject')).toEqual([]);
    await told([one('linked', 1), one('linked', 2, 'theirs')]);
    expect(await status()).toMatchObject({ waiting: 1 });
  });

  test('go in the order of what happened, one kind and one system in a token, at most a hundred', async () => {
    await told(Array.from({ length: 230 }, (_, n) => one('linked', n)));
    await told([one('unlinked', 5), one('unlinked', 6, 'older')]);
    await told([one('linked', 5)]);
    const { run, stop, got } = node();
    await run();
    await stop();
    expect(
      got.map(({ events }) => [Object.keys(events)[0], Object.values(events)[0]!.accounts.length]),
    ).toEqual([
      [LINKED, 100],
      [LINKED, 100],
      [LINKED, 30],
      [UNLINKED, 1],
      [UNLINKED, 1],
      [LINKED, 1],
    ]);
    const ids = got.slice(0, 3).flatMap(({ events }) => events[LINKED]!.accounts.map(({ id }) => id));
    expect(ids).toEqual(Array.from({ length: 230 }, (_, n) => `u${n}`));
    expect(got.map(({ events }) => Object.values(events)[0]!.source)[4]).toBe('older');
    expect(await status()).toMatchObject({ waiting: 0, delivered: 233 });
  });

  test('hold nothing that says who somebody is', async () => {
    await told([one('linked', 1)]);
    const { run, stop, got } = node();
    await run();
    await stop();
    expect(Object.values(got[0]!.events)).toEqual([
      {
        source: 'old',
        accounts: [{ id: 'u1', sub: expect.stringMatching(/^[\w-]{24}$/), at: now.toISOString() }],
      },
    ]);
    expect(JSON.stringify(got)).not.toContain(people[1]);
  });

  test('an application that never knew somebody is not told a sub when the link goes', async () => {
    await told([one('unlinked', 9)]);
    const { run, stop, got } = node();
    await run();
    await stop();
    expect(got[0]!.events[UNLINKED]!.accounts).toEqual([{ id: 'u9', at: now.toISOString() }]);
    expect(await opened.audit.disclosures.ofPerson(people[9]!, { limit: 9 })).toEqual([]);
  });

  test('a node that died in the middle is followed by another, with the same token; it is counted once', async () => {
    await told([one('linked', 1), one('linked', 2)]);
    const answer = Promise.withResolvers<boolean>();
    const dead = node(() => answer.promise);
    const dying = dead.run().catch(() => {});
    while (dead.got.length === 0) await new Promise((done) => setTimeout(done, 5));
    const second = node();
    await second.run();
    // Somebody is at it.
    expect(second.got).toEqual([]);
    answer.reject(new Error('killed'));
    await dying;
    later(91);
    await told([one('linked', 3)]);
    await second.run();
    expect(second.got.map(({ jti }) => jti)[0]).toBe(dead.got[0]!.jti);
    expect(second.got[0]!.events).toEqual(dead.got[0]!.events);
    expect(second.got[1]!.events[LINKED]!.accounts).toMatchObject([{ id: 'u3' }]);
    expect(await status()).toMatchObject({ waiting: 0, delivered: 3 });
    await Promise.all([dead.stop(), second.stop()]);
    const disclosed = await opened.audit.disclosures.ofPerson(people[1]!, { limit: 9 });
    expect(disclosed).toHaveLength(1);
  });

  test('a slow node whose turn was taken over settles nothing of another’s', async () => {
    await told([one('linked', 1)]);
    const answer = Promise.withResolvers<boolean>();
    const slow = node(() => answer.promise);
    const running = slow.run();
    while (slow.got.length === 0) await new Promise((done) => setTimeout(done, 5));
    later(91);
    const quick = node();
    await told([one('linked', 2)]);
    await quick.run();
    answer.resolve(false);
    await running;
    // Its failure is no longer the line's.
    expect(await status()).toMatchObject({ waiting: 0, delivered: 2, attempts: 0, lastError: undefined });
    await Promise.all([slow.stop(), quick.stop()]);
  });

  test('waits longer after each refusal, gives up after the last, and forgets after its time', async () => {
    await told([one('linked', 1)]);
    const { run, stop, sweep, got } = node(() => false);
    const pauses = [10, 15, 15];
    for (const [nth, pause] of pauses.entries()) {
      await run();
      expect(got).toHaveLength(nth + 1);
      later(pause - 1);
      await run();
      expect(got).toHaveLength(nth + 1);
      later(1);
    }
    await run();
    later(3_600);
    await run();
    expect(got).toHaveLength(4);
    expect(await status()).toMatchObject({ attempts: 4, stoppedAt: expect.any(Date), waiting: 1 });
    const events = await fresh.database.query<{ type: string }>('SELECT type FROM audit_event');
    expect(events.map(({ type }) => type)).toEqual(['old-accounts.untold']);
    expect(await sweep(100)).toBe(0);
    later(31 * 86_400);
    expect(await sweep(100)).toBe(1);
    await stop();
  });

  test('a slow application with hundreds of news holds up nobody else, and is not asked twice at once', async () => {
    takers = [...takers, { id: 'another', sector: 'two' }];
    // One token each: kinds take turns.
    for (let n = 0; n < 150; n += 1) await told([one('linked', n), one('unlinked', n)]);
    const got: { clientId: string; at: number }[] = [];
    let atOnce = 0;
    let most = 0;
    const pushEvent: PushEvent = async (clientId) => {
      got.push({ clientId, at: performance.now() });
      if (clientId === 'another') return { outcome: 'taken' };
      atOnce += 1;
      most = Math.max(most, atOnce);
      await new Promise((done) => setTimeout(done, 1_500));
      atOnce -= 1;
      return { outcome: 'taken' };
    };
    const { stop } = startNewsDelivery({
      ...{ database: fresh.database, clients, clock, pushEvent, log: { warn() {} } },
      ...{ disclosures: opened.audit.disclosures, trail: opened.audit.trail },
      settings: { ...settings, pollSeconds: 1 },
    });
    try {
      await expect.poll(() => got.length, { timeout: 5_000 }).toBeGreaterThan(0);
      const since = performance.now();
      await told([one('linked', 200, 'theirs')]);
      await expect
        .poll(() => got.some(({ clientId }) => clientId === 'another'), { timeout: 8_000 })
        .toBe(true);
      expect(got.find(({ clientId }) => clientId === 'another')!.at - since).toBeLessThan(6_000);
      await expect
        .poll(() => got.filter(({ clientId }) => clientId === 'talent').length, { timeout: 8_000 })
        .toBeGreaterThan(2);
      expect(most).toBe(1);
    } finally {
      await stop();
    }
    const waiting = (await status())!.waiting;
    expect(waiting).toBeGreaterThan(280);
    expect(waiting).toBe(300 - got.filter(({ clientId }) => clientId === 'talent').length);
  }, 30_000);

  test('to whom nothing may be sent, the news wait however long it takes, and then go at once', async () => {
    await told([one('linked', 1)]);
    let suspended = true;
    let taken = 0;
    const pushEvent: PushEvent = async () => {
      if (suspended) return { outcome: 'later', fault: 'the application is suspended' };
      taken += 1;
      return { outcome: 'taken' };
    };
    const { run, stop, sweep } = startNewsDelivery({
      ...{ database: fresh.database, clients, clock, settings, pushEvent, log: { warn() {} } },
      ...{ disclosures: opened.audit.disclosures, trail: opened.audit.trail },
    });
    for (let n = 0; n < 60; n += 1) {
      await run();
      later(86_400);
    }
    expect(await sweep(100)).toBe(0);
    expect(await status()).toMatchObject({
      ...{ waiting: 1, attempts: 0, stoppedAt: undefined, lastError: 'the application is suspended' },
    });
    suspended = false;
    await run();
    expect([taken, (await status())?.waiting]).toEqual([1, 0]);
    await stop();
  });

  test('of many nodes at once, one has the turn', async () => {
    await told([one('linked', 1)]);
    const { database } = fresh;
    expect(await dueLines(database, now)).toEqual(['talent']);
    const until = new Date(now.getTime() + 1_000);
    const claims = Array.from({ length: 20 }, () => randomUUID());
    const held = await Promise.all(claims.map((claim) => claimLine(database, 'talent', claim, now, until)));
    expect(held.filter(Boolean)).toHaveLength(1);
    const winner = held.findIndex(Boolean);
    const kept = await Promise.all(claims.map((claim) => keepClaim(database, 'talent', claim, until)));
    expect(kept.map((keeps, at) => keeps === (at === winner))).not.toContain(false);
    expect(await dueLines(database, now)).toEqual([]);
  });

  test('told by many at once of the same people, none waits for another for ever, each has one sub', async () => {
    const mine = people.slice(0, 60);
    await Promise.all(
      Array.from({ length: 6 }, (_, at) => {
        const order = at % 2 === 0 ? mine : [...mine].reverse();
        return told(
          order.map((personId, n) => ({ kind: 'linked', source: 'old', localId: `${at}-${n}`, personId })),
        );
      }),
    );
    expect(await status()).toMatchObject({ waiting: 360 });
    const subs = await fresh.database.query<{ subs: number }>(
      'SELECT count(DISTINCT sub)::int AS subs FROM legacy_news GROUP BY person_id',
    );
    expect(subs.map((row) => row.subs)).toEqual(mine.map(() => 1));
  });
});
