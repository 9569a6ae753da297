/** Measurements for Prometheus. Rooms add their own by name; nothing here knows what they mean. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  readonly registry: Registry;
  /** One finished request. `route` is a template, never a path. */
  request(method: string, route: string, status: number, seconds: number): void;
  /** A level that is read when somebody asks: the depth of a queue, the use of a pool. */
  gauge(name: string, help: string, read: () => number): void;
  /** Levels that change now and then and are set when they do. */
  levels<Label extends string>(name: string, help: string, labels: readonly Label[]): Gauge<Label>;
  counter<Label extends string>(name: string, help: string, labels: readonly Label[]): Counter<Label>;
  histogram<Label extends string>(
    name: string,
    help: string,
    labels: readonly Label[],
    buckets: number[],
  ): Histogram<Label>;
}

/** Seconds: a cached answer takes 1 ms, a sign-in 30, a register that answers slowly seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function makeMetrics(): Metrics {
  const registry = new Registry();
  // Processor, memory, garbage collection, and the event loop's lag.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 });
  const requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Requests by route template and status, from first byte in to last byte out.',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS,
    registers: [registry],
  });
  // Looking labels up costs more than observing: the children are kept. Methods and routes are closed sets.
  const children = new Map<string, ReturnType<typeof requests.labels>>();
  return {
    registry,
    request(method, route, status, seconds) {
      const name = `${method} ${route} ${status}`;
      let child = children.get(name);
      if (!child) {
        child = requests.labels(method, route, String(status));
        children.set(name, child);
      }
      child.observe(seconds);
    },
    gauge(name, help, read) {
      new Gauge({
        name,
        help,
        registers: [registry],
        collect() {
          this.set(read());
        },
      });
    },
    levels: (name, help, labels) => new Gauge({ name, help, labelNames: labels, registers: [registry] }),
    counter: (name, help, labels) => new Counter({ name, help, labelNames: labels, registers: [registry] }),
    histogram: (name, help, labels, buckets) =>
      new Histogram({ name, help, labelNames: labels, buckets, registers: [registry] }),
  };
}

/** Connections of a pool, by what they do. */
export function watchPool(
  metrics: Metrics,
  read: () => { total: number; idle: number; waiting: number },
): void {
  metrics.gauge('database_connections_open', 'Connections to the database.', () => read().total);
  metrics.gauge('database_connections_idle', 'Connections that nobody uses.', () => read().idle);
  metrics.gauge(
    'database_connection_waiters',
    'Statements that wait for a connection.',
    () => read().waiting,
  );
}
