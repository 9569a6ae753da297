/** Every release of somebody's data is in the disclosure log before the answer leaves. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Person } from '../../src/accounts/person.ts';
import { Refused } from '../../src/platform/failure.ts';
import { type Department, exchange, register, userinfo } from './department.ts';
import { ACR, type ProviderNode } from './server.ts';
import { anyWorld, type World } from './world.ts';

describe('the disclosure log', () => {
  let world: World;
  let node: ProviderNode;
  let department: Department;
  let person: Person;
  let seals = 0;

  beforeAll(async () => {
    world = await anyWorld.open();
    ({ node } = world);
    // The two ways to a person with what is sealed of them.
    const { get, recent } = node.rooms.accounts;
    node.rooms.accounts.get = (id, on) => {
      seals += 1;
      return get(id, on);
    };
    node.rooms.accounts.recent = (id) => {
      seals += 1;
      return recent(id);
    };
    department = await register(node, 'insurance', {
      legal_basis: 'statutory-duty',
      'purpose#zh-CN': '查询社会保险',
      scope: 'openid profile phone id_number offline_access',
      entitlements: ['id_number'],
    });
    person = await node.person(1, { gender: 'male', birthdate: '1900-01-02' });
  });
  afterAll(() => world.close());

  const browser = () =>
    node.browser({ login: { accountId: person.id, acr: ACR(3, 1), amr: ['pwd'] }, consent: 'agree' });
  const log = async () => node.rooms.audit.disclosures.ofPerson(person.id, { limit: 100 });

  test('names who was told what, when, by which way and on what basis, and never the values', async () => {
    const tokens = await department.signIn(browser(), { scope: 'openid profile id_number' });
    const info = JSON.parse((await userinfo(node, tokens.access_token)).body) as object;
    const [told, given] = await log();
    expect(given).toMatchObject({
      clientId: 'insurance',
      via: 'id_token',
      basis: 'statutory-duty',
      purpose: '查询社会保险',
      claims: ['sub', 'acr', 'amr', 'auth_time'],
    });
    expect(told).toMatchObject({ clientId: 'insurance', via: 'userinfo', at: expect.any(Date) });
    expect(new Set(told!.claims)).toEqual(new Set(Object.keys(info)));
    expect(JSON.stringify(await log())).not.toContain(person.document.number);
    const claims = tokens.claims()!;
    const ofProtocol = new Set(['iss', 'aud', 'exp', 'iat', 'nonce', 'sid', 'at_hash']);
    expect(new Set(Object.keys(claims).filter((name) => !ofProtocol.has(name)))).toEqual(
      new Set(given!.claims),
    );
  });

  test('has one entry per release, also for refreshed ID Tokens and single claims in them', async () => {
    const before = (await log()).length;
    const claims = JSON.stringify({ id_token: { birthdate: null } });
    const tokens = await department.signIn(browser(), { scope: 'openid', claims });
    expect(tokens.claims()!.birthdate).toBe('1900-01-02');
    await department.token({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token! });
    const entries = (await log()).slice(0, -before);
    expect(entries.map(({ via }) => via)).toEqual(['id_token', 'id_token']);
    for (const entry of entries) expect(entry.claims).toContain('birthdate');
  });

  test('seals are opened only when something of the person is released', async () => {
    const tokens = await department.signIn(browser(), { scope: 'openid' });
    seals = 0;
    await department.token({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token! });
    await userinfo(node, tokens.access_token);
    const claims = JSON.stringify({ userinfo: { assurance: null, channel: null } });
    const more = await department.signIn(browser(), { scope: 'openid', claims });
    expect(JSON.parse((await userinfo(node, more.access_token)).body)).toMatchObject({
      assurance: { identity_level: 3 },
      channel: 'web',
    });
    expect(seals).toBe(0);
    await userinfo(node, (await department.signIn(browser(), { scope: 'openid profile' })).access_token);
    expect(seals).toBe(1);
  });

  test('that cannot be written means no answer', async () => {
    const tokens = await department.signIn(browser());
    const arrival = await department.arrive(browser());
    const { disclosures } = node.rooms.audit;
    const { record } = disclosures;
    disclosures.record = () => Promise.reject(new Error('the disk is full'));
    const answer = await userinfo(node, tokens.access_token);
    expect(answer.status).toBe(500);
    expect(answer.body).not.toContain(person.name);
    expect((await department.token(exchange(department, arrival))).status).toBe(500);
    disclosures.record = () => Promise.reject(new Refused({ code: 'busy', status: 503, retryAfter: 2 }));
    expect((await userinfo(node, tokens.access_token)).status).toBe(503);
    disclosures.record = record;
    expect((await userinfo(node, tokens.access_token)).status).toBe(200);
  });
});
