/** Both argon2 libraries must be interchangeable: what one writes the other reads, at the same cost. */
import { describe, expect, test } from 'vitest';
import {
  type EngineName,
  isOutdated,
  loadHashEngine,
  parametersOf,
  workOf,
} from '../../src/credentials/hash-engine.ts';
import { hashSettings } from '../../src/credentials/settings.ts';

const floor = { memoryKib: 19_456, passes: 2, lanes: 1 };
const input = 'ABEiM0RVZneImaq7zN3u_wARIjNEVWZ3iJmqu8zd7v8';
const other = 'ABEiM0RVZneImaq7zN3u_wARIjNEVWZ3iJmqu8zd7v9';
const engines: EngineName[] = ['node-rs', 'argon2'];

describe.each(engines)('the hash engine %s', (name) => {
  test('is the one that was asked for', async () => {
    expect((await loadHashEngine(name)).name).toBe(name);
  });

  test('writes a PHC string of argon2id, version 1.3, with the parameters asked for', async () => {
    const engine = await loadHashEngine(name);
    const phc = await engine.hash(input, floor);
    expect(phc).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(parametersOf(phc)).toEqual(floor);
  });

  test('accepts what it was made from and nothing else', async () => {
    const engine = await loadHashEngine(name);
    const phc = await engine.hash(input, floor);
    expect(await engine.verify(phc, input)).toBe(true);
    expect(await engine.verify(phc, other)).toBe(false);
  });

  test('salts: the same input never gives the same string', async () => {
    const engine = await loadHashEngine(name);
    const cheap = { memoryKib: 64, passes: 1, lanes: 1 };
    expect(await engine.hash(input, cheap)).not.toBe(await engine.hash(input, cheap));
  });

  test.each(engines)('reads what %s wrote, also with more lanes', async (writer) => {
    const engine = await loadHashEngine(name);
    const phc = await (await loadHashEngine(writer)).hash(input, { memoryKib: 32_768, passes: 3, lanes: 2 });
    expect(await engine.verify(phc, input)).toBe(true);
    expect(await engine.verify(phc, other)).toBe(false);
  });

  test('throws on what is no PHC string, so that damage is noticed', async () => {
    const engine = await loadHashEngine(name);
    await expect(engine.verify('e10adc3949ba59abbe56e057f20f883e', input)).rejects.toThrow();
  });
});

test('both accept what the reference program wrote', async () => {
  // echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -l 24
  const phc = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  for (const name of engines) {
    expect(await (await loadHashEngine(name)).verify(phc, 'password')).toBe(true);
  }
});

test('a hash is outdated when memory or passes rose, or when it is no argon2id 1.3; never when it is stronger', () => {
  const phc = (memory: number, passes: number) => `$argon2id$v=19$m=${memory},t=${passes},p=1$c2FsdA$aGFzaA`;
  expect(isOutdated(phc(19_456, 2), floor)).toBe(false);
  expect(isOutdated(phc(19_455, 2), floor)).toBe(true);
  expect(isOutdated(phc(65_536, 1), floor)).toBe(true);
  expect(isOutdated(phc(65_536, 4), floor)).toBe(false);
  expect(isOutdated('$argon2i$v=19$m=65536,t=4,p=1$c2FsdA$aGFzaA', floor)).toBe(true);
  expect(isOutdated('$argon2id$v=16$m=65536,t=4,p=1$c2FsdA$aGFzaA', floor)).toBe(true);
  expect(workOf(floor)).toBe(38_912);
});

test('settings may ask for more than the floor and never for less', () => {
  expect(hashSettings.safeParse({ memoryKib: 65_536, passes: 3 }).success).toBe(true);
  expect(hashSettings.safeParse({ memoryKib: 19_455 }).success).toBe(false);
  expect(hashSettings.safeParse({ passes: 1 }).success).toBe(false);
  expect(hashSettings.safeParse({ lanes: 0 }).success).toBe(false);
});
