/** Design §5.5: every end of a session is told to every application it reached, durably and outside the request. */
import * as jose from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Person } from '../../../src/accounts/person.ts';
import { type Department, register, userinfo } from '../department.ts';
import { type Receiver, startReceiver } from '../receiver.ts';
import { ACR, type ProviderNode } from '../server.ts';
import { until, type World, worlds } from '../world.ts';

describe.each(worlds)('back-channel logout on $name', (kind) => {
  let world: World;
  let node: ProviderNode;
  let insurance: Department;
  let housing: Department;
  let hears: Receiver;
  let alsoHears: Receiver;
  let person: Person;
  let n = 100;

  beforeAll(async () => {
    world = await kind.open();
    ({ node } = world);
    hears = await startReceiver();
    alsoHears = await startReceiver();
    const duty = { legal_basis: 'statutory-duty' };
    insurance = await register(node, 'insurance', { ...duty, backchannel_logout_uri: hears.url });
    housing = await register(node, 'housing', {
      ...duty,
      backchannel_logout_uri: alsoHears.url,
      id_token_signed_response_alg: 'RS256',
    });
  });
  afterAll(async () => {
    await hears.close();
    await alsoHears.close();
    await world.close();
  });
  beforeEach(async () => {
    for (const receiver of [hears, alsoHears]) Object.assign(receiver, { tokens: [], status: 200 });
    n += 1;
    person = await node.person(n);
  });

  /** The message about one session; messages of earlier tests may still arrive beside it. */
  const heard = async (receiver: Receiver, sid: unknown): Promise<string> => {
    const about = () => receiver.tokens.find((token) => jose.decodeJwt(token).sid === sid);
    await until(() => about() !== undefined);
    return about()!;
  };
  const browser = () =>
    node.browser({ login: { accountId: person.id, acr: ACR(3, 1), amr: ['pwd'] }, consent: 'agree' });
  const checked = async (token: string, audience: string) => {
    const jwks = jose.createRemoteJWKSet(new URL(`${node.address}/oauth/jwks`));
    return jose.jwtVerify(token, jwks, { issuer: node.issuer, audience, typ: 'logout+jwt' });
  };

  test('signing out tells both applications with a signed token that names person and session', async () => {
    const window = browser();
    const first = (await insurance.signIn(window)).claims()!;
    const second = (await housing.signIn(window)).claims()!;
    const page = await window.open(`${node.issuer}/oauth/logout?client_id=insurance`);
    await window.submit(page, { logout: 'yes' });
    const { payload } = await checked(await heard(hears, first.sid), 'insurance');
    expect(payload).toMatchObject({
      sub: first.sub,
      sid: first.sid,
      jti: expect.any(String),
      exp: expect.any(Number),
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    });
    expect(payload).not.toHaveProperty('nonce');
    const { payload: other, protectedHeader } = await checked(await heard(alsoHears, second.sid), 'housing');
    expect(other).toMatchObject({ sub: second.sub, sid: second.sid });
    expect(protectedHeader.alg).toBe('RS256');
  });

  test('a changed password ends every session but the one it was changed in', async () => {
    const here = browser();
    const there = browser();
    const kept = await insurance.signIn(here);
    const ended = await insurance.signIn(there);
    const uid = (await whoIs(here)).sessionUid;
    expect(await node.oidc.endSessions(person.id, 'password-changed', { exceptSession: uid })).toBe(1);
    await checked(await heard(hears, ended.claims()!.sid), 'insurance');
    expect(hears.tokens.some((token) => jose.decodeJwt(token).sid === kept.claims()!.sid)).toBe(false);
    expect((await userinfo(node, kept.access_token)).status).toBe(200);
    expect((await userinfo(node, ended.access_token)).status).toBe(401);
    expect(await whoIs(there)).toBeNull();
    expect(await whoIs(here)).toMatchObject({ personId: person.id });
  });

  test('a frozen account ends its sessions everywhere, from the transaction of the freeze', async () => {
    const window = browser();
    const first = (await insurance.signIn(window)).claims()!;
    const second = (await housing.signIn(window)).claims()!;
    await node.rooms.accounts.changeState(person.id, 'frozen', { actor: 'operator:test', reason: 'test' });
    await heard(hears, first.sid);
    await heard(alsoHears, second.sid);
    await until(async () => (await node.store.grantsOf(person.id)).length === 0);
    expect(await node.store.sessionsOf(person.id)).toEqual([]);
    expect(await node.store.grantsOf(person.id)).toEqual([]);
  });

  test('a merge taken back ends sessions by the sub that they had, and makes no new one', async () => {
    const { accounts } = node.rooms;
    const other = await node.person(n + 500);
    const sub = await node.oidc.subjects.of(other.id, 'insurance');
    const before = await node.database.transaction((tx) => accounts.merged.absorb(tx, other.id, person.id));
    const first = (await insurance.signIn(browser())).claims()!;
    expect(first.sub).toBe(sub);
    await node.database.transaction(async (tx) => {
      await accounts.merged.release(tx, other.id, before!);
      await node.oidc.endSessionsLater(tx, person.id, 'person-unmerged', { answeredFor: [other.id] });
    });
    const { payload } = await checked(await heard(hears, first.sid), 'insurance');
    expect(payload).toMatchObject({ sub, sid: first.sid });
    expect(await node.oidc.subjects.among([person.id], 'insurance')).toBeUndefined();
    expect(await node.store.sessionsOf(person.id)).toEqual([]);
  });

  test('offline access survives a sign-out, but not a changed password', async () => {
    const window = browser();
    const tokens = await insurance.signIn(window, { scope: 'openid offline_access', prompt: 'consent' });
    const page = await window.open(`${node.issuer}/oauth/logout?client_id=insurance`);
    await window.submit(page, { logout: 'yes' });
    const refreshed = await insurance.token({
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token!,
    });
    expect(refreshed.status).toBe(200);
    await node.oidc.endSessions(person.id, 'password-changed');
    expect(
      (
        await insurance.token({
          grant_type: 'refresh_token',
          refresh_token: String(refreshed.body.refresh_token),
        })
      ).status,
    ).toBe(400);
  });

  test('somebody who stays signed in and leaves one application only is signed out there', async () => {
    const window = browser();
    const left = (await insurance.signIn(window)).claims()!;
    const other = await housing.signIn(window);
    const page = await window.open(`${node.issuer}/oauth/logout?client_id=insurance`);
    await window.submit(page);
    await heard(hears, left.sid);
    expect(alsoHears.tokens.some((token) => jose.decodeJwt(token).sid === other.claims()!.sid)).toBe(false);
    expect((await userinfo(node, other.access_token)).status).toBe(200);
    expect(await whoIs(window)).toMatchObject({ personId: person.id });
  });

  const whoIs = async (window: ReturnType<typeof browser>) =>
    JSON.parse((await window.request(`${node.issuer}/me`)).body) as { personId: string; sessionUid: string };
});

describe('a department that does not answer', () => {
  test('is tried again, given up at last, shown in its status, and can be told again later', async () => {
    const world = await worlds[0]!.open();
    const hears = await startReceiver();
    try {
      const { node } = world;
      hears.status = 500;
      const insurance = await register(node, 'insurance', {
        legal_basis: 'statutory-duty',
        backchannel_logout_uri: hears.url,
      });
      const person = await node.person(1);
      await insurance.signIn(node.browser({ login: { accountId: person.id }, consent: 'agree' }));
      await node.oidc.endSessions(person.id, 'operator');
      await until(() => hears.tokens.length >= 1);
      // Between two tries, or already given up on a slow machine; in no case thought to be delivered.
      const early = await node.oidc.logoutStatus('insurance');
      expect(early).toMatchObject({ delivered: 0 });
      expect(early.waiting + early.dead).toBe(1);
      await until(async () => (await node.oidc.logoutStatus('insurance')).dead === 1, 40);
      expect(hears.tokens).toHaveLength(3);
      expect(new Set(hears.tokens).size).toBe(3);
      expect(await node.oidc.logoutStatus('insurance')).toMatchObject({
        waiting: 0,
        dead: 1,
        lastError: 'answered 500',
      });
      hears.status = 204;
      expect(await node.oidc.retryLogouts('insurance')).toBe(1);
      await until(async () => (await node.oidc.logoutStatus('insurance')).delivered === 1);
      const events = await node.database.query<{ type: string }>(
        'SELECT type FROM audit_event WHERE client_id = $1',
        ['insurance'],
      );
      expect(events.map(({ type }) => type)).toEqual(
        expect.arrayContaining(['logout.undeliverable', 'logout.delivered']),
      );
    } finally {
      await hears.close();
      await world.close();
    }
  });

  test('does not make the person wait, and what was promised survives the node that promised it', async () => {
    const world = await worlds[0]!.open({ worker: false });
    const hears = await startReceiver();
    try {
      const { node } = world;
      const insurance = await register(node, 'insurance', {
        legal_basis: 'statutory-duty',
        backchannel_logout_uri: hears.url,
      });
      const person = await node.person(1);
      const window = node.browser({ login: { accountId: person.id }, consent: 'agree' });
      await insurance.signIn(window);
      await window.submit(await window.open(`${node.issuer}/oauth/logout`), { logout: 'yes' });
      expect(hears.tokens).toEqual([]);
      expect(await node.oidc.logoutStatus('insurance')).toMatchObject({ waiting: 1 });
      await world.another({ worker: true });
      await until(() => hears.tokens.length === 1);
    } finally {
      await hears.close();
      await world.close();
    }
  });
});
