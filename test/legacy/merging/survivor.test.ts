/** The rule by which one of two accounts survives. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PersonId } from '../../../src/accounts/person.ts';
import { type Candidate, chooseSurvivor } from '../../../src/legacy/merging/survivor.ts';

const at = (day: number) => new Date(Date.UTC(2026, 0, day));
const one = (change: Partial<Candidate> = {}): Candidate => ({
  ...{ id: 'one' as PersonId, state: 'active', identityLevel: 2, registerSaid: 'match', credentials: 1 },
  createdAt: at(9),
  ...change,
});
const other = (change: Partial<Candidate> = {}) => one({ id: 'other' as PersonId, ...change });

describe('of two accounts survives', () => {
  test.each<[string, Partial<Candidate>, Partial<Candidate>]>([
    ['the one in use, though the closed one is of a higher level', {}, { state: 'closed', identityLevel: 4 }],
    ['whose number the register agrees to', {}, { registerSaid: 'unknown', identityLevel: 4 }],
    [
      'whose number the register was not asked about',
      { registerSaid: undefined },
      { registerSaid: 'mismatch' },
    ],
    ['the one of the higher level', { identityLevel: 3 }, { credentials: 2 }],
    ['the one with more ways to sign in', { credentials: 2 }, { createdAt: at(1) }],
    ['the older one', { createdAt: at(1) }, {}],
  ])('%s', (_why, winner, loser) => {
    const choice = chooseSurvivor(one(winner), other(loser));
    expect(choice).toMatchObject({ allowed: true, survivor: 'one', absorbed: 'other' });
    expect(chooseSurvivor(other(loser), one(winner))).toEqual(choice);
  });

  test.each([
    ['merge-merged', 'merged', 'active'],
    ['merge-merged', 'frozen', 'merged'],
    ['merge-stopped', 'frozen', 'active'],
    ['merge-stopped', 'active', 'deceased'],
    ['merge-stopped', 'closed', 'frozen'],
    ['merge-closed', 'closed', 'closed'],
  ] as const)('none: %s (%s, %s)', (refusal, first, second) => {
    expect(chooseSurvivor(one({ state: first }), other({ state: second }))).toEqual({
      allowed: false,
      refusal,
    });
  });

  const candidate = (id: string) =>
    fc.record({
      id: fc.constant(id as PersonId),
      state: fc.constantFrom<Candidate['state']>('active', 'frozen', 'closed', 'deceased', 'merged'),
      identityLevel: fc.constantFrom<Candidate['identityLevel']>(1, 2, 3, 4),
      registerSaid: fc.constantFrom<Candidate['registerSaid']>('match', 'mismatch', 'unknown', undefined),
      credentials: fc.nat(2),
      createdAt: fc.integer({ min: 1, max: 3 }).map(at),
    });

  test('always the same one, whichever is named first, and never one that cannot be used', () => {
    fc.assert(
      fc.property(candidate('one'), candidate('other'), (a, b) => {
        const choice = chooseSurvivor(a, b);
        expect(chooseSurvivor(b, a)).toEqual(choice);
        if (choice.allowed) expect((choice.survivor === a.id ? a : b).state).toBe('active');
      }),
    );
  });
});
