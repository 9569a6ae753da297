import { describe, expect, test } from 'vitest';
import {
  ACR_VALUES,
  aalOf,
  acrOf,
  type IdentityProof,
  identityLevelOf,
  parseAcr,
  satisfies,
} from '../../src/accounts/assurance.ts';

test('a pair is written as one acr value and read back', () => {
  expect(acrOf(3, 2)).toBe('urn:yihao:acr:1:ial3:aal2');
  expect(ACR_VALUES).toHaveLength(15);
  for (const acr of ACR_VALUES) {
    const { ial, aal } = parseAcr(acr)!;
    expect(acrOf(ial, aal)).toBe(acr);
  }
});

test.each(['', 'urn:yihao:acr:1:ial6:aal1', 'urn:yihao:acr:1:ial3:aal2 ', 'urn:yihao:acr:2:ial3:aal2', '3'])(
  '%j is no acr value of ours',
  (acr) => {
    expect(parseAcr(acr)).toBeUndefined();
    expect(satisfies(acr, acr)).toBe(false);
    expect(satisfies(acrOf(5, 3), acr)).toBe(false);
  },
);

test.each([
  [3, 2, 3, 2, true],
  [4, 3, 3, 2, true],
  [5, 1, 3, 2, false],
  [2, 3, 3, 2, false],
] as const)('ial%i aal%i reaches ial%i aal%i: %s', (ial, aal, wantedIal, wantedAal, reaches) => {
  expect(satisfies(acrOf(ial, aal), acrOf(wantedIal, wantedAal))).toBe(reaches);
});

describe('authentication level', () => {
  test.each([
    [[], 1],
    [['pwd'], 1],
    [['sms'], 1],
    [['pwd', 'pin'], 1],
    [['sms', 'otp'], 1],
    [['pwd', 'kba'], 1],
    [['hwk'], 1],
    [['pwd', 'sms'], 2],
    [['pwd', 'otp'], 2],
    [['face', 'sms'], 2],
    [['mfa'], 2],
    [['pwd', 'hwk'], 3],
    [['sc', 'pin'], 3],
    [['something-new', 'pwd'], 1],
  ])('%j is level %i', (amr, level) => {
    expect(aalOf(amr)).toBe(level);
  });
});

test.each<[IdentityProof[], number]>([
  [[], 1],
  [['phone'], 1],
  [['phone', 'number-typed'], 2],
  [['register-match'], 2],
  [['register-match', 'phone'], 3],
  [['live-face'], 4],
  [['chip-and-face', 'phone'], 4],
  [['counter'], 5],
  [['certificate', 'phone'], 5],
])('%j adds up to identity level %i', (proofs, level) => {
  expect(identityLevelOf(proofs)).toBe(level);
});
