/**
 * A wire between one node and its store, which counts the pieces that pass. A node can so be killed between any
 * two of its statements: just before one reaches the store, or just after, when the store acts and nobody hears.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Where a wire is cut. */
export interface CutPlan {
  /** Pieces count from the one that contains this, and on its connection only; from the next one, where it is left out. */
  from?: string | undefined;
  /** Instead of a number of pieces: as far as the one that contains this. */
  to?: string | undefined;
  pieces: number;
  /** Whether the last piece still goes on to the store. */
  lastGoesOn: boolean;
}

export interface Wire {
  port: number;
  /** Calls `cut` at the place that the plan says. */
  watch(plan: CutPlan, cut: () => void): void;
  forget(): void;
  close(): Promise<void>;
}

export async function layWire(store: { host: string; port: number }): Promise<Wire> {
  let watched: { plan: CutPlan; left: number; on: Socket | undefined; cut: () => void } | undefined;
  const ends = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (node) => {
    const far = connect({ ...store, allowHalfOpen: true });
    for (const [end, other] of [
      [node, far],
      [far, node],
    ] as const) {
      ends.add(end);
      end.on('error', () => other.destroy());
      end.on('close', () => {
        ends.delete(end);
        other.destroySoon();
      });
      end.on('end', () => other.end());
    }
    far.on('data', (data) => node.write(data));
    node.on('data', (data) => {
      if (!watched || !isLast(watched, node, data)) return void far.write(data);
      const { plan, cut } = watched;
      watched = undefined;
      if (plan.lastGoesOn) far.write(data);
      cut();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    watch(plan, cut) {
      watched = { plan, left: plan.pieces, on: undefined, cut };
    },
    forget() {
      watched = undefined;
    },
    async close() {
      for (const end of ends) end.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function isLast(
  watched: { plan: CutPlan; left: number; on: Socket | undefined },
  node: Socket,
  data: Buffer,
): boolean {
  const { from, to } = watched.plan;
  if (from !== undefined && watched.on === undefined && data.includes(from)) watched.on = node;
  if (from !== undefined && watched.on !== node) return false;
  if (to !== undefined) return data.includes(to);
  watched.left -= 1;
  return watched.left === 0;
}
