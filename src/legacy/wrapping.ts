/** The job that wraps whatever an import left, and takes away what is past its day: on one node at a time, now and then. */
import { whileAlone } from '../platform/alone.ts';
import { countStored } from './old-password-store.ts';
import { expireDue } from './password-expiry.ts';
import { type WrapRoom, wrapPasswords } from './wrap.ts';

export interface WrappingOptions extends WrapRoom {
  onError: (error: unknown) => void;
  everySeconds?: number;
}

export interface Wrapping {
  /** Once now. */
  run(): Promise<void>;
  /** Stops behind the page that it is at. */
  stop(): Promise<void>;
}

const LOCK = 7_419_060;

export function startWrapping({ onError, everySeconds = 60, ...room }: WrappingOptions): Wrapping {
  let stopped = false;
  let working: Promise<void> = Promise.resolve();
  const work = async () => {
    if (stopped) return;
    // Mostly there is nothing: then no connection is held and no lock is asked for.
    if ((await countStored(room.database)) > 0)
      await whileAlone(room.database, LOCK, () =>
        wrapPasswords(room, { gentle: true, stopped: () => stopped }),
      );
    await expireDue(room);
  };
  const run = () => {
    working = working.then(work, work);
    return working;
  };
  const timer = setInterval(() => void run().catch(onError), everySeconds * 1_000);
  timer.unref();
  return {
    run,
    async stop() {
      stopped = true;
      clearInterval(timer);
      await working.catch(() => {});
    },
  };
}
