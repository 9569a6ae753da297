/** What the OpenID library may rely on, the same over every home of records. */
import { randomBytes } from 'node:crypto';
import { errors } from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OidcStore } from '../../../src/oidc/oidc-store.ts';
import { type Home, homes, inRequest } from './homes.ts';

const newId = () => randomBytes(24).toString('base64url');

describe.each(homes)('records on $name', (kind) => {
  let home: Home;
  let store: OidcStore;
  const seconds = () => Math.floor(home.clock.now().getTime() / 1000);

  beforeAll(async () => {
    home = await kind.fresh();
    store = home.open();
  });
  afterAll(() => home.drop());

  const token = (more: object = {}) => ({
    iat: seconds(),
    exp: seconds() + 600,
    clientId: 'housing',
    ...more,
  });

  test.each([
    'AccessToken',
    'AuthorizationCode',
    'RefreshToken',
    'Session',
    'Interaction',
    'Grant',
    'DeviceCode',
  ])('a saved %s is found as it was saved, under its own id and model only', async (model) => {
    const id = newId();
    const payload = token({ kind: model, jti: id, uid: newId(), scope: 'openid 姓名 བོད', amr: ['pwd'] });
    await store.adapter(model).upsert(id, payload, 600);
    expect(await store.adapter(model).find(id)).toEqual(payload);
    expect(await home.open().adapter(model).find(id)).toEqual(payload);
    expect(await store.adapter(model).find(newId())).toBeUndefined();
    expect(await store.adapter('ClientCredentials').find(id)).toBeUndefined();
    await store.adapter(model).upsert(id, { ...payload, scope: 'openid' }, 600);
    expect(await store.adapter(model).find(id)).toEqual({ ...payload, scope: 'openid' });
    await store.adapter(model).destroy(id);
    expect(await store.adapter(model).find(id)).toBeUndefined();
  });

  test.each(['AuthorizationCode', 'RefreshToken', 'DeviceCode', 'BackchannelAuthenticationRequest'])(
    'a %s is used up once; it is still found, as used, so that its reuse can be told',
    async (model) => {
      const id = newId();
      await store.adapter(model).upsert(id, token(), 600);
      await store.adapter(model).consume(id);
      expect(seconds() - (await store.adapter(model).find(id))?.consumed).toBeLessThan(5);
      await expect(store.adapter(model).consume(id)).rejects.toThrow(errors.InvalidGrant);
      await expect(store.adapter(model).consume(newId())).rejects.toThrow(errors.InvalidGrant);
    },
  );

  test('a pushed request is used up once, and says so in its own words', async () => {
    const par = store.adapter('PushedAuthorizationRequest');
    const id = newId();
    await par.upsert(id, { exp: seconds() + 60, request: 'x' }, 60);
    await par.consume(id);
    await expect(par.consume(id)).rejects.toThrow(errors.InvalidRequestUri);
  });

  test('twenty uses of one code at once: one succeeds', async () => {
    const code = store.adapter('AuthorizationCode');
    const id = newId();
    await code.upsert(id, token(), 60);
    const uses = await Promise.allSettled(Array.from({ length: 20 }, () => code.consume(id)));
    expect(uses.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('twenty requests that use up one code with the token it gives: one token', async () => {
    const [id, grantId] = [newId(), newId()];
    await store.adapter('AuthorizationCode').upsert(id, token({ grantId }), 60);
    const tokens = Array.from({ length: 20 }, () => newId());
    const uses = await Promise.allSettled(
      tokens.map((at) =>
        inRequest('token', async (request) => {
          const code = await store.adapter('AuthorizationCode').find(id);
          // As the library does for one that it sees used.
          if (code?.consumed) throw new errors.InvalidGrant('already used');
          await store.adapter('AuthorizationCode').consume(id);
          await store.adapter('AccessToken').upsert(at, token({ grantId }), 60);
          await store.settle(request);
        }),
      ),
    );
    expect(uses.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const lost = uses.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    for (const { reason } of lost) expect(reason).toBeInstanceOf(errors.InvalidGrant);
    const found = await Promise.all(tokens.map((at) => store.adapter('AccessToken').find(at)));
    expect(found.filter(Boolean)).toHaveLength(1);
    expect((await store.adapter('AuthorizationCode').find(id))?.consumed).toBeDefined();
  });

  test.each([
    ['nothing more is written', false, undefined],
    ['something else is written first', true, undefined],
    ['it is for an interface, whose token may be a JWT', false, 'https://api.example'],
  ])('a code is used up once also when %s', async (_, writes, resource) => {
    const id = newId();
    await store.adapter('AuthorizationCode').upsert(id, token({ grantId: newId(), resource }), 60);
    const use = () =>
      inRequest('token', async (request) => {
        await store.adapter('AuthorizationCode').find(id);
        await store.adapter('AuthorizationCode').consume(id);
        if (writes) await store.adapter('RefreshToken').upsert(newId(), token({ grantId: newId() }), 60);
        await store.settle(request);
      });
    const uses = await Promise.allSettled(Array.from({ length: 10 }, use));
    expect(uses.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await store.adapter('AuthorizationCode').find(id))?.consumed).toBeDefined();
  });

  test('many records written and read at the same moment are each found as they were saved', async () => {
    const ids = Array.from({ length: 60 }, () => newId());
    const payloadOf = (id: string, n: number) =>
      token({ jti: id, kind: 'AccessToken', scope: `scope ${n}`, grantId: newId(), accountId: `p${n}` });
    const payloads = ids.map(payloadOf);
    await Promise.all(ids.map((id, n) => store.adapter('AccessToken').upsert(id, payloads[n]!, 600)));
    const found = await Promise.all([...ids, newId()].map((id) => store.adapter('AccessToken').find(id)));
    expect(found).toEqual([...payloads, undefined]);
    const [one] = ids;
    const versions = ['first', 'second', 'third'].map((scope) => ({ ...payloads[0]!, scope }));
    await Promise.all(versions.map((version) => store.adapter('AccessToken').upsert(one!, version, 600)));
    expect(await store.adapter('AccessToken').find(one!)).toEqual(versions[2]);
  });

  test('what has expired is gone at the second, swept or not', async () => {
    const id = newId();
    const life = 100;
    const short = token({ exp: seconds() + life });
    for (const model of ['AccessToken', 'RefreshToken', 'Session', 'Interaction', 'Grant']) {
      await store.adapter(model).upsert(id, short, life);
    }
    home.clock.pass(life - 30);
    for (const model of ['AccessToken', 'RefreshToken', 'Session', 'Interaction', 'Grant']) {
      expect(await store.adapter(model).find(id), model).toBeDefined();
    }
    home.clock.pass(30);
    for (const model of ['AccessToken', 'RefreshToken', 'Session', 'Interaction', 'Grant']) {
      expect(await store.adapter(model).find(id), model).toBeUndefined();
    }
  });

  test('an expired device code is still shown to the library, which has its own answer for it', async () => {
    const id = newId();
    await store.adapter('DeviceCode').upsert(id, token({ exp: seconds() + 5 }), 5);
    home.clock.pass(10);
    expect((await store.adapter('DeviceCode').find(id))?.exp).toBeLessThan(seconds());
    home.clock.pass(700);
    expect(await store.adapter('DeviceCode').find(id)).toBeUndefined();
  });

  test('a record without an expiry of its own lives as long as it was given', async () => {
    const id = newId();
    await store.adapter('AccessToken').upsert(id, { clientId: 'housing' }, 50);
    expect(await store.adapter('AccessToken').find(id)).toBeDefined();
    home.clock.pass(51);
    expect(await store.adapter('AccessToken').find(id)).toBeUndefined();
  });

  test('ending a grant ends all its codes and tokens of every kind, and nothing else', async () => {
    const [grantId, otherGrant, id] = [newId(), newId(), newId()];
    const models = ['AccessToken', 'AuthorizationCode', 'RefreshToken', 'DeviceCode'];
    for (const model of models) {
      await store.adapter(model).upsert(id, token({ grantId }), 600);
      await store.adapter(model).upsert(`${id}2`, token({ grantId }), 600);
      await store.adapter(model).upsert(`${id}3`, token({ grantId: otherGrant }), 600);
    }
    await store.adapter('Interaction').upsert(id, token({ grantId }), 600);
    await Promise.all(models.map((model) => store.adapter(model).revokeByGrantId(grantId)));
    for (const model of models) {
      expect(await store.adapter(model).find(id), model).toBeUndefined();
      expect(await store.adapter(model).find(`${id}2`), model).toBeUndefined();
      expect(await store.adapter(model).find(`${id}3`), model).toBeDefined();
    }
    expect(await store.adapter('Interaction').find(id)).toBeDefined();
    await store.endGrant(otherGrant);
    for (const model of models) expect(await store.adapter(model).find(`${id}3`), model).toBeUndefined();
  });

  test('a session is found by its uid, by a handle that ends it but does not open it', async () => {
    const sessions = store.adapter('Session');
    const [id, uid] = [newId(), newId()];
    await sessions.upsert(id, token({ uid, accountId: 'person-1' }), 600);
    const found = await sessions.findByUid(uid);
    expect(found).toMatchObject({ uid, accountId: 'person-1', kind: 'Session' });
    const handle = (found as { jti: string }).jti;
    expect(handle).not.toBe(id);
    expect(await sessions.find(handle)).toBeUndefined();
    await sessions.upsert(handle, { ...found, acr: 'changed' }, 600);
    expect(await sessions.find(id)).toMatchObject({ acr: 'changed', jti: id });
    await sessions.destroy(handle);
    expect(await sessions.find(id)).toBeUndefined();
    expect(await sessions.findByUid(uid)).toBeUndefined();
    expect(await sessions.findByUid(newId())).toBeUndefined();
  });

  test('a session that got a new id is found by its uid on every node', async () => {
    const other = home.open();
    const [id, renewed, uid] = [newId(), newId(), newId()];
    await store.adapter('Session').upsert(id, token({ uid }), 600);
    expect(await other.adapter('Session').findByUid(uid)).toBeDefined();
    await store.adapter('Session').destroy(id);
    await store.adapter('Session').upsert(renewed, token({ uid, acr: 'renewed' }), 600);
    expect(await other.adapter('Session').findByUid(uid)).toMatchObject({ acr: 'renewed' });
    expect(await store.adapter('Session').findByUid(uid)).toMatchObject({ acr: 'renewed' });
  });

  test('a device code is found by its user code, with its id, also after the keys were rotated', async () => {
    const id = newId();
    await store.adapter('DeviceCode').upsert(id, token({ userCode: 'BCDFGHJK', jti: id }), 600);
    expect(await store.adapter('DeviceCode').findByUserCode('BCDFGHJK')).toMatchObject({ jti: id });
    const rotated = home.open(2);
    expect(await rotated.adapter('DeviceCode').findByUserCode('BCDFGHJK')).toMatchObject({ jti: id });
    expect(await rotated.adapter('DeviceCode').find(id)).toMatchObject({ jti: id });
    expect(await store.adapter('DeviceCode').findByUserCode('BCDFGHJZ')).toBeUndefined();
  });

  test('a person’s sessions and grants can be listed and ended one by one', async () => {
    const person = newId();
    const ids = [newId(), newId()];
    for (const id of ids) {
      await store.adapter('Session').upsert(id, token({ uid: newId(), accountId: person }), 600);
      await store.adapter('Grant').upsert(id, token({ accountId: person, clientId: id }), 600);
    }
    await store.adapter('Session').upsert(newId(), token({ uid: newId(), accountId: newId() }), 600);
    const sessions = await store.sessionsOf(person);
    expect(sessions).toHaveLength(2);
    await store.adapter('Session').destroy(sessions[0]!.jti!);
    expect(await store.sessionsOf(person)).toHaveLength(1);
    expect((await store.grantsOf(person)).map(({ jti }) => jti).sort()).toEqual(ids.toSorted());
    expect(await store.grantsOf(person, ids[1])).toMatchObject([{ jti: ids[1], clientId: ids[1] }]);
    await store.endGrant(ids[1]!);
    expect(await store.grantsOf(person, ids[1])).toEqual([]);
  });

  test('an assertion is the first one once, until it could no longer be accepted', async () => {
    const jti = newId();
    const until = seconds() + 300;
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 ? store : home.open()).isFirst('a', jti, until)),
    );
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await store.isFirst('ab', jti, until)).toBe(true);
    home.clock.pass(550);
    expect(await store.isFirst('a', jti, seconds() + 300)).toBe(false);
  });

  test('the library’s own way of remembering an assertion is refused the second time too', async () => {
    const replay = store.adapter('ReplayDetection');
    const id = newId();
    const writes = await Promise.allSettled(
      Array.from({ length: 10 }, () => replay.upsert(id, { iss: 'a', exp: seconds() + 60 }, 60)),
    );
    expect(writes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await replay.find(id)).toMatchObject({ iss: 'a' });
  });

  describe('in a request', () => {
    const signedIn = (uid: string, more: object = {}) =>
      token({ uid, accountId: 'person-2', exp: seconds() + 1800, ...more });

    test('a session is not written again when its end moved by less than a minute, and is when by more', async () => {
      const sessions = store.adapter('Session');
      const [id, uid] = [newId(), newId()];
      await sessions.upsert(id, signedIn(uid), 1800);
      const moved = async (by: number) =>
        inRequest('authorization', async () => {
          const found = await sessions.find(id);
          await sessions.upsert(id, { ...found, exp: found!.exp! + by }, 1800);
          return (await sessions.find(id))!.exp! - found!.exp!;
        });
      expect(await moved(59)).toBe(0);
      expect(await moved(61)).toBe(61);
      expect(await moved(-10)).toBe(-10);
    });

    test('used every minute, a session of half an hour does not end', async () => {
      const sessions = store.adapter('Session');
      const [id, uid] = [newId(), newId()];
      await sessions.upsert(id, signedIn(uid), 1800);
      for (let minute = 0; minute < 60; minute += 1) {
        home.clock.pass(60);
        await inRequest('authorization', async () => {
          const found = await sessions.find(id);
          expect(found, `after ${minute} minutes`).toBeDefined();
          await sessions.upsert(id, { ...found, exp: seconds() + 1800 }, 1800);
        });
      }
      home.clock.pass(1800);
      expect(await sessions.find(id)).toBeUndefined();
    });

    test('two departments opened at once: the session keeps both', async () => {
      const [id, uid] = [newId(), newId()];
      await store
        .adapter('Session')
        .upsert(id, signedIn(uid, { authorizations: { old: { sid: 'o' } } }), 1800);
      const other = home.open();
      const open = (node: OidcStore, client: string, wait: Promise<void>) =>
        inRequest('authorization', async () => {
          const found = (await node.adapter('Session').find(id))!;
          await wait;
          const authorizations = { ...found.authorizations, [client]: { sid: client, grantId: client } };
          await node.adapter('Session').upsert(id, { ...found, authorizations }, 1800);
        });
      const bothHaveRead = new Promise<void>((resolve) => setTimeout(resolve, 100));
      await Promise.all([
        open(store, 'social', bothHaveRead),
        open(other, 'housing', bothHaveRead),
        open(store, 'medical', bothHaveRead),
      ]);
      const session = await store.adapter('Session').find(id);
      expect(Object.keys(session!.authorizations!).sort()).toEqual(['housing', 'medical', 'old', 'social']);
    });

    test('a session that was ended while a request ran stays ended', async () => {
      const [id, uid] = [newId(), newId()];
      await store.adapter('Session').upsert(id, signedIn(uid), 1800);
      await inRequest('authorization', async () => {
        const found = await store.adapter('Session').find(id);
        await home.open().adapter('Session').destroy(id);
        await store.adapter('Session').upsert(id, { ...found, authorizations: { housing: {} } }, 1800);
      });
      expect(await store.adapter('Session').find(id)).toBeUndefined();
      expect(await store.adapter('Session').findByUid(uid)).toBeUndefined();
    });

    test('a refresh token is used up with the writing of its successor: both, or neither', async () => {
      const refresh = store.adapter('RefreshToken');
      const [old, grantId] = [newId(), newId()];
      await refresh.upsert(old, token({ grantId }), 600);
      const successors = Array.from({ length: 10 }, newId);
      const rotations = await Promise.allSettled(
        successors.map((successor) =>
          inRequest('token', async () => {
            await refresh.find(old);
            await refresh.consume(old);
            await refresh.upsert(successor, token({ grantId }), 600);
          }),
        ),
      );
      expect(rotations.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const rotation of rotations) {
        if (rotation.status === 'rejected') expect(rotation.reason).toBeInstanceOf(errors.InvalidGrant);
      }
      const written = await Promise.all(successors.map((id) => refresh.find(id)));
      expect(written.filter(Boolean)).toHaveLength(1);
      expect((await refresh.find(old))?.consumed).toBeTypeOf('number');
    });

    test('if anything else comes first, the refresh token is used up before it', async () => {
      const [old, grantId] = [newId(), newId()];
      await store.adapter('RefreshToken').upsert(old, token({ grantId }), 600);
      const attempt = () =>
        inRequest('token', async () => {
          await store.adapter('RefreshToken').consume(old);
          await store.adapter('AccessToken').upsert(newId(), token({ grantId }), 600);
        });
      const attempts = await Promise.allSettled([attempt(), attempt(), attempt()]);
      expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect((await store.adapter('RefreshToken').find(old))?.consumed).toBeDefined();
    });

    test('a token comes with its grant and session, and their end is seen in the next request', async () => {
      const [id, grantId, sessionId, uid] = [newId(), newId(), newId(), newId()];
      await store.adapter('Session').upsert(sessionId, signedIn(uid), 1800);
      await store.adapter('Grant').upsert(grantId, token({ jti: grantId, accountId: 'person-2' }), 600);
      const bound = token({ grantId, sessionUid: uid, expiresWithSession: true });
      await store.adapter('AccessToken').upsert(id, bound, 600);
      const look = () =>
        inRequest('userinfo', async () => [
          await store.adapter('AccessToken').find(id),
          await store.adapter('Session').findByUid(uid),
          await store.adapter('Grant').find(grantId),
        ]);
      const [access, session, grant] = await look();
      expect([access?.grantId, session?.uid, grant?.jti]).toEqual([grantId, uid, grantId]);
      await store.adapter('Session').destroy(sessionId);
      await store.adapter('Grant').destroy(grantId);
      expect((await look()).slice(1)).toEqual([undefined, undefined]);
    });

    test('a grant changed in place by one request is not changed for the next', async () => {
      const id = newId();
      await store.adapter('Grant').upsert(id, token({ openid: { scope: 'openid' } }), 600);
      const read = () => inRequest('token', () => store.adapter('Grant').find(id));
      const first = (await read()) as { openid: { scope: string } };
      first.openid.scope = 'openid id_number';
      expect(await read()).toMatchObject({ openid: { scope: 'openid' } });
    });

    test('a grant ended on another node is gone here within five seconds', async () => {
      const id = newId();
      await store.adapter('Grant').upsert(id, token(), 600);
      const read = () => inRequest('userinfo', () => store.adapter('Grant').find(id));
      expect(await read()).toBeDefined();
      await home.open().adapter('Grant').destroy(id);
      const began = Date.now();
      while (await read()) {
        expect(Date.now() - began).toBeLessThan(5000);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      await inRequest('authorization', async () => {
        expect(await store.adapter('Grant').find(id)).toBeUndefined();
      });
    });
  });
});
