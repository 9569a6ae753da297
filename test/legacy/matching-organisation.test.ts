/** What becomes of an organisation's old account: the whole table, and what never happens whatever the data says. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OrganisationId } from '../../src/accounts/organisation.ts';
import {
  judgeOrganisation,
  type OldOrganisationFacts,
  type OrganisationWord,
  type StandingFacts,
} from '../../src/legacy/matching-organisation.ts';

const NAME = '西藏雪莲（拉萨）商贸有限公司';
const old: OldOrganisationFacts = {
  ...{ number: 'valid', name: NAME, nameDamaged: false, nameAtLimit: false },
  ...{ deleted: false, otherNames: 0, codesDisagree: false },
};
const id = 'o' as OrganisationId;
const there: StandingFacts = { id, state: 'active', name: NAME, by: 'code' };

describe.each<
  [string, Partial<OldOrganisationFacts>, Partial<StandingFacts> | undefined, OrganisationWord, string]
>([
  ['number and name agree', {}, {}, 'not-asked', 'same A number-and-name-agree'],
  [
    'brackets and spaces',
    { name: '西藏雪莲(拉萨) 商贸有限公司' },
    {},
    'not-asked',
    'same A number-and-name-agree',
  ],
  ['found by an old number', {}, { by: 'alias' }, 'not-asked', 'same A number-and-name-agree'],
  ['an old number, another name', { name: '别的公司' }, { by: 'alias' }, 'match', 'doubtful B name-differs'],
  ['another name', { name: '别的公司' }, {}, 'match', 'doubtful B name-differs'],
  ['a branch is not the company', { name: `${NAME}山南分公司` }, {}, 'match', 'doubtful B name-differs'],
  [
    'the beginning of a name in a narrow column',
    { name: '西藏雪莲（拉', nameAtLimit: true },
    {},
    'match',
    'doubtful B name-cut',
  ],
  [
    'a name with lost characters',
    { name: '西藏?莲', nameDamaged: true },
    {},
    'match',
    'doubtful B name-damaged',
  ],
  ['no name', { name: undefined }, {}, 'match', 'doubtful B name-absent'],
  [
    'another code around the same organisation code',
    {},
    { by: 'inside' },
    'match',
    'doubtful B code-of-another',
  ],
  ['closed here', {}, { state: 'closed' }, 'match', 'doubtful B organisation-closed'],
  ['two numbers of two', { codesDisagree: true }, {}, 'match', 'doubtful B codes-disagree'],
  ['several names', { otherNames: 1 }, {}, 'match', 'doubtful B number-of-several-names'],
  ['new', {}, undefined, 'match', 'new A register-agrees'],
  ['new, several names', { otherNames: 2 }, undefined, 'match', 'doubtful B number-of-several-names'],
  ['new, no name', { name: undefined }, undefined, 'match', 'doubtful B name-absent'],
  ['silent register', {}, undefined, 'unreachable', 'waiting A register-unreachable'],
  ['not asked yet', {}, undefined, 'not-asked', 'waiting A register-not-asked'],
  ['register disagrees', {}, undefined, 'mismatch', 'doubtful B register-mismatch'],
  ['an organ', {}, undefined, 'unknown', 'doubtful B register-unknown'],
  ['nobody had that number', {}, undefined, 'unresolved', 'doubtful B number-unresolved'],
  ['dissolved', {}, undefined, 'dissolved', 'doubtful B organisation-dissolved'],
  ['revoked', {}, undefined, 'revoked', 'doubtful B organisation-revoked'],
  ['no number', { number: 'absent' }, undefined, 'match', 'unusable D number-absent'],
  ['a wrong number', { number: 'invalid' }, undefined, 'match', 'unusable D number-invalid'],
  ['a damaged number', { number: 'damaged' }, undefined, 'match', 'unusable D number-damaged'],
  ['a placeholder', { number: 'placeholder' }, undefined, 'match', 'unusable D number-placeholder'],
  ['deleted there', { deleted: true }, {}, 'match', 'unusable D deleted-at-source'],
])('%s', (_what, change, standing, said, expected) => {
  test(`is ${expected}`, () => {
    const verdict = judgeOrganisation({ ...old, ...change }, standing && { ...there, ...standing }, said);
    expect(`${verdict.outcome} ${verdict.tier} ${verdict.reasons.join(' ')}`).toBe(expected);
  });
});

test('every combination has an answer with a reason; without a valid number nothing is ever linked or opened', () => {
  const anyName = fc.constantFrom(undefined, '', NAME, '别的公司');
  const facts: fc.Arbitrary<OldOrganisationFacts> = fc.record({
    number: fc.constantFrom('valid', 'invalid', 'damaged', 'placeholder', 'absent'),
    name: anyName,
    ...{ nameDamaged: fc.boolean(), nameAtLimit: fc.boolean(), deleted: fc.boolean() },
    ...{ otherNames: fc.nat(2), codesDisagree: fc.boolean() },
  });
  const standing = fc.option(
    fc.record<StandingFacts>({
      id: fc.constant(id),
      state: fc.constantFrom('active', 'closed'),
      name: fc.constant(NAME),
      by: fc.constantFrom('code', 'alias', 'inside'),
    }),
    { nil: undefined },
  );
  const word = fc.constantFrom<OrganisationWord>(
    ...([
      'match',
      'mismatch',
      'unknown',
      'unresolved',
      'revoked',
      'dissolved',
      'unreachable',
      'not-asked',
    ] as const),
  );
  fc.assert(
    fc.property(facts, standing, word, (given, one, said) => {
      const verdict = judgeOrganisation(given, one, said);
      expect(verdict.reasons.length).toBeGreaterThan(0);
      if (verdict.outcome === 'same')
        expect([given.number, given.name, one?.state, given.codesDisagree]).toEqual([
          'valid',
          NAME,
          'active',
          false,
        ]);
      if (verdict.outcome === 'new') expect([given.number, said, one]).toEqual(['valid', 'match', undefined]);
      if (given.number !== 'valid' || given.deleted) expect(verdict.outcome).toBe('unusable');
    }),
    { numRuns: 5_000 },
  );
});
