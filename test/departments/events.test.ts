/** A department hears of its old accounts as they are linked and taken back, and finds them again. Real HTTP, on every store. */
import * as jose from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PersonId } from '../../src/accounts/person.ts';
import { startNewsDelivery } from '../../src/legacy/news-delivery.ts';
import { newsStatus } from '../../src/legacy/news-store.ts';
import { runCli } from '../commands/cli.ts';
import { someCitizen } from '../journeys/citizen.ts';
import { type Receiver, startReceiver } from '../oidc/receiver.ts';
import { until } from '../oidc/world.ts';
import { installations, PATIENT, type RunningYihao, startYihao } from '../support/server.ts';
import { accountsOf, type Office, openOffice } from './office.ts';

const LINKED = 'urn:yihao:event:old-account-linked';
const UNLINKED = 'urn:yihao:event:old-account-unlinked';
const MERGED = 'urn:yihao:event:account-merged';

interface Told {
  id: string;
  sub?: string;
  previous_sub?: string;
}

describe.each(installations)('news for a department ($name)', (installation) => {
  let yihao: RunningYihao;
  let hears: Receiver;
  let own: Office;
  let deaf: Office;
  const people = Array.from({ length: 130 }, () => someCitizen());
  const row = (n: number, id = `u${String(n).padStart(3, '0')}`) => ({
    id,
    name: people[n]!.name,
    number: people[n]!.document.number,
  });

  beforeAll(async () => {
    yihao = await startYihao(installation, {
      ...PATIENT,
      YIHAO_LEGACY__NEWS__POLL_SECONDS: '1',
      YIHAO_LEGACY__NEWS__RETRY_DELAY_SECONDS: '1',
      YIHAO_LEGACY__NEWS__RETRY_LIMIT: '2',
    });
    hears = await startReceiver({ events: true });
    own = await openOffice(yihao, { legacy_events_uri: hears.url });
    deaf = await openOffice(yihao);
  });
  afterAll(async () => {
    await hears?.close();
    await yihao?.close();
  });
  beforeEach(() => {
    Object.assign(hears, { tokens: [], taken: [], status: 202, delayMs: 0 });
  });

  const status = async () => (await newsStatus(yihao.yihao.database, own.clientId))[0];
  const settled = () => until(async () => (await status())?.waiting === 0);
  const checked = async (token: string) => {
    const jwks = jose.createRemoteJWKSet(new URL(`${yihao.origin}/oauth/jwks`));
    const { payload } = await jose.jwtVerify(token, jwks, {
      ...{ issuer: yihao.origin, audience: own.clientId, typ: 'secevent+jwt' },
    });
    return payload as { jti: string; events: Record<string, { source?: string; accounts: Told[] }> };
  };
  const toldBy = async (tokens: string[], type: string) =>
    (await Promise.all(tokens.map(checked))).flatMap(({ events }) => events[type]?.accounts ?? []);

  test('an import is told in few signed tokens; each account once, with the sub that the look-up knows', async () => {
    await own.bring(people.map((_, n) => row(n)));
    await settled();
    expect(hears.taken).toHaveLength(2);
    const [first] = await Promise.all(hears.taken.map(checked));
    expect(Object.keys(first!).sort()).toEqual(['aud', 'events', 'iat', 'iss', 'jti']);
    expect(Object.values(first!.events)[0]!.source).toBe(own.source);
    const told = await toldBy(hears.taken, LINKED);
    expect(told.map(({ id }) => id)).toEqual(people.map((_, n) => row(n).id));
    const known = accountsOf(await own.get({ source: own.source }));
    expect(told.map(({ id, sub }) => [id, sub])).toEqual(known.map(({ id, sub }) => [id, sub]));
  });

  test('what was undone is told with the same sub, and looked up as waiting; the account is gone', async () => {
    const [before] = accountsOf(await own.lookUp({ source: own.source, ids: [row(5).id] }));
    await own.undo(row(5).id);
    await settled();
    const [token] = hears.taken;
    expect((await checked(token!)).events).toEqual({
      [UNLINKED]: {
        source: own.source,
        accounts: [{ id: row(5).id, sub: before!.sub, at: expect.stringMatching(/^\d{4}-.*Z$/) }],
      },
    });
    const [after] = accountsOf(await own.lookUp({ source: own.source, ids: [row(5).id] }));
    expect(after).toMatchObject({ sub: null, state: 'waiting' });
    expect((await own.lookUp({ subs: [before!.sub] })).body.accounts).toEqual([]);
    expect(await yihao.yihao.accounts.findByDocument(people[5]!.document)).toBeUndefined();
  });

  test('who asked for no events has none waiting, and is not told of others', async () => {
    await deaf.bring([row(7, 'x7')]);
    const rows = await yihao.yihao.database.query('SELECT client_id FROM legacy_news WHERE client_id = $1', [
      deaf.clientId,
    ]);
    expect(rows).toEqual([]);
    await new Promise((done) => setTimeout(done, 1_500));
    expect(hears.tokens).toEqual([]);
  });

  test('a merge is told with both subs to an application that knows both, its undoing too, nothing else', async () => {
    const { accounts, database, tellNews } = yihao.yihao;
    const ids = await Promise.all(
      [1, 2].map(async (n) => (await accounts.findByDocument(people[n]!.document))!.id as PersonId),
    );
    const [personId, otherId] = ids as [PersonId, PersonId];
    await database.transaction((tx) => tellNews(tx, [{ kind: 'merged', personId, otherId }]));
    await database.transaction((tx) => tellNews(tx, [{ kind: 'unmerged', personId, otherId }]));
    // Somebody whom the application has never seen.
    const stranger = '00000000-0000-4000-8000-000000000001' as PersonId;
    await database.transaction((tx) => tellNews(tx, [{ kind: 'merged', personId, otherId: stranger }]));
    await settled();
    const [one, two] = accountsOf(await own.lookUp({ source: own.source, ids: [row(1).id, row(2).id] }));
    expect(await toldBy(hears.taken, MERGED)).toEqual([
      { sub: one!.sub, previous_sub: two!.sub, at: expect.any(String) },
    ]);
    expect(await toldBy(hears.taken, 'urn:yihao:event:account-unmerged')).toHaveLength(1);
    expect(hears.taken).toHaveLength(2);
  });

  test('it is in the disclosure log of each person, and in the audit trail', async () => {
    const { accounts, audit, database } = yihao.yihao;
    const person = (await accounts.findByDocument(people[11]!.document))!;
    const [newest] = (await audit.disclosures.ofPerson(person.id, { limit: 9 })).filter(
      ({ via }) => via === 'event',
    );
    expect(newest).toMatchObject({ clientId: own.clientId, claims: ['sub', 'legacy_accounts'] });
    const events = await database.query<{ detail: string }>(
      `SELECT detail FROM audit_event WHERE type = 'old-accounts.told' AND client_id = $1 ORDER BY at`,
      [own.clientId],
    );
    expect(events.length).toBeGreaterThan(3);
    expect(events.map(({ detail }) => detail).join()).not.toContain(people[11]!.document.number);
  });

  test('down for a while: the same token comes again until it is taken, later ones wait their turn', async () => {
    hears.status = 503;
    await own.undo(row(20).id);
    await until(async () => (await status())?.attempts === 1);
    await own.undo(row(21).id);
    expect((await status())?.lastError).toBe('answered 503');
    hears.status = 202;
    await settled();
    const jtis = hears.tokens.map((token) => jose.decodeJwt(token).jti);
    expect(jtis[0]).toBe(jtis[jtis.length - 2]);
    expect(new Set(jtis).size).toBe(2);
    expect((await toldBy(hears.taken, UNLINKED)).map(({ id }) => id)).toEqual([row(20).id, row(21).id]);
    expect(await status()).toMatchObject({ attempts: 0, lastError: undefined });
  });

  test('given up after the last try; nothing is lost, and an operator starts it again', async () => {
    hears.status = 200;
    await own.undo(row(30).id);
    await until(async () => (await status())?.stoppedAt !== undefined, 40);
    expect(hears.tokens).toHaveLength(3);
    await own.undo(row(31).id);
    hears.status = 202;
    await new Promise((done) => setTimeout(done, 1_500));
    expect(hears.taken).toEqual([]);
    const shown = await runCli(yihao.env, ['legacy', 'news', '--json']);
    expect(shown.json<{ clientId: string; waiting: number; lastError: string }[]>()).toMatchObject([
      { clientId: own.clientId, waiting: 2, lastError: 'answered 200' },
    ]);
    const retried = await runCli(yihao.env, ['legacy', 'news', own.clientId, '--retry']);
    expect(retried, retried.err).toMatchObject({ code: 0 });
    await settled();
    expect((await toldBy(hears.taken, UNLINKED)).map(({ id }) => id)).toEqual([row(30).id, row(31).id]);
  });

  test('two nodes at it: each account is taken once, in order', async () => {
    const { database, clients, oidc, audit, clock, log, settings } = yihao.yihao;
    const more = Array.from({ length: 4 }, () =>
      startNewsDelivery({
        ...{ database, clients, clock, log, pushEvent: oidc.pushEvent, settings: settings.legacy.news },
        ...{ disclosures: audit.disclosures, trail: audit.trail },
      }),
    );
    hears.delayMs = 30;
    const undone = Array.from({ length: 12 }, (_, n) => row(40 + n));
    for (const { id } of undone) {
      await own.undo(id);
      void Promise.all(more.map((node) => node.run()));
    }
    await settled();
    await Promise.all(more.map((node) => node.stop()));
    const told = await toldBy(hears.taken, UNLINKED);
    expect(told.map(({ id }) => id)).toEqual(undone.map(({ id }) => id));
    expect(new Set(hears.tokens.map((token) => jose.decodeJwt(token).jti)).size).toBe(hears.tokens.length);
  });

  test('who takes no events any more has none waiting; a stopped application gets them when it goes on', async () => {
    const { clients, database } = yihao.yihao;
    const by = { actor: 'operator:test' };
    await clients.suspend(own.clientId, by);
    await own.undo(row(60).id);
    await until(async () => (await status())?.lastError === 'the application is suspended');
    expect(hears.tokens).toEqual([]);
    // More looks than there are tries.
    await new Promise((done) => setTimeout(done, 5_000));
    expect(await status()).toMatchObject({ attempts: 0, stoppedAt: undefined, waiting: 1 });
    await clients.resume(own.clientId, by);
    await settled();
    expect(hears.taken).toHaveLength(1);
    hears.status = 503;
    await own.undo(row(61).id);
    await until(async () => (await status())?.attempts === 1);
    const found = (await clients.list()).find(({ id }) => id === own.clientId)!;
    const definition = {
      ...{ client_id: own.clientId, redirect_uris: [own.redirectUri], scope: 'openid' },
      ...{ sector: found.sector, grant_types: ['authorization_code'] },
    };
    const changed = await clients.change(own.clientId, definition, by);
    expect(changed).toMatchObject({ ok: true });
    await settled();
    const rows = await database.query('SELECT id FROM legacy_news');
    expect(rows).toEqual([]);
  });
});
