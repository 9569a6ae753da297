/**
 * A second node for the race tests: opens the same database with its own keyring, and when told runs many
 * registrations at once. Answers with the outcome of each.
 */
import { openDatabase } from '../../src/platform/postgres.ts';
import type { SuiteName } from '../../src/platform/seal/sealer.ts';
import { draft, newestOnly, open, sampleRing } from './opened.ts';

export interface NodeSettings {
  url: string | undefined;
  folder: string;
  /** Number of sample keys, newest first. */
  keys: number;
  /** Leaves only the newest of these keys. */
  newestOnly?: boolean;
  suite?: SuiteName;
}

/** Registers these people at once, each in a transaction of its own. */
export interface Task {
  people: number[];
  userName?: string;
}

/** `ok` or the failure's code, or `error: …`. */
export type Answer = { answers: string[] };

const settings = JSON.parse(process.argv[2]!) as NodeSettings;
const database = await openDatabase({ url: settings.url, folder: settings.folder, poolSize: 10 });
const keyring = settings.newestOnly ? newestOnly(settings.keys) : sampleRing(settings.keys);
const node = open(database, { keyring, suite: settings.suite ?? 'aes' });

process.on('message', async (task: Task | 'stop') => {
  if (task === 'stop') {
    await node.audit.close();
    await database.close();
    process.disconnect();
    return;
  }
  const { people, userName } = task;
  const answers = await Promise.all(
    people.map(async (n) => {
      try {
        const outcome = await node.register(draft(n, userName ? { userName } : {}));
        return outcome.ok ? 'ok' : outcome.failure.code;
      } catch (error) {
        return `error: ${(error as Error).message}`;
      }
    }),
  );
  process.send!({ answers } satisfies Answer);
});
process.send!('ready');
