/** Which old accounts are linked by themselves, which wait for a human, and that nothing else ever links. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PERSON_STATES, type PersonId } from '../../src/accounts/person.ts';
import {
  judge,
  type OldAccount,
  type RegisterWord,
  type StandingAccount,
} from '../../src/legacy/matching.ts';
import { matchNames } from '../../src/legacy/name-match.ts';

const id = '01900000-0000-7000-8000-000000000001' as PersonId;
const old: OldAccount = {
  number: 'valid',
  name: '扎西·顿珠',
  nameAtLimit: false,
  nameOfNobody: false,
  provable: true,
  deleted: false,
  otherNames: 0,
};
const standing: StandingAccount = { id, state: 'active', name: '扎西·顿珠' };

describe('an old account', () => {
  test.each<[string, Partial<OldAccount>, StandingAccount | undefined, RegisterWord, string, string]>([
    ['number and name agree', {}, standing, 'not-asked', 'same A', 'number-and-name-agree'],
    [
      'only the dot is missing',
      { name: '扎西顿珠' },
      standing,
      'not-asked',
      'same A',
      'number-and-name-agree',
    ],
    ['nobody stands there, the register agrees', {}, undefined, 'match', 'new A', 'register-agrees'],
    ['the register has not been asked', {}, undefined, 'not-asked', 'waiting A', 'register-not-asked'],
    ['the register is down', {}, undefined, 'unreachable', 'waiting A', 'register-unreachable'],
    ['the register says no', {}, undefined, 'mismatch', 'doubtful B', 'register-mismatch'],
    [
      'the name fills its column',
      { nameAtLimit: true },
      undefined,
      'mismatch',
      'doubtful B',
      'register-mismatch name-cut',
    ],
    ['the register knows no such number', {}, undefined, 'unknown', 'doubtful B', 'register-unknown'],
    ['the person has died', {}, undefined, 'deceased', 'doubtful B', 'person-deceased'],
    ['another name', { name: '达娃' }, standing, 'not-asked', 'doubtful B', 'name-differs'],
    ['a name cut short', { name: '扎西·顿' }, standing, 'not-asked', 'doubtful B', 'name-cut'],
    [
      'a name with a lost character',
      { name: '扎西?顿珠' },
      standing,
      'not-asked',
      'doubtful B',
      'name-damaged',
    ],
    ['no name', { name: undefined }, standing, 'match', 'doubtful B', 'name-absent'],
    ['an empty name', { name: '' }, undefined, 'match', 'doubtful B', 'name-absent'],
    ['an organisation’s name', { nameOfNobody: true }, undefined, 'match', 'doubtful B', 'name-of-nobody'],
    [
      'a clerk’s number on others’ rows',
      { otherNames: 3 },
      standing,
      'match',
      'doubtful B',
      'number-of-several-names',
    ],
    ['a frozen account', {}, { ...standing, state: 'frozen' }, 'match', 'doubtful B', 'account-frozen'],
    [
      'a deceased person’s account',
      {},
      { ...standing, state: 'deceased' },
      'match',
      'doubtful B',
      'person-deceased',
    ],
    [
      'no number, but a password',
      { number: 'absent' },
      undefined,
      'not-asked',
      'doubtful C',
      'number-absent',
    ],
    [
      'a number that Excel damaged',
      { number: 'damaged' },
      undefined,
      'not-asked',
      'doubtful C',
      'number-damaged',
    ],
    [
      'no number and no proof',
      { number: 'placeholder', provable: false },
      undefined,
      'match',
      'unusable D',
      'number-placeholder',
    ],
    ['deleted there', { deleted: true }, standing, 'match', 'unusable D', 'deleted-at-source'],
  ])('%s', (_what, change, account, said, outcome, reasons) => {
    const verdict = judge({ ...old, ...change }, account, said);
    expect(`${verdict.outcome} ${verdict.tier}`).toBe(outcome);
    expect(verdict.reasons.join(' ')).toBe(reasons);
  });

  const anyName = fc.constantFrom(
    undefined,
    '扎西·顿珠',
    '扎西顿珠',
    '扎西',
    '扎西?顿珠',
    '达娃',
    'TENZIN',
    '',
  );
  const anyOld: fc.Arbitrary<OldAccount> = fc.record({
    number: fc.constantFrom('valid', 'invalid', 'damaged', 'placeholder', 'absent'),
    name: anyName,
    nameAtLimit: fc.boolean(),
    nameOfNobody: fc.boolean(),
    provable: fc.boolean(),
    deleted: fc.boolean(),
    otherNames: fc.nat(3),
  });
  const anyStanding = fc.option(
    fc.record({
      id: fc.constant(id),
      state: fc.constantFrom(...PERSON_STATES),
      name: anyName.map((n) => n ?? '次仁'),
    }),
    { nil: undefined },
  );
  const anyWord = fc.constantFrom<RegisterWord>(
    'match',
    'mismatch',
    'unknown',
    'deceased',
    'unreachable',
    'not-asked',
  );

  test('is linked only where number and name agree, and opens an account only where the register agrees', () => {
    fc.assert(
      fc.property(anyOld, anyStanding, anyWord, (row, account, said) => {
        const verdict = judge(row, account, said);
        expect(verdict.reasons.length).toBeGreaterThan(0);
        const sound =
          row.number === 'valid' && !row.deleted && row.otherNames === 0 && !row.nameOfNobody && !!row.name;
        if (verdict.outcome === 'same') {
          expect(sound && account?.state === 'active').toBe(true);
          expect(matchNames(row.name!, account!.name)).toBe('same');
          expect(verdict.personId).toBe(account!.id);
        }
        if (verdict.outcome === 'new') expect(sound && !account && said === 'match').toBe(true);
        if (verdict.outcome === 'waiting') expect(sound && !account).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });
});

describe('two names of one number', () => {
  test.each([
    ['扎西·顿珠', '扎西顿珠', 'same'],
    ['扎西顿珠', '扎西', 'cut'],
    ['扎', '扎西顿珠', 'different'],
    ['扎西�珠', '扎西顿珠', 'damaged'],
    ['扎西？顿珠', '扎西·顿珠', 'damaged'],
    ['???', '扎西', 'different'],
    ['于敏', '於敏', 'different'],
    ['𠮷田', '吉田', 'different'],
    ['', '', 'different'],
    ['', '扎西', 'different'],
  ])('%s and %s are %s', (one, other, match) => {
    expect(matchNames(one, other)).toBe(match);
    expect(matchNames(other, one)).toBe(match);
  });

  test('match the same both ways, whatever they are', () => {
    const name = fc.string({ unit: fc.constantFrom('扎', '西', '·', '?', '𠮷', 'A'), maxLength: 6 });
    fc.assert(
      fc.property(name, name, (one, other) => {
        expect(matchNames(one, other)).toBe(matchNames(other, one));
      }),
    );
  });
});
