/** What is attacked: a whole server on the embedded database, and one on PostgreSQL and Redis where they answer. */
import { installations, type RunningYihao, startYihao } from '../support/server.ts';

export interface Target {
  name: string;
  start(extra?: Record<string, string>): Promise<RunningYihao>;
}

/** The first and the last way to install it; one where there is only one. */
export const targets: Target[] = [...new Set([installations[0]!, installations.at(-1)!])].map(
  (installation) => ({
    name: installation.name,
    start: (extra = {}) => startYihao(installation, extra),
  }),
);

/** A share of a long list, another one each turn: a third, and a ninth where nothing but the store is another. */
export const shareOf = <Item>(all: readonly Item[], turn: number, target: Target): Item[] =>
  all.filter((_, at) => (at + turn) % (target === targets[0] ? 3 : 9) === 0);
