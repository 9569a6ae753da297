/** Who a person is to a department: one random sub per sector, for ever. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PersonId } from '../../src/accounts/person.ts';
import { openSubjects } from '../../src/oidc/subject.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';
import { register } from './department.ts';
import { ACR } from './server.ts';
import { anyWorld } from './world.ts';

/** No account was ever merged. */
const nobody = { survivorOf: async (id: PersonId) => id, absorbedBy: async () => [] };

describe.each(stores)('subjects on $name', (store) => {
  let fresh: FreshDatabase;
  beforeAll(async () => {
    fresh = await store.fresh();
  });
  afterAll(() => fresh.drop());
  const person = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;

  test('fifty first uses at once, with caches of their own, come to one sub', async () => {
    const subs = await Promise.all(
      Array.from({ length: 50 }, () => openSubjects(fresh.database, nobody).of(person(1), 'insurance')),
    );
    expect(new Set(subs).size).toBe(1);
    expect(subs[0]).toMatch(/^[A-Za-z0-9_-]{24}$/);
  });

  test('differ by sector and by person, and lead back within the sector only', async () => {
    const subjects = openSubjects(fresh.database, nobody);
    const all = [
      await subjects.of(person(2), 'a'),
      await subjects.of(person(2), 'b'),
      await subjects.of(person(3), 'a'),
    ];
    expect(new Set(all).size).toBe(3);
    expect(await subjects.personOf('a', all[0]!)).toBe(person(2));
    expect(await subjects.personOf('b', all[0]!)).toBeUndefined();
  });

  test('a known one costs no question', async () => {
    const subjects = openSubjects(fresh.database, nobody);
    const sub = await subjects.of(person(4), 'a');
    const closed = openSubjects({ query: () => Promise.reject(new Error('asked')) } as never, nobody);
    await expect(closed.of(person(4), 'a')).rejects.toThrow('asked');
    expect(await subjects.of(person(4), 'a')).toBe(sub);
  });
});

test('two applications of one sector know a person by the same sub, another sector by another', async () => {
  const world = await anyWorld.open();
  try {
    const { node } = world;
    const person = await node.person(1);
    const duty = { legal_basis: 'statutory-duty' };
    const one = await register(node, 'one', { ...duty, sector: 'social-security' });
    const two = await register(node, 'two', {
      ...duty,
      sector: 'social-security',
      redirect_uris: ['https://a.example.gov.cn/1', 'https://b.example.gov.cn/2'],
    });
    const far = await register(node, 'far', { ...duty, sector: 'housing' });
    const window = node.browser({
      login: { accountId: person.id, acr: ACR(3, 1), amr: ['pwd'] },
      consent: 'agree',
    });
    const sub = (await one.signIn(window)).claims()!.sub;
    const second = await two.signIn(window, { redirect_uri: 'https://b.example.gov.cn/2' });
    expect(second.claims()!.sub).toBe(sub);
    const elsewhere = (await far.signIn(window)).claims()!.sub;
    expect(elsewhere).not.toBe(sub);
    expect(sub).not.toContain(person.id);
    await node.keys.rotate({ actor: 'operator:test', force: true });
    expect((await one.signIn(window)).claims()!.sub).toBe(sub);
  } finally {
    await world.close();
  }
});
