/** Protocol words become plain words, and of several levels asked for the nearest is aimed at. */
import { describe, expect, test } from 'vitest';
import { SCOPE_CLAIMS } from '../../src/clients/client.ts';
import { claimsInWords } from '../../src/interactions/claims-in-words.ts';
import { wantedAssurance } from '../../src/interactions/facts.ts';

test('every claim that an application may get has words of its own; none is shown by its protocol name', () => {
  const said = claimsInWords((key) => key, Object.values(SCOPE_CLAIMS).flat());
  expect(said).not.toContain('interactions.claims.other');
  expect(said.length).toBeGreaterThan(5);
});

test('claims that belong together are one line, and an unknown one is named as it is', () => {
  const t = (key: string, params?: object) => `${key}${params ? JSON.stringify(params) : ''}`;
  const claims = ['phone_number', 'phone_number_verified', 'id_number', 'id_number_type', 'sub', 'toString'];
  expect(claimsInWords(t, claims)).toEqual([
    'interactions.claims.phone_number',
    'interactions.claims.id_number',
    'interactions.claims.other{"name":"toString"}',
  ]);
});

describe('of several levels an application accepts, the one the person comes closest to is aimed at', () => {
  const acr = (ial: number, aal: number) => `urn:yihao:acr:1:ial${ial}:aal${aal}`;
  const have = { identity: 3, authentication: 1, amr: ['pwd'], hasPassword: true, hasPhone: true };
  test.each([
    [
      { anyOf: [acr(4, 1), acr(3, 2)], least: undefined },
      { identity: 3, authentication: 2 },
    ],
    [
      { anyOf: [acr(5, 1)], least: undefined },
      { identity: 5, authentication: 1 },
    ],
    [
      { anyOf: [], least: acr(3, 2) },
      { identity: 3, authentication: 2 },
    ],
    [
      { anyOf: [acr(2, 1)], least: acr(3, 2) },
      { identity: 3, authentication: 2 },
    ],
  ])('%j', (wanted, aim) => {
    expect(wantedAssurance({ ...wanted, have: undefined, impossible: false }, have)).toEqual(aim);
  });

  test('an essential wish that nobody here understands cannot be reached', () => {
    const acrAsked = { anyOf: [], least: undefined, have: undefined, impossible: true };
    expect(wantedAssurance(acrAsked, have)?.authentication).toBeGreaterThan(3);
  });
});
