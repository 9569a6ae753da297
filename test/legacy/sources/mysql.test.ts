/** A MariaDB is staged straight from where it runs: in order, resumable, whatever stands in it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { citizen } from '../../accounts/opened.ts';
import { type MariaDb, mariadbHere, startMariaDb } from '../../support/mariadb.ts';
import { stores } from '../../support/stores.ts';
import { openStagingRoom, type StagingRoom } from './staging-room.ts';

const declaration = (more = 'database: { kind: mysql, table: member }') => `
source: talent
title: { zh-CN: 人才服务网 }
${more}
person:
  localId: id
  name: xm
  document: { column: sfzh }
  status: { column: locked, codes: { "0": active, "1": disabled } }
  createdAt: made
  password: mm
recipe: md5(p)
`;
const COLUMNS = `id BIGINT UNSIGNED PRIMARY KEY, xm VARCHAR(40), sfzh CHAR(18), locked BIT(1) NOT NULL DEFAULT 0,
  made DATETIME, mm VARCHAR(64)`;
const FIRST = 18_446_744_073_709_000_000n;

describe.skipIf(!mariadbHere).each(stores)('MariaDB, staged on $name', (store) => {
  let server: MariaDb;
  let at: StagingRoom;

  beforeAll(async () => {
    server = await startMariaDb();
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    at = await openStagingRoom(store);
    await server.run('DROP DATABASE IF EXISTS old');
    await server.run('CREATE DATABASE old CHARACTER SET utf8mb4');
    await server.run('GRANT SELECT ON old.* TO reader');
    await server.run('USE old');
  });
  afterEach(() => at.fresh.drop());

  const given = (more: object = {}) => ({ declaration: declaration(), access: server.url('old'), ...more });
  /** Rows whose ids are beyond what a float holds exactly. */
  const fill = async (count: number) => {
    await server.run(`CREATE TABLE member (${COLUMNS})`);
    for (let from = 0; from < count; from += 1_000) {
      const rows = Array.from({ length: Math.min(1_000, count - from) }, (_, n) => [
        String(FIRST + BigInt(from + n)),
        '扎西顿珠',
        citizen(from + n).number,
        '2016-01-31 08:00:00',
        '12bce374e7be15142e8172f668da00d8',
      ]);
      await server.run('INSERT INTO member (id, xm, sfzh, made, mm) VALUES ?', [rows]);
    }
  };

  test('all of it comes, in order, whatever the size of the ids; what a bit and a date say is kept', async () => {
    await fill(2_345);
    await server.run('UPDATE member SET locked = 1 WHERE id = ?', [String(FIRST)]);
    const progress: number[] = [];
    const staged = await at.stage(given({ limits: { rows: 100 } }), ({ bytes, bytesTotal }) =>
      progress.push(bytes / bytesTotal),
    );
    expect(staged).toMatchObject({
      dump: 1,
      already: false,
      counts: { rows: 2_345, added: 2_345, rejected: 0 },
    });
    expect(progress.at(-1)).toBe(1);
    const records = await at.records('talent');
    expect(records.map(({ localId }) => localId)).toEqual(
      Array.from({ length: 2_345 }, (_, n) => String(FIRST + BigInt(n))),
    );
    expect(records[0]).toMatchObject({
      name: '扎西顿珠',
      disabled: true,
      createdAt: '2016-01-31 08:00:00',
      number: { state: 'valid', document: citizen(0) },
    });
    // What opens nothing there rests nowhere here.
    expect(records[0]!.password).toBeUndefined();
    expect(records[1]).toMatchObject({
      disabled: false,
      password: { hash: '12bce374e7be15142e8172f668da00d8' },
    });
  });

  test('a reading that was cut off goes on behind the last id; a new one is a new dump', async () => {
    await fill(1_000);
    let pages = 0;
    const broken = at.stage(given({ limits: { rows: 100 } }), () => {
      pages += 1;
      if (pages === 3) throw new Error('the power went');
    });
    await expect(broken).rejects.toThrow('the power went');
    expect((await at.records('talent')).length).toBe(300);
    // What is behind the place where it stopped is read as it is then.
    await server.run('DELETE FROM member WHERE id = ?', [String(FIRST + 500n)]);
    const rest = await at.stage(given({ limits: { rows: 250 } }));
    expect(rest).toMatchObject({ dump: 1, counts: { rows: 999, added: 999, repeated: 0 } });
    const again = await at.stage(given());
    expect(again).toMatchObject({ dump: 2, already: false, counts: { rows: 999, added: 0, unchanged: 999 } });
  });

  test('two runs at once share one reading, though their pages begin at different ids', async () => {
    await fill(3_000);
    const [one, other] = await Promise.all([
      at.stage(given({ limits: { rows: 70 } })),
      at.stage(given({ limits: { rows: 110 } })),
    ]);
    expect([one!.dump, other!.dump]).toEqual([1, 1]);
    const dumps = await at.fresh.database.query(
      'SELECT counts, read_to, finished_at IS NOT NULL AS done FROM legacy_dump',
    );
    expect(dumps).toEqual([
      {
        counts: {
          ...{ rows: 3_000, added: 3_000, changed: 0, unchanged: 0, repeated: 0, rejected: 0 },
          passwords: 3_000,
        },
        read_to: String(FIRST + 2_999n),
        done: true,
      },
    ]);
    expect((await at.records('talent')).length).toBe(3_000);
  });

  test('a table that changes while it is read: nothing that stood there throughout is lost or comes twice', async () => {
    await fill(2_000);
    let pages = 0;
    const staged = await at.stage(given({ limits: { rows: 100 } }), () => {
      pages += 1;
      void server.run('DELETE FROM member WHERE id = ?', [String(FIRST + BigInt(pages * 97))]);
      void server.run('INSERT INTO member (id) VALUES (?)', [String(FIRST - BigInt(pages))]);
      void server.run('UPDATE member SET xm = ? WHERE id = ?', ['达娃', String(FIRST + BigInt(pages * 131))]);
    });
    expect(staged.counts.repeated).toBe(0);
    const ids = new Set((await at.records('talent')).map(({ localId }) => localId));
    for (let n = 0; n < 2_000; n += 1)
      if (n % 97 !== 0) expect(ids.has(String(FIRST + BigInt(n)))).toBe(true);
  });

  test('ids of text are read in the order of their own collation, GBK and hostile ones too', async () => {
    await server.run(
      'CREATE TABLE member (id VARCHAR(60) PRIMARY KEY, xm VARCHAR(40), sfzh CHAR(18), locked INT, made DATE, mm VARCHAR(64)) CHARACTER SET gbk',
    );
    const ids = [
      ...[
        "a'b",
        'a\\',
        'A-1',
        'b?',
        '??',
        '扎西',
        '达娃',
        '龘',
        "' OR 1=1 -- ",
        "\\' OR 1=1 -- ",
        '%',
        '_',
        '0',
        ' 1',
      ],
      ...Array.from({ length: 40 }, (_, n) => `用户${n}`),
    ];
    for (const id of ids) await server.run('INSERT INTO member (id, xm) VALUES (?, ?)', [id, '次仁']);
    const { counts } = await at.stage(given({ limits: { rows: 1 } }));
    expect(counts).toMatchObject({ rows: ids.length, repeated: 0 });
    const staged = (await at.records('talent')).map(({ localId }) => localId);
    expect(new Set(staged)).toEqual(new Set(ids.map((id) => id.replace(/^'/, '').trim())));
  });

  test('bytes that the table calls latin1 and that are GBK are read as declared; broken ones are rejected', async () => {
    await server.run(
      `CREATE TABLE member (id INT PRIMARY KEY, xm VARCHAR(40), sfzh CHAR(18), locked INT, made DATE, mm VARCHAR(64))
       CHARACTER SET latin1`,
    );
    const put = (id: number, hex: string) =>
      server.run('INSERT INTO member (id, xm) VALUES (?, CONVERT(UNHEX(?) USING latin1))', [id, hex]);
    await put(1, 'd4facef7b6d9d6e9');
    await put(2, 'd4faceff');
    const staged = await at.stage(
      given({ declaration: declaration('database: { kind: mysql, table: member, encoding: gb18030 }') }),
    );
    expect(staged.counts).toMatchObject({ rows: 2, added: 1, rejected: 1 });
    expect((await at.records('talent'))[0]!.name).toBe('扎西顿珠');
    expect(await at.rejects('talent', 1)).toEqual(['row-encoding']);
  });

  test('huge fields do not travel, NUL is told, bytes become hex', async () => {
    await server.run(
      'CREATE TABLE member (id INT PRIMARY KEY, xm LONGTEXT, sfzh CHAR(18), locked INT, made DATE, mm VARBINARY(64))',
    );
    await server.run("INSERT INTO member (id, xm) VALUES (1, REPEAT('大', 5000000)), (2, 'a\\0b')");
    await server.run(
      "INSERT INTO member (id, xm, locked, mm) VALUES (3, '达娃', 0, UNHEX('12bce374e7be15142e8172f668da00d8'))",
    );
    const before = process.memoryUsage().rss;
    const { counts } = await at.stage(given());
    expect(process.memoryUsage().rss - before).toBeLessThan(60_000_000);
    expect(counts).toMatchObject({ rows: 3, added: 1, rejected: 2 });
    expect(await at.rejects('talent', 1)).toEqual(['row-length', 'row-nul']);
    expect((await at.records('talent'))[0]!.password).toEqual({ hash: '12bce374e7be15142e8172f668da00d8' });
  });

  test('a query is read as a table; it can not end the statement or write', async () => {
    await fill(30);
    const query = (text: string) =>
      given({ declaration: declaration(`database: { kind: mysql, query: "${text}" }`) });
    const { counts } = await at.stage(query("SELECT m.*, '?' AS q FROM member m WHERE xm <> 'a?b'"));
    expect(counts.rows).toBe(30);
    expect(await at.refused(query('SELECT 1; DROP TABLE member'))).toBe('old-declaration');
    expect(await at.refused(query('DELETE FROM member'))).toBe('old-declaration');
    expect(await at.refused(query('SELECT FROM'))).toBe('source-query');
    expect(await at.refused(query('SELECT * FROM nowhere'))).toBe('source-no-table');
    expect(await server.run('SELECT count(*) AS n FROM member')).toEqual([{ n: 30 }]);
  });

  test('ids that are missing, repeated or of no order are refused before anything is staged', async () => {
    const make = async (id: string, values: string) => {
      await server.run('DROP TABLE IF EXISTS member');
      await server.run(`CREATE TABLE member (id ${id}, xm INT, sfzh INT, locked INT, made DATE, mm INT)`);
      await server.run(`INSERT INTO member (id) VALUES ${values}`);
    };
    await make('INT', '(1), (NULL)');
    expect(await at.refused(given())).toBe('source-key-absent');
    await make('VARCHAR(9)', "('a'), ('A'), ('b')");
    expect(await at.attempt(given())).toMatchObject({
      failure: { code: 'source-key-repeated', params: { rows: 1 } },
    });
    for (const odd of ['BINARY(2)', 'DOUBLE', 'DATE', "ENUM('b','a')"]) {
      await make(odd, odd === 'DATE' ? "('2016-01-01')" : odd === 'DOUBLE' ? '(1)' : "('a')");
      expect([odd, await at.refused(given())]).toEqual([odd, 'source-key-kind']);
    }
    await make('TEXT', "(REPEAT('a', 1001))");
    expect(await at.refused(given())).toBe('source-key-long');
    expect(await at.records('talent')).toEqual([]);
  });

  test('the line is secured and checked by the authority that is named', async () => {
    await fill(3);
    const access = (host: string, ...lines: string[]) =>
      given({ access: [`url: "${server.url('old').replace('127.0.0.1', host)}"`, ...lines].join('\n') });
    expect(await at.stage(access('localhost', `ca: ${server.ca}`))).toMatchObject({ counts: { rows: 3 } });
    expect(await at.refused(access('localhost', 'tls: true'))).toBe('source-tls');
    // The certificate can not be compared with an address.
    expect(await at.refused(access('127.0.0.1', `ca: ${server.ca}`))).toBe('source-access');
    await server.run('ALTER USER reader REQUIRE SSL');
    expect(await at.refused(access('localhost'))).toBe('source-login');
    await server.run('ALTER USER reader REQUIRE NONE');
  });

  test('what is wrong is said in one word, and never with user or password', async () => {
    await fill(1);
    const access = (change: (url: string) => string) => given({ access: change(server.url('old')) });
    const here = server.url('old');
    expect(await at.refused(access(() => 'mysql://reader:wrong@127.0.0.1:1/old'))).toBe('source-unreachable');
    expect(await at.refused(access((url) => url.replace('reader:', 'reader:x')))).toBe('source-login');
    expect(await at.refused(access((url) => url.replace('/old', '/new')))).toMatch(
      /source-(rights|no-database)/,
    );
    expect(
      await at.refused({ ...given(), declaration: declaration('database: { kind: mysql, table: x }') }),
    ).toBe('source-no-table');
    expect(await at.refused(given({ access: 'mysql://a:b@no-such-host.invalid/old' }))).toBe(
      'source-host-unknown',
    );
    expect(await at.refused(given({ access: `${here}?ssl=1` }))).toBe('source-access');
    expect(await at.refused(given({ access: here.replace('mysql', 'postgres') }))).toBe('source-access');
    const absent = await at.attempt(given({ declaration: declaration().replace('xm', 'xingming') }));
    expect(absent).toMatchObject({
      failure: { code: 'old-declaration', faults: [{ setting: 'person.name' }] },
    });
    const rows = await at.fresh.database.query('SELECT * FROM legacy_source, legacy_dump');
    expect(JSON.stringify(rows)).not.toMatch(/reader|r@d/);
  });

  test('a server that hangs is given up in time, and the reading goes on when it is back', async () => {
    await fill(500);
    let pages = 0;
    const began = Date.now();
    const outcome = await at
      .stage(given({ limits: { rows: 100, statementMs: 800, connectMs: 800 } }), () => {
        pages += 1;
        if (pages === 2) server.freeze();
      })
      .catch((error: Error) => error.message);
    expect(String(outcome)).toContain('source-timeout');
    expect(await at.refused(given({ limits: { connectMs: 500 } }))).toBe('source-unreachable');
    expect(Date.now() - began).toBeLessThan(20_000);
    server.thaw();
    expect((await at.stage(given())).counts).toMatchObject({ rows: 500, added: 500 });
  });
});
