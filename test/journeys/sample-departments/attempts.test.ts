/** Sign-ins begun in several tabs: each ends with its use, after ten minutes, or to make room. */
import { expect, test } from 'vitest';
import { nameBrowser, openAttempts } from '../../../examples/attempts.ts';

const attempt = { nonce: 'n', verifier: 'v' };

test('each of a browser’s attempts is found by its state, in any order and once', () => {
  const attempts = openAttempts();
  for (const state of ['a', 'b', 'c']) attempts.keep(state, 'browser', { nonce: state, verifier: state });
  for (const state of ['a', 'c', 'b']) {
    expect(attempts.take(state, 'browser')).toEqual({ nonce: state, verifier: state });
    expect(attempts.take(state, 'browser')).toBeUndefined();
  }
});

test('another browser neither gets an attempt nor uses it up', () => {
  const attempts = openAttempts();
  attempts.keep('a', 'browser', attempt);
  expect(attempts.take('a', 'another')).toBeUndefined();
  expect(attempts.take('a', '')).toBeUndefined();
  expect(attempts.take('a', 'browser')).toEqual(attempt);
});

test('an attempt ends after ten minutes', () => {
  let now = 0;
  const attempts = openAttempts(() => now);
  attempts.keep('a', 'browser', attempt);
  now = 300_000;
  attempts.keep('b', 'browser', attempt);
  attempts.keep('c', 'browser', attempt);
  now = 599_999;
  expect(attempts.take('b', 'browser')).toEqual(attempt);
  now = 600_000;
  expect(attempts.take('a', 'browser')).toBeUndefined();
  expect(attempts.take('c', 'browser')).toEqual(attempt);
});

test('of ten thousand and one the oldest makes room', () => {
  const attempts = openAttempts(() => 0);
  for (let at = 0; at <= 10_000; at += 1) attempts.keep(String(at), 'browser', attempt);
  expect(attempts.take('0', 'browser')).toBeUndefined();
  expect(attempts.take('1', 'browser')).toEqual(attempt);
  expect(attempts.take('10000', 'browser')).toEqual(attempt);
});

test('a browser keeps its name, and one that we did not give is replaced', () => {
  const named = nameBrowser(undefined);
  expect(nameBrowser(named)).toBe(named);
  for (const odd of ['', 'x'.repeat(10_000), `${named}=`, `${named}\n`])
    expect(nameBrowser(odd)).toMatch(/^[\w-]{32}$/);
});
