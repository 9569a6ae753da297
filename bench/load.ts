/**
 * One turn of load as a process of its own: `users` closed loops for `seconds`, every answer checked.
 * Reads a JSON task from its parent, sends back counts and latencies.
 */
import { type App, Browser, discover, RelyingParty } from './relying-party.ts';

export type Operation =
  | 'single sign-on'
  | 'password sign-in'
  | 'refresh'
  | 'client credentials'
  | 'introspection'
  | 'discovery + JWKS';

export interface Task {
  issuer: string;
  operation: Operation;
  seconds: number;
  users: number;
  people: { identifier: string; password: string }[];
  first: App;
  second: App;
  refreshing: App;
  machine: App;
}

export interface TurnResult {
  operations: number;
  errors: number;
  firstError: string | undefined;
  seconds: number;
  /** Milliseconds. */
  p50: number;
  p95: number;
  p99: number;
}

process.on('message', (task: Task | 'go') => {
  if (task === 'go') started?.();
  else void run(task);
});
let started: (() => void) | undefined;

async function run(task: Task): Promise<void> {
  const party = new RelyingParty(await discover(task.issuer));
  const loops: (() => Promise<void>)[] = [];
  for (let user = 0; user < task.users; user += 1) loops.push(await prepare(task, party, user));
  const go = new Promise<void>((resolve) => {
    started = resolve;
  });
  process.send!('prepared');
  await go;
  const latencies: number[] = [];
  let errors = 0;
  let firstError: string | undefined;
  const begin = performance.now();
  const end = begin + task.seconds * 1000;
  await Promise.all(
    loops.map(async (once) => {
      while (performance.now() < end) {
        const at = performance.now();
        try {
          await once();
          latencies.push(performance.now() - at);
        } catch (error) {
          errors += 1;
          firstError ??= (error as Error).message;
          if (errors > 200) return;
        }
      }
    }),
  );
  const seconds = (performance.now() - begin) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number) =>
    Math.round((latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0) * 10) /
    10;
  const result: TurnResult = {
    operations: latencies.length,
    errors,
    firstError,
    seconds,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
  };
  process.send!(result, () => process.exit(0));
}

/** What one user does over and over; the way there (sign-in, first consent) is not measured. */
async function prepare(task: Task, party: RelyingParty, user: number): Promise<() => Promise<void>> {
  const person = task.people[user % task.people.length]!;
  switch (task.operation) {
    case 'single sign-on': {
      const browser = new Browser();
      await party.signIn(browser, task.first, person);
      await party.signIn(browser, task.second, person);
      return async () => {
        await party.signIn(browser, task.second);
      };
    }
    case 'password sign-in': {
      // Everyone has seen the consent page once: measured is the sign-in of somebody known there.
      for (let n = user; n < task.people.length; n += task.users)
        await party.signIn(new Browser(), task.second, task.people[n]!);
      let n = user;
      return async () => {
        n += task.users;
        await party.signIn(new Browser(), task.second, task.people[n % task.people.length]!);
      };
    }
    case 'refresh': {
      let { refreshToken } = await party.signIn(new Browser(), task.refreshing, person);
      return async () => {
        refreshToken = await party.refresh(task.refreshing, refreshToken!);
      };
    }
    case 'client credentials':
      return async () => {
        await party.clientCredentials(task.machine);
      };
    case 'introspection': {
      const token = await party.clientCredentials(task.machine);
      return () => party.introspect(task.machine, token);
    }
    case 'discovery + JWKS':
      return () => party.discovery();
  }
}
