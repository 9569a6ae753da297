/** Design §5.1: a code, a refresh token, an assertion, a pushed request works once, on any number of nodes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Person } from '../../../src/accounts/person.ts';
import { type Department, exchange, register, userinfo } from '../department.ts';
import { ACR, type ProviderNode } from '../server.ts';
import { type RemoteNode, type World, worlds } from '../world.ts';

const ROUNDS = Number(process.env.ROUNDS ?? 3);

describe.each(worlds)('single use on $name, two processes', (kind) => {
  let world: World;
  let node: ProviderNode;
  let remote: RemoteNode;
  let department: Department;
  let person: Person;

  beforeAll(async () => {
    world = await kind.open({ settings: { refreshGraceSeconds: 0 } });
    ({ node } = world);
    remote = await world.process();
    department = await register(node, 'insurance', { legal_basis: 'statutory-duty' });
    person = await node.person(1);
  });
  afterAll(() => world.close());

  const browser = () =>
    node.browser({ login: { accountId: person.id, acr: ACR(3, 1), amr: ['pwd'] }, consent: 'agree' });

  /** The same request twenty times at once, in turns at both processes. */
  const storm = async (parameters: Record<string, string>) => {
    const at = [node.address, remote.address];
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const response = await fetch(new URL('/oauth/token', at[n % 2]), {
          method: 'POST',
          headers: {
            authorization: `Basic ${Buffer.from(`insurance:${department.secret}`).toString('base64')}`,
          },
          body: new URLSearchParams(parameters),
        });
        return {
          status: response.status,
          body: JSON.parse(
            await response
              .text()
              .then((text) => (text.startsWith('{') ? text : JSON.stringify({ error: text }))),
          ) as Record<string, string>,
        };
      }),
    );
    return {
      won: answers.filter(({ status }) => status === 200),
      lost: answers.filter(({ status }) => status !== 200),
    };
  };

  test('of parallel exchanges of one code exactly one succeeds, the others are told invalid_grant', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { won, lost } = await storm(exchange(department, await department.arrive(browser())));
      expect(won, JSON.stringify(lost.map(({ status, body }) => [status, body]))).toHaveLength(1);
      expect(new Set(lost.map(({ body }) => body.error))).toEqual(new Set(['invalid_grant']));
    }
  });

  test('of parallel uses of one refresh token exactly one succeeds', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const tokens = await department.signIn(browser());
      const { won, lost } = await storm({
        grant_type: 'refresh_token',
        refresh_token: tokens.refresh_token!,
      });
      expect(won, JSON.stringify(lost.map(({ status, body }) => [status, body]))).toHaveLength(1);
      expect(new Set(lost.map(({ body }) => body.error))).toEqual(new Set(['invalid_grant']));
    }
  });

  test('a code that comes again later ends everything that came of it', async () => {
    const arrival = await department.arrive(browser());
    const { body } = await department.token(exchange(department, arrival));
    expect((await userinfo(node, body.access_token as string)).status).toBe(200);
    expect((await department.token(exchange(department, arrival))).body.error).toBe('invalid_grant');
    expect((await userinfo(node, body.access_token as string)).status).toBe(401);
    expect(
      (await department.token({ grant_type: 'refresh_token', refresh_token: body.refresh_token as string }))
        .body.error,
    ).toBe('invalid_grant');
  });

  test('a used refresh token that comes again ends its whole family, and the event is in the audit', async () => {
    const tokens = await department.signIn(browser());
    const used = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token! };
    const { body } = await department.token(used);
    await new Promise((done) => setTimeout(done, 1_100));
    expect((await department.token(used)).body.error).toBe('invalid_grant');
    expect(
      (await department.token({ grant_type: 'refresh_token', refresh_token: body.refresh_token as string }))
        .body.error,
    ).toBe('invalid_grant');
    expect((await userinfo(node, body.access_token as string)).status).toBe(401);
    const events = await node.database.query<{ type: string }>(
      'SELECT type FROM audit_event WHERE client_id = $1',
      ['insurance'],
    );
    expect(events.map(({ type }) => type)).toContain('tokens.reused');
  });
});

describe('a lost answer to a refresh', () => {
  test('within the grace costs the token but not the sign-on; after it the family ends', async () => {
    const world = await worlds[0]!.open({ settings: { refreshGraceSeconds: 2 } });
    try {
      const { node } = world;
      const department = await register(node, 'insurance', { legal_basis: 'statutory-duty' });
      const person = await node.person(1);
      const tokens = await department.signIn(
        node.browser({ login: { accountId: person.id }, consent: 'agree' }),
      );
      const used = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token! };
      const { body } = await department.token(used);
      expect((await department.token(used)).body.error).toBe('invalid_grant');
      expect((await userinfo(node, body.access_token as string)).status).toBe(200);
      await new Promise((done) => setTimeout(done, 3_100));
      expect((await department.token(used)).body.error).toBe('invalid_grant');
      expect((await userinfo(node, body.access_token as string)).status).toBe(401);
    } finally {
      await world.close();
    }
  });
});
