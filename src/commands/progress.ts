/** Long work shows how far it is: one line drawn over itself on a terminal, a plain line now and then in a pipe. */

export interface Progress {
  /** @param part from 0 to 1 @param count things done, for the rate */
  show(part: number, count: number): void;
  /** Leaves the last state standing. */
  end(): void;
}

const WIDTH = 24;
const TERMINAL_MS = 200;
const PIPE_MS = 10_000;

/** Writes to standard error, so that what the command prints stays clean. `now` in ms. */
export function makeProgress(
  what: string,
  to: Pick<NodeJS.WriteStream, 'write' | 'isTTY'> = process.stderr,
  now: () => number = Date.now,
): Progress {
  const began = now();
  let shown = to.isTTY ? Number.NEGATIVE_INFINITY : began;
  let last: { part: number; count: number } | undefined;
  const line = (part: number, count: number): string => {
    const seconds = Math.max(0.001, (now() - began) / 1_000);
    const left = part > 0 ? Math.round((seconds / part) * (1 - part)) : undefined;
    const filled = Math.round(Math.min(1, part) * WIDTH);
    const bar = to.isTTY ? ` [${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}]` : '';
    const rate = Math.round(count / seconds);
    const rest = left === undefined || part >= 1 ? '' : `, ${duration(left)} left`;
    return `${what}${bar} ${Math.floor(part * 100)} %, ${count} rows, ${rate} a second${rest}`;
  };
  const draw = (part: number, count: number) =>
    to.write(to.isTTY ? `\r\u001b[K${line(part, count)}` : `${line(part, count)}\n`);
  return {
    show(part, count) {
      last = { part, count };
      if (now() - shown < (to.isTTY ? TERMINAL_MS : PIPE_MS)) return;
      shown = now();
      draw(part, count);
    },
    end() {
      if (!to.isTTY || !last) return;
      draw(last.part, last.count);
      to.write('\n');
    },
  };
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
