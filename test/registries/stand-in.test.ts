/** The stand-in register asked over real HTTP by the adapter that asks a real one. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { ConfigurationError } from '../../src/platform/config/load.ts';
import type { PartnerMeter } from '../../src/platform/partner/partner.ts';
import { openRegistries, type Registries } from '../../src/registries/registries.ts';
import { type RegistriesSettings, registriesSettings } from '../../src/registries/settings.ts';
import type { StandInRegister } from '../../src/registries/stand-in.ts';
import type { RegisteredPerson } from '../../src/registries/stand-in-population.ts';

/** Enough for an answer from this machine, however busy it is. */
const PATIENT = { deadlineMs: 30_000, attemptMs: 12_000 };
/** For a register that never answers. */
const HASTY = { deadlineMs: 1_500, attemptMs: 300 };
const settingsWith = (patience: typeof PATIENT): RegistriesSettings =>
  registriesSettings.parse({
    population: { ...patience, attempts: 2, breakAfter: 4, breakSeconds: 1 },
    standIn: { port: 0, size: 5_000 },
  });
const settings = settingsWith(PATIENT);
/** A register that is too slow answers after this: nobody who is held by it is back before. */
const NEVER_MS = 600_000;
/** Far beyond a deadline on a busy machine, and far before {@link NEVER_MS}. */
const SOON_MS = 30_000;

let registries: Registries;
let standIn: StandInRegister;
const tried: string[] = [];
const spared: string[] = [];
const states: string[] = [];
const meter: PartnerMeter = {
  tried: (_, result) => tried.push(result),
  spared: (_, fault) => spared.push(fault),
  breaker: (_, state) => states.push(state),
};

beforeEach(async () => {
  for (const list of [tried, spared, states]) list.length = 0;
  await open(settings);
});

async function open(wanted: RegistriesSettings): Promise<void> {
  await registries?.close();
  registries = await openRegistries({ settings: wanted, clock: systemClock, meter });
  standIn = registries.standIn!;
}

afterEach(() => registries.close());

const compare = ({ document, writes }: RegisteredPerson, name = writes) =>
  registries.population.compare({ document, name });

async function timed<Result>(work: Promise<Result>): Promise<{ result: Result; ms: number }> {
  const began = performance.now();
  const result = await work;
  return { result, ms: performance.now() - began };
}

const turnByHttp = (changes: object) =>
  fetch(`${standIn.url}/switches`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(changes),
  });

describe('a register that answers', () => {
  test('the first hundred people match as they write their names, with every document', async () => {
    for (let n = 0; n < 100; n += 1) {
      const person = standIn.population.at(n);
      expect(await compare(person), `person ${n}`).toMatchObject({
        outcome: 'match',
        status: person.status,
        source: 'population-register',
        reference: expect.stringMatching(/^SI-[0-9a-f]{16}$/),
      });
    }
  });

  test('a name whose dot the register lost costs one question more, and matches', async () => {
    const person = standIn.population.at(8);
    expect(person.name).not.toBe(person.writes);
    expect((await compare(person)).outcome).toBe('match');
    expect(tried).toEqual(['answered', 'answered']);
  });

  test('another name is a mismatch; a number that nobody holds is unknown', async () => {
    const [one, other] = [standIn.population.at(0), standIn.population.at(1)];
    expect((await compare(one, other.name)).outcome).toBe('mismatch');
    const outside = { ...one, document: { ...one.document, number: '54019919000101001X' } };
    expect((await compare(outside)).outcome).toBe('unknown');
  });

  test('a deceased holder is a match with that status', async () => {
    expect(await compare(standIn.population.at(10))).toMatchObject({ outcome: 'match', status: 'deceased' });
  });

  test('the health check says that it is there', async () => {
    expect(await registries.population.check()).toMatchObject({ reachable: true });
    expect(standIn.asked).toBe(0);
  });
});

describe('switches', () => {
  test('mismatch, unknown, deceased and name changed work by HTTP for single numbers, and can be put back', async () => {
    const people = [20, 21, 22, 23].map((n) => standIn.population.at(n)) as [
      RegisteredPerson,
      RegisteredPerson,
      RegisteredPerson,
      RegisteredPerson,
    ];
    const [a, b, c, d] = people.map((person) => person.document.number) as [string, string, string, string];
    const turned = await turnByHttp({
      mismatch: [a],
      unknown: [b],
      deceased: [c.toLowerCase()],
      renamed: { [d]: '新名' },
    });
    expect(turned.status).toBe(200);
    expect((await compare(people[0])).outcome).toBe('mismatch');
    expect((await compare(people[1])).outcome).toBe('unknown');
    expect(await compare(people[2])).toMatchObject({ outcome: 'match', status: 'deceased' });
    expect((await compare(people[3])).outcome).toBe('mismatch');
    expect((await compare(people[3], '新名')).outcome).toBe('match');
    await fetch(`${standIn.url}/switches`, { method: 'DELETE' });
    for (const person of people) expect((await compare(person)).outcome).toBe('match');
  });

  test('a switch that does not exist is refused, and so is anything a foreign web page could post', async () => {
    expect((await turnByHttp({ faster: true })).status).toBe(400);
    const form = await fetch(`${standIn.url}/switches`, { method: 'POST', body: '{"down":true}' });
    expect(form.status).toBe(415);
    expect(standIn.switches.down).toBe(false);
  });

  test('the list of people reads as a page and as JSON, from anywhere in the population', async () => {
    const page = await (await fetch(`${standIn.url}/people`)).text();
    const person = standIn.population.at(7);
    expect(page).toContain(person.document.number);
    expect(page).toContain(person.name);
    const answer = await fetch(`${standIn.url}/people?from=4990&count=200`, {
      headers: { accept: 'application/json' },
    });
    const people = (await answer.json()) as RegisteredPerson[];
    expect(people).toEqual(Array.from({ length: 10 }, (_, at) => standIn.population.at(4_990 + at)));
  });

  test('unsigned questions get no answer', async () => {
    const { document, name } = standIn.population.at(0);
    const answer = await fetch(`${standIn.url}/compare`, {
      method: 'POST',
      body: JSON.stringify({ request: 'r', ...document, name }),
    });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toEqual({ error: 'unsigned' });
  });
});

describe('a register in trouble', () => {
  test.each(['error', 'garbage', 'forged', 'huge', 'redirect'] as const)(
    'answers that are %s count as unreachable',
    async (broken) => {
      standIn.turn({ broken });
      const comparison = await compare(standIn.population.at(0));
      expect(comparison).toMatchObject({ outcome: 'unreachable', source: 'population-register' });
      expect(comparison.status).toBeUndefined();
    },
  );

  test('what may pass is asked again within bounds; what will not pass is asked once', async () => {
    standIn.turn({ broken: 'error' });
    await compare(standIn.population.at(0));
    expect(tried).toEqual(['unwell', 'unwell']);
    tried.length = 0;
    standIn.turn({ broken: 'forged' });
    await compare(standIn.population.at(0));
    expect(tried).toEqual(['forged']);
  });

  test('a register that never answers holds nobody longer than the deadline, spellings and repetitions included', async () => {
    await open(settingsWith(HASTY));
    standIn.turn({ slow: NEVER_MS });
    const dotted = standIn.population.at(9);
    const calls = Array.from({ length: 20 }, () => timed(compare(dotted)));
    for (const { result, ms } of await Promise.all(calls)) {
      expect(result.outcome).toBe('unreachable');
      expect(ms).toBeLessThan(SOON_MS);
    }
    // No mismatch was heard, so nobody was asked for another spelling; two tries each, as far as they were let.
    expect(tried.length).toBeLessThanOrEqual(40);
    expect(new Set(tried)).toEqual(new Set(['timeout']));
  });

  test('a register that mismatches slowly is given up between two spellings, when a try no longer fits', async () => {
    const { document } = standIn.population.at(9);
    standIn.turn({ slow: 200, mismatch: [document.number] });
    const comparison = await registries.population.compare(
      { document, name: '白玛•洛桑•旺堆' },
      { within: PATIENT.attemptMs + 100 },
    );
    expect(comparison.outcome).toBe('unreachable');
    expect([tried, spared]).toEqual([['answered'], ['late']]);
  });

  test('a job that nobody waits for may be more patient', async () => {
    standIn.turn({ slow: 150 });
    const { document, name } = standIn.population.at(0);
    const within = (ms: number) => registries.population.compare({ document, name }, { within: ms });
    expect((await within(150)).outcome).toBe('unreachable');
    expect(spared).toEqual(['late']);
    expect((await within(60_000)).outcome).toBe('match');
  });

  test('once the breaker is open answers are immediate and the register is left alone, until it is well again', async () => {
    await open(settingsWith(HASTY));
    const person = standIn.population.at(0);
    standIn.turn({ slow: NEVER_MS });
    while (!states.includes('open')) await compare(person);
    const asked = tried.length;
    const opened = performance.now();
    while (performance.now() - opened < 500) expect((await compare(person)).outcome).toBe('unreachable');
    expect(tried.length).toBe(asked);
    // Half a second of one after the other: had they waited for anything, there would be two.
    expect(spared.filter((fault) => fault === 'open').length).toBeGreaterThan(20);

    standIn.reset();
    while ((await compare(person)).outcome !== 'match') await new Promise((again) => setTimeout(again, 50));
    expect([states[0], states.at(-2), states.at(-1)]).toEqual(['open', 'trying', 'closed']);
  });

  test('while one question finds out whether the register is back, the others are not held', async () => {
    await open(settingsWith(HASTY));
    const person = standIn.population.at(0);
    standIn.turn({ slow: NEVER_MS });
    while (!states.includes('open')) await compare(person);
    const asked = tried.length;
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    let found = false;
    const finding = compare(person).then(() => {
      found = true;
    });
    for (let n = 0; n < 10; n += 1) expect((await compare(person)).outcome).toBe('unreachable');
    expect(found).toBe(false);
    await finding;
    expect(tried.length).toBe(asked + 1);
  });

  test('a register that is down is unreachable, and the check says why', async () => {
    standIn.turn({ down: true });
    expect((await compare(standIn.population.at(0))).outcome).toBe('unreachable');
    expect(tried).toEqual(['network', 'network']);
    expect(await registries.population.check()).toMatchObject({ reachable: false, fault: 'network' });
    standIn.turn({ down: false });
    await standIn.close();
    expect((await compare(standIn.population.at(0))).outcome).toBe('unreachable');
  });

  test('a comparison never throws, whatever it is handed', async () => {
    const odd = ['', '\u0000', '\ud800', '·', 'x'.repeat(100_000)];
    for (const name of odd) {
      const document = { type: 'citizen-number', number: `\r\n${name}` } as const;
      expect(['unknown', 'unreachable']).toContain(
        (await registries.population.compare({ document, name })).outcome,
      );
    }
    expect(states).toEqual([]);
  });
});

describe('opening', () => {
  test('a register at a host that is not allowed is never called', async () => {
    const wrong = structuredClone(settings);
    Object.assign(wrong.population, {
      kind: 'http',
      url: standIn.url,
      secret: standIn.secret,
      allowedHosts: ['elsewhere.example'],
    });
    await expect(openRegistries({ settings: wrong, clock: systemClock })).rejects.toThrow(ConfigurationError);
  });

  test('a stand-in that runs elsewhere is used where its url is given', async () => {
    const shared = structuredClone(settings);
    Object.assign(shared.population, { url: standIn.url, secret: standIn.secret });
    const second = await openRegistries({ settings: shared, clock: systemClock });
    const { document, name } = standIn.population.at(3);
    expect((await second.population.compare({ document, name })).outcome).toBe('match');
    expect(second.standIn).toBeUndefined();
    await second.close();
  });

  test('a process beside the server starts no second stand-in', async () => {
    const beside = await openRegistries({ settings, clock: systemClock, startStandIn: false });
    const { document, name } = standIn.population.at(3);
    expect((await beside.population.compare({ document, name })).outcome).toBe('unreachable');
    expect(await beside.population.check()).toMatchObject({ reachable: false, fault: 'not-started' });
    await beside.close();
  });

  test('a port that is taken is said at once', async () => {
    const taken = structuredClone(settings);
    taken.standIn.port = standIn.port;
    await expect(openRegistries({ settings: taken, clock: systemClock })).rejects.toThrow(/EADDRINUSE/);
  });
});
