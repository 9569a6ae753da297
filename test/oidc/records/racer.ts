/** Another process over the same stores: does what it is told at a given moment and says how often it succeeded. */
import { errors } from 'oidc-provider';
import { systemClock } from '../../../src/platform/clock.ts';
import { type HomeAddress, inRequest, openHome } from './homes.ts';

export type Race = 'code' | 'refresh' | 'assertion' | 'library-assertion' | 'chain';

export interface Start {
  race: Race;
  id: string;
  /** Milliseconds since 1970 at which both processes begin. */
  at: number;
  attempts: number;
}

const { store, close } = await openHome(JSON.parse(process.argv[2]!) as HomeAddress, systemClock);
const until = Math.floor(Date.now() / 1000) + 600;

const attempts: Record<Race, (id: string, n: number) => Promise<boolean>> = {
  async code(id) {
    const code = await store.adapter('AuthorizationCode').find(id);
    if (!code || code.consumed) return false;
    await store.adapter('AuthorizationCode').consume(id);
    return true;
  },
  refresh: (id, n) =>
    inRequest('token', async () => {
      const refresh = store.adapter('RefreshToken');
      const token = await refresh.find(id);
      if (!token || token.consumed) return false;
      await refresh.consume(id);
      await refresh.upsert(`${id}-${process.pid}-${n}`, { ...token, consumed: undefined }, 600);
      return true;
    }),
  /** Rotates one refresh token after the other, until the process is killed. */
  async chain(id) {
    const refresh = store.adapter('RefreshToken');
    for (let at = id, n = 0; ; n += 1) {
      at = await inRequest('token', async () => {
        const token = await refresh.find(at);
        await refresh.consume(at);
        await refresh.upsert(`${id}-${n}`, { ...token, consumed: undefined }, 600);
        return `${id}-${n}`;
      });
    }
  },
  assertion: (id) => store.isFirst('client', id, until),
  async 'library-assertion'(id) {
    const replay = store.adapter('ReplayDetection');
    if (await replay.find(id)) return false;
    await replay.upsert(id, { iss: 'client', exp: until }, 600);
    return true;
  },
};

process.on('message', async ({ race, id, at, attempts: count }: Start) => {
  while (Date.now() < at) await new Promise((resolve) => setImmediate(resolve));
  const results = await Promise.allSettled(Array.from({ length: count }, (_, n) => attempts[race](id, n)));
  for (const result of results) {
    if (result.status === 'rejected' && !(result.reason instanceof errors.InvalidGrant)) throw result.reason;
  }
  process.send!(results.filter((result) => result.status === 'fulfilled' && result.value).length);
});
process.on('disconnect', async () => {
  await close();
  process.exit(0);
});
process.send!('ready');
