/** What an organisation is: kinds by its code, and when two names are one. The vectors are in organisation-number.test.ts. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kindOfCode } from '../../src/accounts/organisation-kind.ts';
import {
  normaliseOrganisationName,
  organisationNameKey,
  sameOrganisationName,
} from '../../src/accounts/organisation-name.ts';
import {
  codeInside,
  parseCreditCode,
  parseOrganisationCode,
} from '../../src/accounts/organisation-number.ts';
import { creditCode } from './organisation-codes.ts';

test.each([
  ['91540199X99900016N', 'enterprise'],
  ['92540199X99900024E', 'individual-business'],
  ['93542599X99900032K', 'farmer-cooperative'],
  ['11540000X99900040W', 'organ'],
  ['12540000X99900059N', 'institution'],
  ['51540000X99900112H', 'social-group'],
  ['52540000X99900067D', 'private-non-enterprise'],
  ['72540000X99900147Y', 'religious-school'],
  ['81540000X99900155U', 'trade-union'],
  ['31540000X99900139B', 'law-firm'],
  ['N2540199X999000759', 'village-collective'],
  ['A1540000X999000831', 'military'],
  ['Y1540000X999000917', 'other'],
  ['97540199X999000164', 'undefined-kind'],
  ['G1540199X99900016F', 'undefined-kind'],
  ['', 'undefined-kind'],
  ['__proto__', 'undefined-kind'],
])('%s is of the kind %s', (code, kind) => {
  expect(kindOfCode(code)).toBe(kind);
});

test('inside every credit code stands an organisation code', () => {
  fc.assert(
    fc.property(fc.nat(9_999_999), fc.constantFrom('91540199', '12540000', 'N2540199'), (n, head) => {
      const code = creditCode(n, head);
      expect(parseCreditCode(code)).toMatchObject({ ok: true, value: { number: code } });
      expect(parseOrganisationCode(codeInside(code)).ok).toBe(true);
    }),
  );
});

describe('names', () => {
  test.each([
    ['西藏扎西商贸有限公司', '西藏扎西商贸有限公司'],
    [' 西藏扎西 商贸\u3000有限公司 ', '西藏扎西商贸有限公司'],
    ['西藏扎西(拉萨)商贸有限公司', '西藏扎西（拉萨）商贸有限公司'],
    ['西藏扎西（ 拉萨 ）商贸有限公司\u200B', '西藏扎西（拉萨）商贸有限公司'],
    ['ＡＢＣ西藏 有限公司', 'ABC西藏有限公司'],
    ['Himalaya  Trading (Tibet) Co., Ltd.', 'Himalaya Trading (Tibet) Co., Ltd.'],
    ['哲蚌寺', '哲蚌寺'],
    ['བཀྲ་ཤིས་ཚོང་ཁང་།', 'བཀྲ་ཤིས་ཚོང་ཁང་།'],
  ])('%j is stored as %j', (raw, name) => {
    expect(normaliseOrganisationName(raw)).toEqual({ ok: true, value: name });
    expect(sameOrganisationName(raw, name)).toBe(true);
    expect(normaliseOrganisationName(name)).toEqual({ ok: true, value: name });
  });

  test.each(['', '  ', '---', '１２３', 'x'.repeat(201), '公'.repeat(5_000), '公司\u0007'])(
    'is refused: %#',
    (raw) => {
      expect(normaliseOrganisationName(raw)).toMatchObject({ failure: { code: 'organisation-name' } });
    },
  );

  test.each([
    ['西藏扎西商贸有限公司', '西藏扎西商贸有限公司拉萨分公司'],
    ['西藏扎西商贸有限公司', '西藏札西商贸有限公司'],
    ['西藏扎西商贸有限公司', '西藏扎西商贸有限责任公司'],
    ['abc公司', 'ABC公司'],
    ['扎西[拉萨]公司', '扎西(拉萨)公司'],
  ])('%s is not %s', (one, other) => {
    expect(sameOrganisationName(one, other)).toBe(false);
  });

  test('the stored form never changes which names are the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (raw) => {
        const stored = normaliseOrganisationName(raw);
        if (stored.ok) expect(organisationNameKey(stored.value)).toBe(organisationNameKey(raw));
      }),
      { numRuns: 2_000 },
    );
  });
});
