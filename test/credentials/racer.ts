/** A second process for the races: opens the same stores, says it is ready, and starts when told. */

import { makeKeyedHash } from '../../src/credentials/keyed-hash.ts';
import { openKnownDevices } from '../../src/credentials/known-device.ts';
import { credentialsSettings } from '../../src/credentials/settings.ts';
import { openSmsCodes, type SmsPurpose } from '../../src/credentials/sms-code.ts';
import { openSignInThrottle } from '../../src/credentials/throttle.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { openLimits } from '../../src/platform/limits.ts';
import { openDatabase } from '../../src/platform/postgres.ts';
import { openRedis } from '../../src/platform/redis.ts';
import { parseKeyring } from '../../src/platform/seal/keyring.ts';

export interface RaceOrder {
  url: string | undefined;
  folder: string;
  redis: { url: string; keyPrefix: string } | undefined;
  keyring: string;
  times: number;
  task:
    | { kind: 'code'; proof: { phone: string; purpose: SmsPurpose; binding: string; code: string } }
    | { kind: 'attempt'; identifier: string; source: string };
}

/** Does the task so many times at once and says how many succeeded (code right; attempt let through). */
async function race(order: RaceOrder): Promise<() => Promise<number>> {
  const settings = credentialsSettings.parse({});
  const database = await openDatabase({ url: order.url, folder: order.folder, poolSize: 10 });
  const redis = order.redis ? await openRedis(order.redis) : undefined;
  const limits = openLimits(database, redis, systemClock);
  const keyed = makeKeyedHash(parseKeyring(order.keyring), 'aes');
  const devices = openKnownDevices({ database, keyed, clock: systemClock, settings: settings.throttle });
  const throttle = openSignInThrottle({
    limits,
    keyed,
    devices,
    log: { warn: () => {} },
    settings: settings.throttle,
  });
  const codes = openSmsCodes({
    database,
    keyed,
    limits,
    delivery: { deliver: async () => {} },
    clock: systemClock,
    log: { warn: () => {} },
    settings: settings.sms,
  });
  const { task } = order;
  const once = async () => {
    if (task.kind === 'code') return (await codes.verify(task.proof)).ok;
    const attempt = await throttle.begin({
      identifier: task.identifier,
      source: task.source,
      factor: 'password',
    });
    if (attempt.ok) await throttle.failed(attempt.value);
    return attempt.ok;
  };
  return async () => {
    const results = await Promise.all(Array.from({ length: order.times }, once));
    await database.close();
    redis?.disconnect();
    return results.filter(Boolean).length;
  };
}

let start: (() => Promise<number>) | undefined;
process.on('message', async (message: RaceOrder | 'start') => {
  if (message === 'start') {
    process.send!({ succeeded: await start!() });
    process.disconnect();
  } else {
    start = await race(message);
    process.send!('ready');
  }
});
