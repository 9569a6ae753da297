import { describe, expect, test } from 'vitest';
import {
  ageOn,
  completeDraft,
  nextRegistrationStep,
  readIdentity,
} from '../../src/interactions/registration/draft.ts';

const today = new Date('2026-11-23T04:00:00Z');
const typed = {
  documentType: 'citizen-number',
  documentNumber: '54019919000101001x',
  country: '',
  name: '卓玛・次仁',
  tibetanName: '',
  acceptsNotice: true,
};

describe('the identity form', () => {
  test('what was typed becomes a person in the form it is stored in', () => {
    expect(readIdentity(typed, today)).toEqual({
      ok: true,
      value: {
        document: { type: 'citizen-number', number: '54019919000101001X' },
        name: '卓玛·次仁',
        gender: 'male',
        birthdate: '1900-01-01',
      },
    });
  });

  test('all faults are told at once, each at its field', () => {
    const read = readIdentity(
      { ...typed, documentNumber: '540199190001010010', name: '', tibetanName: 'abc', acceptsNotice: false },
      today,
    );
    expect(read.ok).toBe(false);
    if (!read.ok) {
      expect(read.failures.map(({ code, field }) => [code, field])).toEqual([
        ['document-check-digit', 'document_number'],
        ['name-empty', 'name'],
        ['name-tibetan-character', 'tibetan_name'],
        ['notice-not-accepted', 'accept_notice'],
      ]);
    }
  });

  test('a foreign passport needs its country, a document needs its kind', () => {
    const failuresOf = (more: object) => {
      const read = readIdentity({ ...typed, name: 'TASHI TENZIN', ...more }, today);
      return read.ok ? [] : read.failures.map(({ code }) => code);
    };
    expect(failuresOf({ documentType: 'foreign-passport', documentNumber: 'A1234567' })).toEqual([
      'document-country',
    ]);
    expect(
      failuresOf({ documentType: 'foreign-passport', documentNumber: 'A1234567', country: 'npl' }),
    ).toEqual([]);
    expect(failuresOf({ documentType: '' })).toEqual(['document-type']);
    expect(failuresOf({ documentType: 'toString' })).toEqual(['document-type']);
  });
});

describe('the steps', () => {
  const identity = {
    documentType: 'citizen-number',
    documentNumber: '54019919000101001X',
    name: '卓玛',
    notice: { version: '1', at: '' },
  };
  test.each([
    [{}, 'identity'],
    [{ ...identity, notice: undefined }, 'identity'],
    [identity, 'phone'],
    [{ ...identity, phone: '13800000000' }, 'phone'],
    [{ ...identity, phone: '13800000000', phoneProvenAt: today.toISOString() }, 'password'],
    [
      {
        ...identity,
        phone: '13800000000',
        phoneProvenAt: today.toISOString(),
        password: { hash: 'h', pepper: 'p' },
      },
      'check',
    ],
  ])('%j leads to %s', (note, step) => {
    expect(nextRegistrationStep(note as never)).toBe(step);
  });

  test('an account is opened from a whole draft only', () => {
    expect(completeDraft(identity, today)).toMatchObject({
      ok: false,
      failure: { code: 'registration-incomplete' },
    });
  });
});

test.each([
  ['2012-11-23', 14],
  ['2012-11-24', 13],
  ['2012-12-01', 13],
  ['2012-02-29', 14],
  ['1900-01-01', 126],
])('somebody born on %s is %i on 23 November 2026', (birthdate, age) => {
  expect(ageOn(birthdate, today)).toBe(age);
});

test('the day is China’s: late at night in UTC it is tomorrow there', () => {
  expect(ageOn('2012-11-24', new Date('2026-11-23T17:00:00Z'))).toBe(14);
});
