/** A department's server asks which `sub` its old accounts have become. Real HTTP, on every store. */
import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import * as jose from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { enrol, signIn, someCitizen } from '../journeys/citizen.ts';
import { answerOf as arrival, finish, visit } from '../journeys/department.ts';
import { HtmlClient } from '../support/html-client.ts';
import { installations, PATIENT, type RunningYihao, startYihao } from '../support/server.ts';
import { accountsOf, answerOf, type Office, openOffice } from './office.ts';

describe.each(installations)('old accounts for a department’s server ($name)', (installation) => {
  let yihao: RunningYihao;
  let own: Office;
  let other: Office;
  const people = Array.from({ length: 12 }, () => someCitizen());
  const rows = people.map(({ name, document }, n) => ({
    id: `u${String(n).padStart(2, '0')}`,
    ...{ name, number: document.number },
  }));

  beforeAll(async () => {
    yihao = await startYihao(installation, { ...PATIENT, YIHAO_DEPARTMENTS__REQUESTS_PER_MINUTE: '400' });
    own = await openOffice(yihao);
    other = await openOffice(yihao);
    await own.bring([
      ...rows,
      { id: 'v-nobody', name: '测试公司', number: people[0]!.document.number.replace(/.$/, '?') },
      { id: 'v-twice', name: people[3]!.name, number: people[3]!.document.number },
    ]);
    await other.bring([{ id: 'theirs', name: people[0]!.name, number: people[0]!.document.number }]);
  });
  afterAll(async () => {
    await yihao?.close();
  });

  test('page by page, each account once, in the order of ids, with the sub that its person has', async () => {
    const token = await own.token();
    const all = [];
    let next: string | null = `?source=${own.source}&limit=5`;
    for (let pages = 0; next !== null; pages += 1) {
      expect(pages).toBeLessThan(4);
      const page = await own.get(next.replace('/api/legacy-accounts', ''), token);
      expect(page.status).toBe(200);
      expect(page.headers.get('cache-control')).toBe('no-store');
      all.push(...accountsOf(page));
      next = page.body.next as string | null;
    }
    expect(all.map(({ id }) => id)).toEqual([...rows.map(({ id }) => id), 'v-nobody', 'v-twice']);
    const linked = all.filter(({ state }) => state === 'linked');
    expect(linked).toHaveLength(13);
    expect(new Set(linked.map(({ sub }) => sub)).size).toBe(12);
    expect(linked[3]!.sub).toBe(linked.at(-1)!.sub);
    const nobody = all.find(({ id }) => id === 'v-nobody')!;
    expect(nobody).toMatchObject({ sub: null, since: null });
    expect(nobody.state).not.toBe('linked');
    // Nothing of who somebody is.
    expect(Object.keys(linked[0]!).sort()).toEqual(['id', 'since', 'source', 'state', 'sub']);
    const { accounts, oidc } = yihao.yihao;
    const person = (await accounts.findByDocument(people[0]!.document))!;
    expect(await oidc.subjects.of(person.id, own.clientId)).toBe(linked[0]!.sub);
  });

  test('by id and by sub, and what was not found', async () => {
    const { body } = await own.lookUp({ source: own.source, ids: ['u05', 'v-twice', 'no-such', 'u05'] });
    expect(body.missing).toEqual(['no-such']);
    const found = body.accounts as { id: string; sub: string }[];
    expect(found.map(({ id }) => id)).toEqual(['u05', 'v-twice']);
    const { sub } = found[1]!;
    const back = await own.lookUp({ subs: [sub, 'someone'] });
    expect(back.body.missing).toEqual(['someone']);
    expect(accountsOf(back).map(({ id, state }) => [id, state])).toEqual([
      ['u03', 'linked'],
      ['v-twice', 'linked'],
    ]);
  });

  test('a department sees its own system and knows its people by its own subs only', async () => {
    const source = own.source;
    expect((await other.get('/sources')).body).toEqual({ sources: [other.source] });
    for (const answer of [
      await other.get({ source }),
      await other.get({ source: 'there-is-none' }),
      await other.lookUp({ source, ids: ['u00'] }),
    ])
      expect([answer.status, answer.body.type]).toEqual([404, 'urn:yihao:problem:old-system-unknown']);
    const [mine] = accountsOf(await own.lookUp({ source, ids: ['u00'] }));
    const [theirs] = accountsOf(await other.lookUp({ source: other.source, ids: ['theirs'] }));
    expect(mine!.sub).not.toBe(theirs!.sub);
    expect((await other.lookUp({ subs: [mine!.sub] })).body).toEqual({ accounts: [], missing: [mine!.sub] });
  });

  test('each page is in the disclosure log, for the person to read; a page with nobody is not', async () => {
    const { accounts, database, audit } = yihao.yihao;
    const person = (await accounts.findByDocument(people[7]!.document))!;
    const count = async () => {
      const [row] = await database.query<{ rows: number }>(
        'SELECT count(*)::int AS rows FROM disclosure WHERE client_id = $1',
        [own.clientId],
      );
      return row!.rows;
    };
    const before = await count();
    await own.get({ source: own.source });
    expect((await count()) - before).toBe(12);
    await own.lookUp({ source: own.source, ids: ['no-such', 'v-nobody'] });
    expect((await count()) - before).toBe(12);
    const [newest] = await audit.disclosures.ofPerson(person.id, { limit: 1 });
    expect(newest).toMatchObject({
      ...{ clientId: own.clientId, via: 'look-up', claims: ['sub', 'legacy_accounts'] },
    });
  });

  test('being told of somebody stands in no undo’s way; having signed in does', async () => {
    const { database } = yihao.yihao;
    const { sectorsOf } = await import('../../src/oidc/subject-store.ts');
    const person = (await yihao.yihao.accounts.findByDocument(people[9]!.document))!;
    await own.lookUp({ source: own.source, ids: ['u09'] });
    expect(await sectorsOf(database, person.id)).toEqual([]);
    await yihao.yihao.oidc.subjects.of(person.id, own.clientId);
    expect(await sectorsOf(database, person.id)).toEqual([own.clientId]);
  });

  describe('refuses', () => {
    const problem = ({ status, body, headers }: Awaited<ReturnType<typeof answerOf>>) => {
      expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(body).toMatchObject({ title: expect.any(String), detail: expect.any(String), status });
      return [status, String(body.type).replace('urn:yihao:problem:', '')];
    };
    const ask = (headers: Record<string, string>) =>
      fetch(`${yihao.origin}/api/legacy-accounts?source=${own.source}`, { headers }).then(answerOf);

    test('a request without a token, with one that is none, or written wrongly', async () => {
      const bare = await ask({ accept: 'text/html' });
      expect(problem(bare)).toEqual([401, 'token-missing']);
      expect(bare.headers.get('www-authenticate')).toMatch(
        /^Bearer realm="[^"]+", scope="legacy_accounts", DPoP/,
      );
      expect(bare.headers.get('www-authenticate')).not.toContain('error=');
      const wrong = await ask({ authorization: 'Bearer ct_nonsense' });
      expect(problem(wrong)).toEqual([401, 'token-invalid']);
      expect(wrong.headers.get('www-authenticate')).toContain('error="invalid_token"');
      expect(problem(await ask({ authorization: 'Bearer' }))).toEqual([400, 'token-malformed']);
      expect(problem(await ask({ authorization: 'Basic YTpi' }))).toEqual([400, 'token-malformed']);
      const token = await own.token();
      const url = `${yihao.origin}/api/legacy-accounts?source=${own.source}&access_token=${token}`;
      expect((await fetch(url)).status).toBe(401);
    });

    test('a token without the scope, and one of a person that has it', async () => {
      const bare = await own.token({ scope: '' });
      const answer = await own.get({ source: own.source }, bare);
      expect(problem(answer)).toEqual([403, 'token-scope']);
      expect(answer.headers.get('www-authenticate')).toContain(
        'error="insufficient_scope", scope="legacy_accounts"',
      );
      const person = await enrol(yihao.yihao);
      const visitor = new HtmlClient(yihao.origin);
      const trip = await visit(visitor, own, { scope: 'openid legacy_accounts' });
      let page = await signIn(visitor, trip.page, person.number, undefined, {}, own.origin);
      if (!page.url.href.startsWith(own.origin))
        page = await visitor.submit(page, {}, { button: 'decision=allow', until: own.origin });
      const { code } = arrival(page, own);
      const { tokens } = await finish(yihao.origin, own, code!, trip.verifier);
      expect(tokens.scope).toContain('legacy_accounts');
      const ofPerson = await own.get({ source: own.source }, String(tokens.access_token));
      expect(problem(ofPerson)).toEqual([401, 'token-invalid']);
    });

    test('a revoked token, an expired one, and one of an application that was stopped or lost its right', async () => {
      const late = await openOffice(yihao);
      await late.bring([]);
      const token = await late.token();
      expect((await late.get({ source: late.source }, token)).status).toBe(200);
      const revoke = await fetch(`${yihao.origin}/oauth/revoke`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(`${late.clientId}:${late.secret}`).toString('base64')}`,
        },
        body: new URLSearchParams({ token }),
      });
      expect(revoke.status).toBe(200);
      expect(problem(await late.get({ source: late.source }, token))).toEqual([401, 'token-invalid']);
      const { provider } = yihao.yihao.oidc;
      const client = (await provider.Client.find(late.clientId))!;
      const short = { client, scope: 'legacy_accounts', expiresIn: 1 };
      const value = await new provider.ClientCredentials(short as never).save();
      await new Promise((done) => setTimeout(done, 2_100));
      expect(problem(await late.get({ source: late.source }, value))).toEqual([401, 'token-invalid']);
      const held = await late.token();
      await yihao.yihao.clients.suspend(late.clientId, { actor: 'operator:test' });
      expect(problem(await late.get({ source: late.source }, held))).toEqual([401, 'token-invalid']);
    });

    test('questions that are none, each with the member at fault', async () => {
      const token = await own.token();
      const { source } = own;
      const fields = [];
      for (const query of [
        {},
        { source, limit: '0' },
        { source, limit: '501' },
        { source, limit: '1e2' },
        { source, after: 'a\0b' },
        { source, after: 'x'.repeat(201) },
        { source, page: '2' },
      ]) {
        const answer = await own.get(query as Record<string, string>, token);
        expect(problem(answer)).toEqual([400, 'question-malformed']);
        fields.push(answer.body.field);
      }
      expect(fields).toEqual(['source', 'limit', 'limit', 'limit', 'after', 'after', 'page']);
      for (const [body, field] of [
        [[], undefined],
        [{ ids: ['a'] }, 'source'],
        [{ source, ids: [] }, 'ids'],
        [{ source, ids: [1] }, 'ids'],
        [{ source, ids: ['a\0'] }, 'ids'],
        [{ source, ids: ['x'.repeat(201)] }, 'ids'],
        [{ source, ids: Array.from({ length: 501 }, (_, n) => `${n}`) }, 'ids'],
        [{ subs: ['a'], source }, 'subs'],
        [{ subs: 'a' }, 'subs'],
        [{ source, ids: ['a'], names: true }, 'names'],
      ] as const) {
        const answer = await own.lookUp(body, token);
        expect(problem(answer)).toEqual([400, 'question-malformed']);
        expect(answer.body.field).toBe(field);
      }
      expect(problem(await own.lookUp('{"source":', token))).toEqual([400, 'json-malformed']);
      expect(problem(await own.lookUp(`${'['.repeat(200_000)}`, token))).toEqual([400, 'json-malformed']);
      const plain = await fetch(`${yihao.origin}/api/legacy-accounts/lookup`, {
        ...{ method: 'POST', body: '{}', headers: { authorization: `Bearer ${token}` } },
      });
      expect(problem(await answerOf(plain))).toEqual([415, 'json-type']);
      const nowhere = await fetch(`${yihao.origin}/api/nothing`);
      expect(problem(await answerOf(nowhere))).toEqual([404, 'not-found']);
      const put = await fetch(`${yihao.origin}/api/legacy-accounts`, { method: 'PUT' });
      expect(problem(await answerOf(put))).toEqual([405, 'method-not-allowed']);
    });

    test('ten megabytes, however they are sent, and the largest question is answered', async () => {
      const token = await own.token();
      const ids = Array.from({ length: 500 }, (_, n) => `${n}`.padStart(200, '长'));
      const escaped = JSON.stringify({ source: own.source, ids }).replace(/长/g, '\\u957f');
      const largest = await own.lookUp(escaped, token);
      expect([largest.status, (largest.body.missing as string[]).length]).toEqual([200, 500]);
      expect(problem(await own.lookUp(JSON.stringify({ source: 'x'.repeat(10_000_000) }), token))).toEqual([
        413,
        'form-too-large',
      ]);
      const status = await new Promise<number>((done, fail) => {
        const sent = request(`${yihao.origin}/api/legacy-accounts/lookup`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        });
        sent.on('response', (response) => done(response.statusCode!)).on('error', fail);
        for (let n = 0; n < 10; n += 1) sent.write(Buffer.alloc(1_000_000, 0x20));
        sent.end();
      });
      expect(status).toBe(413);
    });
  });

  test('a token bound to a key needs a fresh proof by that key for this address, once', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = await jose.exportJWK(publicKey);
    const prove = (method: string, url: string, token?: string, key = privateKey) =>
      new jose.SignJWT({
        ...{ jti: randomUUID(), htm: method, htu: url },
        ...(token ? { ath: createHash('sha256').update(token).digest('base64url') } : {}),
      })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
        .setIssuedAt()
        .sign(key);
    const address = `${yihao.origin}/oauth/token`;
    const issued = await fetch(address, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${own.clientId}:${own.secret}`).toString('base64')}`,
        dpop: await prove('POST', address),
      },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'legacy_accounts' }),
    });
    const { access_token: token, token_type } = (await issued.json()) as Record<string, string>;
    expect(token_type).toBe('DPoP');
    const url = `${yihao.origin}/api/legacy-accounts`;
    const ask = async (dpop: string | undefined, scheme = 'DPoP') => {
      const headers = { authorization: `${scheme} ${token}`, ...(dpop ? { dpop } : {}) };
      const response = await fetch(`${url}?source=${own.source}&limit=1`, { headers });
      return [response.status, response.headers.get('www-authenticate')?.split(' ')[0]];
    };
    const proof = await prove('GET', url, token);
    expect(await ask(proof)).toEqual([200, undefined]);
    expect(await ask(proof)).toEqual([401, 'DPoP']);
    expect(await ask(undefined, 'Bearer')).toEqual([401, 'Bearer']);
    expect(await ask(await prove('GET', address, token))).toEqual([401, 'DPoP']);
    expect(await ask(await prove('GET', url))).toEqual([401, 'DPoP']);
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    expect(await ask(await prove('GET', url, token, stranger))).toEqual([401, 'DPoP']);
    const bearer = await own.token();
    const stray = await fetch(`${url}?source=${own.source}`, {
      headers: { authorization: `DPoP ${bearer}`, dpop: await prove('GET', url, bearer) },
    });
    expect(stray.status).toBe(401);
  });

  test('so many requests a minute and no more, counted exactly for each application', async () => {
    const eager = await openOffice(yihao);
    await eager.bring([]);
    const token = await eager.token();
    const answers = await Promise.all(
      Array.from({ length: 410 }, () => eager.get({ source: eager.source, limit: '1' }, token)),
    );
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(400);
    expect(refused).toHaveLength(10);
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused[0]!.body).toMatchObject({ type: 'urn:yihao:problem:too-many-requests' });
    expect((await own.get('/sources')).status).toBe(200);
  });
});
