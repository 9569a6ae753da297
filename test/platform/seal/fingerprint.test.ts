import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeFingerprinter } from '../../../src/platform/seal/fingerprint.ts';
import { generateKeyring, parseKeyring } from '../../../src/platform/seal/keyring.ts';
import { sampleKeyring } from '../../../src/platform/seal/sample-keys.ts';

const ring = parseKeyring(sampleKeyring());
const newer = parseKeyring(sampleKeyring(2));

describe.each(['aes', 'sm'] as const)('fingerprints of suite %s', (suite) => {
  const fingerprinter = makeFingerprinter(ring, suite);

  test('equal values are equal, different values or domains are not', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.string(),
        fc.string(),
        (domain, value, otherDomain, otherValue) => {
          const one = fingerprinter.fingerprint(domain, value);
          expect(one).toHaveLength(32);
          expect(fingerprinter.fingerprint(domain, value)).toEqual(one);
          if (domain !== otherDomain || value !== otherValue) {
            expect(fingerprinter.fingerprint(otherDomain, otherValue)).not.toEqual(one);
          }
        },
      ),
    );
  });

  test('domain and value cannot flow into each other', () => {
    expect(fingerprinter.fingerprint('ab', 'c')).not.toEqual(fingerprinter.fingerprint('a', 'bc'));
  });

  test('all keys are covered, the current one first, the other suite too', () => {
    const later = makeFingerprinter(newer, suite);
    const all = later.all('phone', '13800000000');
    expect(all).toHaveLength(4);
    expect(all[0]).toEqual(later.fingerprint('phone', '13800000000'));
    expect(all).toContainEqual(fingerprinter.fingerprint('phone', '13800000000'));
    const other = makeFingerprinter(ring, suite === 'aes' ? 'sm' : 'aes');
    expect(all).toContainEqual(other.fingerprint('phone', '13800000000'));
    expect(later.keyed('phone', '13800000000').map((each) => each.fingerprint)).toEqual(all);
    expect(later.keyIds[0]).toBe(later.currentKeyId);
    expect(new Set(later.keyIds).size).toBe(4);
  });
});

test('two keys under one id have two ids, so that they are never taken for each other', () => {
  const now = new Date('2026-11-23');
  const one = makeFingerprinter(parseKeyring(generateKeyring(now)), 'aes');
  const two = makeFingerprinter(parseKeyring(generateKeyring(now)), 'aes');
  expect(one.currentKeyId).toMatch(/^aes:2026a:[0-9a-f]{8}$/);
  expect(one.currentKeyId).not.toBe(two.currentKeyId);
});
