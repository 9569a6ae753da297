/** An operator stages from a running database: the address comes beside the declaration, and is told to nobody. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type MariaDb, mariadbHere, READER_PASSWORD, startMariaDb } from '../support/mariadb.ts';
import { type RunningYihao, startYihao } from '../support/server.ts';
import { runCli } from './cli.ts';

// Each command is a process of its own: a dozen of them take a busy machine long.
vi.setConfig({ testTimeout: 300_000 });

describe.skipIf(!mariadbHere)('legacy stage', () => {
  let yihao: RunningYihao;
  let server: MariaDb;
  let folder: string;
  let declaration: string;
  const stage = (env: Record<string, string>, ...args: string[]) =>
    runCli({ ...yihao.env, ...env }, ['legacy', 'stage', ...args]);

  beforeAll(async () => {
    [yihao, server] = await Promise.all([startYihao(), startMariaDb()]);
    folder = mkdtempSync(join(tmpdir(), 'yihao-old-'));
    await server.run('CREATE DATABASE old CHARACTER SET gbk');
    await server.run('GRANT SELECT ON old.* TO reader');
    await server.run('CREATE TABLE old.yh (yhbh INT PRIMARY KEY, xm VARCHAR(20))');
    await server.run("INSERT INTO old.yh VALUES (1, '扎西'), (2, '达娃')");
    declaration = join(folder, 'old.yaml');
    writeFileSync(
      declaration,
      'source: hall\ntitle: { zh-CN: 大厅 }\ndatabase: { kind: mysql, table: yh }\nperson: { localId: yhbh, name: xm }\n',
    );
  });
  afterAll(async () => {
    await yihao.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('takes the address from a file of mode 600, or from a variable', async () => {
    const address = join(folder, 'address');
    writeFileSync(address, `${server.url('old')}\n`);
    chmodSync(address, 0o644);
    expect(await stage({}, declaration, '--from', address)).toMatchObject({ code: 2 });
    chmodSync(address, 0o600);
    const staged = await stage({}, declaration, '--from', address, '--json');
    expect(staged, staged.err).toMatchObject({ code: 0 });
    expect(staged.json()).toMatchObject({ source: 'hall', dump: 1, counts: { rows: 2, added: 2 } });
    const again = await stage({ LEGACY_SOURCE_URL: server.url('old') }, declaration);
    expect(again.out).toMatch(/hall: staged dump 2[\s\S]* 2 {2}accounts as they were/);
  });

  test('says what is in the way, and never the password', async () => {
    const refused = async (url: string, ...args: string[]) => {
      const said = await stage({ LEGACY_SOURCE_URL: url }, declaration, ...args);
      expect(said.out + said.err).not.toContain(READER_PASSWORD);
      expect(said.out + said.err).not.toContain(encodeURIComponent(READER_PASSWORD));
      return [said.code, said.err.split('\n')[0]];
    };
    const url = server.url('old');
    expect(await refused('')).toEqual([3, 'refused: source-access']);
    expect(await refused(url.replace('reader', 'writer'))).toEqual([3, 'refused: source-login']);
    expect(await refused(url, join(folder, 'dump.csv'))).toEqual([3, 'refused: source-two-places']);
  });

  test('names the driver that is not there', async () => {
    for (const [kind, url, driver] of [
      ['mssql', 'mssql://a:b@localhost/x', 'tedious'],
      ['oracle', 'oracle://a:b@localhost/x', 'oracledb'],
    ]) {
      const other = join(folder, `${kind}.yaml`);
      writeFileSync(
        other,
        `source: other\ntitle: { zh-CN: 其他 }\ndatabase: { kind: ${kind}, table: yh }\nperson: { localId: yhbh }\n`,
      );
      const said = await stage({ LEGACY_SOURCE_URL: url! }, other);
      expect([said.code, said.err]).toEqual([3, expect.stringContaining(`npm install --no-save ${driver}@`)]);
    }
  });
});
