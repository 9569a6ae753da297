/** The register of organisations: invented enterprises, asked over real HTTP by the adapter that asks a real register. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { kindOfCode } from '../../src/accounts/organisation-kind.ts';
import { normaliseOrganisationName } from '../../src/accounts/organisation-name.ts';
import { parseCreditCode, parseRegistrationNumber } from '../../src/accounts/organisation-number.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { RequestJudge, sharedKey, signAnswer } from '../../src/platform/partner/signature.ts';
import { openRegistries, type Registries } from '../../src/registries/registries.ts';
import { registriesProductionFaults, registriesSettings } from '../../src/registries/settings.ts';
import type { StandInRegister } from '../../src/registries/stand-in.ts';
import { MOST_ENTERPRISES, makeEnterprises } from '../../src/registries/stand-in-enterprises.ts';

const PATIENT = { deadlineMs: 30_000, attemptMs: 12_000 };

describe('invented enterprises', () => {
  test('each has numbers and a name that the rules accept, and each number gives it back', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 8 }), fc.nat(MOST_ENTERPRISES - 1), (seed, n) => {
        const enterprises = makeEnterprises(seed, MOST_ENTERPRISES, 1_000);
        const one = enterprises.at(n);
        expect(parseCreditCode(one.code)).toEqual({ ok: true, value: { number: one.code, warnings: [] } });
        expect(parseRegistrationNumber(one.registrationNumber).ok).toBe(true);
        expect(normaliseOrganisationName(one.name)).toEqual({ ok: true, value: one.name });
        expect(one.code.slice(2, 8)).toMatch(/^54(0[1-6]|25)99$/);
        for (const number of [one.code, one.code.slice(8, 17), one.registrationNumber])
          expect(enterprises.find(number)?.n).toBe(n);
        if (n > 0) expect(makeEnterprises(seed, n, 1_000).find(one.code)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  test('the same seed gives the same ones, another seed others, and nobody holds anything else', () => {
    const [one, again, other] = ['a', 'a', 'b'].map((seed) => makeEnterprises(seed, 50, 10));
    expect(one!.at(7)).toEqual(again!.at(7));
    expect(one!.at(7).code).not.toBe(other!.at(7).code);
    for (const rubbish of ['', 'X', '12540000X99900059N', `${one!.at(0).code}X`, '0'.repeat(15), '__proto__'])
      expect(one!.find(rubbish)).toBeUndefined();
    expect(() => one!.at(50)).toThrow(RangeError);
    expect(new Set(Array.from({ length: 50 }, (_, n) => kindOfCode(one!.at(n).code)))).toEqual(
      new Set(['enterprise', 'individual-business', 'farmer-cooperative']),
    );
  });
});

describe('asked over HTTP', () => {
  let registries: Registries;
  let standIn: StandInRegister;
  beforeEach(async () => {
    registries = await openRegistries({
      settings: registriesSettings.parse({
        population: PATIENT,
        enterprise: { kind: 'stand-in', ...PATIENT },
        standIn: { port: 0, size: 1_000, enterprises: 200 },
      }),
      clock: systemClock,
    });
    standIn = registries.standIn!;
  });
  afterEach(() => registries.close());
  const one = (n: number) => standIn.enterprises.at(n);
  const compare = (n: number, more: object = {}) => {
    const { code, name } = one(n);
    return registries.enterprise.compare({ code, name, ...more });
  };

  test('code and name that belong together match, with the status; brackets, width and spaces do not matter', async () => {
    expect(await compare(0)).toMatchObject({
      outcome: 'match',
      status: 'operating',
      source: 'enterprise-register',
      reference: expect.stringMatching(/^SE-[0-9a-f]{16}$/),
    });
    expect(await compare(3, { name: one(3).name.replace('（', '(').replace('）', ') ') })).toMatchObject({
      outcome: 'match',
    });
    expect(await compare(4)).toMatchObject({ outcome: 'match', status: 'dissolved' });
    expect(await compare(5)).toMatchObject({ outcome: 'match', status: 'revoked' });
    standIn.turn({ dissolved: [one(0).code] });
    expect(await compare(0)).toMatchObject({ status: 'dissolved' });
  });

  test('another name is a mismatch, an organ or a stranger is unknown', async () => {
    expect(await compare(0, { name: one(1).name })).toMatchObject({ outcome: 'mismatch' });
    const organ = await registries.enterprise.compare({ code: '11540000X99900040W', name: '某局' });
    expect(organ.outcome).toBe('unknown');
    standIn.turn({ renamed: { [one(0).code]: '新名称有限公司' }, unknown: [one(1).code] });
    expect(await compare(0)).toMatchObject({ outcome: 'mismatch' });
    expect(await compare(1)).toMatchObject({ outcome: 'unknown' });
  });

  test('a representative is answered on the side, and says nothing about code and name', async () => {
    const { name, document } = one(0).representative;
    const said = async (representative: object) => (await compare(0, { representative })).representative;
    expect(await said({ name })).toBe('match');
    expect(await said({ name, document })).toBe('match');
    expect(await said({ name: `${name}某`, document })).toBe('mismatch');
    expect(await said({ name, document: one(1).representative.document })).toBe('mismatch');
    expect(await compare(0, { representative: { name: '某' } })).toMatchObject({ outcome: 'match' });
    expect((await compare(0)).representative).toBeUndefined();
    expect((await compare(0, { name: '某', representative: { name } })).representative).toBeUndefined();
  });

  test('old numbers find the credit code, each by its kind only', async () => {
    const { code, registrationNumber } = one(2);
    const lookUp = (kind: 'organisation-code' | 'registration-number', value: string) =>
      registries.enterprise.lookUp({ kind, value });
    expect(await lookUp('registration-number', registrationNumber)).toMatchObject({ outcome: 'found', code });
    expect(await lookUp('organisation-code', code.slice(8, 17))).toMatchObject({ outcome: 'found', code });
    expect(await lookUp('organisation-code', registrationNumber)).toMatchObject({ outcome: 'unknown' });
    expect(await lookUp('registration-number', '540199000000015')).toMatchObject({ outcome: 'unknown' });
  });

  test('a silent register is unreachable, and well again afterwards', async () => {
    standIn.turn({ down: true });
    expect(await compare(0)).toMatchObject({ outcome: 'unreachable' });
    expect(await registries.enterprise.lookUp({ kind: 'organisation-code', value: 'X' })).toMatchObject({
      outcome: 'unreachable',
    });
    standIn.reset();
    expect(await registries.enterprise.check()).toMatchObject({ reachable: true });
    standIn.turn({ broken: 'forged' });
    expect(await compare(0)).toMatchObject({ outcome: 'unreachable' });
  });

  test('what it holds is open to look at', async () => {
    const page = await (await fetch(`${standIn.url}/enterprises?from=3&count=2`)).text();
    expect(page).toContain(one(3).code);
    expect(page).not.toContain(one(5).code);
    const json = await fetch(`${standIn.url}/enterprises?count=3`, {
      headers: { accept: 'application/json' },
    });
    expect((await json.json()) as object[]).toHaveLength(3);
  });
});

describe('a register that answers nonsense', () => {
  const SECRET = 'k7Qm2Vt9Xw4Rz8Lp3Nc6Hb1Jd5Fg0Sa7';
  let server: Server;
  let registries: Registries;
  let says: object;
  beforeEach(async () => {
    const key = sharedKey('yihao', SECRET);
    const judge = new RequestJudge([key], systemClock, 300);
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const asked = { method: request.method!, path: request.url!, body: Buffer.concat(parts) };
        const judged = judge.judge(asked, request.headers);
        const body = Buffer.from(JSON.stringify(says));
        const signature = judged.ok ? signAnswer(key, judged.nonce, 200, body) : {};
        response.writeHead(200, { 'content-type': 'application/json', ...signature }).end(body);
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    registries = await openRegistries({
      settings: registriesSettings.parse({
        population: { kind: 'http', url, secret: SECRET },
        enterprise: { kind: 'http', url, secret: SECRET, ...PATIENT },
      }),
      clock: systemClock,
    });
  });
  afterEach(async () => {
    await registries.close();
    server.close();
  });

  test.each([
    [{ outcome: 'found', code: '91540199X99900016P', reference: 'r' }],
    [{ outcome: 'found', code: '91540199x99900016n', reference: 'r' }],
    [{ outcome: 'found', reference: 'r' }],
    [{ outcome: 'found', code: '91540199X99900016N', reference: 'r r' }],
    [{}],
  ])('%j is no answer to a look-up', async (answer) => {
    says = answer;
    const said = await registries.enterprise.lookUp({ kind: 'organisation-code', value: 'X99900016' });
    expect(said).toMatchObject({ outcome: 'unreachable', source: 'enterprise-register' });
  });

  test('what it says beside a mismatch, or about nobody who was asked for, does not count', async () => {
    const subject = { code: '91540199X99900016N', name: '某公司' };
    says = { outcome: 'mismatch', status: 'operating', representative: 'match', reference: 'r', name: '他' };
    expect(await registries.enterprise.compare({ ...subject, representative: { name: '某' } })).toEqual({
      ...{ outcome: 'mismatch', reference: 'r', source: 'enterprise-register', at: expect.any(Date) },
    });
    says = { outcome: 'match', representative: 'match', reference: 'r' };
    expect(await registries.enterprise.compare(subject)).not.toHaveProperty('representative');
    says = { outcome: 'match', status: 'asleep', reference: 'r' };
    expect(await registries.enterprise.compare(subject)).toMatchObject({ outcome: 'unreachable' });
  });
});

describe('settings', () => {
  test('without a register nobody is asked, and nothing is started', async () => {
    const settings = registriesSettings.parse({ population: PATIENT, standIn: { port: 0 } });
    const registries = await openRegistries({ settings, clock: systemClock, startStandIn: false });
    expect(await registries.enterprise.compare({ code: 'x', name: 'y' })).toMatchObject({
      outcome: 'unreachable',
    });
    expect(await registries.enterprise.check()).toMatchObject({ reachable: false, fault: 'none' });
    await registries.close();
  });

  test('a stand-in may stand in for organisations alone, or be the one that is reached for people', async () => {
    const first = await openRegistries({
      settings: registriesSettings.parse({
        population: { kind: 'http', url: 'http://127.0.0.1:9/v1', secret: 'x'.repeat(32) },
        enterprise: { kind: 'stand-in', ...PATIENT },
        standIn: { port: 0 },
      }),
      clock: systemClock,
    });
    const { url, secret, enterprises } = first.standIn!;
    const { code, name } = enterprises.at(0);
    expect(await first.enterprise.compare({ code, name })).toMatchObject({ outcome: 'match' });
    const second = await openRegistries({
      settings: registriesSettings.parse({
        population: { url, secret },
        enterprise: { kind: 'stand-in', ...PATIENT },
      }),
      clock: systemClock,
      startStandIn: false,
    });
    expect(second.standIn).toBeUndefined();
    expect(await second.enterprise.compare({ code, name })).toMatchObject({ outcome: 'match' });
    await second.close();
    await first.close();
  });

  test('production refuses invented organisations, and what a real register lacks', () => {
    const population = {
      kind: 'http',
      url: 'https://r.example',
      secret: 'q8Zr2Lw7Vn4Xk9Tb3Hd6Jm1Pc5Fs0Gy8',
      allowedHosts: ['r.example'],
    };
    const faults = (enterprise: object) =>
      registriesProductionFaults(registriesSettings.parse({ population, enterprise })).map(
        ({ setting }) => setting,
      );
    expect(faults({})).toEqual([]);
    expect(faults({ kind: 'stand-in' })).toEqual(['registries.enterprise.kind']);
    expect(faults({ kind: 'http', url: 'http://r.example' })).toEqual(
      expect.arrayContaining(['registries.enterprise.secret', 'registries.enterprise.url']),
    );
  });
});
