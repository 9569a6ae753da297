/** Two processes that start together on an empty PostgreSQL migrate it once. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCli } from '../commands/cli.ts';
import { withServer } from '../support/template.ts';

const server = process.env.TEST_POSTGRES;

test.skipIf(!server)('two processes on an empty PostgreSQL: one migrates, both are content', async () => {
  const name = `yihao_test_${randomBytes(6).toString('hex')}`;
  const folder = mkdtempSync(join(tmpdir(), 'yihao-migrating-'));
  await withServer(server!, (client) => client.query(`CREATE DATABASE ${name}`));
  try {
    const url = new URL(server!);
    url.pathname = `/${name}`;
    const env = { DATABASE_URL: url.href, YIHAO_DATA_FOLDER: folder };
    const both = await Promise.all([1, 2].map(() => runCli(env, ['migrate', '--json'])));
    expect(both.map(({ code, err }) => [code, err])).toEqual([
      [0, ''],
      [0, ''],
    ]);
    const ran = both
      .map((one) => one.json<{ migrated: string[] }>().migrated.length)
      .toSorted((a, b) => a - b);
    expect(ran[0]).toBe(0);
    expect(ran[1]).toBeGreaterThan(3);
  } finally {
    await withServer(server!, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    rmSync(folder, { recursive: true, force: true });
  }
});
