/**
 * Sign-ins at a steady pace, as a process of its own: one begins every so many milliseconds whether or not those before
 * it have ended, so that a slow server is felt and not spared. Every answer is checked.
 */
import { Browser, discover, RelyingParty } from '../relying-party.ts';
import { APP } from './sign-in-people.ts';

export interface SignInTask {
  issuer: string;
  perSecond: number;
  people: { identifier: string; password: string }[];
}

export interface Latencies {
  signIns: number;
  errors: number;
  firstError: string | undefined;
  /** Milliseconds from the first request to the last answer. */
  p50: number;
  p95: number;
}

const task = JSON.parse(process.argv[2]!) as SignInTask;
const party = new RelyingParty(await discover(task.issuer));
// Everybody has seen the page of consent once: measured is the sign-in of somebody known there.
for (const person of task.people) await party.signIn(new Browser(), APP, person);

let latencies: number[] = [];
let errors = 0;
let firstError: string | undefined;
let next = 0;

async function signIn(): Promise<void> {
  const person = task.people[next++ % task.people.length]!;
  const began = performance.now();
  try {
    await party.signIn(new Browser(), APP, person);
    latencies.push(performance.now() - began);
  } catch (error) {
    errors += 1;
    firstError ??= (error as Error).message;
  }
}

setInterval(() => void signIn(), 1_000 / task.perSecond);

/** Told what was since it was asked last. */
process.on('message', () => {
  latencies.sort((one, other) => one - other);
  const at = (share: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  const told: Latencies = { signIns: latencies.length, errors, firstError, p50: at(0.5), p95: at(0.95) };
  latencies = [];
  errors = 0;
  firstError = undefined;
  process.send!(told);
});
process.on('disconnect', () => process.exit(0));
process.send!('ready');
