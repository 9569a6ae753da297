/** The rules of comparing that need no register. */
import { expect, test } from 'vitest';
import type { PersonId } from '../../src/accounts/person.ts';
import { comparePopulation } from '../../src/registries/population.ts';
import {
  evidenceOf,
  nameVariants,
  needsComparison,
  type Outcome4,
  type RegisterAnswer,
  type Subject,
} from '../../src/registries/registry.ts';
import { registriesProductionFaults, registriesSettings } from '../../src/registries/settings.ts';

const now = new Date('2026-11-20T08:00:00Z');
const daysAgo = (days: number) => new Date(now.getTime() - days * 24 * 3_600_000);
const age = { maxAgeDays: 180, retryHours: 24 };
const document = { type: 'citizen-number', number: '540199190001010028' } as const;

/** A register that answers from a list and remembers what it was asked. */
function scripted(answers: RegisterAnswer[], slowMs = 0) {
  const asked: { name: string; within: number }[] = [];
  const compare = comparePopulation({
    ask: async ({ name }: Subject, within) => {
      asked.push({ name, within });
      await new Promise((resolve) => setTimeout(resolve, slowMs));
      return answers.shift()!;
    },
    source: 'population-register',
    deadlineMs: 3_000,
    clock: { now: () => now },
  });
  return { asked, compare };
}

test('a name without a dot is asked once, as it is', () => {
  for (const name of ['扎西', '旺', '王𬀩', "O'BRIEN LIAM", '于']) expect(nameVariants(name)).toEqual([name]);
});

test('a dotted name is asked as given, then with U+00B7, then without the dot', () => {
  expect(nameVariants('扎西·顿珠')).toEqual(['扎西·顿珠', '扎西顿珠']);
  expect(nameVariants('扎西•顿珠')).toEqual(['扎西•顿珠', '扎西·顿珠', '扎西顿珠']);
  expect(nameVariants('白玛・洛桑．旺堆')).toEqual(['白玛・洛桑．旺堆', '白玛·洛桑·旺堆', '白玛洛桑旺堆']);
});

test('only a mismatch is worth another spelling; every other answer ends the asking', async () => {
  for (const outcome of ['match', 'unknown', 'unreachable'] as Outcome4[]) {
    const register = scripted([{ outcome, reference: 'T1' }]);
    const comparison = await register.compare({ document, name: '扎西•顿珠' });
    expect(comparison.outcome).toBe(outcome);
    expect(register.asked).toHaveLength(1);
  }
});

test('a match under the second spelling is a match, and all spellings share one deadline', async () => {
  const register = scripted(
    [
      { outcome: 'mismatch', reference: 'T1' },
      { outcome: 'match', status: 'alive', reference: 'T2' },
    ],
    50,
  );
  const comparison = await register.compare({ document, name: '扎西·顿珠' });
  expect(comparison).toEqual({
    outcome: 'match',
    status: 'alive',
    source: 'population-register',
    reference: 'T2',
    at: now,
  });
  expect(register.asked[1]!.within).toBeLessThanOrEqual(register.asked[0]!.within - 45);
});

test('a register that stops answering between two spellings is unreachable, not a mismatch', async () => {
  const register = scripted([
    { outcome: 'mismatch', reference: 'T1' },
    { outcome: 'unreachable', reference: 'Q2' },
  ]);
  expect((await register.compare({ document, name: '扎西·顿珠' })).outcome).toBe('unreachable');
});

test('a mismatch tells neither which factor failed nor whether the holder lives', async () => {
  const register = scripted([{ outcome: 'mismatch', status: 'deceased', reference: 'T1' }]);
  expect(await register.compare({ document, name: '扎西' })).toEqual({
    outcome: 'mismatch',
    source: 'population-register',
    reference: 'T1',
    at: now,
  });
});

test('who was never compared, or matched long ago, is compared again', () => {
  expect(needsComparison(undefined, age, now)).toBe(true);
  expect(needsComparison({ outcome: 'match', at: daysAgo(179) }, age, now)).toBe(false);
  expect(needsComparison({ outcome: 'match', at: daysAgo(180) }, age, now)).toBe(true);
});

test('after any other outcome the register is asked again the next day, not at every sign-in', () => {
  for (const outcome of ['mismatch', 'unknown', 'unreachable'] as const) {
    expect(needsComparison({ outcome, at: daysAgo(0.9) }, age, now)).toBe(false);
    expect(needsComparison({ outcome, at: daysAgo(1) }, age, now)).toBe(true);
  }
});

test('evidence from the future is not relied upon, beyond what clocks differ', () => {
  expect(needsComparison({ outcome: 'match', at: daysAgo(-0.01) }, age, now)).toBe(false);
  expect(needsComparison({ outcome: 'match', at: daysAgo(-1) }, age, now)).toBe(true);
});

test('evidence keeps source, outcome, reference, time and status, and no name or number', () => {
  const comparison = {
    outcome: 'match',
    status: 'deceased',
    source: 'population-register',
    reference: 'T9',
    at: now,
  } as const;
  const kept = evidenceOf('p1' as PersonId, comparison);
  expect(kept).toEqual({
    personId: 'p1',
    source: 'population-register',
    outcome: 'match',
    reference: 'T9',
    at: now,
    detail: { status: 'deceased' },
  });
});

test('trial needs no setting; production refuses the stand-in', () => {
  const trial = registriesSettings.parse(undefined);
  expect(trial.population.kind).toBe('stand-in');
  expect(registriesProductionFaults(trial)).toEqual([
    {
      setting: 'registries.population.kind',
      right: 'must be http: production compares with a real register',
    },
  ]);
});

test('production names every fault of a register at once and never a value', () => {
  const settings = registriesSettings.parse({
    population: {
      kind: 'http',
      url: 'http://register.example/v1',
      secret: 'sample-secret-of-the-documentation-0001',
      attemptMs: 5_000,
    },
  });
  const faults = registriesProductionFaults(settings);
  expect(faults.map((fault) => fault.setting)).toEqual([
    'registries.population.attemptMs',
    'registries.population.url',
    'registries.population.allowedHosts',
    'registries.population.secret',
  ]);
  expect(JSON.stringify(faults)).not.toContain('0001');
  const good = registriesSettings.parse({
    population: {
      kind: 'http',
      url: 'https://register.example/v1',
      allowedHosts: 'register.example',
      secret: 'q4Hn8Ys1Bk6Jx3Ud9Wm2Ev7Tc5Rg0Zf4p',
    },
  });
  expect(registriesProductionFaults(good)).toEqual([]);
  const elsewhere = { ...good, population: { ...good.population, url: 'https://elsewhere.example/v1' } };
  expect(registriesProductionFaults(elsewhere).map((fault) => fault.setting)).toEqual([
    'registries.population.allowedHosts',
  ]);
});
