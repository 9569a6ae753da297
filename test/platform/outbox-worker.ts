/** A second process that takes a job and never finishes it. */
import { openOutbox, outboxSettings } from '../../src/platform/outbox.ts';
import { openDatabase } from '../../src/platform/postgres.ts';

const { url, folder, queue } = JSON.parse(process.env.OUTBOX!);
const database = await openDatabase({ url, folder, poolSize: 4 });
const outbox = openOutbox(database, { settings: outboxSettings.parse({ pollSeconds: 1 }) });
await outbox.work(queue, async () => {
  process.send!('working');
  await new Promise(() => {});
});
await outbox.start();
process.send!('ready');
