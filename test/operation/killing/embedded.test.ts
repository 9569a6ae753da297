/**
 * The embedded database outlives its processes: whichever of them is killed, and whoever comes next, it is opened
 * by one at a time, without anybody's help, and holds all that was committed.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let root: string;
let openers: Opener[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'yihao-killed-'));
  openers = [];
});
afterEach(async () => {
  await Promise.all(openers.map((opener) => opener.kill()));
  rmSync(root, { recursive: true, force: true });
});

interface Opener {
  opened: Promise<void>;
  /** @throws what the database said */
  query(sql: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
  kill(): Promise<void>;
}

function open(folder: string): Opener {
  const child: ChildProcess = fork(join(import.meta.dirname, 'opener.ts'), [folder]);
  const gone = once(child, 'close').then(() => {});
  const heard = async (): Promise<unknown> => {
    const [message] = await Promise.race([
      once(child, 'message'),
      gone.then(() => Promise.reject(new Error('the process has gone'))),
    ]);
    return message;
  };
  const opener: Opener = {
    opened: heard().then(() => {}),
    async query(sql) {
      child.send({ sql });
      const { rows, error } = (await heard()) as { rows?: Record<string, unknown>[]; error?: string };
      if (!rows) throw new Error(error);
      return rows;
    },
    async close() {
      child.send('close');
      await gone;
    },
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
  };
  opener.opened.catch(() => {});
  openers.push(opener);
  return opener;
}

/** Two lengths: a Unix socket cannot lie in a folder of a long name, so it lies elsewhere then. */
describe.each([
  ['a folder', 'data'],
  ['a folder with a long name', `${'far/'.repeat(30)}data`],
])('in %s', (_name, path) => {
  let folder: string;
  beforeEach(() => {
    folder = join(root, path);
    mkdirSync(folder, { recursive: true });
    cpSync(process.env.TEST_TEMPLATE_FOLDER!, folder, { recursive: true });
  });
  const opened = async (): Promise<Opener> => {
    const opener = open(folder);
    await opener.opened;
    return opener;
  };
  const count = async (opener: Opener) => (await opener.query('SELECT count(*)::int AS n FROM kept'))[0]!.n;

  test('of many processes that come at once, one opens it and the others join', async () => {
    const four = [1, 2, 3, 4].map(() => open(folder));
    await Promise.all(four.map((opener) => opener.opened));
    await four[0]!.query('CREATE TABLE kept (n int)');
    await Promise.all(four.map((opener, n) => opener.query(`INSERT INTO kept VALUES (${n})`)));
    expect(await Promise.all(four.map(count))).toEqual([4, 4, 4, 4]);
  });

  test('the one that serves is killed: another takes over, and all that was committed is there', async () => {
    const first = await opened();
    const second = await opened();
    await first.query('CREATE TABLE kept (n int)');
    await second.query('INSERT INTO kept SELECT generate_series(1, 1000)');
    await first.kill();
    // Its socket and its pointer lie about still.
    expect(existsSync(join(folder, 'socket-folder'))).toBe(true);
    await expect.poll(() => count(second), { timeout: 30_000 }).toBe(1000);
    const third = await opened();
    await third.query('INSERT INTO kept VALUES (1001)');
    expect([await count(second), await count(third)]).toEqual([1001, 1001]);
  });

  test('the one that serves closes: another takes over', async () => {
    const first = await opened();
    const second = await opened();
    await first.query('CREATE TABLE kept (n int)');
    await first.close();
    await expect.poll(() => count(second), { timeout: 30_000 }).toBe(0);
  });
});

test('what was committed without waiting for the disk is there a moment later, were everybody killed', async () => {
  const folder = join(root, 'data');
  cpSync(process.env.TEST_TEMPLATE_FOLDER!, folder, { recursive: true });
  const first = open(folder);
  await first.opened;
  await first.query('CREATE TABLE kept (n int)');
  await first.query(
    `INSERT INTO kept SELECT 1 FROM (SELECT set_config('synchronous_commit', 'off', true) AS set) AS quick
     WHERE quick.set IS NOT NULL`,
  );
  const written = async () =>
    (await first.query('SELECT pg_current_wal_flush_lsn() = pg_current_wal_insert_lsn() AS all'))[0]!.all;
  await expect.poll(written, { timeout: 10_000 }).toBe(true);
  await first.kill();
  const second = open(folder);
  await second.opened;
  expect(await second.query('SELECT n FROM kept')).toEqual([{ n: 1 }]);
});
