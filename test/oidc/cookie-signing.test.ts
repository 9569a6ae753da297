import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { makeCookieSigner } from '../../src/oidc/cookie-signing.ts';
import { sampleRing } from '../accounts/opened.ts';

const signerOf = (count: number) => {
  const keys = sampleRing(count)
    .all('cookie')
    .map(({ key }) => key);
  return makeCookieSigner(() => keys);
};

test('a cookie signed before a rotation is still good after it, and is signed anew', () => {
  const old = signerOf(1).sign('session=abc');
  const rotated = signerOf(3);
  expect(rotated.index('session=abc', old)).toBe(2);
  expect(rotated.verify('session=abc', old)).toBe(true);
  expect(rotated.sign('session=abc')).not.toBe(old);
  expect(rotated.index('session=abc', rotated.sign('session=abc'))).toBe(0);
});

test.each(['', 'x', 'A'.repeat(43), 'é'.repeat(43), `${signerOf(1).sign('session=abc')}x`])(
  '%s is no signature',
  (mark) => {
    expect(signerOf(1).verify('session=abc', mark)).toBe(false);
  },
);

test('a signature counts for its cookie only, and not for another use of the same key', () => {
  const signer = signerOf(1);
  expect(signer.verify('session=abd', signer.sign('session=abc'))).toBe(false);
  const { key } = sampleRing(1).current('cookie');
  expect(
    signer.verify('session=abc', createHmac('sha256', key).update('session=abc').digest('base64url')),
  ).toBe(false);
});
