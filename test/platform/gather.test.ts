import { expect, test } from 'vitest';
import { gatherInTurn } from '../../src/platform/gather.ts';

test('what is asked in one turn is answered by one call, each asker gets its own answer', async () => {
  const calls: number[][] = [];
  const ask = gatherInTurn(async (questions: number[]) => {
    calls.push(questions);
    return questions.map((question) => question * 2);
  });
  expect(await Promise.all([ask(1), ask(2), ask(3)])).toEqual([2, 4, 6]);
  expect(await ask(4)).toBe(8);
  expect(calls).toEqual([[1, 2, 3], [4]]);
});

test('a call never holds more than it may, and nobody is forgotten', async () => {
  const sizes: number[] = [];
  const ask = gatherInTurn(async (questions: number[]) => {
    sizes.push(questions.length);
    return questions;
  }, 4);
  const all = Array.from({ length: 11 }, (_, n) => n);
  expect(await Promise.all(all.map(ask))).toEqual(all);
  expect(sizes).toEqual([4, 4, 3]);
});

test('when the call fails all its askers are told, and the next ones are not harmed', async () => {
  let broken = true;
  const ask = gatherInTurn(async (questions: string[]) => {
    if (broken) throw new Error('gone');
    return questions;
  });
  const outcomes = await Promise.allSettled([ask('a'), ask('b')]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  broken = false;
  expect(await ask('c')).toBe('c');
});
