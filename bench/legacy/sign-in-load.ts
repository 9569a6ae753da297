/** A serving server and people who sign in to it, beside an import. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { message, stop, watched } from './children.ts';
import { whoSignsIn } from './sign-in-people.ts';
import type { Latencies, SignInTask } from './sign-ins.ts';

export const SIGNING_IN = 64;
const WHILE_SECONDS = 20;
const WARM_SECONDS = 8;

export interface SignInLoad {
  /** While nothing else runs. */
  usual: Latencies;
  /** Since asked last. */
  since(): Promise<Latencies>;
  /** Of the next while. */
  next(): Promise<Latencies>;
  stop(): Promise<void>;
}

export async function startSignIns(
  env: Record<string, string>,
  issuer: string,
  seed: string,
  perSecond: number,
): Promise<SignInLoad> {
  const server = watched(
    fork(join(import.meta.dirname, '../../src/main.ts'), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, ...env, NODE_ENV: 'production' },
    }),
  );
  await answers(`${issuer}/.well-known/openid-configuration`);
  const task: SignInTask = { issuer, perSecond, people: whoSignsIn(seed, SIGNING_IN) };
  const people = watched(
    fork(join(import.meta.dirname, 'sign-ins.ts'), [JSON.stringify(task)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    }),
  );
  await message(people);
  const since = () => {
    const told = message<Latencies>(people);
    people.send('since');
    return told;
  };
  // Code that has run a few hundred times costs a fraction of code that has not.
  await pause(WARM_SECONDS);
  const next = async () => {
    await since();
    await pause(WHILE_SECONDS);
    return since();
  };
  const usual = await next();
  return {
    ...{ usual, since, next },
    async stop() {
      await stop(people);
      await stop(server);
    },
  };
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));

async function answers(url: string): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    const well = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (well) return;
    await pause(0.1);
  }
  throw new Error(`nothing answers at ${url}`);
}
