/** Runs one order in two processes at the same moment. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { RaceOrder } from './racer.ts';

/** How many of the order's tasks succeeded in each process. */
export async function raceTwoProcesses(order: RaceOrder): Promise<number[]> {
  const racers = [1, 2].map(() => fork(join(import.meta.dirname, 'racer.ts'), { execArgv: [] }));
  try {
    await Promise.all(
      racers.map(async (racer) => {
        racer.send(order);
        await once(racer, 'message');
      }),
    );
    return await Promise.all(
      racers.map(async (racer) => {
        const answer = once(racer, 'message');
        racer.send('start');
        const [{ succeeded }] = (await answer) as [{ succeeded: number }];
        return succeeded;
      }),
    );
  } finally {
    for (const racer of racers) racer.kill();
  }
}
