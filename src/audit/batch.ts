/**
 * Group commit inside one process: what arrives while a batch is being written goes into the next one, so a
 * busy server pays for few transactions and an idle one waits for nobody.
 */
import { Refused } from '../platform/failure.ts';

export interface BatchOptions<Item> {
  /** Makes the items durable, all or none. */
  write(items: Item[]): Promise<void>;
  /** Milliseconds to wait for company after a batch that had several items. */
  gatherMs: number;
  batchSize: number;
  queueSize: number;
}

export interface BatchWriter<Item> {
  /**
   * Resolves when the item is durable and rejects with what kept its batch from being so.
   * @throws Refused `busy` (503) at once when too many wait already.
   */
  add(item: Item): Promise<void>;
  /** The same for items that belong together: in one batch where they fit. */
  addMany(items: readonly Item[]): Promise<void>;
  /** How many wait. */
  depth(): number;
  /** Writes what waits and accepts nothing more. */
  close(): Promise<void>;
}

interface Waiting<Item> {
  item: Item;
  resolve(): void;
  reject(reason: unknown): void;
}

export function makeBatchWriter<Item>(options: BatchOptions<Item>): BatchWriter<Item> {
  const { write, gatherMs, batchSize, queueSize } = options;
  const queue: Waiting<Item>[] = [];
  let running: Promise<void> | undefined;
  let closed = false;
  /** Size of the last batch: above 1 there is company to wait for, about that much. */
  let lastSize = 1;
  let enough = () => {};

  const full = () =>
    closed || gatherMs === 0 || lastSize <= 1 || queue.length >= Math.min(lastSize, batchSize);

  const gather = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, gatherMs);
      enough = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  async function run(): Promise<void> {
    while (queue.length > 0) {
      if (!full()) await gather();
      const batch = queue.splice(0, batchSize);
      lastSize = batch.length;
      try {
        await write(batch.map((waiting) => waiting.item));
        for (const waiting of batch) waiting.resolve();
      } catch (error) {
        for (const waiting of batch) waiting.reject(error);
      }
    }
    running = undefined;
  }

  async function addMany(items: readonly Item[]): Promise<void> {
    if (closed) throw new Error('the audit trail is closed');
    if (queue.length >= queueSize) throw new Refused({ code: 'busy', status: 503, retryAfter: 2 });
    const durable = items.map(
      (item) => new Promise<void>((resolve, reject) => queue.push({ item, resolve, reject })),
    );
    if (durable.length === 0) return;
    if (full()) enough();
    running ??= run();
    await Promise.all(durable);
  }

  return {
    add: (item) => addMany([item]),
    addMany,
    depth: () => queue.length,
    async close() {
      closed = true;
      enough();
      await running;
    },
  };
}
