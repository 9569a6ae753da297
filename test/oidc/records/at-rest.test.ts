/** What somebody finds who copies the database and Redis, and what somebody achieves who can write into them. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OidcStore } from '../../../src/oidc/oidc-store.ts';
import { recordKey } from '../../../src/oidc/record-hash.ts';
import { makeRecordSeal } from '../../../src/oidc/record-seal.ts';
import type { Database } from '../../../src/platform/postgres.ts';
import type { FastStore } from '../../../src/platform/redis.ts';
import { parseKeyring } from '../../../src/platform/seal/keyring.ts';
import { sampleKeyring } from '../../../src/platform/seal/sample-keys.ts';
import { type Home, homes } from './homes.ts';

const newId = () => randomBytes(24).toString('base64url');

describe.each(homes)('a copy of $name', (kind) => {
  let home: Home;
  let store: OidcStore;
  const exp = () => Math.floor(Date.now() / 1000) + 600;

  beforeAll(async () => {
    home = await kind.fresh();
    store = home.open();
  });
  afterAll(() => home.drop());

  test('holds no id, no user code and nothing that was typed, in any spelling', async () => {
    const typed = '540199190401011234';
    const secrets = new Map<string, string>();
    const secret = (what: string) => {
      const id = newId();
      secrets.set(what, id);
      return id;
    };
    secrets.set('what was typed', typed);
    secrets.set('user code', 'BCDFGHJKLM');
    const models = [
      ...['AccessToken', 'AuthorizationCode', 'RefreshToken', 'ClientCredentials', 'Session', 'Interaction'],
      ...['PushedAuthorizationRequest', 'DeviceCode', 'BackchannelAuthenticationRequest', 'ReplayDetection'],
      ...['RegistrationAccessToken'],
    ];
    for (const model of models) {
      const id = secret(model);
      const payload = {
        jti: id,
        kind: model,
        exp: exp(),
        uid: secret(`uid of ${model}`),
        grantId: secret(`grant of ${model}`),
        accountId: 'person',
        params: { login_hint: typed, state: secret(`state of ${model}`) },
        result: { login: { accountId: typed } },
        request: typed,
        session: { cookie: secret(`cookie in ${model}`), uid: secret(`session uid in ${model}`) },
        nonce: secret(`nonce of ${model}`),
        sessionUid: secret(`session of ${model}`),
        expiresWithSession: true,
        ...(model === 'DeviceCode' ? { userCode: secrets.get('user code')! } : {}),
      };
      await store.adapter(model).upsert(id, payload, 600);
    }
    await store
      .adapter('Grant')
      .upsert(secret('Grant'), { jti: secrets.get('Grant')!, exp: exp(), scope: typed }, 600);
    await store.adapter('AuthorizationCode').consume(secrets.get('AuthorizationCode')!);
    await store.isFirst('client', secret('jti of an assertion'), exp());

    const copy = (await tables(home.database)) + (home.redis ? await everythingIn(home.redis) : '');
    expect(copy.length).toBeGreaterThan(5000);
    const found = [...secrets].filter(([, value]) => spellings(value).some((each) => copy.includes(each)));
    expect(found.map(([what]) => what)).toEqual([]);
  });

  test('even opened with the server’s keys gives no session cookie and no token', async () => {
    const id = newId();
    const cookie = newId();
    const payload = {
      jti: id,
      kind: 'Interaction',
      exp: exp(),
      session: { accountId: 'p', uid: 'u', cookie },
    };
    await store.adapter('Interaction').upsert(id, payload, 600);
    const [row] = await home.database.query<{ sealed: Buffer }>(
      'SELECT sealed FROM oidc_record WHERE key = $1',
      [recordKey('Interaction', id)],
    );
    const value =
      row?.sealed ??
      (await home.redis!.getBuffer(`oidc:r:${recordKey('Interaction', id).toString('base64url')}`))!.subarray(
        '0000000000-'.length,
      );
    const seal = makeRecordSeal(parseKeyring(sampleKeyring()), 'aes');
    const plain = seal.open(recordKey('Interaction', id), value)!;
    expect(plain).toContain('"uid":"u"');
    expect(plain).not.toContain(cookie);
    expect(plain).not.toContain(id);
    expect(await store.adapter('Interaction').find(id)).toMatchObject({
      session: { accountId: 'p', uid: 'u' },
    });
  });

  if (kind.name.includes('redis')) {
    test('every key in Redis goes by itself: none is without a time to live', async () => {
      const prefix = home.address.redis.keyPrefix;
      const keys = await home.redis!.keys(`${prefix}*`);
      expect(keys.length).toBeGreaterThan(10);
      for (const key of keys) expect(await home.redis!.ttl(key.slice(prefix.length)), key).toBeGreaterThan(0);
    });
  }
});

describe('somebody who can write into the database', () => {
  let home: Home;
  let store: OidcStore;
  const exp = () => Math.floor(Date.now() / 1000) + 600;

  beforeAll(async () => {
    home = await homes[0]!.fresh();
    store = home.open();
  });
  afterAll(() => home.drop());

  test('cannot move a record to another id', async () => {
    const [mine, theirs] = [newId(), newId()];
    await store.adapter('AccessToken').upsert(mine, { exp: exp(), accountId: 'me' }, 600);
    await store.adapter('AccessToken').upsert(theirs, { exp: exp(), accountId: 'them' }, 600);
    await home.database.query(
      'UPDATE oidc_record SET sealed = (SELECT sealed FROM oidc_record WHERE key = $1) WHERE key = $2',
      [recordKey('AccessToken', theirs), recordKey('AccessToken', mine)],
    );
    expect(await store.adapter('AccessToken').find(mine)).toBeUndefined();
    expect(await store.adapter('AccessToken').find(theirs)).toMatchObject({ accountId: 'them' });
  });

  test('cannot mint a token: content that our keys did not seal is no record', async () => {
    const id = newId();
    const stranger = makeRecordSeal(parseKeyring(sampleKeyring(2)), 'aes');
    const key = recordKey('AccessToken', id);
    const insert = 'INSERT INTO oidc_record (key, model, sealed) VALUES ($1, $2, $3)';
    await home.database.query(insert, [
      key,
      'AccessToken',
      stranger.seal(key, `${exp()}\n{"accountId":"me"}`),
    ]);
    expect(await store.adapter('AccessToken').find(id)).toBeUndefined();
    for (const junk of ['', 'x', '\x01\x08sample-0', `\x01\x08sample-0${'y'.repeat(50)}`]) {
      await home.database.query('UPDATE oidc_record SET sealed = $2 WHERE key = $1', [
        key,
        Buffer.from(junk),
      ]);
      expect(await store.adapter('AccessToken').find(id), junk).toBeUndefined();
    }
  });

  test('both suites seal, and each opens what the other sealed', () => {
    const keyring = parseKeyring(sampleKeyring());
    const key = recordKey('Session', 'x');
    for (const [one, other] of [
      ['aes', 'sm'],
      ['sm', 'aes'],
    ] as const) {
      const sealed = makeRecordSeal(keyring, one).seal(key, '姓名');
      expect(makeRecordSeal(keyring, other).open(key, sealed)).toBe('姓名');
    }
  });
});

async function tables(database: Database): Promise<string> {
  const names = await database.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`,
  );
  let copy = '';
  for (const { name } of names) {
    const rows = await database.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
    copy += rows.map(({ row }) => row).join('\n');
  }
  return copy;
}

async function everythingIn(redis: FastStore): Promise<string> {
  const prefix = redis.options.keyPrefix!;
  let copy = '';
  for (const key of await redis.keys(`${prefix}*`)) {
    const value = await redis.dumpBuffer(key.slice(prefix.length));
    copy += `${key} ${value!.toString('latin1')} ${value!.toString('hex')}\n`;
  }
  return copy;
}

/** As text, as hexadecimal (the way a table shows bytes), and as base64 of either kind. */
const spellings = (value: string): string[] => [
  value,
  Buffer.from(value).toString('hex'),
  Buffer.from(value).toString('base64').replace(/=+$/, ''),
  Buffer.from(value, 'base64url').toString('hex'),
];
