/** Merging at the command line where a second person is needed: proposed, listed, not approved by oneself, taken back. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { enrol } from '../journeys/citizen.ts';
import { PATIENT, type RunningYihao, startYihao } from '../support/server.ts';
import { runCli } from './cli.ts';

// Each command is a process of its own: a dozen of them take a busy machine long.
vi.setConfig({ testTimeout: 300_000 });

let yihao: RunningYihao;
let one: string;
let other: string;
beforeAll(async () => {
  yihao = await startYihao(undefined, PATIENT);
  one = (await enrol(yihao.yihao)).id;
  other = (await enrol(yihao.yihao)).id;
});
afterAll(() => yihao.close());

const legacy = (...args: string[]) => runCli(yihao.env, ['legacy', ...args]);

test('a real-name account waits for a second person, who is not the first', async () => {
  const seen = await legacy('merge', one, other, '--preview');
  expect(seen.out).toContain('another person must approve it');
  const proposed = await legacy('merge', one, other, '--reason', 'a corrected number');
  expect(proposed, proposed.err).toMatchObject({ code: 0 });
  const number = /--approve (\d+)/.exec(proposed.out)![1]!;
  expect((await yihao.yihao.accounts.get(other as never))?.state).toBe('active');

  const again = await legacy('merge', other, one, '--reason', 'x', '--json');
  expect(again.json()).toMatchObject({ error: { code: 'merge-proposed', params: { number } } });
  const own = await legacy('merge', '--approve', number);
  expect([own.code, own.err]).toEqual([3, expect.stringContaining('Whoever proposed it cannot approve it')]);

  const waiting = await legacy('merges', '--state', 'proposed', '--json');
  expect(waiting.json()).toMatchObject([
    { number, survivor_id: one, reason: 'a corrected number', done_at: null },
  ]);
  const back = await legacy('unmerge', number, '--reason', 'too early');
  expect(back.out).toContain(`the proposal ${number} is taken back`);
  expect((await legacy('merges')).out).toContain('withdrawn');
});

test.each([
  [['merge', 'me'], 2, 'name two accounts by their ids'],
  [['merge', '--approve', '7', 'me'], 2, 'stands alone'],
  [['merge', '--approve', 'rubbish'], 3, 'There is no such proposal'],
  [['unmerge', '99', '--reason', 'x'], 3, 'no standing merge'],
  [['unmerge', '99'], 1, "required option '--reason <text>'"],
  [['merges', '--before', 'rubbish'], 1, 'The number of a merge'],
])('%j is refused in words', async (args, code, words) => {
  const said = await legacy(...args);
  expect([said.code === 0, said.err]).toEqual([false, expect.stringContaining(words)]);
  if (code > 1) expect(said.code).toBe(code);
});
