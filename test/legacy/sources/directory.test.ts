/** An LDAP directory is staged from where it runs: in pages, over a checked line, whatever its entries hold. */

import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { citizen } from '../../accounts/opened.ts';
import { BASE, type Slapd, slapdHere, startSlapd } from '../../support/slapd.ts';
import { stores } from '../../support/stores.ts';
import { openStagingRoom, type StagingRoom } from './staging-room.ts';

const declaration = (more = '', place = `base: "ou=people,${BASE}"`) => `
source: portal
title: { zh-CN: 门户 }
directory: { ${place} }
person:
  localId: uid
  name: cn
  document: { column: employeeNumber }
  phone: mobile
  password: userPassword
${more}
recipe: ldap
`;

const COUNT = 730;
const SSHA = '{SSHA}MazgCn9csujKp/KdEmB1pRAInDRzYWx0c2FsdA==';
const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64');
const person = (uid: string, lines: string[]) =>
  [
    `dn:: ${base64(`uid=${uid},ou=people,${BASE}`)}`,
    'objectClass: inetOrgPerson',
    `uid:: ${base64(uid)}`,
    'sn: x',
    ...lines,
    '',
  ].join('\n');

const TREE = [
  `dn: ${BASE}\nobjectClass: dcObject\nobjectClass: organization\no: x\ndc: example\n`,
  `dn: ou=people,${BASE}\nobjectClass: organizationalUnit\nou: people\n`,
  `dn: ou=elsewhere,${BASE}\nobjectClass: referral\nobjectClass: extensibleObject\nou: elsewhere\nref: ldap://127.0.0.1:1/ou=elsewhere,${BASE}\n`,
  // Refers to the tree it stands in: whoever follows goes round for ever.
  `dn: ou=loop,ou=people,${BASE}\nobjectClass: referral\nobjectClass: extensibleObject\nou: loop\nref: ldap://localhost/ou=people,${BASE}\n`,
  ...Array.from({ length: COUNT }, (_, n) =>
    person(`u${n}`, [
      `cn:: ${base64('扎西顿珠')}`,
      `employeeNumber: ${citizen(n).number}`,
      `mobile: 139${String(n).padStart(8, '0')}`,
      `userPassword: ${SSHA}`,
    ]),
  ),
  person('两个值', [
    `cn:: ${base64('达娃')}`,
    `cn:: ${base64('次仁')}`,
    'mobile: 13900000000',
    'mobile: 13911111111',
  ]),
  person('bytes', [`cn:: ${base64('达娃')}`, `userPassword:: ${base64(Buffer.from([0xff, 0xfe, 0x00]))}`]),
  person('nul', [`cn:: ${base64('a\0b')}`]),
  person('long', [`cn:: ${base64('大'.repeat(9_000))}`]),
  person('number-absent', ['cn: x']),
].join('\n');

describe.skipIf(!slapdHere).each(stores)('LDAP, staged on $name', (store) => {
  let server: Slapd;
  let at: StagingRoom;

  beforeAll(async () => {
    server = await startSlapd(TREE, 'limits users size=5\naccess to * by * read');
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    at = await openStagingRoom(store);
  });
  afterEach(() => at.fresh.drop());
  const given = (more: object = {}) => ({
    declaration: declaration(),
    access: server.access('ldap'),
    ...more,
  });

  test('every entry comes as a row; what is odd is marked or rejected, references are counted', async () => {
    const staged = await at.stage(given());
    expect(staged).toMatchObject({
      dump: 1,
      referrals: 1,
      counts: { rows: COUNT + 5, added: COUNT + 2, rejected: 3, repeated: 0 },
    });
    expect((await at.rejects('portal', 1)).sort()).toEqual(['row-encoding', 'row-length', 'row-nul']);
    const records = await at.records('portal');
    expect(records.find(({ localId }) => localId === 'u7')).toMatchObject({
      name: '扎西顿珠',
      phone: '13900000007',
      number: { state: 'valid', document: citizen(7) },
      password: { hash: SSHA },
      marks: [],
    });
    const double = records.find(({ localId }) => localId === '两个值');
    expect(double).toMatchObject({ name: '达娃', phone: '13900000000' });
    expect(double!.marks).toContain('several-values');
  });

  test('a reading that was cut off is begun anew, as the next dump, and counts nothing twice', async () => {
    let pages = 0;
    const broken = at.stage(given(), () => {
      pages += 1;
      if (pages === 2) throw new Error('the power went');
    });
    await expect(broken).rejects.toThrow('the power went');
    const staged = await at.stage(given());
    expect(staged).toMatchObject({ dump: 2, counts: { rows: COUNT + 5, repeated: 0 } });
    expect(staged.counts.added + staged.counts.unchanged).toBe(COUNT + 2);
    expect(staged.counts.unchanged).toBeGreaterThan(300);
  });

  test('of two readings at once the later one wins, and the earlier stops', async () => {
    let later: Promise<unknown> | undefined;
    const earlier = await at
      .stage(given(), () => {
        later ??= at.stage(given());
      })
      .catch(({ message }: Error) => message);
    await later;
    const dumps = await at.fresh.database.query<{ dump: number }>('SELECT DISTINCT dump FROM old_account');
    expect(dumps).toEqual([{ dump: 2 }]);
    expect(String(earlier)).toContain('source-superseded');
  });

  test('lines are secured and checked: StartTLS and ldaps, by the authority that is named', async () => {
    const few = declaration('', `base: "ou=people,${BASE}", filter: "(uid=u1*)"`);
    for (const scheme of ['ldap', 'ldaps'] as const) {
      const named = server.access(scheme, `ca: ${server.ca}`);
      expect(await at.stage(given({ declaration: few, access: named }))).toMatchObject({
        counts: { rows: 111 },
      });
      expect(await at.refused(given({ declaration: few, access: server.access(scheme, 'tls: true') }))).toBe(
        'source-tls',
      );
      // The certificate is for localhost.
      const other = named.replace('localhost', '127.0.0.1');
      expect(await at.refused(given({ declaration: few, access: other }))).toBe('source-tls');
    }
  });

  test('what is wrong is said in one word', async () => {
    const place = (text: string) => given({ declaration: declaration('', text) });
    expect(await at.refused(place(`base: "ou=nobody,${BASE}"`))).toBe('source-no-base');
    expect(await at.refused(place(`base: "ou=elsewhere,${BASE}"`))).toBe('source-referral');
    expect(await at.refused(place(`base: "not a name"`))).toBe('source-no-base');
    expect(await at.refused(place(`base: "${BASE}", filter: "(uid=*"`))).toBe('source-filter');
    const access = server.access('ldap');
    expect(await at.refused(given({ access: access.replace('p#ss', 'wrong') }))).toBe('source-login');
    expect(await at.refused(given({ access: access.replace(/localhost:\d+/, 'localhost:1') }))).toBe(
      'source-unreachable',
    );
    expect(await at.refused(given({ access: 'url: ldap://no-such-host.invalid\ntls: false' }))).toBe(
      'source-host-unknown',
    );
    expect(await at.refused(given({ access: access.replace(/:(\d+)/, ':$1/dc=x') }))).toBe('source-access');
    // Anybody else gets five entries and no more.
    const other = access
      .replace(/user: .*\n/, `user: uid=u1,ou=people,${BASE}\n`)
      .replace('p#ss: word', 'Test@1234');
    expect(await at.refused(given({ access: other }))).toBe('source-size-limit');
  });

  test('an answer that is too large ends the reading before it is held', async () => {
    expect(await at.refused(given({ limits: { answerBytes: 20_000 } }))).toBe('source-answer-large');
  });

  test('a server that hangs, or talks rubbish, is given up in time', async () => {
    const limits = { connectMs: 500, statementMs: 500 };
    server.freeze();
    expect(await at.refused(given({ limits }))).toBe('source-unreachable');
    server.thaw();
    const sockets: Socket[] = [];
    const rubbish = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => {});
      socket.write(Buffer.alloc(100_000, 0x30));
    });
    await new Promise<void>((resolve) => rubbish.listen(0, '127.0.0.1', resolve));
    const access = `ldap://127.0.0.1:${(rubbish.address() as AddressInfo).port}`;
    expect(await at.refused(given({ access, limits }))).toBe('source-unreachable');
    for (const socket of sockets) socket.destroy();
    rubbish.close();
  });
});
