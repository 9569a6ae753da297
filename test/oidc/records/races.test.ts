/** Two processes present the same thing at the same moment: it is accepted once. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OidcStore } from '../../../src/oidc/oidc-store.ts';
import { recordKey } from '../../../src/oidc/record-hash.ts';
import { type Home, homes } from './homes.ts';
import type { Race, Start } from './racer.ts';

const ROUNDS = 200;
const ATTEMPTS = 3;
const HEAD_START_MS = 12;
const KILLS = 6;

const startRacer = async (home: Home): Promise<ChildProcess> => {
  const racer = fork(join(import.meta.dirname, 'racer.ts'), [JSON.stringify(home.address)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  await once(racer, 'message');
  return racer;
};

describe.each(homes)('two processes on $name', (kind) => {
  let home: Home;
  let store: OidcStore;
  let racers: ChildProcess[];

  beforeAll(async () => {
    home = await kind.fresh();
    store = home.open();
    racers = await Promise.all([startRacer(home), startRacer(home)]);
  });
  afterAll(async () => {
    await Promise.all(
      racers.map((racer) => {
        const gone = once(racer, 'exit');
        racer.disconnect();
        return gone;
      }),
    );
    await home.drop();
  });

  async function run(race: Race, id: string): Promise<number> {
    const start: Start = { race, id, at: Date.now() + HEAD_START_MS, attempts: ATTEMPTS };
    const answers = await Promise.all(
      racers.map(async (racer) => {
        const answer = once(racer, 'message') as Promise<[number]>;
        racer.send(start);
        return (await answer)[0];
      }),
    );
    return answers.reduce((sum, count) => sum + count, 0);
  }

  test.each<Race>(['code', 'refresh', 'assertion', 'library-assertion'])(
    `a ${'%s'} presented ${2 * ATTEMPTS} times at once is accepted once, in each of ${ROUNDS} rounds`,
    async (race) => {
      const successes: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const id = randomBytes(24).toString('base64url');
        const payload = { exp: Math.floor(Date.now() / 1000) + 600, clientId: 'housing', grantId: id };
        if (race === 'code') await store.adapter('AuthorizationCode').upsert(id, payload, 600);
        if (race === 'refresh') await store.adapter('RefreshToken').upsert(id, payload, 600);
        successes.push(await run(race, id));
      }
      expect(successes.filter((count) => count !== 1)).toEqual([]);
    },
  );

  test('a process killed while it rotates refresh tokens leaves one good token, never none and never two', async () => {
    for (let kill = 0; kill < KILLS; kill += 1) {
      const id = randomBytes(24).toString('base64url');
      const exp = Math.floor(Date.now() / 1000) + 600;
      await store.adapter('RefreshToken').upsert(id, { exp, clientId: 'housing', grantId: id }, 600);
      const racer = await startRacer(home);
      racer.send({ race: 'chain', id, at: 0, attempts: 1 } satisfies Start);
      const read = () =>
        home.database.query<{ used: boolean }>(
          'SELECT consumed_at IS NOT NULL AS used FROM oidc_record WHERE grant_key = $1',
          [recordKey('Grant', id)],
        );
      while ((await read()).length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
      await new Promise((resolve) => setTimeout(resolve, randomInt(60)));
      racer.kill('SIGKILL');
      await once(racer, 'exit');
      const tokens = await read();
      expect(tokens.filter(({ used }) => !used)).toHaveLength(1);
    }
  });
});
