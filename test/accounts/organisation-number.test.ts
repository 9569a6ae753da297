import { describe, expect, test } from 'vitest';
import { parseDocument } from '../../src/accounts/id-number.ts';
import {
  parseCreditCode,
  parseOrganisationCode,
  parseRegistrationNumber,
} from '../../src/accounts/organisation-number.ts';

const codeOf = (outcome: ReturnType<typeof parseCreditCode>) => (outcome.ok ? 'ok' : outcome.failure.code);

describe('unified social credit codes', () => {
  test.each([
    ['91540199X99900016N', 'enterprise'],
    ['92540199X99900024E', 'individual business'],
    ['93542599X99900032K', 'cooperative'],
    ['11540000X99900040W', 'organ, inner check 0'],
    ['12540000X99900059N', 'institution'],
    ['51540000X99900112H', 'social group'],
    ['52540000X99900067D', 'private non-enterprise'],
    ['72540000X99900147Y', 'religious school, last character Y'],
    ['81540000X99900155U', 'trade union'],
    ['31540000X99900139B', 'law firm'],
    ['N2540199X999000759', 'village collective'],
    ['A1540000X999000831', 'military'],
    ['Y1540000X999000917', 'other'],
    ['91100000X999001047', 'national authority'],
    ['91540091X999001202', 'development zone'],
    ['91540199X999001120', 'check 0, which needs the outer modulo'],
    ['91540199X9990018XT', 'inner check X'],
    ['91540199X99900411X', 'last character X'],
    ['91540199x99900016n', 'small letters'],
  ])('%s is accepted (%s)', (raw) => {
    expect(parseCreditCode(raw)).toEqual({ ok: true, value: { number: raw.toUpperCase(), warnings: [] } });
  });

  test.each([
    ['97540199X999000164', 'kind 7 is not defined'],
    ['G1540199X99900016F', 'department G is not defined'],
  ])('%s is accepted with a warning (%s)', (raw) => {
    expect(parseCreditCode(raw)).toEqual({ ok: true, value: { number: raw, warnings: ['kind-undefined'] } });
  });

  test.each([
    ['91540199X99900016P', 'organisation-check-digit', 'wrong check'],
    ['91540199X99900017R', 'organisation-check-digit', 'outer check right, inner wrong'],
    ['915401999X9900016N', 'organisation-check-digit', 'transposed'],
    ['9154O199X99900016N', 'organisation-character', 'letter O'],
    ['91540199X99900016', 'organisation-length', 'too short'],
  ])('%s is refused with %s (%s)', (raw, code) => {
    expect(codeOf(parseCreditCode(raw))).toBe(code);
  });
});

describe('organisation codes', () => {
  test.each(['123456788', '54000001X', 'X99900040', 'AB12CD34X', 'MA0000007', 'ZZZZ00016', 'MA000000-7'])(
    '%s is accepted',
    (raw) => {
      expect(codeOf(parseOrganisationCode(raw))).toBe('ok');
    },
  );

  test.each([
    ['X99900017', 'organisation-check-digit'],
    ['X9990001', 'organisation-length'],
  ])('%s is refused with %s', (raw, code) => {
    expect(codeOf(parseOrganisationCode(raw))).toBe(code);
  });

  test('a code with a letter outside the credit code’s alphabet cannot sit inside one', () => {
    expect(codeOf(parseOrganisationCode('ZZZZ00016'))).toBe('ok');
    expect(codeOf(parseCreditCode('91540199ZZZZ000161'))).toBe('organisation-character');
  });
});

describe('business registration numbers', () => {
  test.each([
    '540199000000015',
    '540199400000014',
    '540199600000016',
    '542599000000026',
    '100000000000014',
    '540199000000040',
  ])('%s is accepted', (raw) => {
    expect(parseRegistrationNumber(raw)).toEqual({ ok: true, value: { number: raw, warnings: [] } });
  });

  test('thirteen digits from before 2007 are accepted unverified', () => {
    expect(parseRegistrationNumber('5401990000000')).toMatchObject({ value: { warnings: ['unverified'] } });
  });

  test.each([
    ['540199000000016', 'organisation-check-digit'],
    ['540199000000051', 'organisation-check-digit'],
    ['54019900000001X', 'organisation-character'],
    ['54019900000001', 'organisation-length'],
  ])('%s is refused with %s', (raw, code) => {
    expect(codeOf(parseRegistrationNumber(raw))).toBe(code);
  });
});

describe('one string, two meanings: only the chosen type decides', () => {
  const today = new Date('2026-11-23T04:00:00Z');

  test.each([
    ['915400190001012072', 'foreigner-permanent-residence', parseCreditCode],
    ['519900190001010559', 'citizen-number', parseCreditCode],
    ['E00000010', 'prc-passport', parseOrganisationCode],
  ] as const)('%s is a %s and also an organisation’s number', (raw, type, parseOther) => {
    expect(parseDocument(type, raw, today).ok).toBe(true);
    expect(parseOther(raw).ok).toBe(true);
  });

  test('540199000101003 is a registration number and, in migration, a citizen number', () => {
    expect(parseRegistrationNumber('540199000101003').ok).toBe(true);
    expect(parseDocument('citizen-number', '540199000101003', today)).toMatchObject({
      failure: { code: 'document-fifteen' },
    });
  });
});
