import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type FreshDatabase, stores } from '../support/stores.ts';
import { count, startNode, type TestNode } from './nodes.ts';
import { citizen, type Opened, open, sampleRing } from './opened.ts';
import type { NodeSettings } from './second-process.ts';

describe.each(stores)('two nodes on $name', (store) => {
  let fresh: FreshDatabase;
  let here: Opened;
  let nodes: TestNode[] = [];

  beforeAll(async () => {
    fresh = await store.fresh();
    here = open(fresh.database, { keyring: sampleRing(2) });
  });

  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    nodes = [];
  });

  afterAll(async () => {
    await here.audit.close();
    await fresh.drop();
  });

  const start = async (...settings: Omit<NodeSettings, 'url' | 'folder'>[]) => {
    nodes = await Promise.all(settings.map((each) => startNode(fresh, each)));
  };
  const times = (n: number, much: number): number[] => Array.from({ length: much }, () => n);
  const race = async (n: number) =>
    (await Promise.all(nodes.map((node) => node.run({ people: times(n, 25) })))).flat();
  const peopleWith = async (n: number) => {
    const fingerprints = here.fingerprinter.all('person citizen-number', citizen(n).number);
    const rows = await fresh.database.query(
      'SELECT DISTINCT person_id FROM person_fingerprint WHERE fingerprint = ANY($1::bytea[])',
      [fingerprints],
    );
    return rows.length;
  };

  test('50 registrations of one number at once: one account, 49 clear answers', async () => {
    await start({ keys: 1 }, { keys: 1 });
    for (const n of [1, 2, 3]) {
      expect(count(await race(n))).toEqual({ ok: 1, 'account-exists': 49 });
      expect(await peopleWith(n)).toBe(1);
    }
  });

  test('50 people who want one user name at once: one has it, nobody is half registered', async () => {
    await start({ keys: 1 }, { keys: 1 });
    const some = (from: number) => Array.from({ length: 25 }, (_, at) => from + at);
    const tasks = nodes.map((node, at) => node.run({ people: some(100 + 25 * at), userName: 'wanted.name' }));
    const answers = (await Promise.all(tasks)).flat();
    expect(count(answers)).toEqual({ ok: 1, 'user-name-taken': 49 });
    const orphans = await fresh.database.query(
      'SELECT 1 FROM person_fingerprint f WHERE NOT EXISTS (SELECT FROM person p WHERE p.id = f.person_id)',
    );
    expect(orphans).toEqual([]);
  });

  test('while one node has the new fingerprint key and the other only the old one: still one account', async () => {
    await start({ keys: 1 }, { keys: 2 });
    for (const n of [11, 12, 13]) {
      expect(count(await race(n))).toEqual({ ok: 1, 'account-exists': 49 });
      expect(await peopleWith(n)).toBe(1);
    }
  });

  test('while one node uses the other suite: still one account', async () => {
    await start({ keys: 2, suite: 'aes' }, { keys: 2, suite: 'sm' });
    expect(count(await race(21))).toEqual({ ok: 1, 'account-exists': 49 });
    expect(await peopleWith(21)).toBe(1);
  });

  test('a node that has lost the old key before the rotation is refused, not believed', async () => {
    await start({ keys: 1 }, { keys: 2, newestOnly: true });
    const [old, early] = await Promise.all(nodes.map((node) => node.run({ people: times(31, 5) })));
    expect(count(old!)).toEqual({ ok: 1, 'account-exists': 4 });
    expect(
      early!.every((answer) => answer.startsWith('error: the keyring lacks fingerprint key aes:sample-0:')),
    ).toBe(true);
    expect(await peopleWith(31)).toBe(1);
  });

  test('registrations of one number while its keys are rotated: one account', async () => {
    await start({ keys: 2 }, { keys: 2 });
    let rotating = true;
    const rotations = (async () => {
      for (let run = 0; rotating; run += 1) await here.accounts.rotate(run % 2 ? 'seal' : 'fingerprint');
    })();
    for (const n of [41, 42, 43]) {
      expect(count(await race(n))).toEqual({ ok: 1, 'account-exists': 49 });
      expect(await peopleWith(n)).toBe(1);
    }
    rotating = false;
    await rotations;
    // The old key is required no more: a node without it works, one without the new key is refused.
    await Promise.all(nodes.map((node) => node.stop()));
    await start({ keys: 2, newestOnly: true }, { keys: 1 });
    const [fresh_, stale] = await Promise.all(nodes.map((node) => node.run({ people: times(41, 5) })));
    expect(count(fresh_!)).toEqual({ 'account-exists': 5 });
    expect(
      stale!.every((answer) => answer.startsWith('error: the keyring lacks fingerprint key aes:sample-1:')),
    ).toBe(true);
    expect(await peopleWith(41)).toBe(1);
  });
});
