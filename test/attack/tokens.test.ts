/** Rubbish where secrets, codes, tokens and proofs of possession belong, by strangers and by known applications. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningYihao } from '../support/server.ts';
import { type Application, expectRefused, openApplication, PROVING } from './application.ts';
import { expectClear } from './judge.ts';
import { jws, pair, part, publicJwk, soon, spoilt } from './jwt.ts';
import { ask } from './raw.ts';
import { BROKEN, STRANGE, TEXTS } from './rubbish.ts';
import { shareOf, targets } from './targets.ts';

const PAIRS = [
  ...['', ':', 'a', 'a:b:c', '%zz:%', '%00:%00', '\0:\0', '\xff\xfe:\xff', '__proto__:x'],
  `${'a'.repeat(5_000)}:b`,
];
const SCHEMES = [
  ...['Basic', 'Basic =', 'Basic *', 'Bearer x', 'Bearer', 'DPoP x', 'Negotiate x', ','],
  ...PAIRS.map((pairing) => `Basic ${Buffer.from(pairing, 'latin1').toString('base64')}`),
  `Basic ${'A'.repeat(9_000)}`,
];

describe.each(targets)('secrets, codes and tokens ($name)', (target) => {
  let yihao: RunningYihao;
  let application: Application;
  beforeAll(async () => {
    yihao = await target.start();
    application = await openApplication(yihao);
  });
  afterAll(() => yihao.close());

  test('names and secrets that are none', async () => {
    const asking = 'grant_type=client_credentials&token=x';
    for (const path of PROVING)
      for (const Authorization of SCHEMES) {
        const what = `${path} ${Authorization.slice(0, 60)}`;
        expectRefused(what, await application.post(path, asking, { Authorization }));
        const twice = `${asking}&client_id=a&client_secret=b`;
        expectRefused(`${what} twice`, await application.post(path, twice, { Authorization }));
      }
  });

  test('the answer does not tell an unknown application from a wrong secret', async () => {
    const said = async (id: string) => {
      const Authorization = `Basic ${Buffer.from(`${id}:wrong`).toString('base64')}`;
      const asked = await application.post('/oauth/token', 'grant_type=client_credentials', {
        Authorization,
      });
      return { status: asked.status, body: asked.body, challenge: asked.headers['www-authenticate'] };
    };
    expect(await said('nobody')).toEqual(await said(application.department.clientId));
  });

  test('every field of every grant, by an application that has proven itself', async () => {
    const { redirectUri } = application.department;
    const grants: Record<string, string>[] = [
      {
        grant_type: 'authorization_code',
        code: 'x',
        redirect_uri: redirectUri,
        code_verifier: 'a'.repeat(43),
      },
      { grant_type: 'refresh_token', refresh_token: 'x' },
      { grant_type: 'client_credentials', scope: 'x', resource: 'https://x.example' },
      { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token: 'x' },
    ];
    for (const grant of grants)
      for (const [turn, field] of Object.keys(grant).entries())
        for (const [at, text] of shareOf(TEXTS, turn, target).entries()) {
          const answer = await application.post(
            '/oauth/token',
            { ...grant, [field]: text },
            application.secret(),
          );
          expectClear(`${field} of ${grant.grant_type}, text ${at}`, answer);
          if (grant.grant_type !== 'client_credentials') expect([at, answer.status]).toEqual([at, 400]);
        }
    for (const [what, body] of [...BROKEN, ...STRANGE])
      for (const path of PROVING)
        expectClear(`${path}, ${what}`, await application.post(path, body, application.secret()));
  });

  test('what is no token is told as no token', async () => {
    const good = () => ({ header: { alg: 'ES256' }, payload: { iss: yihao.origin, sub: 'x', ...soon() } });
    const all = [...TEXTS, ...spoilt(good).map(([, one]) => one)].filter((one) => one.trim() !== '');
    for (const token of all) {
      const what = token.slice(0, 40);
      const body = { token: token.toWellFormed(), token_type_hint: '__proto__' };
      const looked = await application.post('/oauth/introspect', body, application.secret());
      if (looked.status === 200) expect(JSON.parse(looked.body)).toEqual({ active: false });
      else expectRefused(`introspection of ${what}`, looked);
      expectClear(
        `revocation of ${what}`,
        await application.post('/oauth/revoke', body, application.secret()),
      );
      // What cannot stand in a header is no header's fault.
      if (/[^\x20-\x7e]/.test(token) || token.length > 12_000) continue;
      for (const scheme of ['Bearer', 'DPoP']) {
        const headers = { Accept: 'application/json', Authorization: `${scheme} ${token}` };
        expectRefused(`${scheme} ${what}`, await ask(yihao.origin, '/oauth/userinfo', { headers }));
      }
    }
  });

  test('proofs of possession (DPoP)', async () => {
    const sent = (proof: string) => {
      const DPoP = Buffer.from(proof).toString('latin1');
      return application.post('/oauth/token', 'grant_type=client_credentials', {
        ...application.secret(),
        DPoP,
      });
    };
    const { header, payload } = goodProof(yihao.origin);
    const once = jws(header, payload);
    expect(JSON.parse((await sent(once)).body)).toMatchObject({ token_type: 'DPoP' });
    expectRefused('a second time', await sent(once));
    for (const [what, proof] of badProofs(yihao.origin)) {
      const answer = await sent(proof);
      expectRefused(what, answer);
      expect(JSON.parse(answer.body), what).toMatchObject({ error: 'invalid_dpop_proof' });
      expect(answer.ms, what).toBeLessThan(5_000);
      const headers = {
        Accept: 'application/json',
        Authorization: 'DPoP x',
        DPoP: Buffer.from(proof).toString('latin1'),
      };
      expectRefused(`${what}, at userinfo`, await ask(yihao.origin, '/oauth/userinfo', { headers }));
    }
  });
});

const goodProof = (origin: string) => ({
  header: { typ: 'dpop+jwt', alg: 'ES256', jwk: publicJwk },
  payload: { ...soon(), htm: 'POST', htu: `${origin}/oauth/token` },
});

function badProofs(origin: string): [string, string][] {
  const good = () => goodProof(origin);
  const key = (jwk: unknown, alg = 'ES256') => jws({ ...good().header, alg, jwk } as object, good().payload);
  const claim = (more: object) => jws(good().header, { ...good().payload, ...more });
  const long = (bytes: number) => part('y'.repeat(bytes));
  const zeros = Buffer.alloc(32).toString('base64url');
  const now = soon().iat;
  const all: [string, string][] = [
    // These are no members of a proof; the last two cannot stand in a header.
    ...spoilt(good).filter(
      ([what]) => !/^(iss|sub|aud|exp|nbf) |^empty$|^payload deep$|beyond ASCII/.test(what),
    ),
    ['no key', key(undefined)],
    ['key null', key(null)],
    ['key a list', key([])],
    ['key a text', key('x')],
    ['key of nothing', key({})],
    ['key of a prototype', key({ kty: '__proto__' })],
    ['a symmetric key', key({ kty: 'oct', k: 'AAAA' })],
    ['a private key', key(pair.privateKey.export({ format: 'jwk' }))],
    ['a point off the curve', key({ ...publicJwk, x: publicJwk.y })],
    ['a cut point', key({ ...publicJwk, x: 'AAAA' })],
    ['a number for a point', key({ ...publicJwk, x: 5 })],
    ['a curve that is none', key({ ...publicJwk, crv: 'P-1' })],
    ['an RSA key of two bytes', key({ kty: 'RSA', n: 'AQAB', e: 'AQAB' }, 'PS256')],
    ['an RSA key of 40,000 bits', key({ kty: 'RSA', n: long(5_000), e: 'AQAB' }, 'PS256')],
    ['an RSA key with a huge exponent', key({ kty: 'RSA', n: long(2_000), e: long(2_000) }, 'PS256')],
    ['an Edwards key of zeros', key({ kty: 'OKP', crv: 'Ed25519', x: zeros }, 'EdDSA')],
    ['another type', jws({ ...good().header, typ: 'JWT' }, good().payload)],
    ['a type that is a number', jws({ ...good().header, typ: 5 }, good().payload)],
    ['another method', claim({ htm: 'GET' })],
    ['a method that is none', claim({ htm: {} })],
    ['another address', claim({ htu: 'https://evil.example/oauth/token' })],
    ['an address that is none', claim({ htu: 'http://[' })],
    ['a number for an address', claim({ htu: 5 })],
    ['an hour old', claim({ iat: now - 3_600 })],
    ['of tomorrow', claim({ iat: now + 86_400 })],
    ['two proofs', `${claim({})}, ${claim({})}`],
  ];
  return all.filter(([, proof]) => proof.length < 15_000);
}
