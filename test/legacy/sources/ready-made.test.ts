/**
 * The declarations in config/legacy, each staged from a database or tree of the product's shape: the fields are what
 * they were there, and the recipe knows the password.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readDeclaration } from '../../../src/legacy/declaration.ts';
import type { OldRecord } from '../../../src/legacy/old-record.ts';
import { readRecipe, tryPassword } from '../../../src/legacy/recipes/recipe.ts';
import { citizen } from '../../accounts/opened.ts';
import { type MariaDb, mariadbHere, startMariaDb } from '../../support/mariadb.ts';
import { BASE, slapdHere, startSlapd } from '../../support/slapd.ts';
import { withServer } from '../../support/template.ts';
import { openStagingRoom, type StagingRoom } from './staging-room.ts';

const FOLDER = join(import.meta.dirname, '../../../config/legacy');
const text = (name: string) => readFileSync(join(FOLDER, `${name}.yaml`), 'utf8');
const PASSWORD = 'Test@1234';
/** Where a product has no column for the number, a department's own. */
const withNumber = (declaration: string) => declaration.replace(/# (document: \{ column: )\w+/, '$1id_card');

interface Sample {
  name: string;
  tables: string;
  /** Accounts 1 (well), 2 (disabled), 3 (deleted). */
  rows: string;
}

const PERSON = { name: '扎西顿珠', phone: '13900000001', number: { state: 'valid', document: citizen(1) } };
const BCRYPT = '$2b$10$abcdefghijklmnopqrstuu7kXHmG8OjKtatQOLmf/tLKnTDLZSYzK';

const SAMPLES: Sample[] = [
  {
    name: 'ruoyi',
    tables: `CREATE TABLE sys_user (user_id bigint NOT NULL PRIMARY KEY, dept_id bigint, user_name varchar(30) NOT NULL,
      nick_name varchar(30) NOT NULL, user_type varchar(2) DEFAULT '00', email varchar(50), phonenumber varchar(11),
      sex char(1) DEFAULT '0', avatar varchar(100), password varchar(100), status char(1) DEFAULT '0',
      del_flag char(1) DEFAULT '0', login_ip varchar(128), login_date timestamp NULL, create_by varchar(64),
      create_time timestamp NULL, update_by varchar(64), update_time timestamp NULL, remark varchar(500), id_card varchar(18))`,
    rows: `INSERT INTO sys_user (user_id, user_name, nick_name, phonenumber, sex, password, status, del_flag, login_date, create_time, id_card)
      VALUES (1, 'u0001', '扎西顿珠', '13900000001', '0', '${BCRYPT}', '0', '0', '2020-02-03 04:05:06', '2016-01-31 08:00:00', '${citizen(1).number}'),
      (2, 'u0002', '达娃', '', '1', '${BCRYPT}', '1', '0', NULL, NULL, NULL), (3, 'u0003', '次仁', '', '2', '${BCRYPT}', '0', '2', NULL, NULL, NULL)`,
  },
  {
    name: 'ruoyi-classic',
    tables: `CREATE TABLE sys_user (user_id bigint NOT NULL PRIMARY KEY, dept_id bigint, login_name varchar(30) NOT NULL,
      user_name varchar(30) DEFAULT '', user_type varchar(2), email varchar(50), phonenumber varchar(11), sex char(1),
      avatar varchar(100), password varchar(50), salt varchar(20), status char(1), del_flag char(1), login_ip varchar(128),
      login_date datetime, pwd_update_date datetime, create_by varchar(64), create_time datetime, remark varchar(500), id_card varchar(18))`,
    rows: `INSERT INTO sys_user (user_id, login_name, user_name, phonenumber, sex, password, salt, status, del_flag, login_date, create_time, id_card)
      VALUES (1, 'u0001', '扎西顿珠', '13900000001', '0', '97a29c3253577f28191bdeefe731e946', 'abcdef', '0', '0', '2020-02-03 04:05:06', '2016-01-31 08:00:00', '${citizen(1).number}'),
      (2, 'u0002', '达娃', '', '1', '', '', '1', '0', NULL, NULL, NULL), (3, 'u0003', '次仁', '', '2', '', '', '0', '2', NULL, NULL, NULL)`,
  },
  {
    name: 'jeecgboot',
    tables: `CREATE TABLE sys_user (id varchar(32) NOT NULL PRIMARY KEY, username varchar(100), realname varchar(100),
      password varchar(255), salt varchar(45), avatar varchar(255), birthday date, sex smallint, email varchar(45),
      phone varchar(45), org_code varchar(64), status smallint, del_flag smallint, third_id varchar(100), third_type varchar(100),
      work_no varchar(100), post varchar(100), telephone varchar(45), create_by varchar(32), create_time timestamp NULL,
      user_identity smallint, depart_ids text, client_id varchar(64), id_card varchar(18))`,
    rows: `INSERT INTO sys_user (id, username, realname, phone, sex, password, salt, status, del_flag, birthday, create_time, id_card)
      VALUES ('1', 'u0001', '扎西顿珠', '13900000001', 1, '489bf525fa1b10c8', 'abcdefgh', 1, 0, '1900-01-02', '2016-01-31 08:00:00', '${citizen(1).number}'),
      ('2', 'u0002', '达娃', '', 2, '', '', 2, 0, NULL, NULL, NULL), ('3', 'u0003', '次仁', '', NULL, '', '', 1, 1, NULL, NULL, NULL)`,
  },
  {
    name: 'jeesite',
    tables: `CREATE TABLE js_sys_user (user_code varchar(100) NOT NULL PRIMARY KEY, login_code varchar(100) NOT NULL,
      user_name varchar(100) NOT NULL, password varchar(200) NOT NULL, email varchar(300), mobile varchar(100), phone varchar(100),
      sex char(1), avatar varchar(1000), user_type varchar(16), mgr_type char(1), last_login_ip varchar(100), last_login_date datetime,
      freeze_date datetime, freeze_cause varchar(200), status char(1) NOT NULL, create_by varchar(64), create_date datetime,
      remarks varchar(500), id_card varchar(18))`,
    rows: `INSERT INTO js_sys_user (user_code, login_code, user_name, mobile, sex, password, status, last_login_date, create_date, id_card)
      VALUES ('1', 'u0001', '扎西顿珠', '13900000001', '1', '010203040506070838949ee5cee6bcf32757377176d53e241b4e3ca7', '0', '2020-02-03 04:05:06', '2016-01-31 08:00:00', '${citizen(1).number}'),
      ('2', 'u0002', '达娃', '', '2', 'x', '3', NULL, NULL, NULL), ('3', 'u0003', '次仁', '', NULL, 'x', '1', NULL, NULL, NULL)`,
  },
];

test('every declaration has its sample here, and can be used', () => {
  const names = readdirSync(FOLDER).map((file) => file.replace('.yaml', ''));
  expect(names.sort()).toEqual([...SAMPLES.map(({ name }) => name), 'discuz', 'ldap'].sort());
  for (const name of names) {
    const read = readDeclaration(text(name));
    expect(read, name).toMatchObject({ ok: true, value: { source: name } });
    expect(read.ok && readRecipe(read.value.recipe!).ok, name).toBe(true);
  }
});

/** Whether the declared recipe says yes to the password, and no to another. */
async function knows(declaration: string, { password, userName }: OldRecord): Promise<boolean> {
  const read = readDeclaration(declaration);
  const recipe = read.ok ? readRecipe(read.value.recipe!) : undefined;
  if (!recipe?.ok) throw new Error('no recipe');
  const said = (text: string) => tryPassword(recipe.value, { ...password!, userName }, text);
  expect(await said(`${PASSWORD}!`)).toEqual({ ok: true, value: false });
  const right = await said(PASSWORD);
  return right.ok && right.value;
}

let at: StagingRoom;
beforeEach(async () => {
  at = await openStagingRoom();
});
afterEach(() => at.fresh.drop());

async function check(declaration: string, access: string, name: string): Promise<OldRecord[]> {
  expect(await at.stage({ declaration, access })).toMatchObject({
    counts: { rows: 3, added: 3, rejected: 0 },
  });
  const records = await at.records(name);
  expect(records.map(({ disabled, deleted, gender }) => [disabled, deleted, gender])).toEqual([
    [false, false, 'male'],
    [true, false, 'female'],
    [name === 'jeesite', true, undefined],
  ]);
  expect(records[0]).toMatchObject({ ...PERSON, localId: '1', userName: 'u0001' });
  expect(records[0]!.createdAt).toMatch(/^2016-01-31 08:00:00/);
  expect(await knows(declaration, records[0]!)).toBe(true);
  return records;
}

describe.skipIf(!mariadbHere)('on MariaDB', () => {
  let server: MariaDb;
  beforeAll(async () => {
    server = await startMariaDb();
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    await server.run('DROP DATABASE IF EXISTS product');
    await server.run('CREATE DATABASE product CHARACTER SET utf8mb4');
    await server.run('GRANT SELECT ON product.* TO reader');
    await server.run('USE product');
    await server.run("SET time_zone = '+08:00'");
  });

  test.each(SAMPLES)('$name', async ({ name, tables, rows }) => {
    await server.run(tables);
    await server.run(rows);
    const records = await check(withNumber(text(name)), server.url('product'), name);
    if (name !== 'jeecgboot') expect(records[0]!.lastSignInAt).toBe('2020-02-03 04:05:06');
    // As it stands it fits the product as it is sold: without a number.
    expect(await at.stage({ declaration: text(name), access: server.url('product') })).toMatchObject({
      dump: 2,
    });
    expect((await at.records(name))[0]!.number).toEqual({ state: 'absent' });
  });

  test.each([
    { charset: 'gbk', name: "'扎西顿珠'" },
    { charset: 'latin1', name: "CONVERT(UNHEX('d4facef7b6d9d6e9') USING latin1)" },
  ])('discuz in $charset', async ({ charset, name }) => {
    await server.run(
      `CREATE TABLE pre_ucenter_members (uid mediumint(8) unsigned NOT NULL PRIMARY KEY, username char(15) NOT NULL,
       password char(32) NOT NULL, email char(32) NOT NULL DEFAULT '', myid char(30) NOT NULL DEFAULT '',
       myidkey char(16) NOT NULL DEFAULT '', regip char(15) NOT NULL DEFAULT '', regdate int(10) unsigned NOT NULL DEFAULT 0,
       lastloginip int(10) NOT NULL DEFAULT 0, lastlogintime int(10) unsigned NOT NULL DEFAULT 0, salt char(6) NOT NULL,
       secques char(8) NOT NULL DEFAULT '', UNIQUE KEY username (username)) ENGINE=MyISAM DEFAULT CHARSET=${charset}`,
    );
    await server.run(
      `INSERT INTO pre_ucenter_members (uid, username, password, salt, regdate) VALUES
       (7, ${name}, '3bd0e520c853e9686d43484d58fa2240', 'abcdef', 1454198400)`,
    );
    const declaration =
      charset === 'latin1' ? text('discuz').replace('# encoding', 'encoding') : text('discuz');
    expect(await at.stage({ declaration, access: server.url('product') })).toMatchObject({
      counts: { added: 1 },
    });
    const [record] = await at.records('discuz');
    expect(record).toMatchObject({ localId: '7', userName: '扎西顿珠', number: { state: 'absent' } });
    expect(record!.createdAt).toBe('2016-01-31 08:00:00');
    expect(record!.lastSignInAt).toBeUndefined();
    expect(await knows(declaration, record!)).toBe(true);
  });
});

describe.skipIf(!process.env.TEST_POSTGRES)('on PostgreSQL', () => {
  test.each(SAMPLES.filter(({ name }) => ['ruoyi', 'jeecgboot'].includes(name)))(
    '$name',
    async ({ name, tables, rows }) => {
      const database = `yihao_old_${randomBytes(6).toString('hex')}`;
      const server = process.env.TEST_POSTGRES!;
      await withServer(server, (client) => client.query(`CREATE DATABASE ${database} TEMPLATE template0`));
      const url = new URL(server);
      url.pathname = `/${database}`;
      try {
        const client = new pg.Client({ connectionString: url.href });
        await client.connect();
        await client.query(tables);
        await client.query(rows);
        await client.end();
        await check(withNumber(text(name)).replace('kind: mysql', 'kind: postgres'), url.href, name);
      } finally {
        await withServer(server, (client) => client.query(`DROP DATABASE ${database} WITH (FORCE)`));
      }
    },
  );
});

test.skipIf(!slapdHere)('a plain LDAP tree', async () => {
  const server = await startSlapd(
    [
      `dn: ${BASE}\nobjectClass: dcObject\nobjectClass: organization\no: x\ndc: example\n`,
      `dn: ou=people,${BASE}\nobjectClass: organizationalUnit\nou: people\n`,
      `dn: uid=u0001,ou=people,${BASE}\nobjectClass: inetOrgPerson\nuid: u0001\nsn: x`,
      `cn:: ${Buffer.from('扎西顿珠').toString('base64')}\nmobile: 13900000001\nemployeeNumber: ${citizen(1).number}`,
      'userPassword: {SSHA}MazgCn9csujKp/KdEmB1pRAInDRzYWx0c2FsdA==\n',
    ].join('\n'),
  );
  try {
    const declaration = text('ldap');
    expect(await at.stage({ declaration, access: server.access('ldap') })).toMatchObject({
      counts: { added: 1 },
    });
    const [record] = await at.records('ldap');
    expect(record).toMatchObject({ ...PERSON, localId: 'u0001', userName: 'u0001', marks: [] });
    expect(await knows(declaration, record!)).toBe(true);
  } finally {
    await server.close();
  }
});
