/**
 * What this node knows of clients, for a few seconds. Within that time a suspension, a changed address or a new
 * secret reaches every node without any message between them. An unchanged client (same version) stays the same
 * object, so what is built from it can be kept.
 */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../platform/clock.ts';
import type { ClientWithSecrets } from './store.ts';

interface Entry {
  known: Promise<ClientWithSecrets | undefined>;
  since: number;
}

export interface ClientCache {
  get(id: string): Promise<ClientWithSecrets | undefined>;
  forget(id: string): void;
}

const MOST_CLIENTS = 20_000;

export function makeClientCache(
  load: (id: string) => Promise<ClientWithSecrets | undefined>,
  options: { clock: Clock; seconds: number },
): ClientCache {
  const entries = new LRUCache<string, Entry>({ max: MOST_CLIENTS });

  const refresh = (id: string, last: Entry | undefined): Entry => {
    // Counted from before the question was asked: the answer may be that old already.
    const entry: Entry = { since: options.clock.now().getTime(), known: reload(id, last) };
    entries.set(id, entry);
    const drop = () => {
      if (entries.peek(id) === entry) entries.delete(id);
    };
    // Unknown ids are not kept (anybody can make them up), and an error is never an answer.
    entry.known.then((found) => found ?? drop(), drop);
    return entry;
  };

  const reload = async (id: string, last: Entry | undefined): Promise<ClientWithSecrets | undefined> => {
    const [before, now] = await Promise.all([last?.known.catch(() => undefined), load(id)]);
    const same = before !== undefined && now !== undefined && before.client.version === now.client.version;
    return same ? before : now;
  };

  return {
    get(id) {
      const entry = entries.get(id);
      const age =
        entry === undefined ? Number.POSITIVE_INFINITY : options.clock.now().getTime() - entry.since;
      return (age >= 0 && age < options.seconds * 1000 ? entry! : refresh(id, entry)).known;
    },
    forget: (id) => {
      entries.delete(id);
    },
  };
}
