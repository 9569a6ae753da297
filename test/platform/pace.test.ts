/** So many a second: never more in any second, whenever they are asked for. */
import { expect, test } from 'vitest';
import { makePace } from '../../src/platform/pace.ts';

/** Time that passes only while somebody sleeps; everybody who is due wakes. */
function madeUpTime() {
  let at = 0;
  const sleeping: { until: number; wake: () => void }[] = [];
  return {
    now: () => at,
    sleep: (ms: number) => new Promise<void>((wake) => sleeping.push({ until: at + ms, wake })),
    /** Lets time pass until nobody sleeps. */
    async run(until = Number.POSITIVE_INFINITY) {
      for (;;) {
        for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
        const due = Math.min(...sleeping.map((one) => one.until));
        if (!Number.isFinite(due) || due > until) break;
        at = due;
        for (const one of sleeping.splice(0).filter((each) => each.until > at || void each.wake()))
          sleeping.push(one);
      }
      if (Number.isFinite(until)) at = until;
    },
  };
}

const most = (times: number[]) =>
  Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length));

test('a crowd goes through one by one, in order, and no second holds more', async () => {
  const time = madeUpTime();
  const pace = makePace(40, time);
  const went: { nth: number; at: number }[] = [];
  for (let nth = 0; nth < 200; nth += 1) void pace().then(() => went.push({ nth, at: time.now() }));
  await time.run();
  expect(went.map(({ nth }) => nth)).toEqual(Array.from({ length: 200 }, (_, n) => n));
  expect(went.at(-1)!.at).toBe(199 * 25);
  expect(most(went.map(({ at }) => at))).toBe(40);
});

test('what was not used is not made up for', async () => {
  const time = madeUpTime();
  const pace = makePace(10, time);
  await pace();
  await time.run(60_000);
  const went: number[] = [];
  for (let n = 0; n < 30; n += 1) void pace().then(() => went.push(time.now()));
  await time.run();
  expect(went[0]).toBe(60_000);
  expect(most(went)).toBe(10);
});

test('real time: faster than timers can ring, and never too fast', async () => {
  const pace = makePace(2_500);
  const began = performance.now();
  await Promise.all(Array.from({ length: 1_001 }, pace));
  const took = performance.now() - began;
  expect(took).toBeGreaterThanOrEqual(400);
  expect(took).toBeLessThan(2_000);
});
