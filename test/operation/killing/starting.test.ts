/** kill -9 in the middle of a first start: the next start goes on from there, and no lock is left behind. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pendingMigrations } from '../../../src/platform/migrate.ts';
import { openDatabase } from '../../../src/platform/postgres.ts';
import { runCli } from '../../commands/cli.ts';
import { makeNode, type NodeProcess } from '../../support/node-process.ts';
import { withServer } from '../../support/template.ts';
import { seedOfThisRun, throwDice } from './dice.ts';
import { type Member, makeMember } from './fleet.ts';

const MIGRATIONS = join(import.meta.dirname, '../../../migrations');
const SEED = seedOfThisRun();
const dice = throwDice(SEED);
const server = process.env.TEST_POSTGRES;

let folder: string;
let nodes: NodeProcess[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yihao-starting-'));
  nodes = [];
});
afterEach(async () => {
  await Promise.all(nodes.map((node) => node.kill()));
  rmSync(folder, { recursive: true, force: true });
});

const environment = () => ({
  YIHAO_DATA_FOLDER: folder,
  YIHAO_OBSERVE__LEVEL: 'error',
  YIHAO_OBSERVE__INTERNAL_PORT: '0',
  YIHAO_REGISTRIES__STAND_IN__PORT: '0',
  YIHAO_TRIAL__DEPARTMENTS: 'false',
  YIHAO_TRIAL__PEOPLE: 'false',
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const opens = async (node: NodeProcess) => (await fetch(`http://localhost:${node.port}/`)).status;

test.skipIf(!server)(
  `two nodes migrate an empty PostgreSQL, and one is killed on the way, again and again (seed ${SEED})`,
  async () => {
    const name = `yihao_test_${randomBytes(6).toString('hex')}`;
    await withServer(server!, (client) => client.query(`CREATE DATABASE ${name}`));
    const url = new URL(server!);
    url.pathname = `/${name}`;
    const env = { ...environment(), DATABASE_URL: url.href };
    const members: Member[] = [await makeMember(env), await makeMember(env)];
    nodes = members;
    const database = await openDatabase({ url: url.href, poolSize: 2, folder });
    try {
      for (let kill = 0; kill < 3; kill += 1) {
        const struck = dice.of(members);
        const plan = { pieces: dice.whole(1, 90), lastGoesOn: dice.chance(0.5) };
        const cut = new Promise<void>((done) => struck.wires[0]!.watch(plan, done));
        for (const member of members) await member.begin();
        // Who is not the one to migrate has fewer statements: then it is killed as it waits, or as it serves.
        await Promise.race([cut, pause(3_000)]);
        // A cut that did not come must not come later, when nobody is killed by it and the piece is only lost.
        struck.wires[0]!.forget();
        await struck.kill();
        // The other one goes a little further before it is killed as well, and both begin again.
        await pause(dice.whole(0, 300));
        await Promise.all(members.map((member) => member.kill()));
      }
      await Promise.all(members.map((member) => member.start()));
      expect(await Promise.all(members.map(opens))).toEqual([200, 200]);
      expect(await pendingMigrations(database, MIGRATIONS)).toEqual([]);
      expect(
        await database.query(
          `SELECT * FROM pg_locks WHERE locktype = 'advisory'
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        ),
      ).toEqual([]);
    } finally {
      await database.close();
      await Promise.all(members.map((member) => member.close()));
      await withServer(server!, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    }
  },
  180_000,
);

test(`a first start on the embedded database is killed while it is made, and while it is migrated (seed ${SEED})`, async () => {
  const node = await makeNode(environment());
  nodes = [node];
  const pg = join(folder, 'pg');
  const files = () => (existsSync(pg) ? readdirSync(pg, { recursive: true }).length : 0);
  const until = async (what: () => boolean) => {
    while (!what()) await pause(1);
  };

  await node.begin();
  const enough = dice.whole(1, 900);
  await until(() => files() >= enough);
  await node.kill();
  await node.begin();
  await until(() => existsSync(join(pg, 'postmaster.pid')));
  await pause(dice.whole(0, 1_500));
  await node.kill();

  const verified = () => runCli(environment(), ['audit', 'verify', '--json']);
  expect(await verified()).toMatchObject({ code: 0, err: '' });
  await node.start();
  expect(await opens(node)).toBe(200);
  expect(await verified()).toMatchObject({ code: 0, err: '' });
}, 180_000);
