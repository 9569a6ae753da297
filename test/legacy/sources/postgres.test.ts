/** A PostgreSQL is staged straight from where it runs, also in an encoding that lies, and is never written to. */
import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { citizen } from '../../accounts/opened.ts';
import { withServer } from '../../support/template.ts';
import { openStagingRoom, type StagingRoom } from './staging-room.ts';

const SERVER = process.env.TEST_POSTGRES;
const declaration = (place: string) => `
source: hall
title: { zh-CN: 办事大厅 }
database: { kind: postgres, ${place} }
person:
  localId: id
  name: xm
  document: { column: sfzh }
  deleted: { column: gone, codes: { "false": "no", "true": "yes" } }
  createdAt: made
  password: mm
recipe: md5(p)
`;

describe.skipIf(!SERVER).each([{ encoding: 'UTF8' }, { encoding: 'SQL_ASCII' }])(
  'PostgreSQL in $encoding',
  ({ encoding }) => {
    const name = `yihao_old_${randomBytes(6).toString('hex')}`;
    let old: pg.Client;
    let at: StagingRoom;
    let access: string;

    beforeAll(async () => {
      await withServer(SERVER!, (client) =>
        client.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING '${encoding}' LOCALE 'C'`),
      );
      const url = new URL(SERVER!);
      url.pathname = `/${name}`;
      access = url.href;
      old = new pg.Client({ connectionString: access });
      await old.connect();
      await old.query('CREATE SCHEMA app');
    });
    afterAll(async () => {
      await old.end();
      await withServer(SERVER!, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
    });
    beforeEach(async () => {
      at = await openStagingRoom();
      await old.query('DROP TABLE IF EXISTS app."Member"');
      await old.query(
        'CREATE TABLE app."Member" (id uuid PRIMARY KEY, xm text, sfzh varchar(18), gone boolean, made timestamptz, mm bytea)',
      );
      return () => at.fresh.drop();
    });
    const stage = (place = 'schema: app, table: Member') =>
      at.attempt({ declaration: declaration(place), access, limits: { rows: 7 } });
    const put = (n: number, name = "'扎西顿珠'::text") =>
      old.query(
        `INSERT INTO app."Member" VALUES (lpad($1, 32, '0')::uuid, ${name}, $2, $3, '2016-01-31T00:00:00Z', '\\x12bc')`,
        [String(n), citizen(n).number, n % 2 === 1],
      );

    test('comes page by page: uuids in order, dates as they were here, bytes as hex', async () => {
      for (let n = 1; n <= 30; n += 1) await put(n);
      expect(await stage()).toMatchObject({ ok: true, value: { counts: { rows: 30, added: 30 } } });
      const records = await at.records('hall');
      expect(records.map(({ localId }) => Number(localId.slice(-2)))).toEqual(
        Array.from({ length: 30 }, (_, n) => n + 1),
      );
      expect(records[0]).toMatchObject({
        name: '扎西顿珠',
        deleted: true,
        createdAt: '2016-01-31 08:00:00+08',
        number: { document: citizen(1) },
      });
      expect(records[0]!.password).toBeUndefined();
      expect(records[1]).toMatchObject({ deleted: false, password: { hash: '12bc' } });
    });

    test('a query that would write is not let, whatever it calls', async () => {
      await put(1);
      await old.query(
        `CREATE OR REPLACE FUNCTION app.sweep() RETURNS uuid LANGUAGE plpgsql AS $$ BEGIN DELETE FROM app."Member"; RETURN NULL; END $$`,
      );
      const query = `query: 'SELECT m.*, app.sweep() AS x FROM app."Member" m'`;
      expect(await stage(query)).toMatchObject({ ok: false, failure: { code: 'source-query' } });
      expect((await old.query('SELECT 1 FROM app."Member"')).rowCount).toBe(1);
    });

    test('a server that takes the connection and says nothing is given up in time', async () => {
      const held: Socket[] = [];
      const silent = createServer((socket) => void held.push(socket.on('error', () => {}).resume()));
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const { port } = silent.address() as AddressInfo;
      const began = Date.now();
      for (const more of ['', '\ntls: true']) {
        const given = { declaration: declaration('table: x'), limits: { connectMs: 400 } };
        const url = `url: postgres://a:b@127.0.0.1:${port}/x${more}`;
        expect(await at.refused({ ...given, access: url })).toBe('source-unreachable');
      }
      expect(Date.now() - began).toBeLessThan(10_000);
      await expect
        .poll(() => held.every(({ destroyed, readableEnded }) => destroyed || readableEnded))
        .toBe(true);
      for (const socket of held) socket.destroy();
      silent.close();
    });

    test('what is not there is refused by name', async () => {
      const secured = { declaration: declaration('table: x'), access: `url: ${access}\ntls: true` };
      expect(await at.refused(secured)).toBe('source-tls');
      expect(await stage('table: Member')).toMatchObject({ failure: { code: 'source-no-table' } });
      expect(await stage('schema: app, table: Member, encoding: utf-8')).toMatchObject({ ok: true });
    });

    if (encoding === 'SQL_ASCII')
      test('bytes in GBK are read as declared, and refused without', async () => {
        await put(1, "convert_from('\\xd4facef7b6d9d6e9'::bytea, 'SQL_ASCII')");
        expect(await stage('schema: app, table: Member, encoding: gb18030')).toMatchObject({ ok: true });
        expect((await at.records('hall'))[0]).toMatchObject({ name: '扎西顿珠' });
        expect(await stage()).toMatchObject({ failure: { code: 'source-text' } });
      });
  },
);
