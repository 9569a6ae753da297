/** A second process that takes points when it is told to. */
import { openLimits } from '../../src/platform/limits.ts';
import { openDatabase } from '../../src/platform/postgres.ts';
import { openRedis } from '../../src/platform/redis.ts';

const { url, folder, redis: redisUrl, keyPrefix, takes } = JSON.parse(process.env.LIMITS!);
const database = await openDatabase({ url, folder, poolSize: 10 });
const redis = await openRedis({ url: redisUrl, keyPrefix });
const limits = openLimits(database, redis, { now: () => new Date() });

process.on('message', async ({ round }: { round: number }) => {
  const uses = [
    { key: `race-narrow-${round}`, points: 5, windowSeconds: 600 },
    { key: `race-wide-${round}`, points: 50, windowSeconds: 600 },
  ];
  const answers = await Promise.all(
    // Half of them ask in the other order.
    Array.from({ length: takes }, (_, n) => limits.take(n % 2 ? uses : uses.toReversed())),
  );
  process.send!({ taken: answers.filter((answer) => answer.ok).length });
});
process.on('disconnect', () => process.exit(0));
process.send!('ready');
